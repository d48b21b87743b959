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
 * A wake before, during or between waits makes one wait return a readable event with the waker's token.
 * Wakes coalesce. Any number of wakes before the event is delivered yields one event. The thread that
 * receives the event sees all memory writes that came before each of those wakes. No wake is lost.
 *
 * A wake makes a system call only if a thread sleeps in the poll. If the poller is awake or already woken,
 * a wake is one atomic instruction. (A thread that was cancelled while it slept counts as asleep
 * afterwards.) A poll may have up to MIO_WAKERS_PER_POLL wakers, each with its own token, and any number of
 * threads may share one.
 *
 * A signal handler may wake. It must be able to reach the waker, for example in a static variable. Restore
 * SIG_DFL before closing the waker.
 *
 * A zeroed struct is valid and closed. Comes from mio's `Waker`; there a poll can have only one. */
typedef struct mio_waker {
  struct mio_selector *selector;
  uint32_t index;
} mio_waker;

/* The greatest number of wakers of one poll. It is 32, or 16 on CPUs that have atomic instructions for at
 * most 32 bits, such as mips32 and armv5. */
#define MIO_WAKERS_PER_POLL (MIO_NATIVE_ATOMIC_BITS / 2)

/* Initializes `*waker` for the poll of `registry`. Its events have `token`. A waker has no descriptor and
 * no memory of its own. It keeps the part of the poll that it uses alive. `*waker` must be zeroed or closed
 * (else MIO_ERROR_ALREADY_EXISTS). Returns 0; MIO_ERROR_TOO_MANY_FILES if the poll already has
 * MIO_WAKERS_PER_POLL wakers; MIO_ERROR_INVALID_INPUT for NULL or a closed registry. May be called from any
 * thread. */
MIO_API int mio_waker_init(mio_waker *waker, const mio_registry *registry, mio_token token);

/* Wakes the poll. Any number of threads and signal handlers may call it at the same time, because it takes
 * no lock and allocates nothing. Returns 0; MIO_ERROR_INVALID_INPUT for a closed waker; or the OS's error,
 * which is unlikely. */
MIO_API int mio_waker_wake(const mio_waker *waker);

/* Closes the waker. A wake that was not delivered yet is dropped, and no later wait returns the token. No
 * other thread may use the waker during this call. Safe to call twice or with NULL. */
MIO_API void mio_waker_close(mio_waker *waker);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WAKER_H_ */
