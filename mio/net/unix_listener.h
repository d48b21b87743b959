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
 *   remove("/run/echo.sock");                             the path stays until somebody removes it
 *
 * Zeroed is valid and closed; a closed one answers everything with MIO_ERROR_INVALID_INPUT.
 * Non-blocking and closed on exec from birth. Accepting in several threads at once is fine, as far
 * as the struct is not registered, moved or closed meanwhile. Comes from mio's `UnixListener`. */
typedef struct mio_unix_listener {
  mio_source source;
} mio_unix_listener;

/* Makes a listener at `path`, which must not exist. `*listener` has to be closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. MIO_ERROR_ADDR_IN_USE when the path
 * exists, MIO_ERROR_NOT_FOUND when its folder does not, MIO_ERROR_PERMISSION_DENIED,
 * MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL, an empty path or one that is too
 * long; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without Unix sockets. */
MIO_API int mio_unix_listener_bind(mio_unix_listener *listener, const char *path);

/* The same at an address, which may be abstract. Unnamed lets Linux choose an abstract name;
 * elsewhere it is MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_listener_bind_addr(mio_unix_listener *listener, const mio_unix_addr *addr);

/* Options for mio_unix_listener_bind_with. Zeroed means the default of each. */
typedef struct mio_unix_listener_options {
  int backlog; /* how many connections may wait to be accepted; 0: as many as the OS allows */
} mio_unix_listener_options;

/* Like mio_unix_listener_bind_addr, with `options`, which may be NULL. MIO_ERROR_INVALID_INPUT for a
 * negative backlog. */
MIO_API int mio_unix_listener_bind_with(mio_unix_listener *listener, const mio_unix_addr *addr,
                                        const mio_unix_listener_options *options);

/* Deregisters and closes it. The path stays. Always legal, also twice and on NULL. */
MIO_API void mio_unix_listener_close(mio_unix_listener *listener);

/* Accepts the next connection into `*out_stream`, which must be closed (else MIO_ERROR_ALREADY_EXISTS,
 * and the connection stays in the queue). It is non-blocking and close-on-exec. `out_addr`, the peer's
 * address, usually unnamed, may be NULL. MIO_ERROR_WOULD_BLOCK when there is none;
 * MIO_ERROR_CONNECTION_ABORTED for one that has gone: accept again. MIO_ERROR_TOO_MANY_FILES and
 * MIO_ERROR_OUT_OF_MEMORY last, and the connection stays in the queue: see mio_tcp_listener_accept. */
MIO_API int mio_unix_listener_accept(mio_unix_listener *listener, mio_unix_stream *out_stream,
                                     mio_unix_addr *out_addr);

/* Where it listens. */
MIO_API int mio_unix_listener_local_addr(const mio_unix_listener *listener,
                                         mio_unix_addr *out_addr);

/* The error that the socket holds, as a negative code, and forgets by this; 0 for none. */
MIO_API int mio_unix_listener_take_error(mio_unix_listener *listener);

/* Opens a listener with a foreign handle that listens already, which becomes non-blocking. `*listener`
 * owns and closes it, only on success. MIO_ERROR_INVALID_INPUT if it is not an open Unix stream socket;
 * MIO_ERROR_ALREADY_EXISTS if `*listener` is open. */
MIO_API int mio_unix_listener_adopt(mio_unix_listener *listener, mio_handle handle);

/* The handle, which stays the listener's. */
MIO_API int mio_unix_listener_handle(const mio_unix_listener *listener, mio_handle *out_handle);

/* Deregisters the listener and gives its handle, still non-blocking, to the caller. */
MIO_API int mio_unix_listener_release(mio_unix_listener *listener, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_unix_listener_try_io(mio_unix_listener *listener, mio_interest interest,
                                           mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_LISTENER_H_ */
