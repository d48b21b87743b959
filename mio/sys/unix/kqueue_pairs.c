#include "mio/sys/unix/os.h"

#include "mio/sys/unix/kqueue_pairs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/kqueue_hang_ups.h"

/* The flags of a filter of a pair. They come back with its events, and no other registration has both. */
#define PAIR_FLAGS (EV_ONESHOT | EV_DISPATCH)

int mio_kqueue_locked_init(mio_kqueue_locked *locked) {
  locked->queue.fd = -1;
  locked->queue.counts_all = true;
  return mio_lock_init(&locked->lock);
}

void mio_kqueue_locked_close(mio_kqueue_locked *locked) {
  if (locked->queue.fd >= 0) (void)close(locked->queue.fd);
  mio_lock_destroy(&locked->lock);
}

void mio_kqueue_locked_abandon(mio_kqueue_locked *locked) { locked->queue.fd = -1; }

static bool is_pipe(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

bool mio_kqueue_needs_lock(int fd, mio_interest interest) {
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  if (mio_kqueue_is_pair(interest)) return true;
  return (interest & MIO_WRITABLE) != 0 && (interest & modes) == MIO_LEVEL && is_pipe(fd);
}

/* Opens the queue and puts the marker into the main kqueue, unless that was done before. */
static int open_queue(mio_kqueue_locked *locked, mio_kqueue_queue *main_queue) {
  if (locked->queue.fd >= 0) return 0;
  const int fd = kqueue();
  int result = fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
  if (result == 0) {
    const mio_event marker =
        mio_kqueue_change((uintptr_t)fd, EVFILT_READ, EV_ADD, mio_kqueue_marker(locked));
    /* Set before the marker can arrive (see mio_kqueue_without_marker). */
    atomic_store_explicit(&locked->is_open, true, memory_order_seq_cst);
    result = mio_kqueue_apply_one(main_queue, &marker);
  }
  if (result < 0) {
    if (fd >= 0) (void)close(fd);
    return result;
  }
  locked->queue.fd = fd;
  return 0;
}

int mio_kqueue_locked_add(mio_kqueue_locked *locked, mio_kqueue_queue *main_queue, int fd,
                          mio_token token, mio_interest interest) {
  const int state = mio_cancel_disable();
  mio_lock_acquire(&locked->lock);
  int result = open_queue(locked, main_queue);
  if (result == 0) result = mio_kqueue_add(&locked->queue, fd, token, interest, true);
  mio_lock_release(&locked->lock);
  mio_cancel_restore(state);
  return result;
}

int mio_kqueue_locked_remove(mio_kqueue_locked *locked, int fd) {
  const int state = mio_cancel_disable();
  mio_lock_acquire(&locked->lock);
  const int result = mio_kqueue_remove(&locked->queue, fd);
  mio_lock_release(&locked->lock);
  mio_cancel_restore(state);
  return result;
}

/* Returns the descriptor of an event of the locked queue. */
static int descriptor_of(const mio_event *event) {
  return mio_native_event_is_hung_up(event) ? (int)(event->ident - MIO_KQUEUE_HUNG_UP_FIRST)
                                            : (int)event->ident;
}

/* Does the work after one event. The caller holds the lock. */
static void finish(mio_kqueue_queue *queue, const mio_event *event) {
  if ((event->flags & EV_ONESHOT) != 0) /* the kernel has deleted the filter */
    atomic_fetch_sub_explicit(&queue->filter_count, 1, memory_order_acq_rel);
  if ((event->flags & PAIR_FLAGS) == PAIR_FLAGS) {
    (void)mio_kqueue_remove(queue, descriptor_of(event));
  } else if (mio_kqueue_is_last_hang_up(event)) {
    (void)mio_kqueue_add_stand_in(queue, descriptor_of(event), mio_native_event_token(event),
                                  MIO_LEVEL);
  }
}

int mio_kqueue_locked_take(mio_kqueue_locked *locked, mio_event *out, uint32_t capacity) {
  static const struct timespec now = {0, 0};
  const int state = mio_cancel_disable();
  mio_lock_acquire(&locked->lock);
  const int count =
      kevent(locked->queue.fd, NULL, 0, mio_kqueue_kernel_events(out), (int)capacity, &now);
  const int result = count < 0 ? -errno : count;
  for (int i = 0; i < count; ++i) finish(&locked->queue, &out[i]);
  mio_lock_release(&locked->lock);
  mio_cancel_restore(state);
  return result;
}

int mio_kqueue_without_marker(const mio_kqueue_locked *locked, mio_event *events, int count) {
  if (!atomic_load_explicit(&locked->is_open, memory_order_relaxed)) return count;
  for (int i = 0; i < count; ++i) {
    if (mio_native_event_token(&events[i]) != mio_kqueue_marker(locked)) continue;
    for (int behind = i + 1; behind < count; ++behind) events[behind - 1] = events[behind];
    return count - 1;
  }
  return count;
}
