#ifndef MIO_NET_TCP_LISTENER_H_
#define MIO_NET_TCP_LISTENER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/addr.h"
#include "mio/net/options.h"
#include "mio/net/tcp_stream.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A TCP socket that waits for connections.
 *
 *   mio_tcp_listener listener = {0};
 *   mio_tcp_stream stream = {0};
 *   const mio_addr addr = mio_addr_any_v4(8080);
 *   mio_tcp_listener_bind(&listener, &addr);
 *   mio_registry_register(registry, &listener.source, SERVER, MIO_READABLE);
 *
 *   case SERVER:                                          readable: accept until would-block
 *     while (mio_tcp_listener_accept(&listener, &stream, NULL) == 0) serve(&stream);
 *     break;
 *   ...
 *   mio_tcp_listener_close(&listener);
 *
 * A zeroed struct is valid and closed. A closed listener answers every call with
 * MIO_ERROR_INVALID_INPUT. Listeners are non-blocking and close-on-exec from the start. Several threads
 * may accept at once, while no thread registers, moves or closes the struct. Comes from mio's
 * `TcpListener`. */
typedef struct mio_tcp_listener {
  mio_source source;
} mio_tcp_listener;

/* Options for mio_tcp_listener_bind_with. Zeroed means the default of each. */
typedef struct mio_tcp_listener_options {
  int backlog;         /* how many connections may wait to be accepted; 0: 1024; the OS limits it */
  mio_only_v6 only_v6; /* for IPv6 addresses */
  bool reuse_port;     /* several sockets on one port, the system spreads connections over them:
                    * SO_REUSEPORT, on FreeBSD SO_REUSEPORT_LB. MIO_ERROR_UNSUPPORTED on Windows,
                    * where SO_REUSEADDR would let any process take the port over. */
  bool mptcp;          /* accept Multipath TCP too, if the system can (Linux 5.6) */
  uint32_t
      fast_open; /* how many connections may be open with data before the handshake is done (TCP
                       * Fast Open); 0: none. Only on or off on Apple's systems, FreeBSD and
                       * Windows; MIO_ERROR_UNSUPPORTED elsewhere. */
  mio_socket_options socket; /* accepted streams inherit these on most systems */
} mio_tcp_listener_options;

/* Creates a listener at `addr`. With port 0 the system chooses one: see mio_tcp_listener_local_addr. On
 * Unix it sets SO_REUSEADDR, so that a server can restart at once; not on Windows, where that option
 * would let other processes take the port over. `*listener` must be closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. MIO_ERROR_ADDR_IN_USE,
 * MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL or an address of no family; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED
 * without IPv6. */
MIO_API int mio_tcp_listener_bind(mio_tcp_listener *listener, const mio_addr *addr);

/* Like mio_tcp_listener_bind, with `options`, which may be NULL. MIO_ERROR_INVALID_INPUT for a negative
 * backlog; the errors of mio_socket_options. */
MIO_API int mio_tcp_listener_bind_with(mio_tcp_listener *listener, const mio_addr *addr,
                                       const mio_tcp_listener_options *options);

/* Deregisters and closes the listener. Connections that were not accepted are reset. Safe to call twice or
 * with NULL. */
MIO_API void mio_tcp_listener_close(mio_tcp_listener *listener);

/* Accepts the next connection into `*out_stream`, which must be closed (else MIO_ERROR_ALREADY_EXISTS,
 * and the connection stays in the queue). It is non-blocking and close-on-exec. `out_addr`, the peer's
 * address (of no family if the system does not report it), may be NULL.
 *
 * MIO_ERROR_WOULD_BLOCK when there is none. Errors of one connection, after which the program should
 * accept again at once: MIO_ERROR_CONNECTION_ABORTED, and on Linux also those of its network
 * (MIO_ERROR_NETWORK_DOWN, NETWORK_UNREACHABLE, HOST_UNREACHABLE, TIMED_OUT) and PERMISSION_DENIED (a
 * firewall). Errors that last, where the connection stays in the queue and accepting again at once fails
 * again: MIO_ERROR_TOO_MANY_FILES and MIO_ERROR_OUT_OF_MEMORY; no further event is promised before
 * another connection arrives, so accept again once descriptors were closed or after some time. If
 * another process that shares the open file has made it blocking, this call blocks. */
MIO_API int mio_tcp_listener_accept(mio_tcp_listener *listener, mio_tcp_stream *out_stream,
                                    mio_addr *out_addr);

/* Returns the address that it listens at. */
MIO_API int mio_tcp_listener_local_addr(const mio_tcp_listener *listener, mio_addr *out_addr);

/* The time to live (IPv4) or hop limit (IPv6) of what it sends, 1 to 255. Accepted streams inherit
 * it on some systems. */
MIO_API int mio_tcp_listener_ttl(const mio_tcp_listener *listener, uint32_t *out_ttl);
MIO_API int mio_tcp_listener_set_ttl(mio_tcp_listener *listener, uint32_t ttl);

/* Whether it serves IPv6 alone. Most systems refuse a change after the bind (MIO_ERROR_INVALID_INPUT):
 * use mio_tcp_listener_options, and this for adopted handles. */
MIO_API int mio_tcp_listener_only_v6(const mio_tcp_listener *listener, bool *out_on);
MIO_API int mio_tcp_listener_set_only_v6(mio_tcp_listener *listener, bool on);

/* Takes the error that the socket holds: returns it as a negative code and clears it, or returns 0. */
MIO_API int mio_tcp_listener_take_error(mio_tcp_listener *listener);

/* Opens a listener with a foreign handle that listens already, which becomes non-blocking. `*listener`
 * owns and closes it, only on success. MIO_ERROR_INVALID_INPUT if it is not an open stream socket of IPv4
 * or IPv6; MIO_ERROR_ALREADY_EXISTS if `*listener` is open. */
MIO_API int mio_tcp_listener_adopt(mio_tcp_listener *listener, mio_handle handle);

/* Returns the handle, which still belongs to the listener. */
MIO_API int mio_tcp_listener_handle(const mio_tcp_listener *listener, mio_handle *out_handle);

/* Deregisters the listener, closes it and gives its handle, still non-blocking, to the caller. */
MIO_API int mio_tcp_listener_release(mio_tcp_listener *listener, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_tcp_listener_try_io(mio_tcp_listener *listener, mio_interest interest,
                                          mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_TCP_LISTENER_H_ */
