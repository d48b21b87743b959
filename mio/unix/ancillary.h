#ifndef MIO_UNIX_ANCILLARY_H_
#define MIO_UNIX_ANCILLARY_H_

#include <stdbool.h>
#include <stddef.h>

#include "mio/export.h"
#include "mio/net/iovec.h"
#include "mio/net/unix_addr.h"
#include "mio/net/unix_datagram.h"
#include "mio/net/unix_stream.h"
#include "mio/unix/seqpacket.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Descriptors and credentials over Unix sockets. A process passes open files to another process, or proves
 * its identity.
 *
 *   int fd = ...;                                       sending
 *   mio_unix_ancillary with = {0};
 *   with.fds = &fd, with.fd_count = 1;
 *   n = mio_unix_stream_write_with(&stream, &(mio_iovec){"f", 1}, 1, &with);
 *   if (n >= 0) close(fd);                              the kernel has its own reference
 *
 *   int fds[4];                                         receiving
 *   mio_unix_ancillary with = {0};
 *   with.fds = fds, with.fd_capacity = 4;
 *   n = mio_unix_stream_read_with(&stream, &(mio_iovec){buffer, sizeof buffer}, 1, &with);
 *   for (size_t i = 0; n >= 0 && i < with.fd_count; ++i) ... fds[i] is ours to use and close
 *
 * Descriptors travel with the first byte of the data that they are sent with, so a stream needs at least
 * one byte. On a stream, a read ends at the end of the data that has descriptors (Linux) or collects those
 * of several sends (BSDs). A plain read of such data closes the descriptors. Some systems leak them
 * instead, so use the functions below if a peer may send descriptors.
 *
 * Unix only. Nothing here allocates. */

/* The greatest number of descriptors in one call. It is the limit of Linux. */
#define MIO_UNIX_FDS_MAX 253

/* Data that accompanies the bytes. A zeroed struct means none. */
typedef struct mio_unix_ancillary {
  mio_handle *fds;    /* the caller's array */
  size_t fd_capacity; /* receiving: number of elements of `fds`, may be 0 */
  size_t fd_count;    /* sending: how many to send; receiving: how many were received */

  /* Sending: whether to send the credentials of this process. Receiving: whether `credentials` was
   * received; see mio_unix_stream_set_pass_credentials. */
  bool has_credentials;
  /* Receiving: credentials that the kernel has checked. `pid` is -1 for a process of another PID namespace. */
  mio_unix_credentials credentials;

  /* Receiving: whether descriptors were lost. Either more came than `fds` has elements, and the rest are
   * closed, or the kernel refused some of them (limit on descriptors, security module). */
  bool fds_lost;

  bool truncated; /* receiving a message: the buffers were too small, and the rest is lost */
} mio_unix_ancillary;

/* Like mio_unix_stream_writev and mio_unix_datagram_send_vectored, with `with`. `to` is NULL for the
 * connected peer.
 *
 * If the result is not negative, all descriptors were sent, even if only a part of the data was sent. The
 * call then sets `with->fd_count` to 0 and `with->has_credentials` to false, so that a call with the rest
 * of the data cannot send them twice. The caller still owns its descriptors.
 *
 * MIO_ERROR_INVALID_INPUT for NULL, a closed socket, more than MIO_UNIX_FDS_MAX descriptors, one that is
 * not open, or a stream's data of no bytes. MIO_ERROR_UNSUPPORTED for credentials on systems other than
 * Linux, Android, FreeBSD and DragonFly. */
MIO_API ptrdiff_t mio_unix_stream_write_with(mio_unix_stream *stream, const mio_iovec *buffers,
                                             size_t count, mio_unix_ancillary *with);
MIO_API ptrdiff_t mio_unix_datagram_send_with(mio_unix_datagram *socket, const mio_iovec *buffers,
                                              size_t count, const mio_unix_addr *to,
                                              mio_unix_ancillary *with);
MIO_API ptrdiff_t mio_unix_seqpacket_send_with(mio_unix_seqpacket *socket, const mio_iovec *buffers,
                                               size_t count, mio_unix_ancillary *with);

/* Like mio_unix_stream_readv and mio_unix_datagram_recv_vectored, with `with`. They read `fds` and
 * `fd_capacity`. They write the other fields if the result is not negative. `out_from` may be NULL.
 *
 * Received descriptors are close-on-exec. On Apple's systems this is set shortly after they arrive,
 * elsewhere atomically. Their other flags are those of the sender, and adopt makes them non-blocking. The
 * caller owns them. Descriptors that do not fit are closed and not leaked. The data arrives in any case. */
MIO_API ptrdiff_t mio_unix_stream_read_with(mio_unix_stream *stream, const mio_iovec *buffers,
                                            size_t count, mio_unix_ancillary *with);
MIO_API ptrdiff_t mio_unix_datagram_recv_with(mio_unix_datagram *socket, const mio_iovec *buffers,
                                              size_t count, mio_unix_addr *out_from,
                                              mio_unix_ancillary *with);
MIO_API ptrdiff_t mio_unix_seqpacket_recv_with(mio_unix_seqpacket *socket, const mio_iovec *buffers,
                                               size_t count, mio_unix_ancillary *with);

/* Set whether the socket receives the sender's credentials with all data that is sent after this call
 * (Linux, SO_PASSCRED). On other systems this is MIO_ERROR_UNSUPPORTED, and the sender must send its
 * credentials. */
MIO_API int mio_unix_stream_set_pass_credentials(mio_unix_stream *stream, bool on);
MIO_API int mio_unix_datagram_set_pass_credentials(mio_unix_datagram *socket, bool on);
MIO_API int mio_unix_seqpacket_set_pass_credentials(mio_unix_seqpacket *socket, bool on);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_ANCILLARY_H_ */
