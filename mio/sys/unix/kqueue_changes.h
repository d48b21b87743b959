#ifndef MIO_SYS_UNIX_KQUEUE_CHANGES_H_
#define MIO_SYS_UNIX_KQUEUE_CHANGES_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/interest.h"
#include "mio/sys/native.h"
#include "mio/token.h"

struct kevent;

/* Inside the kqueue selector: adding and deleting filters.
 *
 *   interest               filters             flags, beside EV_ADD|EV_RECEIPT
 *   READABLE, WRITABLE     EVFILT_READ, _WRITE EV_CLEAR                 edge
 *   ... | LEVEL            the same            none
 *   one of them | ONESHOT  that filter         EV_ONESHOT
 *   both | ONESHOT         both                EV_ONESHOT|EV_DISPATCH   a pair, see kqueue_pairs.h */

/* A kqueue. A selector has two of them (see kqueue_pairs.h). */
typedef struct mio_kqueue_queue {
  int fd; /* -1 if there is none */

  /* Whether `filter_count` counts all filters, or only the stand-ins of kqueue_hang_ups.h. */
  bool counts_all;

  /* The number of filters. A descriptor that was closed before its source was deregistered leaves the
   * count too high, which costs time and nothing else. The count is never too low. */
  atomic_uint filter_count;
} mio_kqueue_queue;

/* The greatest number of changes of one call. */
enum { MIO_KQUEUE_CHANGES_MAX = 6 };

static inline struct kevent *mio_kqueue_kernel_events(mio_event *events) {
  return (struct kevent *)(void *)events;
}

static inline const struct kevent *mio_kqueue_const_kernel_events(const mio_event *events) {
  return (const struct kevent *)(const void *)events;
}

static inline unsigned mio_kqueue_filter_count(const mio_kqueue_queue *queue) {
  return atomic_load_explicit(&queue->filter_count, memory_order_acquire);
}

/* One change with a receipt. */
mio_event mio_kqueue_change(uintptr_t ident, mio_kevent_filter filter, unsigned flags,
                            mio_token token);

/* Applies up to MIO_KQUEUE_CHANGES_MAX changes, which carry EV_RECEIPT, and counts filters. Writes 0 or
 * an errno for each change to `out_errors`. Returns 0, or the error of the call as a whole. Not a
 * cancellation point. */
int mio_kqueue_apply(mio_kqueue_queue *queue, const mio_event *changes, int count, int *out_errors);

/* Applies one change. Returns 0 or its error. */
int mio_kqueue_apply_one(mio_kqueue_queue *queue, const mio_event *change);

/* Returns whether `interest` is a one-shot registration for both directions, which needs a pair of filters. */
static inline bool mio_kqueue_is_pair(mio_interest interest) {
  const mio_interest both = MIO_READABLE | MIO_WRITABLE | MIO_ONESHOT;
  return (interest & both) == both;
}

/* Returns the flags for the mode in `interest`. */
unsigned mio_kqueue_mode_flags(mio_interest interest);

/* Adds the filters of `interest`, or of a stand-in where the kernel refuses a pipe that has hung up.
 * With `replace` it deletes the filters of `fd` first. Leaves no filter of `fd` if it fails. */
int mio_kqueue_add(mio_kqueue_queue *queue, int fd, mio_token token, mio_interest interest,
                   bool replace);

/* Replaces the filters of `fd` with the filters of `interest`, which has MIO_WRITABLE. If the kernel
 * refuses EVFILT_WRITE for this descriptor, nothing has changed. */
int mio_kqueue_replace(mio_kqueue_queue *queue, int fd, mio_token token, mio_interest interest);

/* Returns whether the error of a deletion means that the filter no longer exists. EBADF is the error for a
 * closed descriptor, which has no filter. */
bool mio_kqueue_is_gone(int error);

/* Deletes all filters of `fd`, its stand-in too. Returns 0 also if there was none. */
int mio_kqueue_remove(mio_kqueue_queue *queue, int fd);

#endif /* MIO_SYS_UNIX_KQUEUE_CHANGES_H_ */
