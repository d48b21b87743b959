#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_file.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "mio/sys/unix/poll_call.h"

/* These return a mio_poll_kind or a negative error code. */

static int datagram_kind(int fd) {
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  if (getsockname(fd, (struct sockaddr *)&name, &size) != 0) return -errno;
  return name.ss_family == AF_UNIX ? MIO_POLL_KIND_UNIX_DATAGRAM : MIO_POLL_KIND_SOCKET;
}

static int socket_kind(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return -errno;
  if (type == SOCK_STREAM || type == SOCK_SEQPACKET) return MIO_POLL_KIND_STREAM;
  return type == SOCK_DGRAM ? datagram_kind(fd) : MIO_POLL_KIND_SOCKET;
}

static int kind_of(int fd, const struct stat *status) {
  if (S_ISFIFO(status->st_mode)) return MIO_POLL_KIND_PIPE;
  return S_ISSOCK(status->st_mode) ? socket_kind(fd) : MIO_POLL_KIND_OTHER;
}

/* Some files are open and cannot be polled: those opened with O_PATH on Linux, devices on Darwin. */
static int try_polling(int fd, short *out_error) {
  struct pollfd entry = {.fd = fd, .events = POLLPRI};
  const int found = mio_poll_call(&entry, 1, 0);
  if (found < 0) return found;
  if ((entry.revents & POLLNVAL) != 0) return -EBADF;
  *out_error = (short)((entry.revents & POLLERR) != 0 ? entry.revents : 0);
  return 0;
}

int mio_poll_file_examine(int fd, mio_poll_file *out_file) {
  struct stat status;
  if (fd < 0) return -EBADF;
  if (fstat(fd, &status) != 0) return -errno;
  const int kind = kind_of(fd, &status);
  if (kind < 0) return kind;
  out_file->kind = (mio_poll_kind)kind;
  out_file->error = 0;
  /* Sockets and pipes have inodes of their own. All eventfds share one, for example. */
  out_file->id = (uint64_t)status.st_ino ^ (uint64_t)status.st_dev << 40;
  return out_file->kind == MIO_POLL_KIND_OTHER ? try_polling(fd, &out_file->error) : 0;
}
