#include "mio/sys/unix/os.h"

#include "mio/sys/waker.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mio/sys/selector.h"
#include "mio/sys/unix/cancel.h"

/* One eventfd is both ends. Each write is a new edge, because eventfd_write wakes the queue whatever the
 * count was (fs/eventfd.c). So epoll never needs to read it. Its counter has room for one notification per
 * nanosecond for 584 years. */

int mio_sys_waker_open(mio_sys_waker *waker, mio_selector *selector) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  const int result = mio_selector_watch_waker(selector, fd);
  if (result < 0) {
    (void)close(fd);
    return result;
  }
  waker->receiver = fd;
  waker->sender = fd;
  return 0;
}

int mio_sys_waker_notify(mio_sys_waker *waker) {
  const int saved = errno;
  const int state = mio_cancel_disable();
  const uint64_t one = 1;
  ssize_t written;
  do {
    written = write(waker->sender, &one, sizeof one);
  } while (written < 0 && errno == EINTR);
  const int result = written >= 0 || errno == EAGAIN ? 0 : -errno;
  mio_cancel_restore(state);
  errno = saved;
  return result;
}

void mio_sys_waker_take(mio_sys_waker *waker, bool drain) {
  if (!drain) return;
  const int saved = errno;
  const int state = mio_cancel_disable();
  uint64_t count;
  ssize_t got;
  do {
    got = read(waker->receiver, &count, sizeof count);
  } while (got < 0 && errno == EINTR);
  mio_cancel_restore(state);
  errno = saved;
}

void mio_sys_waker_close(mio_sys_waker *waker) { (void)close(waker->receiver); }
