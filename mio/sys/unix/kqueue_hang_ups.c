#include "mio/sys/unix/os.h"

#include "mio/sys/unix/kqueue_hang_ups.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>

#include <sys/event.h>

bool mio_kqueue_stand_in_ident(int fd, uintptr_t *out_ident) {
  if ((uintptr_t)fd >= MIO_KQUEUE_HUNG_UP_COUNT) return false;
  *out_ident = MIO_KQUEUE_HUNG_UP_FIRST + (uintptr_t)fd;
  return true;
}

/* NetBSD's EBADF also means that the descriptor is closed. OS X 10.11 and before may refuse EVFILT_READ
 * with EPIPE as well (mio pull request 584). */
bool mio_kqueue_is_hang_up(const mio_event *addition, int error) {
  if (addition->filter != EVFILT_WRITE) return error == EPIPE;
  return error == EPIPE || (error == EBADF && fcntl((int)addition->ident, F_GETFD) >= 0);
}

bool mio_kqueue_is_last_hang_up(const mio_event *event) {
  return event->filter == EVFILT_WRITE &&
         (event->flags & (EV_EOF | EV_ONESHOT | EV_CLEAR | EV_DISPATCH)) == (EV_EOF | EV_ONESHOT);
}

/* Two steps, because FreeBSD ignores NOTE_TRIGGER in the change that adds the filter. EV_DISPATCH instead
 * of EV_ONESHOT keeps the filter until it is deleted, so that the count of filters is correct. A pair needs
 * no EV_DISPATCH, because its first event deletes all its filters. */
int mio_kqueue_add_stand_in(mio_kqueue_queue *queue, int fd, mio_token token,
                            mio_interest interest) {
#if defined(EVFILT_USER)
  mio_event changes[2];
  int errors[2];
  uintptr_t ident;
  if (!mio_kqueue_stand_in_ident(fd, &ident)) return 0;
  unsigned flags = mio_kqueue_mode_flags(interest);
  if (flags == EV_ONESHOT) flags = EV_DISPATCH;
  changes[0] = mio_kqueue_change(ident, EVFILT_USER, EV_ADD | flags, token);
  changes[1] = mio_kqueue_change(ident, EVFILT_USER, 0, token);
  changes[1].fflags = NOTE_TRIGGER;
  int result = mio_kqueue_apply(queue, changes, 2, errors);
  if (result == 0) result = errors[0] != 0 ? -errors[0] : -errors[1];
  if (result < 0) mio_kqueue_remove_stand_in(queue, fd);
  return result;
#else
  (void)queue, (void)fd, (void)token, (void)interest;
  return 0;
#endif
}

void mio_kqueue_remove_stand_in(mio_kqueue_queue *queue, int fd) {
  uintptr_t ident;
  if (mio_kqueue_filter_count(queue) == 0 || !mio_kqueue_stand_in_ident(fd, &ident)) return;
  const mio_event deletion = mio_kqueue_change(ident, MIO_EVFILT_USER, EV_DELETE, 0);
  (void)mio_kqueue_apply_one(queue, &deletion);
}
