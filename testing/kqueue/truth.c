#define _GNU_SOURCE 1

#include "testing/kqueue/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "testing/kqueue/kernel.h"

static int poll_descriptor(int fd) {
  struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  const struct timespec now = {0, 0};
  return kernel_call(SYS_ppoll, (long)&entry, 1, (long)&now, 0) < 0 ? 0 : entry.revents;
}

static mode_t type_of(int fd) {
  struct stat status;
  return kernel_fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

static bool reads_true(int state, mode_t type, struct kevent *out) {
  int bytes = 0;
  if (type == S_IFREG) return true;
  /* A socket that was never connected: Linux calls it hung up, a BSD has nothing to say of it. */
  if (type == S_IFSOCK && (state & POLLHUP) != 0 && (state & (POLLIN | POLLRDHUP | POLLERR)) == 0)
    return false;
  if ((state & (POLLIN | POLLRDHUP | POLLHUP | POLLERR)) == 0) return false;
  if ((state & (POLLRDHUP | POLLHUP)) != 0) {
    out->flags |= EV_EOF;
    if ((state & POLLERR) != 0) out->fflags = ECONNRESET;
  }
  (void)kernel_call(SYS_ioctl, (long)out->ident, FIONREAD, (long)&bytes, 0);
  out->data = bytes;
  return true;
}

static bool writes_true(int state, mode_t type, struct kevent *out) {
  if (type == S_IFREG) return true;
  if (type == S_IFSOCK && (state & POLLHUP) != 0 && (state & (POLLIN | POLLRDHUP | POLLERR)) == 0)
    return false;
  if ((state & (POLLOUT | POLLHUP | POLLERR)) == 0) return false;
  if (type == S_IFIFO && (state & POLLERR) != 0) {
    out->flags |= EV_EOF | EV_ONESHOT;
  } else if ((state & POLLHUP) != 0) {
    out->flags |= EV_EOF;
    if ((state & POLLERR) != 0) out->fflags = ECONNRESET;
  }
  return true;
}

bool truth_of_descriptor(struct kevent *event) {
  const int fd = (int)event->ident;
  const long mode = kernel_call(SYS_fcntl, fd, F_GETFL, 0, 0);
  const mode_t type = type_of(fd);
  const int wrong = event->filter == EVFILT_READ ? O_WRONLY : O_RDONLY;
  if (mode < 0 || (type == S_IFIFO && (mode & O_ACCMODE) == wrong)) return false;
  const int state = poll_descriptor(fd);
  return event->filter == EVFILT_READ ? reads_true(state, type, event)
                                      : writes_true(state, type, event);
}

bool truth_is_writer_without_reader(int fd) {
  const long mode = kernel_call(SYS_fcntl, fd, F_GETFL, 0, 0);
  return type_of(fd) == S_IFIFO && mode >= 0 && (mode & O_ACCMODE) != O_RDONLY &&
         (poll_descriptor(fd) & POLLERR) != 0;
}
