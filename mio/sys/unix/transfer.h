#ifndef MIO_SYS_UNIX_TRANSFER_H_
#define MIO_SYS_UNIX_TRANSFER_H_

#include "mio/sys/unix/os.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

/* The Unix definitions for mio/sys/transfer.h. */

/* MSG_DONTWAIT: sockets do not block for this library, even if another process that shares the open
 * file has cleared O_NONBLOCK. */
#if MIO_HAS_MSG_NOSIGNAL
#define MIO_SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)
#else
#define MIO_SEND_FLAGS MSG_DONTWAIT
#endif
#define MIO_RECV_FLAGS MSG_DONTWAIT

/* Returns whether a connected send that failed must be repeated. See MIO_SEND_MAY_SAY_EPROTOTYPE. */
static inline bool mio_send_goes_on(ptrdiff_t sent) {
  return sent < 0 && (errno == EINTR || (MIO_SEND_MAY_SAY_EPROTOTYPE && errno == EPROTOTYPE));
}

/* The less frequent cases, with an address. */
ptrdiff_t mio_net_send_to(mio_handle handle, const void *buffer, size_t len,
                          const mio_net_name *to);
ptrdiff_t mio_net_recv_from(mio_handle handle, void *buffer, size_t len, int flags,
                            mio_net_name *out_from);

/* Called after the first call has failed. They repeat the call if a signal interrupted it, and otherwise
 * return -errno. */
ptrdiff_t mio_net_send_again(mio_handle handle, const void *buffer, size_t len);
ptrdiff_t mio_net_recv_again(mio_handle handle, void *buffer, size_t len, int flags);

/* Both keep their arguments for that in memory, by `volatile`. In registers that survive the first call
 * they would cost every transfer three registers to save and restore. */

static inline ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len,
                                     const mio_net_name *to) {
  if (to != NULL) return mio_net_send_to(handle, buffer, len, to);
  const void *const volatile kept_buffer = buffer;
  const volatile size_t kept_len = len;
  const volatile mio_handle kept_handle = handle;
  const ptrdiff_t sent = send(handle, buffer, mio_fd_clamp(len), MIO_SEND_FLAGS);
  return sent >= 0 ? sent : mio_net_send_again(kept_handle, kept_buffer, kept_len);
}

static inline ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len,
                                     mio_net_recv_mode mode, mio_net_name *out_from) {
  const int flags = mode == MIO_NET_PEEK ? MIO_RECV_FLAGS | MSG_PEEK : MIO_RECV_FLAGS;
  if (out_from != NULL) return mio_net_recv_from(handle, buffer, len, flags, out_from);
  void *const volatile kept_buffer = buffer;
  const volatile size_t kept_len = len;
  const volatile mio_handle kept_handle = handle;
  const ptrdiff_t received = recv(handle, buffer, mio_fd_clamp(len), flags);
  return received >= 0 ? received : mio_net_recv_again(kept_handle, kept_buffer, kept_len, flags);
}

#endif /* MIO_SYS_UNIX_TRANSFER_H_ */
