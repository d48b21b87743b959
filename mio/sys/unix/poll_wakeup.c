#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/features.h"

#if MIO_HAS_SOCK_FLAGS

int mio_poll_wakeup_open(mio_poll_wakeup *wakeup) {
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return socketpair(AF_UNIX, type, 0, wakeup->ends) == 0 ? 0 : -errno;
}

#else

static int prepare(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

int mio_poll_wakeup_open(mio_poll_wakeup *wakeup) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, wakeup->ends) != 0) return -errno;
  int result = prepare(wakeup->ends[0]);
  if (result == 0) result = prepare(wakeup->ends[1]);
  if (result < 0) mio_poll_wakeup_close(wakeup);
  return result;
}

#endif

void mio_poll_wakeup_close(mio_poll_wakeup *wakeup) {
  (void)close(wakeup->ends[0]);
  (void)close(wakeup->ends[1]);
}

/* Both ends stay open until mio_poll_wakeup_close, so neither call can meet a closed peer and
 * raise SIGPIPE. */

bool mio_poll_wakeup_signal(const mio_poll_wakeup *wakeup, int end) {
  const int cancel = mio_cancel_disable();
  const char byte = 0;
  ssize_t written;
  do {
    written = write(wakeup->ends[1 - end], &byte, 1);
  } while (written < 0 && errno == EINTR);
  mio_cancel_restore(cancel);
  return written == 1;
}

void mio_poll_wakeup_drain(const mio_poll_wakeup *wakeup, int end) {
  const int cancel = mio_cancel_disable();
  char byte;
  while (read(wakeup->ends[end], &byte, 1) < 0 && errno == EINTR) {
  }
  mio_cancel_restore(cancel);
}
