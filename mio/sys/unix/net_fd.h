#ifndef MIO_SYS_UNIX_NET_FD_H_
#define MIO_SYS_UNIX_NET_FD_H_

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "mio/sys/unix/features.h"

/* Internal to the Unix backend: functions for sockets and pipes. */

/* Repeats `call` until no signal interrupts it. */
#define MIO_RETRY(result, call) \
  do {                          \
    (result) = (call);          \
  } while ((result) < 0 && errno == EINTR)

/* Linux cuts a transfer to 2 GiB minus a page itself, before any other check (import_ubuf() in
 * lib/iov_iter.c). XNU refuses lengths beyond INT_MAX with EINVAL. */
static inline size_t mio_fd_clamp(size_t len) {
#if MIO_ON_LINUX
  return len;
#else
  return len < INT_MAX ? len : INT_MAX;
#endif
}

/* Returns whether an error may mean that a call is unknown. A sandbox fails an unknown system call with an
 * error that its author chose: ENOSYS, EPERM, EACCES or EINVAL. EOPNOTSUPP comes from a kernel that does
 * not know a flag. A known call can fail with these errors too, so the caller then tries the older call,
 * and its result decides. */
static inline bool mio_fd_is_refusal(int error) {
  return error == ENOSYS || error == EPERM || error == EACCES || error == EINVAL ||
         error == EOPNOTSUPP;
}

/* The result of a system call in the form of the contract. */
static inline int mio_fd_result(int result) { return result < 0 ? -errno : result; }
static inline ptrdiff_t mio_fd_transfer(ptrdiff_t result) { return result < 0 ? -errno : result; }

/* Makes the descriptor non-blocking or blocking. -EBADF if it is not open. */
int mio_fd_set_nonblocking(int fd, bool on);

/* Makes a new descriptor non-blocking and close-on-exec if the call that created it could not. Closes it if
 * that fails. */
int mio_fd_prepare(int fd);

#endif /* MIO_SYS_UNIX_NET_FD_H_ */
