#ifndef MIO_NET_UNIX_LISTENER_H_
#define MIO_NET_UNIX_LISTENER_H_

#include <stddef.h>

#include "mio/export.h"
#include "mio/net/unix_addr.h"
#include "mio/net/unix_stream.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A Unix stream socket that waits for connections.
 *
 *   mio_unix_listener listener = {0};
 *   mio_unix_stream stream = {0};
 *   mio_unix_listener_bind(&listener, "/run/echo.sock");
 *   mio_registry_register(registry, &listener.source, SERVER, MIO_READABLE);
 *
 *   case SERVER:                                          readable: accept until would-block
 *     while (mio_unix_listener_accept(&listener, &stream, NULL) == 0) serve(&stream);
 *     break;
 *   ...
 *   mio_unix_listener_close(&listener);
 *   remove("/run/echo.sock");                             the path stays until it is removed
 *
 * A zeroed struct is valid and closed. Every call with a closed listener returns MIO_ERROR_INVALID_INPUT.
 * Listeners are non-blocking and close-on-exec when they are created. Several threads may accept at the
 * same time if no thread registers, moves or closes the struct. Comes from mio's `UnixListener`. */
typedef struct mio_unix_listener {
  mio_source source;
} mio_unix_listener;

/* Creates a listener at `path`, which must not exist. `*listener` must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. MIO_ERROR_ADDR_IN_USE when the path exists,
 * MIO_ERROR_NOT_FOUND when its folder does not, MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL, an empty path or one that is too long;
 * MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without Unix sockets. */
MIO_API int mio_unix_listener_bind(mio_unix_listener *listener, const char *path);

/* Like mio_unix_listener_bind, at an address, which may be abstract. With the unnamed address Linux
 * chooses an abstract name; elsewhere it is MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_listener_bind_addr(mio_unix_listener *listener, const mio_unix_addr *addr);

/* Options for mio_unix_listener_bind_with. A zeroed field means its default. */
typedef struct mio_unix_listener_options {
  /* number of connections that may wait to be accepted; 0 means as many as the OS allows */
  int backlog;
} mio_unix_listener_options;

/* Like mio_unix_listener_bind_addr, with `options`, which may be NULL. MIO_ERROR_INVALID_INPUT for a
 * negative backlog. */
MIO_API int mio_unix_listener_bind_with(mio_unix_listener *listener, const mio_unix_addr *addr,
                                        const mio_unix_listener_options *options);

/* Deregisters and closes the listener. The path stays. Safe to call twice or with NULL. */
MIO_API void mio_unix_listener_close(mio_unix_listener *listener);

/* Accepts the next connection into `*out_stream`, which must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS, and the connection stays in the queue). The stream is non-blocking and
 * close-on-exec. `*out_addr` receives the peer's address, which is usually unnamed. `out_addr` may be NULL.
 * Returns 0, or MIO_ERROR_WOULD_BLOCK if no connection waits. After MIO_ERROR_CONNECTION_ABORTED, which
 * means that the peer closed the connection early, accept again. MIO_ERROR_TOO_MANY_FILES and
 * MIO_ERROR_OUT_OF_MEMORY last, and the connection stays in the queue (see mio_tcp_listener_accept). */
MIO_API int mio_unix_listener_accept(mio_unix_listener *listener, mio_unix_stream *out_stream,
                                     mio_unix_addr *out_addr);

/* Writes the local address of the listener to `*out_addr`. */
MIO_API int mio_unix_listener_local_addr(const mio_unix_listener *listener,
                                         mio_unix_addr *out_addr);

/* Returns the socket's pending error as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_unix_listener_take_error(mio_unix_listener *listener);

/* Opens a listener with a `handle` that was created elsewhere and already listens. On success the handle
 * becomes non-blocking and `*listener` owns it. On failure the caller still owns it.
 * MIO_ERROR_INVALID_INPUT if it is not an open Unix stream socket; MIO_ERROR_ALREADY_EXISTS if `*listener`
 * is open. */
MIO_API int mio_unix_listener_adopt(mio_unix_listener *listener, mio_handle handle);

/* Writes the handle to `*out_handle`. The listener still owns it. */
MIO_API int mio_unix_listener_handle(const mio_unix_listener *listener, mio_handle *out_handle);

/* Deregisters the listener, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_unix_listener_release(mio_unix_listener *listener, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_unix_listener_try_io(mio_unix_listener *listener, mio_interest interest,
                                           mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_LISTENER_H_ */
