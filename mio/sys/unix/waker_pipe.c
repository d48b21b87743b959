#include "mio/sys/unix/os.h"

#include "mio/sys/waker.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mio/sys/selector.h"
#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/features.h"

/* A pipe, with a byte for each notification.
 *
 * A thread always reads it until it is empty, whatever the selector requests. Between Linux 5.5 and 5.13 a
 * write to a pipe that was not empty caused no edge in epoll (fs/pipe.c, pipe_write). */

#if MIO_HAS_PIPE2

static int open_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 ? 0 : -errno; }

#else

static int prepare(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

static int open_pipe(int ends[2]) {
  if (pipe(ends) != 0) return -errno;
  int result = prepare(ends[0]);
  if (result == 0) result = prepare(ends[1]);
  if (result < 0) {
    (void)close(ends[0]);
    (void)close(ends[1]);
  }
  return result;
}

#endif

int mio_sys_waker_open(mio_sys_waker *waker, mio_selector *selector) {
  int ends[2];
  const int result = open_pipe(ends);
  if (result < 0) return result;
  waker->receiver = ends[0];
  waker->sender = ends[1];
  const int watched = mio_selector_watch_waker(selector, waker->receiver);
  if (watched < 0) mio_sys_waker_close(waker);
  return watched;
}

int mio_sys_waker_notify(mio_sys_waker *waker) {
  const int saved = errno;
  const int state = mio_cancel_disable();
  const char byte = 0;
  ssize_t written;
  do {
    written = write(waker->sender, &byte, 1);
  } while (written < 0 && errno == EINTR);
  const int result = written >= 0 || errno == EAGAIN ? 0 : -errno;
  mio_cancel_restore(state);
  errno = saved;
  return result;
}

void mio_sys_waker_take(mio_sys_waker *waker, bool drain) {
  (void)drain;
  const int saved = errno;
  const int state = mio_cancel_disable();
  char bytes[64];
  ssize_t got;
  do {
    got = read(waker->receiver, bytes, sizeof bytes);
  } while (got == (ssize_t)sizeof bytes || (got < 0 && errno == EINTR));
  mio_cancel_restore(state);
  errno = saved;
}

void mio_sys_waker_close(mio_sys_waker *waker) {
  (void)close(waker->receiver);
  (void)close(waker->sender);
}
