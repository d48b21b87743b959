#ifndef MIO_SYS_UNIX_KQUEUE_PAIRS_H_
#define MIO_SYS_UNIX_KQUEUE_PAIRS_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/interest.h"
#include "mio/sys/lock.h"
#include "mio/sys/unix/kqueue_changes.h"
#include "mio/token.h"

/* Inside the kqueue selector: the locked queue, for registrations that need work after each event.
 *
 * - A one-shot registration for both directions is a pair of filters. Each kernel filter ends after its
 *   own event only, so the library deletes the other one.
 * - FreeBSD reports the end of the reader to a level-triggered writer of a pipe only once. The library adds a
 *   stand-in for the filter (kqueue_hang_ups.h).
 *
 * Between an event and this work, no other thread may take an event of the same source, and no registration
 * may change, because the work would affect the new registration. So these filters are in a second kqueue.
 * A thread fetches its events only while it holds the lock that protects its changes.
 *
 *     threads that wait ---> main kqueue: filters of all other sources
 *                            + EVFILT_READ of the locked queue, level-triggered: the marker
 *     with the lock -------> locked queue: pairs, level-triggered writers of pipes
 *
 * The marker wakes the threads that wait. It never leaves the selector. A select fetches events from both
 * kqueues while the locked queue has filters. FreeBSD activates a marker some time after the event
 * (kqueue_schedtask() in its kern_event.c), and a select with timeout 0 must find it at once.
 *
 * The first such registration opens the locked queue, so it can fail because no descriptor is left. The
 * queue stays open until the selector is closed. */
typedef struct mio_kqueue_locked {
  mio_kqueue_queue queue; /* `fd` is read without the lock through `is_open` only */
  atomic_bool is_open;
  atomic_uint turn; /* picks the kqueue that a select asks first, in turn */
  mio_lock lock;
} mio_kqueue_locked;

/* Returns 0 or a negative error code. */
int mio_kqueue_locked_init(mio_kqueue_locked *locked);

/* Closes the queue. */
void mio_kqueue_locked_close(mio_kqueue_locked *locked);

/* Forgets the queue in a child of fork(2), which did not inherit it. */
void mio_kqueue_locked_abandon(mio_kqueue_locked *locked);

/* The token of the marker. It is an address in the library's memory, so no source can have it. */
static inline mio_token mio_kqueue_marker(const mio_kqueue_locked *locked) {
  return (mio_token)locked;
}

/* Returns whether the registration belongs in the locked queue. */
bool mio_kqueue_needs_lock(int fd, mio_interest interest);

/* Returns whether the locked queue may hold a filter. */
static inline bool mio_kqueue_has_locked(const mio_kqueue_locked *locked) {
  return mio_kqueue_filter_count(&locked->queue) != 0;
}

/* Replaces the filters of `fd` in the locked queue with the filters of `interest`. Opens the queue if
 * necessary, and puts the marker into `main_queue`. Leaves no filter of `fd` in the locked queue if it
 * fails. */
int mio_kqueue_locked_add(mio_kqueue_locked *locked, mio_kqueue_queue *main_queue, int fd,
                          mio_token token, mio_interest interest);

/* Deletes the filters of `fd` from the locked queue. Returns 0 also if it has none. */
int mio_kqueue_locked_remove(mio_kqueue_locked *locked, int fd);

/* Takes up to `capacity` events from the locked queue, which is open, without blocking. Returns their
 * number or a negative error code. Not a cancellation point. */
int mio_kqueue_locked_take(mio_kqueue_locked *locked, mio_event *out, uint32_t capacity);

/* Removes the marker from the `count` events of the main kqueue. Returns the number of remaining events. */
int mio_kqueue_without_marker(const mio_kqueue_locked *locked, mio_event *events, int count);

#endif /* MIO_SYS_UNIX_KQUEUE_PAIRS_H_ */
