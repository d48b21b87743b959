#include "mio/sys/unix/os.h"

#include "mio/sys/unix/net_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

#if MIO_HAS_RWF_NOSIGNAL || MIO_SIGTIMEDWAIT_IS_SYSCALL
#include <sys/syscall.h>
#endif

int mio_fd_check(mio_handle handle) { return fcntl(handle, F_GETFD) < 0 ? -errno : 0; }

static int silence(int fd) {
#if MIO_HAS_F_SETNOSIGPIPE
  return mio_fd_result(fcntl(fd, F_SETNOSIGPIPE, 1));
#else
  (void)fd;
  return 0;
#endif
}

static int open_both(int fds[2]) {
#if MIO_HAS_PIPE2
  return mio_fd_result(pipe2(fds, O_NONBLOCK | O_CLOEXEC));
#else
  if (pipe(fds) < 0) return -errno;
  int result = mio_fd_prepare(fds[0]);
  if (result < 0) {
    mio_net_close(fds[1]);
    return result;
  }
  result = mio_fd_prepare(fds[1]);
  if (result < 0) mio_net_close(fds[0]);
  return result;
#endif
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
  (void)silence(handle); /* what is no pipe and cannot be silenced raises none either */
  return mio_fd_set_nonblocking(handle, true);
}

/* struct iovec under our name; its layout is asserted in net_transfer.c. */
static const struct iovec *native(const mio_iovec *buffers) {
  return (const struct iovec *)(const void *)buffers;
}

/* One buffer is the usual case, and the plain call is the cheaper one then. */
static ptrdiff_t write_plainly(int fd, const mio_iovec *buffers, size_t count) {
  ptrdiff_t written;
  MIO_RETRY(written, count == 1 ? write(fd, buffers->base, buffers->len)
                                : writev(fd, native(buffers), (int)count));
  return mio_fd_transfer(written);
}

#if !MIO_HAS_F_SETNOSIGPIPE
/* Takes a pending SIGPIPE off this thread, if there is one. */
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

static ptrdiff_t write_masked(int fd, const mio_iovec *buffers, size_t count) {
  sigset_t sigpipe, before, pending;
  (void)sigemptyset(&sigpipe);
  (void)sigaddset(&sigpipe, SIGPIPE);
  const int result = pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  if (result != 0) return -result;
  /* Only a signal that was blocked before can be pending before, and that one is the program's. */
  bool was_pending = false;
  if (sigismember(&before, SIGPIPE)) {
    was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
  }
  const ptrdiff_t written = write_plainly(fd, buffers, count);
  if (written == -EPIPE && !was_pending) swallow(&sigpipe);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return written;
}

#if MIO_HAS_RWF_NOSIGNAL && defined(SYS_pwritev2)
/* <linux/fs.h> of 6.18; older headers do not have it. */
#define RWF_NOSIGNAL_VALUE 0x00000100

/* One writev(2) that raises no signal. False if the kernel, a sandbox or the kind of file cannot.
 */
static bool write_silently(int fd, const mio_iovec *buffers, size_t count, ptrdiff_t *out_written) {
  static atomic_bool is_missing;
  if (atomic_load_explicit(&is_missing, memory_order_relaxed)) return false;
  ptrdiff_t written;
  /* Offset -1: the file's own position, as writev(2). */
  MIO_RETRY(written,
            syscall(SYS_pwritev2, fd, native(buffers), (long)count, -1L, -1L, RWF_NOSIGNAL_VALUE));
  if (written < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM)) {
    atomic_store_explicit(&is_missing, true, memory_order_relaxed);
    return false;
  }
  *out_written = mio_fd_transfer(written);
  return true;
}
#else
static bool write_silently(int fd, const mio_iovec *buffers, size_t count, ptrdiff_t *out_written) {
  (void)fd;
  (void)buffers;
  (void)count;
  (void)out_written;
  return false;
}
#endif
#endif /* !MIO_HAS_F_SETNOSIGPIPE */

ptrdiff_t mio_pipe_writev(mio_handle handle, const mio_iovec *buffers, size_t count) {
#if MIO_HAS_F_SETNOSIGPIPE
  return write_plainly(handle, buffers, count);
#else
  ptrdiff_t written;
  return write_silently(handle, buffers, count, &written) ? written
                                                          : write_masked(handle, buffers, count);
#endif
}

ptrdiff_t mio_pipe_write(mio_handle handle, const void *buffer, size_t len) {
  const union {
    const void *ours;
    void *theirs;
  } base = {buffer}; /* an iovec's base is for reads too */
  const mio_iovec one = {base.theirs, len};
  return mio_pipe_writev(handle, &one, 1);
}

ptrdiff_t mio_pipe_read(mio_handle handle, void *buffer, size_t len) {
  ptrdiff_t received;
  MIO_RETRY(received, read(handle, buffer, len));
  return mio_fd_transfer(received);
}

ptrdiff_t mio_pipe_readv(mio_handle handle, const mio_iovec *buffers, size_t count) {
  ptrdiff_t received;
  MIO_RETRY(received, readv(handle, native(buffers), (int)count));
  return mio_fd_transfer(received);
}
