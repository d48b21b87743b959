#include "mio/sys/unix/os.h"

#include "mio/sys/unix/kqueue_filter.h"

#include <errno.h>
#include <sys/types.h>

#include <sys/event.h>

#include "mio/sys/unix/kqueue_selector.h"

static mio_event deletion_of(const mio_kqueue_filter *filter) {
  return mio_kqueue_change(filter->ident, (mio_kevent_filter)filter->filter, EV_DELETE, 0);
}

int mio_kqueue_add_filter(mio_selector *selector, const mio_kqueue_filter *filter, mio_token token,
                          mio_interest interest, bool replace) {
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  const int checked = mio_kqueue_check(selector, token, interest);
  if (checked < 0) return checked;
  mio_event changes[2];
  int errors[2];
  const unsigned mode = mio_kqueue_mode_flags((interest & modes) | MIO_READABLE);
  int count = 0;
  if (replace) changes[count++] = deletion_of(filter);
  mio_event *added = &changes[count++];
  *added =
      mio_kqueue_change(filter->ident, (mio_kevent_filter)filter->filter, EV_ADD | mode, token);
  added->fflags = filter->fflags;
  added->data = (mio_kevent_data)filter->data;
  const int result = mio_kqueue_apply(&selector->queue, changes, count, errors);
  return result < 0 ? result : -errors[count - 1];
}

int mio_kqueue_delete_filter(mio_selector *selector, const mio_kqueue_filter *filter) {
  const mio_event deletion = deletion_of(filter);
  int error;
  const int result = mio_kqueue_apply(&selector->queue, &deletion, 1, &error);
  if (result < 0) return result;
  return mio_kqueue_is_gone(error) ? 0 : -error;
}
