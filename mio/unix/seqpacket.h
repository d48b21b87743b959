#ifndef MIO_UNIX_SEQPACKET_H_
#define MIO_UNIX_SEQPACKET_H_

#include <stdbool.h>
#include <stddef.h>

#include "mio/export.h"
#include "mio/net/shutdown.h"
#include "mio/net/unix_addr.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* SOCK_SEQPACKET: connections between processes of this machine that keep message boundaries.
 *
 *   mio_unix_seqpacket_listener listener = {0};
 *   mio_unix_seqpacket server = {0}, client = {0};
 *   bool truncated;
 *   mio_unix_seqpacket_listener_bind(&listener, &addr);
 *   mio_unix_seqpacket_connect(&client, &addr);
 *   mio_unix_seqpacket_listener_accept(&listener, &server, NULL);
 *   mio_unix_seqpacket_send(&client, "one", 3);         one message
 *   n = mio_unix_seqpacket_recv(&server, buffer, sizeof buffer, &truncated);
 *
 * A message arrives whole, or its end is lost if the buffer is too small. There is no way to distinguish an
 * empty message from the end of the connection, so do not send any.
 *
 * A zeroed struct is valid and closed. Every call with a closed struct returns MIO_ERROR_INVALID_INPUT. The
 * sockets are non-blocking and close-on-exec. They exist on Linux, Android and the BSDs. On Apple's systems
 * the constructors return MIO_ERROR_UNSUPPORTED. One thread may send while another receives, if the struct
 * is not registered, moved or closed at the same time. */
typedef struct mio_unix_seqpacket {
  mio_source source;
} mio_unix_seqpacket;

typedef struct mio_unix_seqpacket_listener {
  mio_source source;
} mio_unix_seqpacket_listener;

/* Create a listener at `addr`, or connect to one, like mio_unix_listener_bind_addr and
 * mio_unix_stream_connect_addr, with the errors of those functions. The object must be zeroed or closed and
 * changes only on success. */
MIO_API int mio_unix_seqpacket_listener_bind(mio_unix_seqpacket_listener *listener,
                                             const mio_unix_addr *addr);
MIO_API int mio_unix_seqpacket_connect(mio_unix_seqpacket *socket, const mio_unix_addr *addr);

/* Creates two sockets that are connected to each other. `*a` and `*b` must be zeroed or closed, and
 * distinct. On failure both stay closed. */
MIO_API int mio_unix_seqpacket_pair(mio_unix_seqpacket *a, mio_unix_seqpacket *b);

/* Accepts a connection into `*out_socket`, which must be zeroed or closed. `out_addr` may be NULL.
 * MIO_ERROR_WOULD_BLOCK if none waits; the errors of mio_unix_listener_accept. */
MIO_API int mio_unix_seqpacket_listener_accept(mio_unix_seqpacket_listener *listener,
                                               mio_unix_seqpacket *out_socket,
                                               mio_unix_addr *out_addr);

/* Deregister and close the object. Safe to call twice or with NULL. The path of a listener stays. */
MIO_API void mio_unix_seqpacket_close(mio_unix_seqpacket *socket);
MIO_API void mio_unix_seqpacket_listener_close(mio_unix_seqpacket_listener *listener);

/* Sends the `len` bytes at `buffer` as one message. Returns `len`; MIO_ERROR_WOULD_BLOCK if there is no
 * room; MIO_ERROR_BROKEN_PIPE if the peer has closed. Never raises SIGPIPE. */
MIO_API ptrdiff_t mio_unix_seqpacket_send(mio_unix_seqpacket *socket, const void *buffer,
                                          size_t len);

/* Receives one message of at most `len` bytes. Returns its length, or 0 if the peer has closed. If the
 * message is longer than `len`, returns `len`, sets `*out_truncated` and loses the rest. `out_truncated`
 * may be NULL. MIO_ERROR_WOULD_BLOCK if there is no message. Descriptors that came with the message are
 * closed (see mio/unix/ancillary.h). */
MIO_API ptrdiff_t mio_unix_seqpacket_recv(mio_unix_seqpacket *socket, void *buffer, size_t len,
                                          bool *out_truncated);

/* Ends sending, receiving or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_unix_seqpacket_shutdown(mio_unix_seqpacket *socket, mio_shutdown how);

/* Returns and clears the socket's pending error: a negative code, or 0. */
MIO_API int mio_unix_seqpacket_take_error(mio_unix_seqpacket *socket);

/* Write the address of this end or of the peer to `*out_addr`. An end that is not bound is unnamed. */
MIO_API int mio_unix_seqpacket_local_addr(const mio_unix_seqpacket *socket,
                                          mio_unix_addr *out_addr);
MIO_API int mio_unix_seqpacket_peer_addr(const mio_unix_seqpacket *socket, mio_unix_addr *out_addr);
MIO_API int mio_unix_seqpacket_listener_local_addr(const mio_unix_seqpacket_listener *listener,
                                                   mio_unix_addr *out_addr);

/* Open an object with a `handle` that was created elsewhere. On success the handle becomes non-blocking and
 * the object owns it. On failure the caller still owns it. MIO_ERROR_INVALID_INPUT if it is not an open
 * SOCK_SEQPACKET socket; MIO_ERROR_ALREADY_EXISTS if the object is open. */
MIO_API int mio_unix_seqpacket_adopt(mio_unix_seqpacket *socket, mio_handle handle);
MIO_API int mio_unix_seqpacket_listener_adopt(mio_unix_seqpacket_listener *listener,
                                              mio_handle handle);

/* Write the handle to `*out_handle`. The object still owns it. */
MIO_API int mio_unix_seqpacket_handle(const mio_unix_seqpacket *socket, mio_handle *out_handle);
MIO_API int mio_unix_seqpacket_listener_handle(const mio_unix_seqpacket_listener *listener,
                                               mio_handle *out_handle);

/* Deregister the object, close it and write its handle to `*out_handle`. The caller then owns the handle. */
MIO_API int mio_unix_seqpacket_release(mio_unix_seqpacket *socket, mio_handle *out_handle);
MIO_API int mio_unix_seqpacket_listener_release(mio_unix_seqpacket_listener *listener,
                                                mio_handle *out_handle);

/* Like mio_source_try_io, for these types. */
MIO_API ptrdiff_t mio_unix_seqpacket_try_io(mio_unix_seqpacket *socket, mio_interest interest,
                                            mio_io_operation operation, void *context);
MIO_API ptrdiff_t mio_unix_seqpacket_listener_try_io(mio_unix_seqpacket_listener *listener,
                                                     mio_interest interest,
                                                     mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_SEQPACKET_H_ */
