#ifndef MIO_WINDOWS_SOCKET_H_
#define MIO_WINDOWS_SOCKET_H_

#include <stddef.h>

#include "mio/export.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any SOCKET as a source. The program owns the socket: it comes from another library (c-ares, libssh2,
 * libcurl), or has a protocol for which this library has no type.
 *
 *   mio_windows_socket query = {0};
 *   mio_windows_socket_init(&query, (mio_handle)socket);
 *   mio_registry_register(registry, &query.source, QUERY, MIO_READABLE | MIO_LEVEL);
 *   ...
 *   mio_windows_socket_close(&query);                     before closesocket
 *   closesocket(socket);
 *
 * The library neither makes the socket non-blocking nor closes it. The struct must not move while it is
 * registered. Other libraries do their I/O by themselves, so register with MIO_LEVEL for them. A level
 * registration reports readiness while it lasts. An edge comes back only after mio_source_try_io has
 * reported that the socket was drained. Sockets of layered service providers work if the provider answers
 * SIO_BASE_HANDLE or one of the SIO_BSP_HANDLE questions.
 *
 * Call mio_windows_socket_close before closesocket. If the program closes the socket first, the source
 * usually yields no more events: the driver reports the close. But Windows gives the number of a closed
 * socket to a new one, and if that happens between an event and the next wait, the library cannot
 * distinguish the two. Events of the new socket then have the old token, until the source is closed,
 * deregistered or registered again.
 *
 * Register a socket again after it was connected again. A zeroed struct is valid and closed. Windows only.
 * Rust's mio has nothing like it. */
typedef struct mio_windows_socket {
  mio_source source;
} mio_windows_socket;

/* Initializes `*socket` with `handle`, a SOCKET. Returns MIO_ERROR_INVALID_INPUT (WSAENOTSOCK) if `handle`
 * is anything else, MIO_ERROR_ALREADY_EXISTS if `*socket` is not closed. */
MIO_API int mio_windows_socket_init(mio_windows_socket *socket, mio_handle handle);

/* Deregisters the source if it is registered, and leaves the SOCKET open. Call it before closesocket. Safe
 * to call twice or with NULL. */
MIO_API void mio_windows_socket_close(mio_windows_socket *socket);

/* Writes the SOCKET to `*out_handle`. Returns MIO_ERROR_INVALID_INPUT if `socket` is closed. */
MIO_API int mio_windows_socket_handle(const mio_windows_socket *socket, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_windows_socket_try_io(mio_windows_socket *socket, mio_interest interest,
                                            mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WINDOWS_SOCKET_H_ */
