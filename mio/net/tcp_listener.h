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
 * A zeroed struct is valid and closed. Every call with a closed listener returns MIO_ERROR_INVALID_INPUT.
 * Listeners are non-blocking and close-on-exec when they are created. Several threads may accept at the
 * same time if no thread registers, moves or closes the struct. Comes from mio's `TcpListener`. */
typedef struct mio_tcp_listener {
  mio_source source;
} mio_tcp_listener;

/* Options for mio_tcp_listener_bind_with. A zeroed field means its default. */
typedef struct mio_tcp_listener_options {
  /* number of connections that may wait to be accepted; 0 means 1024; the OS limits it */
  int backlog;
  mio_only_v6 only_v6; /* for IPv6 addresses */
  /* allow several sockets on one port. The system distributes connections among them (SO_REUSEPORT,
   * on FreeBSD SO_REUSEPORT_LB). MIO_ERROR_UNSUPPORTED on Windows, where SO_REUSEADDR would let any
   * process take over the port. */
  bool reuse_port;
  bool mptcp; /* accept Multipath TCP too, if the system can (Linux 5.6) */
  /* number of connections with data that may be open before their handshake is done (TCP Fast
   * Open); 0 disables it. Only on or off on Apple's systems, FreeBSD and Windows;
   * MIO_ERROR_UNSUPPORTED elsewhere. */
  uint32_t fast_open;
  mio_socket_options socket; /* accepted streams inherit these on most systems */
} mio_tcp_listener_options;

/* Creates a listener at `addr`. If the port is 0, the system chooses one (see mio_tcp_listener_local_addr).
 * On Unix it sets SO_REUSEADDR, so that a server can restart at once. On Windows it does not, because that
 * option would let other processes take over the port. `*listener` must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. MIO_ERROR_ADDR_IN_USE,
 * MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL or an address of no family; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without
 * IPv6. */
MIO_API int mio_tcp_listener_bind(mio_tcp_listener *listener, const mio_addr *addr);

/* Like mio_tcp_listener_bind, with `options`, which may be NULL. MIO_ERROR_INVALID_INPUT for a negative
 * backlog; the errors of mio_socket_options. */
MIO_API int mio_tcp_listener_bind_with(mio_tcp_listener *listener, const mio_addr *addr,
                                       const mio_tcp_listener_options *options);

/* Deregisters and closes the listener. Connections that were not accepted are reset. Safe to call twice or
 * with NULL. */
MIO_API void mio_tcp_listener_close(mio_tcp_listener *listener);

/* Accepts the next connection into `*out_stream`, which must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS, and the connection stays in the queue). The stream is non-blocking and
 * close-on-exec. `*out_addr` receives the peer's address, which has no family if the system does not report
 * it. `out_addr` may be NULL.
 *
 * Returns 0, or MIO_ERROR_WOULD_BLOCK if no connection waits. Some errors concern one connection, and the
 * program should accept again at once. These are MIO_ERROR_CONNECTION_ABORTED and, on Linux, the errors of
 * the network (MIO_ERROR_NETWORK_DOWN, NETWORK_UNREACHABLE, HOST_UNREACHABLE, TIMED_OUT) and of a firewall
 * (PERMISSION_DENIED). MIO_ERROR_TOO_MANY_FILES and MIO_ERROR_OUT_OF_MEMORY last. The connection stays in
 * the queue, and accepting again at once fails again. The next event may come only with another connection,
 * so accept again after descriptors were closed or after some time. If another process that shares the open
 * file has made it blocking, this call blocks. */
MIO_API int mio_tcp_listener_accept(mio_tcp_listener *listener, mio_tcp_stream *out_stream,
                                    mio_addr *out_addr);

/* Writes the local address of the listener to `*out_addr`. */
MIO_API int mio_tcp_listener_local_addr(const mio_tcp_listener *listener, mio_addr *out_addr);

/* Get and set the time to live (IPv4) or hop limit (IPv6) of sent packets. `ttl` is 1 to 255. Accepted
 * streams inherit it on some systems. */
MIO_API int mio_tcp_listener_ttl(const mio_tcp_listener *listener, uint32_t *out_ttl);
MIO_API int mio_tcp_listener_set_ttl(mio_tcp_listener *listener, uint32_t ttl);

/* Get and set whether the listener serves IPv6 only. Most systems refuse a change after the bind
 * (MIO_ERROR_INVALID_INPUT). So use mio_tcp_listener_options, and this function only for adopted handles. */
MIO_API int mio_tcp_listener_only_v6(const mio_tcp_listener *listener, bool *out_on);
MIO_API int mio_tcp_listener_set_only_v6(mio_tcp_listener *listener, bool on);

/* Returns the socket's pending error as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_tcp_listener_take_error(mio_tcp_listener *listener);

/* Opens a listener with a `handle` that was created elsewhere and already listens. On success the handle
 * becomes non-blocking and `*listener` owns it. On failure the caller still owns it.
 * MIO_ERROR_INVALID_INPUT if it is not an open stream socket of IPv4 or IPv6; MIO_ERROR_ALREADY_EXISTS if
 * `*listener` is open. */
MIO_API int mio_tcp_listener_adopt(mio_tcp_listener *listener, mio_handle handle);

/* Writes the handle to `*out_handle`. The listener still owns it. */
MIO_API int mio_tcp_listener_handle(const mio_tcp_listener *listener, mio_handle *out_handle);

/* Deregisters the listener, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_tcp_listener_release(mio_tcp_listener *listener, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_tcp_listener_try_io(mio_tcp_listener *listener, mio_interest interest,
                                          mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_TCP_LISTENER_H_ */
