#ifndef MIO_SYS_TRANSFER_H_
#define MIO_SYS_TRANSFER_H_

/* The porting contract, continued: transfers of one buffer, which programs call most often. The rules of
 * mio/sys/net.h hold for them.
 *
 *   ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len,
 *                          const mio_net_name *to);
 *   ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len, mio_net_recv_mode mode,
 *                          mio_net_name *out_from);
 *
 * `to` is the receiver's address and `out_from` the sender's; both may be NULL. A result of 0 is the end of
 * a stream, or an empty datagram. A datagram longer than `len` is cut and counts as received, even if the
 * system reports an error for it. A stream's transfer may be cut to what the system moves at once, a
 * datagram's never is. On Unix neither blocks, even if the handle does, because another process that shares
 * the open file has made it so.
 *
 * On Unix they are inline, so that a public transfer function is one call away from the C library's send(2)
 * or recv(2). That brings the headers of the system along: a file that includes this one must include it
 * first, because the C libraries look at feature macros once. */

#if defined(MIO_SELECTOR_SHELL) || defined(_WIN32)

#include "mio/sys/net.h"

ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len, const mio_net_name *to);
ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len, mio_net_recv_mode mode,
                       mio_net_name *out_from);

#else

#include "mio/sys/unix/transfer.h"

#endif

#endif /* MIO_SYS_TRANSFER_H_ */
