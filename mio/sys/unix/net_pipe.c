#include "mio/sys/unix/net_pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "mio/sys/net.h"

#if MIO_HAS_RWF_NOSIGNAL || MIO_SIGTIMEDWAIT_IS_SYSCALL
#include <sys/syscall.h>
#endif

atomic_bool mio_pipe_sigpipe_ignored;

int mio_fd_check(mio_handle handle) { return fcntl(handle, F_GETFD) < 0 ? -errno : 0; }

static int silence(int fd) {
#if MIO_HAS_F_SETNOSIGPIPE
  return mio_fd_result(fcntl(fd, F_SETNOSIGPIPE, 1));
#else
  (void)fd;
  return 0;
#endif
}

static int open_in_steps(int fds[2]) {
  if (pipe(fds) < 0) return -errno;
  int result = mio_fd_prepare(fds[0]);
  if (result < 0) {
    mio_net_close(fds[1]);
    return result;
  }
  result = mio_fd_prepare(fds[1]);
  if (result < 0) mio_net_close(fds[0]);
  return result;
}

static int open_both(int fds[2]) {
#if MIO_HAS_PIPE2
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0) return 0;
  if (!mio_fd_is_refusal(errno)) return -errno;
#endif
  return open_in_steps(fds);
}

int mio_pipe_open(mio_handle out_handles[2]) {
  int fds[2];
  int result = open_both(fds);
  if (result < 0) return result;
  result = silence(fds[1]);
  if (result < 0) {
    mio_net_close(fds[0]);
    mio_net_close(fds[1]);
    return result;
  }
  out_handles[0] = fds[0];
  out_handles[1] = fds[1];
  return 0;
}

int mio_pipe_set_nonblocking(mio_handle handle, bool on) {
  return mio_fd_set_nonblocking(handle, on);
}

int mio_pipe_adopt(mio_handle handle) {
  (void)silence(
      handle); /* a descriptor that is not a pipe and refuses this raises no SIGPIPE either */
  return mio_fd_set_nonblocking(handle, true);
}

/* struct iovec under the name of this library. net_transfer.c asserts its layout. */
static const struct iovec *native(const mio_iovec *buffers) {
  return (const struct iovec *)(const void *)buffers;
}

/* One buffer is the usual case, and write(2) is cheaper than writev(2) then. */
static ptrdiff_t write_plainly(int fd, const mio_iovec *buffers, size_t count) {
  ptrdiff_t written;
  MIO_RETRY(written, count == 1 ? write(fd, buffers->base, mio_fd_clamp(buffers->len))
                                : writev(fd, native(buffers), (int)count));
  return mio_fd_transfer(written);
}

#if MIO_HAS_F_SETNOSIGPIPE

ptrdiff_t mio_pipe_write_safely(mio_handle handle, const mio_iovec *buffers, size_t count) {
  return write_plainly(handle, buffers, count);
}

#else

/* Removes one pending SIGPIPE from this thread, if there is one. */
static void swallow(const sigset_t *sigpipe) {
#if MIO_SIGTIMEDWAIT_IS_SYSCALL
  /* The kernel's own set has 64 bits. */
  const unsigned long long mask = 1ULL << (SIGPIPE - 1);
  const struct timespec now = {0, 0};
  int taken;
  (void)sigpipe;
  MIO_RETRY(taken, (int)syscall(SYS_rt_sigtimedwait, &mask, NULL, &now, sizeof mask));
#elif MIO_HAS_SIGTIMEDWAIT
  const struct timespec now = {0, 0};
  int taken;
  MIO_RETRY(taken, sigtimedwait(sigpipe, NULL, &now));
#else
  sigset_t pending;
  int taken;
  if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE)) (void)sigwait(sigpipe, &taken);
#endif
}

static bool is_shorter(ptrdiff_t written, const mio_iovec *buffers, size_t count) {
  size_t left = (size_t)written;
  for (size_t i = 0; i < count; ++i) {
    if (left < buffers[i].len) return true;
    left -= buffers[i].len;
  }
  return false;
}

/* Whether a write may have raised the signal. If the reader of a blocking pipe closes while the writer
 * sleeps, the write returns the part that was written and still raises the signal. */
static bool may_have_signalled(ptrdiff_t written, const mio_iovec *buffers, size_t count) {
  if (written < 0) return written == -EPIPE;
  return MIO_SHORT_WRITE_MAY_SIGNAL && is_shorter(written, buffers, count);
}

static ptrdiff_t write_masked(int fd, const mio_iovec *buffers, size_t count) {
  sigset_t sigpipe, before, pending;
  (void)sigemptyset(&sigpipe);
  (void)sigaddset(&sigpipe, SIGPIPE);
  const int result = pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  if (result != 0) return -result;
  /* A signal that is pending before the write was blocked before, and belongs to the program. */
  bool keep = false;
  if (!MIO_QUEUES_SIGNALS && sigismember(&before, SIGPIPE)) {
    keep = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
  }
  const ptrdiff_t written = write_plainly(fd, buffers, count);
  if (!keep && may_have_signalled(written, buffers, count)) swallow(&sigpipe);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return written;
}

#if MIO_HAS_RWF_NOSIGNAL && defined(SYS_pwritev2)
/* <linux/fs.h> of 6.18. Older headers do not have it. */
#define RWF_NOSIGNAL_VALUE 0x00000100

static bool is_pipe(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* A kernel before 6.18 and many sandboxes refuse the call, and then the library does not try it again. A
 * descriptor that is not a pipe, and bad arguments, may cause the same error. So only a pipe for which
 * write(2) returns another result decides for all descriptors. */
ptrdiff_t mio_pipe_write_safely(mio_handle handle, const mio_iovec *buffers, size_t count) {
  static atomic_bool is_missing;
  if (atomic_load_explicit(&is_missing, memory_order_relaxed)) {
    return write_masked(handle, buffers, count);
  }
  ptrdiff_t written;
  /* Offset -1: the file's own position, as with writev(2). */
  MIO_RETRY(written, syscall(SYS_pwritev2, handle, native(buffers), (long)count, -1L, -1L,
                             RWF_NOSIGNAL_VALUE));
  if (written >= 0) return written;
  const int error = errno;
  if (!mio_fd_is_refusal(error)) return -error;
  written = write_masked(handle, buffers, count);
  if (written != -error && is_pipe(handle)) {
    atomic_store_explicit(&is_missing, true, memory_order_relaxed);
  }
  return written;
}
#else
ptrdiff_t mio_pipe_write_safely(mio_handle handle, const mio_iovec *buffers, size_t count) {
  return write_masked(handle, buffers, count);
}
#endif

#endif /* !MIO_HAS_F_SETNOSIGPIPE */

ptrdiff_t mio_pipe_write_one_safely(mio_handle handle, const void *buffer, size_t len) {
  const union {
    const void *ours;
    void *theirs;
  } base = {buffer}; /* struct iovec has no const, because reads use it too */
  const mio_iovec one = {base.theirs, len};
  return mio_pipe_write_safely(handle, &one, 1);
}

ptrdiff_t mio_pipe_write_again(mio_handle handle, const void *buffer, size_t len) {
  ptrdiff_t written = -1;
  while (written < 0 && errno == EINTR) written = write(handle, buffer, mio_fd_clamp(len));
  return mio_fd_transfer(written);
}

ptrdiff_t mio_pipe_read_again(mio_handle handle, void *buffer, size_t len) {
  ptrdiff_t received = -1;
  while (received < 0 && errno == EINTR) received = read(handle, buffer, mio_fd_clamp(len));
  return mio_fd_transfer(received);
}

ptrdiff_t mio_pipe_writev(mio_handle handle, const mio_iovec *buffers, size_t count) {
  return mio_pipe_is_silent() ? write_plainly(handle, buffers, count)
                              : mio_pipe_write_safely(handle, buffers, count);
}

ptrdiff_t mio_pipe_readv(mio_handle handle, const mio_iovec *buffers, size_t count) {
  ptrdiff_t received;
  MIO_RETRY(received, readv(handle, native(buffers), (int)count));
  return mio_fd_transfer(received);
}
