#include "mio/sys/unix/os.h"

#include "mio/sys/unix/net_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "mio/sys/net.h"

int mio_fd_set_nonblocking(int fd, bool on) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return wanted == flags ? 0 : mio_fd_result(fcntl(fd, F_SETFL, wanted));
}

int mio_fd_prepare(int fd) {
  int result = mio_fd_result(fcntl(fd, F_SETFD, FD_CLOEXEC));
  if (result == 0) result = mio_fd_set_nonblocking(fd, true);
  if (result < 0) mio_net_close(fd);
  return result;
}

/* On Linux and the BSDs the descriptor is closed even if close(2) returns EINTR. Another thread may already
 * have a new file with its number. */
void mio_net_close(mio_handle handle) { (void)close(handle); }
