#ifndef MIO_SYS_UNIX_NET_ANCILLARY_H_
#define MIO_SYS_UNIX_NET_ANCILLARY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/net/iovec.h"
#include "mio/sys/net.h"

/* Inside the library: descriptors and credentials, which only Unix sockets have. The rules of sys/net.h
 * hold. */

/* Data that accompanies the bytes. The fields are those of mio_unix_ancillary. */
typedef struct mio_net_ancillary {
  mio_handle *fds;
  size_t fd_capacity;
  size_t fd_count;
  bool has_credentials;
  uint32_t uid;
  uint32_t gid;
  int64_t pid; /* -1 if unknown */
  bool fds_lost;
  bool truncated;
} mio_net_ancillary;

/* Sends with `fd_count` descriptors, up to 253, and the credentials of this process if
 * `has_credentials`. `to` may be NULL. */
ptrdiff_t mio_ancillary_send(mio_handle handle, const mio_iovec *buffers, size_t count,
                             const mio_net_name *to, const mio_net_ancillary *with);

/* Receives, and writes all fields except `fds` and `fd_capacity`. Every descriptor that the kernel
 * installed is either in `fds` and close-on-exec, or closed again. `out_from` may be NULL. */
ptrdiff_t mio_ancillary_recv(mio_handle handle, const mio_iovec *buffers, size_t count,
                             mio_net_name *out_from, mio_net_ancillary *with);

/* Sets whether the kernel adds the sender's credentials to received data. */
int mio_ancillary_pass_credentials(mio_handle handle, bool on);

#endif /* MIO_SYS_UNIX_NET_ANCILLARY_H_ */
