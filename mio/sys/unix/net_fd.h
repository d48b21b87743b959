#ifndef MIO_SYS_UNIX_NET_FD_H_
#define MIO_SYS_UNIX_NET_FD_H_

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* Inside the Unix backend: what sockets and pipes have in common. */

/* `call` again and again until no signal interrupts it. */
#define MIO_RETRY(result, call) \
  do {                          \
    (result) = (call);          \
  } while ((result) < 0 && errno == EINTR)

/* A system call's answer in the shape of the contract. */
static inline int mio_fd_result(int result) { return result < 0 ? -errno : result; }
static inline ptrdiff_t mio_fd_transfer(ptrdiff_t result) { return result < 0 ? -errno : result; }

/* Makes the descriptor block or not. -EBADF for what is not open. */
int mio_fd_set_nonblocking(int fd, bool on);

/* Makes a new descriptor non-blocking and close-on-exec where the call that made it could not;
 * closes it if that fails. */
int mio_fd_prepare(int fd);

#endif /* MIO_SYS_UNIX_NET_FD_H_ */
