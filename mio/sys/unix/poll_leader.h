#ifndef MIO_SYS_UNIX_POLL_LEADER_H_
#define MIO_SYS_UNIX_POLL_LEADER_H_

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/lock.h"
#include "mio/sys/unix/poll_limit.h"
#include "mio/sys/unix/poll_wakeup.h"

/* Which of the threads that wait on a poll(2) selector calls poll(2), and how the others get it out.
 *
 * One thread at a time is the leader. It calls poll(2) without the lock. The other threads that wait
 * are followers: they poll the followers' wakeup descriptor, which the leader signals when it gives
 * up the lead. Threads that change registrations (mutators) interrupt the leader by its own wakeup
 * descriptor.
 *
 *              acquire                 poll, timeout 0
 *   VACANT -----------------> OUT <-----------------------> POLLING
 *     ^                      ^ ^ ^     poll, any other timeout
 *     |       release        | | '------------------------> BLOCKED   returns when a descriptor is
 *     '----------------------' |      pause                           ready or it is interrupted
 *                              '--------------------------> PAUSED    during a burst of changes
 *
 * The leader holds the lock in OUT only. A thread that is cancelled (pthread_cancel) in POLLING, BLOCKED
 * or PAUSED gives up the lead as any other leader does, and one that is cancelled as a follower stops
 * being one. Mutators cannot be cancelled: they disable cancellation (cancel.h).
 *
 * Closing a descriptor must wait until the leader has left poll(2), because the kernel holds a reference
 * to the files that it polls: a socket that is closed meanwhile would stay open, and its port in use, a
 * moment longer. If a thread closes a thousand sources, the leader would be interrupted a thousand times.
 * So a leader that is interrupted twice within a millisecond pauses until there is no change for a
 * moment: changes made to a leader in PAUSED need no interruption. */

typedef enum mio_poll_leader_state {
  MIO_LEADER_VACANT,
  MIO_LEADER_OUT,
  MIO_LEADER_POLLING,
  MIO_LEADER_BLOCKED,
  MIO_LEADER_PAUSED
} mio_poll_leader_state;

typedef struct mio_poll_leader {
  mio_lock lock;       /* of the whole selector; guards all below */
  pthread_cond_t left; /* the leader has left poll(2) */
  mio_poll_wakeup wakeup;
  mio_poll_leader_state state;
  uint32_t followers;
  bool interrupted;         /* the leader's wakeup descriptor is signalled */
  bool followers_signalled; /* theirs is */
  bool changed;             /* by a registration, since the leader asked last */
  uint64_t poll_count;      /* calls of poll(2) that have ended */
  uint64_t change_count;
  uint64_t last_burst_ns; /* when a change last interrupted the leader */
} mio_poll_leader;

/* Returns 0, or a negative error code and then leaves nothing open. */
int mio_poll_leader_open(mio_poll_leader *leader);

/* `inherited` is true in a child of fork(2), where threads that do not exist there may hold the lock
 * and wait for the condition: then they are not destroyed, as pthread_cond_destroy(3) may wait. */
void mio_poll_leader_close(mio_poll_leader *leader, bool inherited);

/* All the functions below are called with the lock held and return with it held. Those that block,
 * signal or wait release it meanwhile, so that slots may have moved after them. */

static inline bool mio_poll_leader_exists(const mio_poll_leader *leader) {
  return leader->state != MIO_LEADER_VACANT;
}

/* Makes this thread the leader, following another one until then. Returns 1, 0 if the time is up
 * before, or a negative error code. */
int mio_poll_leader_acquire(mio_poll_leader *leader, const mio_poll_limit *limit);
void mio_poll_leader_release(mio_poll_leader *leader);

/* Calls poll(2) as the leader. Returns what mio_poll_call returns. */
int mio_poll_leader_poll(mio_poll_leader *leader, struct pollfd *entries, uint32_t count,
                         uint64_t timeout_ns);

/* Pauses as the leader if changes come in a burst. `fixed` are the `count` descriptors that end a
 * pause. Returns 0, or a negative error code: a signal interrupts. */
int mio_poll_leader_pause(mio_poll_leader *leader, const struct pollfd *fixed, uint32_t count,
                          const mio_poll_limit *limit);

/* Gets the leader out of a poll(2) that blocks. The change that was made is seen by its next one. */
void mio_poll_leader_interrupt(mio_poll_leader *leader);

/* Like mio_poll_leader_interrupt, for changes that may come in bursts. */
void mio_poll_leader_announce_change(mio_poll_leader *leader);

/* Announces a change and waits until no poll(2) that began before it is running. */
void mio_poll_leader_wait_until_left(mio_poll_leader *leader);

#endif /* MIO_SYS_UNIX_POLL_LEADER_H_ */
