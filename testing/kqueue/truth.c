#define _GNU_SOURCE 1

#include "testing/kqueue/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

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

/* Whether `fd`, a pipe, came from pipe(2) and not from mkfifo(3): it is in a file system of its own. */
static bool has_no_name(int fd) {
  const long pipefs = 0x50495045;
  struct statfs status;
  return kernel_call(SYS_fstatfs, fd, (long)&status, 0, 0) == 0 && status.f_type == pipefs;
}

/* A socket that was never connected: Linux calls it hung up, a BSD reports nothing. */
static bool was_never_connected(int state, mode_t type) {
  return type == S_IFSOCK && (state & POLLHUP) != 0 &&
         (state & (POLLIN | POLLRDHUP | POLLERR)) == 0;
}

/* EVFILT_READ of a file counts the bytes up to its end, and reports 0 only with NOTE_FILE_POLL. */
static bool file_reads_true(struct kevent *out, unsigned wanted) {
  const int fd = (int)out->ident;
  struct stat status;
  if (kernel_fstat(fd, &status) != 0) return false;
  out->data = status.st_size - kernel_call(SYS_lseek, fd, 0, SEEK_CUR, 0);
  return out->data != 0 || (wanted & NOTE_FILE_POLL) != 0;
}

static bool reads_true(int state, mode_t type, struct kevent *out) {
  int bytes = 0;
  if (was_never_connected(state, type)) return false;
  if ((state & (POLLIN | POLLRDHUP | POLLHUP | POLLERR)) == 0) return false;
  if ((state & (POLLRDHUP | POLLHUP)) != 0) {
    out->flags |= EV_EOF;
    if ((state & POLLERR) != 0) out->fflags = ECONNRESET;
  }
  (void)kernel_call(SYS_ioctl, (long)out->ident, FIONREAD, (long)&bytes, 0);
  out->data = bytes;
  return true;
}

/* The end of a pipe's reader. FreeBSD ends the filter of a pipe(2), and keeps that of a FIFO, whose reader
 * may come back. */
static void pipe_ended(struct kevent *out) {
  out->flags |= EV_EOF;
  if (has_no_name((int)out->ident)) {
    out->flags |= EV_ONESHOT;
  } else {
    out->data = 16384;
  }
}

static bool writes_true(int state, mode_t type, struct kevent *out) {
  if (was_never_connected(state, type)) return false;
  if ((state & (POLLOUT | POLLHUP | POLLERR)) == 0) return false;
  if (type == S_IFIFO && (state & POLLERR) != 0) {
    pipe_ended(out);
  } else if ((state & POLLHUP) != 0) {
    out->flags |= EV_EOF;
    if ((state & POLLERR) != 0) out->fflags = ECONNRESET;
  }
  return true;
}

bool truth_of_descriptor(struct kevent *event, unsigned wanted) {
  const int fd = (int)event->ident;
  const long mode = kernel_call(SYS_fcntl, fd, F_GETFL, 0, 0);
  const mode_t type = type_of(fd);
  const int wrong = event->filter == EVFILT_READ ? O_WRONLY : O_RDONLY;
  if (mode < 0 || (type == S_IFIFO && (mode & O_ACCMODE) == wrong)) return false;
  if (type == S_IFREG) return event->filter == EVFILT_WRITE || file_reads_true(event, wanted);
  const int state = poll_descriptor(fd);
  return event->filter == EVFILT_READ ? reads_true(state, type, event)
                                      : writes_true(state, type, event);
}

bool truth_is_writer_without_reader(int fd) {
  const long mode = kernel_call(SYS_fcntl, fd, F_GETFL, 0, 0);
  return type_of(fd) == S_IFIFO && has_no_name(fd) && mode >= 0 && (mode & O_ACCMODE) != O_RDONLY &&
         (poll_descriptor(fd) & POLLERR) != 0;
}

int truth_of_silent_change(int fd, int filter) {
  const mode_t type = type_of(fd);
  int bytes = 0;
  if (filter == EVFILT_READ && type == S_IFIFO && (poll_descriptor(fd) & POLLHUP) != 0) {
    return kernel_call(SYS_ioctl, fd, FIONREAD, (long)&bytes, 0) < 0 ? 0 : bytes;
  }
  if (filter == EVFILT_WRITE && type == S_IFSOCK) {
    return kernel_call(SYS_ioctl, fd, TIOCOUTQ, (long)&bytes, 0) < 0 ? 0 : bytes;
  }
  return 0;
}
