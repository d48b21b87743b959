#include "mio/sys/unix/os.h"

#include "mio/sys/unix/kqueue_changes.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <time.h>

#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/kqueue_hang_ups.h"

static const struct timespec no_time = {0, 0};

/* EVFILT_READ reports nothing at the end of a regular file, so an empty file is never readable. With these
 * flags it reports files like poll(2), either always or also at the end. Other descriptors ignore them.
 * They come from FreeBSD's and OpenBSD's <sys/event.h>; the other systems have no such flag. */
#if defined(NOTE_FILE_POLL)
#define READ_FFLAGS NOTE_FILE_POLL
#elif defined(__OpenBSD__) && defined(NOTE_EOF)
#define READ_FFLAGS NOTE_EOF
#else
#define READ_FFLAGS 0
#endif

mio_event mio_kqueue_change(uintptr_t ident, mio_kevent_filter filter, unsigned flags,
                            mio_token token) {
  mio_event made;
  memset(&made, 0, sizeof made);
  made.ident = ident;
  made.filter = filter;
  made.flags = (mio_kevent_flags)(flags | EV_RECEIPT);
  made.udata = (void *)token;
  return made;
}

/* Returns whether the queue counts the filter of this change. */
static bool is_counted(const mio_kqueue_queue *queue, const mio_event *change) {
  return queue->counts_all || mio_native_event_is_hung_up(change);
}

static void count_filter(mio_kqueue_queue *queue, const mio_event *change) {
  if ((change->flags & EV_DELETE) != 0) {
    atomic_fetch_sub_explicit(&queue->filter_count, 1, memory_order_acq_rel);
  } else if ((change->flags & EV_ADD) != 0) {
    atomic_fetch_add_explicit(&queue->filter_count, 1, memory_order_acq_rel);
  }
}

/* Without receipts after an EINTR. All changes were applied (kevent(2) of FreeBSD), but a deletion may
 * have found nothing. ENOENT keeps it from being counted. */
static void assume_applied(const mio_event *changes, int count, int *out_errors) {
  for (int i = 0; i < count; ++i) out_errors[i] = (changes[i].flags & EV_DELETE) != 0 ? ENOENT : 0;
}

int mio_kqueue_apply(mio_kqueue_queue *queue, const mio_event *changes, int count,
                     int *out_errors) {
  mio_event receipts[MIO_KQUEUE_CHANGES_MAX];
  for (int i = 0; i < count; ++i) out_errors[i] = 0;
  if (count == 0) return 0;
  const int state = mio_cancel_disable();
  const int got = kevent(queue->fd, mio_kqueue_const_kernel_events(changes), count,
                         mio_kqueue_kernel_events(receipts), count, &no_time);
  const int error = errno;
  mio_cancel_restore(state);
  if (got < 0 && error != EINTR) return -error;
  if (got < 0) assume_applied(changes, count, out_errors);
  for (int i = 0; i < got; ++i) {
    if ((receipts[i].flags & EV_ERROR) != 0) out_errors[i] = (int)receipts[i].data;
  }
  for (int i = 0; i < count; ++i) {
    if (out_errors[i] == 0 && is_counted(queue, &changes[i])) count_filter(queue, &changes[i]);
  }
  return 0;
}

int mio_kqueue_apply_one(mio_kqueue_queue *queue, const mio_event *change) {
  int error;
  const int result = mio_kqueue_apply(queue, change, 1, &error);
  return result < 0 ? result : -error;
}

unsigned mio_kqueue_mode_flags(mio_interest interest) {
  if (mio_kqueue_is_pair(interest)) return EV_ONESHOT | EV_DISPATCH;
  if ((interest & MIO_ONESHOT) != 0) return EV_ONESHOT;
  return (interest & MIO_LEVEL) != 0 ? 0 : EV_CLEAR;
}

/* Writes the changes that delete all filters of `fd`, and returns their number. */
static int put_deletions(const mio_kqueue_queue *queue, int fd, mio_event *out) {
  int count = 0;
  uintptr_t ident;
  out[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  out[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_WRITE, EV_DELETE, 0);
  if (mio_kqueue_filter_count(queue) != 0 && mio_kqueue_stand_in_ident(fd, &ident)) {
    out[count++] = mio_kqueue_change(ident, MIO_EVFILT_USER, EV_DELETE, 0);
  }
  return count;
}

static mio_event reader(int fd, unsigned flags, mio_token token) {
  mio_event made = mio_kqueue_change((uintptr_t)fd, EVFILT_READ, flags, token);
  made.fflags = READ_FFLAGS;
  return made;
}

/* Writes the changes that add the filters of `interest`, and returns their number. EVFILT_READ comes first,
 * because events that are ready at once arrive in this order, and a program should read first. */
static int put_additions(int fd, mio_token token, mio_interest interest, mio_event *out) {
  const unsigned flags = EV_ADD | mio_kqueue_mode_flags(interest);
  int count = 0;
  if ((interest & MIO_READABLE) != 0) out[count++] = reader(fd, flags, token);
  if ((interest & MIO_WRITABLE) != 0)
    out[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_WRITE, flags, token);
  return count;
}

int mio_kqueue_add(mio_kqueue_queue *queue, int fd, mio_token token, mio_interest interest,
                   bool replace) {
  mio_event changes[MIO_KQUEUE_CHANGES_MAX];
  int errors[MIO_KQUEUE_CHANGES_MAX];
  const int deletions = replace ? put_deletions(queue, fd, changes) : 0;
  const int count = deletions + put_additions(fd, token, interest, changes + deletions);
  bool hung_up = false;
  int result = mio_kqueue_apply(queue, changes, count, errors);
  for (int i = deletions; result == 0 && i < count; ++i) {
    if (errors[i] != 0 && mio_kqueue_is_hang_up(&changes[i], errors[i])) {
      hung_up = true;
    } else {
      result = -errors[i];
    }
  }
  if (result == 0 && hung_up) result = mio_kqueue_add_stand_in(queue, fd, token, interest);
  if (result < 0) (void)mio_kqueue_remove(queue, fd);
  return result;
}

/* A registered source may lack EVFILT_WRITE because the kernel refuses it for this descriptor although it
 * has EVFILT_READ for it (a kqueue, for example). The refusal must come before the old filters are deleted.
 * So the first change adds EVFILT_WRITE, disabled. If the filter exists, EV_ADD never fails. If EV_ADD
 * fails, the filter did not exist and nothing has changed yet. Without receipts kevent stops at the first
 * change that fails (each kernel's loop over the changes).
 *
 *   add WRITE, READ      disabled, so that no thread takes their events before they are deleted, and so
 *                        that the deletions find both
 *   delete WRITE, READ
 *   add READ, WRITE
 *   delete READ          instead of the other changes of READ, if READ is not wanted: may find nothing
 *
 * WRITE is probed before READ: a probe of READ would leave an existing EVFILT_READ disabled if WRITE is
 * refused then. A pipe that has hung up is refused by the first change, or by the last addition if its
 * filter existed. */
int mio_kqueue_replace(mio_kqueue_queue *queue, int fd, mio_token token, mio_interest interest) {
  const bool reads = (interest & MIO_READABLE) != 0;
  const mio_event writer =
      mio_kqueue_change((uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_DISABLE, token);
  mio_event changes[MIO_KQUEUE_CHANGES_MAX];
  int count = 0;
  changes[count++] = writer;
  if (reads) changes[count++] = reader(fd, EV_ADD | EV_DISABLE, token);
  changes[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_WRITE, EV_DELETE, 0);
  if (reads) changes[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  count += put_additions(fd, token, interest, changes + count);
  if (!reads) changes[count++] = mio_kqueue_change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  for (int i = 0; i < count; ++i) changes[i].flags &= (mio_kevent_flags)~EV_RECEIPT;
  const int state = mio_cancel_disable();
  const int called =
      kevent(queue->fd, mio_kqueue_const_kernel_events(changes), count, NULL, 0, &no_time);
  const int error = called < 0 ? errno : 0;
  mio_cancel_restore(state);
  if (error == 0 || error == EINTR || error == ENOENT) {
    mio_kqueue_remove_stand_in(queue, fd);
    return 0;
  }
  if (mio_kqueue_is_hang_up(&writer, error))
    return mio_kqueue_add(queue, fd, token, interest, true);
  if (error == ENOMEM) (void)mio_kqueue_remove(queue, fd); /* the change may be incomplete */
  return -error;
}

bool mio_kqueue_is_gone(int error) { return error == ENOENT || error == EBADF; }

int mio_kqueue_remove(mio_kqueue_queue *queue, int fd) {
  mio_event changes[MIO_KQUEUE_CHANGES_MAX];
  int errors[MIO_KQUEUE_CHANGES_MAX];
  const int count = put_deletions(queue, fd, changes);
  int result = mio_kqueue_apply(queue, changes, count, errors);
  for (int i = 0; result == 0 && i < count; ++i) {
    if (!mio_kqueue_is_gone(errors[i])) result = -errors[i];
  }
  return result;
}
