#ifndef MIO_WINDOWS_SOCKET_H_
#define MIO_WINDOWS_SOCKET_H_

#include <stddef.h>

#include "mio/export.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any SOCKET as a source, which stays the program's: one of another library (c-ares, libssh2,
 * libcurl), or of a protocol that this library has no type for.
 *
 *   mio_windows_socket query = {0};
 *   mio_windows_socket_init(&query, (mio_handle)socket);
 *   mio_registry_register(registry, &query.source, QUERY, MIO_READABLE | MIO_LEVEL);
 *   ...
 *   mio_windows_socket_close(&query);                     before closesocket, as a rule
 *   closesocket(socket);
 *
 * The socket is neither made non-blocking nor closed, and the struct stays where it is while it is
 * registered. Other libraries do their I/O by themselves: register with MIO_LEVEL for them, which
 * reports readiness for as long as it lasts; an edge comes back only after a would-block inside
 * mio_source_try_io. Sockets of layered service providers are fine, as far as the provider tells
 * what it stands on (SIO_BASE_HANDLE). A socket that is closed while registered is silent from then
 * on.
 *
 * Zeroed is valid and holds nothing. Windows only. mio has nothing like it. */
typedef struct mio_windows_socket {
  mio_source source;
} mio_windows_socket;

/* Makes `socket` stand for `handle`, a SOCKET. MIO_ERROR_INVALID_INPUT (WSAENOTSOCK) if `handle` is
 * anything else; MIO_ERROR_ALREADY_EXISTS if `socket` holds one already. */
MIO_API int mio_windows_socket_init(mio_windows_socket *socket, mio_handle handle);

/* Deregisters it if it is registered, and lets go of the SOCKET, which stays open. To be called
 * before closesocket. Always legal, also twice and on NULL. */
MIO_API void mio_windows_socket_close(mio_windows_socket *socket);

/* The SOCKET. MIO_ERROR_INVALID_INPUT if it holds none. */
MIO_API int mio_windows_socket_handle(const mio_windows_socket *socket, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_windows_socket_try_io(mio_windows_socket *socket, mio_interest interest,
                                            mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WINDOWS_SOCKET_H_ */
