#ifndef MIO_NET_UNIX_DATAGRAM_H_
#define MIO_NET_UNIX_DATAGRAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/iovec.h"
#include "mio/net/shutdown.h"
#include "mio/net/unix_addr.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A Unix datagram socket: whole messages between processes of this machine, in order and not lost.
 *
 *   mio_unix_datagram socket = {0};
 *   mio_unix_addr from;
 *   mio_unix_datagram_bind(&socket, "/run/log.sock");     a sender: mio_unix_datagram_unbound
 *   mio_registry_register(registry, &socket.source, LOG, MIO_READABLE);
 *
 *   case LOG:                                             readable: receive until would-block
 *     while ((n = mio_unix_datagram_recv_from(&socket, buffer, sizeof buffer, &from)) >= 0) ...
 *     break;
 *   ...
 *   mio_unix_datagram_close(&socket);
 *   remove("/run/log.sock");                              the path stays until it is removed
 *
 * A message may be empty, so a result of 0 is a message and not an end. If a message is longer than the
 * buffer, the rest of it is lost, and mio_unix_datagram_recv_message reports the loss.
 *
 * A sender that wants to wait for room must be connected to its receiver. With mio_unix_datagram_send_to
 * each message may have another receiver, and no system reports that one of the receivers has room again.
 * The sending socket always has room itself, so its writable state does not change. After
 * MIO_ERROR_WOULD_BLOCK from send_to, try again after some time, or connect.
 *
 * A zeroed struct is valid and closed. Every call with a closed socket returns MIO_ERROR_INVALID_INPUT.
 * Sockets are non-blocking and close-on-exec when they are created. Several threads may send and receive at
 * the same time if no thread registers, moves or closes the struct. MIO_ERROR_UNSUPPORTED on Windows. Comes
 * from mio's `UnixDatagram`. */
typedef struct mio_unix_datagram {
  mio_source source;
} mio_unix_datagram;

/* Creates a socket at `path`, which must not exist. `*socket` must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. MIO_ERROR_ADDR_IN_USE when the path exists,
 * MIO_ERROR_NOT_FOUND when its folder does not, MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL, an empty path or one that is too long. */
MIO_API int mio_unix_datagram_bind(mio_unix_datagram *socket, const char *path);

/* Like mio_unix_datagram_bind, at an address, which may be abstract. With the unnamed address Linux
 * chooses an abstract name; elsewhere it is MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_datagram_bind_addr(mio_unix_datagram *socket, const mio_unix_addr *addr);

/* Creates a socket without an address. It can send, but its receivers cannot answer. */
MIO_API int mio_unix_datagram_unbound(mio_unix_datagram *socket);

/* Creates two sockets that are connected to each other. `*a` and `*b` must be zeroed or closed, and
 * distinct. On failure both stay closed. */
MIO_API int mio_unix_datagram_pair(mio_unix_datagram *a, mio_unix_datagram *b);

/* Deregisters and closes the socket. The path stays. Safe to call twice or with NULL. */
MIO_API void mio_unix_datagram_close(mio_unix_datagram *socket);

/* Makes the socket at `path` the only peer of send and recv. Finishes at once. MIO_ERROR_NOT_FOUND,
 * MIO_ERROR_CONNECTION_REFUSED when no socket is bound there any more; MIO_ERROR_INVALID_INPUT as for
 * bind. */
MIO_API int mio_unix_datagram_connect(mio_unix_datagram *socket, const char *path);

/* Like mio_unix_datagram_connect, to an address, which may be abstract. Unnamed is
 * MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_datagram_connect_addr(mio_unix_datagram *socket, const mio_unix_addr *addr);

/* Sends the `len` bytes at `buffer` as one message to the socket at `path`. Returns `len`.
 * MIO_ERROR_WOULD_BLOCK when the receiver has no room (other systems: MIO_ERROR_OUT_OF_MEMORY), after which
 * no event reports room (see the type). MIO_ERROR_MESSAGE_TOO_LONG; the errors of connect. Never raises
 * SIGPIPE. */
MIO_API ptrdiff_t mio_unix_datagram_send_to(mio_unix_datagram *socket, const void *buffer,
                                            size_t len, const char *path);

/* Like mio_unix_datagram_send_to, to an address, which may be abstract. */
MIO_API ptrdiff_t mio_unix_datagram_send_to_addr(mio_unix_datagram *socket, const void *buffer,
                                                 size_t len, const mio_unix_addr *to);

/* Receives one message of at most `len` bytes and the sender's address (`out_from` may be NULL). Returns
 * its length, which may be 0; MIO_ERROR_WOULD_BLOCK when there is none. */
MIO_API ptrdiff_t mio_unix_datagram_recv_from(mio_unix_datagram *socket, void *buffer, size_t len,
                                              mio_unix_addr *out_from);

/* Receives one message into `count` buffers, and sets `*out_truncated` to whether it was longer than
 * they are, so that its end is lost. `out_from` and `out_truncated` may be NULL. */
MIO_API ptrdiff_t mio_unix_datagram_recv_message(mio_unix_datagram *socket,
                                                 const mio_iovec *buffers, size_t count,
                                                 mio_unix_addr *out_from, bool *out_truncated);

/* Like mio_unix_datagram_recv_from, but the message stays and is received again. */
MIO_API ptrdiff_t mio_unix_datagram_peek_from(mio_unix_datagram *socket, void *buffer, size_t len,
                                              mio_unix_addr *out_from);

/* The transfers of a connected socket. Sending without a peer is MIO_ERROR_NOT_CONNECTED.
 * MIO_ERROR_CONNECTION_REFUSED or MIO_ERROR_CONNECTION_RESET when the peer has closed. */
MIO_API ptrdiff_t mio_unix_datagram_send(mio_unix_datagram *socket, const void *buffer, size_t len);
MIO_API ptrdiff_t mio_unix_datagram_send_vectored(mio_unix_datagram *socket,
                                                  const mio_iovec *buffers, size_t count);
MIO_API ptrdiff_t mio_unix_datagram_recv(mio_unix_datagram *socket, void *buffer, size_t len);
MIO_API ptrdiff_t mio_unix_datagram_recv_vectored(mio_unix_datagram *socket,
                                                  const mio_iovec *buffers, size_t count);
MIO_API ptrdiff_t mio_unix_datagram_peek(mio_unix_datagram *socket, void *buffer, size_t len);

/* Ends receiving, sending or both; the handle stays open. Afterwards sending is MIO_ERROR_BROKEN_PIPE, for
 * this socket (WRITE) or for its peers (READ). Messages that have arrived can still be received. After READ
 * no receive returns an end. On Linux it returns MIO_ERROR_WOULD_BLOCK although the socket is readable and
 * read_closed, so deregister it. Linux allows a shutdown without a peer. Other systems return
 * MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_unix_datagram_shutdown(mio_unix_datagram *socket, mio_shutdown how);

/* Write the address of this end or of the peer to `*out_addr`. An end that was not bound is unnamed.
 * peer_addr returns MIO_ERROR_NOT_CONNECTED if there is no peer. */
MIO_API int mio_unix_datagram_local_addr(const mio_unix_datagram *socket, mio_unix_addr *out_addr);
MIO_API int mio_unix_datagram_peer_addr(const mio_unix_datagram *socket, mio_unix_addr *out_addr);

/* Get and set the size of the kernel's buffers in bytes (SO_SNDBUF, SO_RCVBUF). `bytes` is 1 to INT32_MAX.
 * The system reduces it to its limits and may round it. Linux reports twice the value that was set, because
 * it includes its bookkeeping. */
MIO_API int mio_unix_datagram_send_buffer(const mio_unix_datagram *socket, uint32_t *out_bytes);
MIO_API int mio_unix_datagram_set_send_buffer(mio_unix_datagram *socket, uint32_t bytes);
MIO_API int mio_unix_datagram_recv_buffer(const mio_unix_datagram *socket, uint32_t *out_bytes);
MIO_API int mio_unix_datagram_set_recv_buffer(mio_unix_datagram *socket, uint32_t bytes);

/* Returns the socket's pending error as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_unix_datagram_take_error(mio_unix_datagram *socket);

/* Opens a socket with a `handle` that was created elsewhere. On success the handle becomes non-blocking and
 * `*socket` owns it. On failure the caller still owns it. MIO_ERROR_INVALID_INPUT if it is not an open Unix
 * datagram socket; MIO_ERROR_ALREADY_EXISTS if `*socket` is open. */
MIO_API int mio_unix_datagram_adopt(mio_unix_datagram *socket, mio_handle handle);

/* Writes the handle to `*out_handle`. The socket still owns it. */
MIO_API int mio_unix_datagram_handle(const mio_unix_datagram *socket, mio_handle *out_handle);

/* Deregisters the socket, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_unix_datagram_release(mio_unix_datagram *socket, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_unix_datagram_try_io(mio_unix_datagram *socket, mio_interest interest,
                                           mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_DATAGRAM_H_ */
