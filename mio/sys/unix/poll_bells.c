#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_bells.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mio/sys/unix/features.h"

#if MIO_HAS_SOCK_FLAGS

int mio_poll_bells_open(mio_poll_bells *bells) {
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return socketpair(AF_UNIX, type, 0, bells->ends) == 0 ? 0 : -errno;
}

#else

static int prepare(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

int mio_poll_bells_open(mio_poll_bells *bells) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, bells->ends) != 0) return -errno;
  int result = prepare(bells->ends[0]);
  if (result == 0) result = prepare(bells->ends[1]);
  if (result < 0) mio_poll_bells_close(bells);
  return result;
}

#endif

void mio_poll_bells_close(mio_poll_bells *bells) {
  (void)close(bells->ends[0]);
  (void)close(bells->ends[1]);
}

/* Both ends are open as long as the bells are, so neither call can meet a closed peer: no SIGPIPE.
 */

void mio_poll_bells_ring(const mio_poll_bells *bells, int bell) {
  const char byte = 0;
  while (write(bells->ends[1 - bell], &byte, 1) < 0 && errno == EINTR) {
  }
}

void mio_poll_bells_silence(const mio_poll_bells *bells, int bell) {
  char byte;
  while (read(bells->ends[bell], &byte, 1) < 0 && errno == EINTR) {
  }
}
