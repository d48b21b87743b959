#ifndef MIO_WAKER_H_
#define MIO_WAKER_H_

#include <stdint.h>

#include "mio/export.h"
#include "mio/poll.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Wakes a poll from another thread.
 *
 *   mio_waker waker = {0};
 *   mio_waker_init(&waker, mio_poll_registry(&poll), WAKER);
 *
 *   queue_push(&queue, job);          in some thread: first the work,
 *   mio_waker_wake(&waker);           then the wake
 *
 *   case WAKER: while (queue_pop(&queue, &job)) run(job);     in the poll's thread
 *
 * A wake before, during or between waits makes one wait return with a readable event for the
 * waker's token. Wakes coalesce: any number of them before the event is delivered yields one event,
 * and all that happened before each of those wakes is visible to who receives it. None is lost.
 *
 * A wake costs a system call only when a thread sleeps in the poll; while the poller is awake or
 * already woken it is one atomic instruction. (A thread that was cancelled while it slept counts as asleep
 * from then on.) A poll may have up to MIO_WAKERS_PER_POLL wakers,
 * each with its own token, and any number of threads may share one.
 *
 * A signal handler may wake: keep the waker where it can be reached, and put SIG_DFL back before
 * closing it.
 *
 * Zeroed is valid and closed. Comes from mio's `Waker`, of which a poll can have but one. */
typedef struct mio_waker {
  struct mio_selector *selector;
  uint32_t index;
} mio_waker;

/* 32; 16 on CPUs whose atomic instructions end at 32 bits, such as mips32 and armv5. */
#define MIO_WAKERS_PER_POLL (MIO_NATIVE_ATOMIC_BITS / 2)

/* Makes a waker for the poll behind `registry`. It needs no descriptor and no memory of its own,
 * and keeps what it needs of the poll alive. `*waker` has to be closed (else
 * MIO_ERROR_ALREADY_EXISTS). MIO_ERROR_TOO_MANY_FILES when the poll has MIO_WAKERS_PER_POLL of
 * them; MIO_ERROR_INVALID_INPUT for NULL or a closed registry. Any thread. */
MIO_API int mio_waker_init(mio_waker *waker, const mio_registry *registry, mio_token token);

/* Wakes the poll. Any thread, any number at once, and signal handlers: it takes no lock and
 * allocates nothing. MIO_ERROR_INVALID_INPUT for a closed waker; otherwise the OS's error in the
 * unlikely case that it has one. */
MIO_API int mio_waker_wake(const mio_waker *waker);

/* Ends the waker: a wake that was not delivered yet is dropped, and its token is not seen again.
 * Not while another thread wakes it. Always legal, also twice and on NULL. */
MIO_API void mio_waker_close(mio_waker *waker);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WAKER_H_ */
