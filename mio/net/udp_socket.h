#ifndef MIO_NET_UDP_SOCKET_H_
#define MIO_NET_UDP_SOCKET_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/addr.h"
#include "mio/net/iovec.h"
#include "mio/net/options.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A UDP socket: datagrams to and from any address or, once connected, one peer.
 *
 *   mio_udp_socket socket = {0};
 *   const mio_addr addr = mio_addr_any_v4(5353);
 *   mio_addr from;
 *   mio_udp_socket_bind(&socket, &addr);
 *   mio_registry_register(registry, &socket.source, UDP, MIO_READABLE);
 *
 *   case UDP:                                             readable: receive until would-block
 *     while ((n = mio_udp_socket_recv_from(&socket, buffer, sizeof buffer, &from)) >= 0) {
 *       mio_udp_socket_send_to(&socket, buffer, (size_t)n, &from);
 *     }
 *     break;
 *   ...
 *   mio_udp_socket_close(&socket);
 *
 * A datagram arrives whole or not at all. It may be empty, so a result of 0 is a datagram and not an end.
 * If a datagram is longer than the buffer, the rest of it is lost. The result is then the length of the
 * buffer on every system, and mio_udp_socket_recv_message reports the loss. A datagram shorter than the
 * buffer does not mean that the socket is drained. Only an error means that.
 *
 * A zeroed struct is valid and closed. Every call with a closed socket returns MIO_ERROR_INVALID_INPUT.
 * Sockets are non-blocking and close-on-exec when they are created. On Unix these calls do not block even
 * if another process that shares the open file makes it blocking. Several threads may send and receive at
 * the same time if no thread registers, moves or closes the struct. Comes from mio's `UdpSocket`. */
typedef struct mio_udp_socket {
  mio_source source;
} mio_udp_socket;

/* Options for mio_udp_socket_bind_with. A zeroed field means its default. */
typedef struct mio_udp_socket_options {
  mio_only_v6 only_v6; /* for IPv6 addresses */
  /* allow several sockets on one address. Each receives the multicast datagrams (SO_REUSEADDR). On
   * the BSDs and Apple's systems the address must be a group. */
  bool reuse_addr;
  /* like reuse_addr, and the system may distribute datagrams among the sockets (SO_REUSEPORT).
   * MIO_ERROR_UNSUPPORTED without it, as on Windows. */
  bool reuse_port;
  mio_socket_options socket;
} mio_udp_socket_options;

/* Creates a socket at `addr`. If the port is 0, the system chooses one (see mio_udp_socket_local_addr).
 * `*socket` must be zeroed or closed (else MIO_ERROR_ALREADY_EXISTS) and changes only on success.
 * MIO_ERROR_ADDR_IN_USE, MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_PERMISSION_DENIED,
 * MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL or an address of no family;
 * MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without IPv6. */
MIO_API int mio_udp_socket_bind(mio_udp_socket *socket, const mio_addr *addr);

/* Like mio_udp_socket_bind, with `options`, which may be NULL. Also returns the errors of
 * mio_socket_options. */
MIO_API int mio_udp_socket_bind_with(mio_udp_socket *socket, const mio_addr *addr,
                                     const mio_udp_socket_options *options);

/* Deregisters and closes the socket. Safe to call twice or with NULL. */
MIO_API void mio_udp_socket_close(mio_udp_socket *socket);

/* Sends the `len` bytes at `buffer` as one datagram to `to`. Returns `len`; MIO_ERROR_WOULD_BLOCK
 * when there is no room; MIO_ERROR_MESSAGE_TOO_LONG when it is too long for a datagram, and nothing is
 * sent; MIO_ERROR_PERMISSION_DENIED for a broadcast address unless allowed;
 * MIO_ERROR_ALREADY_EXISTS on connected sockets of some systems. */
MIO_API ptrdiff_t mio_udp_socket_send_to(mio_udp_socket *socket, const void *buffer, size_t len,
                                         const mio_addr *to);

/* Like mio_udp_socket_send_to, from `count` buffers in their order, as one datagram. */
MIO_API ptrdiff_t mio_udp_socket_send_to_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                                  size_t count, const mio_addr *to);

/* Receives one datagram of at most `len` bytes and the sender's address (`out_from` may be NULL). Returns
 * its length, which may be 0; MIO_ERROR_WOULD_BLOCK when there is none. The part that does not fit is
 * lost without an error, also on Windows, whose own calls return WSAEMSGSIZE. */
MIO_API ptrdiff_t mio_udp_socket_recv_from(mio_udp_socket *socket, void *buffer, size_t len,
                                           mio_addr *out_from);

/* Like mio_udp_socket_recv_from, into `count` buffers in their order. */
MIO_API ptrdiff_t mio_udp_socket_recv_from_vectored(mio_udp_socket *socket,
                                                    const mio_iovec *buffers, size_t count,
                                                    mio_addr *out_from);

/* Like mio_udp_socket_recv_from_vectored, and sets `*out_truncated` to whether the datagram was longer
 * than the buffers, so that its end is lost. `out_from` and `out_truncated` may be NULL. */
MIO_API ptrdiff_t mio_udp_socket_recv_message(mio_udp_socket *socket, const mio_iovec *buffers,
                                              size_t count, mio_addr *out_from,
                                              bool *out_truncated);

/* Like mio_udp_socket_recv_from, but the datagram stays and is received again. */
MIO_API ptrdiff_t mio_udp_socket_peek_from(mio_udp_socket *socket, void *buffer, size_t len,
                                           mio_addr *out_from);

/* Makes `addr` the only peer. The socket sends to it and receives only its datagrams. May be called again
 * for another peer. Finishes at once. An address of no family ends the association, like
 * mio_udp_socket_disconnect. MIO_ERROR_INVALID_INPUT for NULL; MIO_ERROR_NETWORK_UNREACHABLE. */
MIO_API int mio_udp_socket_connect(mio_udp_socket *socket, const mio_addr *addr);

/* Ends the association with a peer. The socket then receives from all addresses again. It keeps its port.
 * No effect on a socket that is not connected. Compiled for Apple's systems, the BSDs and Windows, and run
 * on Linux only. */
MIO_API int mio_udp_socket_disconnect(mio_udp_socket *socket);

/* The transfers of a connected socket. Sending without a peer is MIO_ERROR_NOT_CONNECTED.
 * MIO_ERROR_CONNECTION_REFUSED (on Windows MIO_ERROR_CONNECTION_RESET) reports that an earlier datagram
 * reached no socket. A socket that is not connected gets no such report. */
MIO_API ptrdiff_t mio_udp_socket_send(mio_udp_socket *socket, const void *buffer, size_t len);
MIO_API ptrdiff_t mio_udp_socket_send_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                               size_t count);
MIO_API ptrdiff_t mio_udp_socket_recv(mio_udp_socket *socket, void *buffer, size_t len);
MIO_API ptrdiff_t mio_udp_socket_recv_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                               size_t count);
MIO_API ptrdiff_t mio_udp_socket_peek(mio_udp_socket *socket, void *buffer, size_t len);

/* Write the address of this end or of the peer to `*out_addr`. peer_addr returns MIO_ERROR_NOT_CONNECTED
 * unless the socket is connected. */
MIO_API int mio_udp_socket_local_addr(const mio_udp_socket *socket, mio_addr *out_addr);
MIO_API int mio_udp_socket_peer_addr(const mio_udp_socket *socket, mio_addr *out_addr);

/* Get and set the size of the kernel's buffers in bytes (SO_SNDBUF, SO_RCVBUF). `bytes` is 1 to INT32_MAX.
 * The system reduces it to its limits and may round it. Linux reports twice the value that was set, because
 * it includes its bookkeeping. */
MIO_API int mio_udp_socket_send_buffer(const mio_udp_socket *socket, uint32_t *out_bytes);
MIO_API int mio_udp_socket_set_send_buffer(mio_udp_socket *socket, uint32_t bytes);
MIO_API int mio_udp_socket_recv_buffer(const mio_udp_socket *socket, uint32_t *out_bytes);
MIO_API int mio_udp_socket_set_recv_buffer(mio_udp_socket *socket, uint32_t bytes);

/* Get and set the type of service (IPv4) or traffic class (IPv6) of sent packets. `traffic_class` is 0 to
 * 255 (see mio_socket_options). MIO_ERROR_UNSUPPORTED on Windows. */
MIO_API int mio_udp_socket_traffic_class(const mio_udp_socket *socket, uint32_t *out_class);
MIO_API int mio_udp_socket_set_traffic_class(mio_udp_socket *socket, uint32_t traffic_class);

/* Get the device that the socket is bound to, as an index (0 for none), and set it by its name `device`
 * (NULL for none). See mio_socket_options for the meaning and the errors. MIO_ERROR_UNSUPPORTED on the
 * BSDs. */
MIO_API int mio_udp_socket_interface(const mio_udp_socket *socket, uint32_t *out_index);
MIO_API int mio_udp_socket_set_device(mio_udp_socket *socket, const char *device);

/* Returns the socket's pending error as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_udp_socket_take_error(mio_udp_socket *socket);

/* Get and set whether datagrams to broadcast addresses are allowed. Off by default. */
MIO_API int mio_udp_socket_broadcast(const mio_udp_socket *socket, bool *out_on);
MIO_API int mio_udp_socket_set_broadcast(mio_udp_socket *socket, bool on);

/* Get and set the time to live (IPv4) or hop limit (IPv6) of unicast datagrams. `ttl` is 1 to 255. */
MIO_API int mio_udp_socket_ttl(const mio_udp_socket *socket, uint32_t *out_ttl);
MIO_API int mio_udp_socket_set_ttl(mio_udp_socket *socket, uint32_t ttl);

/* Get and set whether the socket serves IPv6 only. Most systems refuse a change after the bind
 * (MIO_ERROR_INVALID_INPUT). So use mio_udp_socket_options, and this function only for adopted handles. */
MIO_API int mio_udp_socket_only_v6(const mio_udp_socket *socket, bool *out_on);
MIO_API int mio_udp_socket_set_only_v6(mio_udp_socket *socket, bool on);

/* Get and set whether this machine receives the multicast datagrams that it sends. On by default. On Unix
 * the sender's setting counts, on Windows the receiver's. */
MIO_API int mio_udp_socket_multicast_loop_v4(const mio_udp_socket *socket, bool *out_on);
MIO_API int mio_udp_socket_set_multicast_loop_v4(mio_udp_socket *socket, bool on);
MIO_API int mio_udp_socket_multicast_loop_v6(const mio_udp_socket *socket, bool *out_on);
MIO_API int mio_udp_socket_set_multicast_loop_v6(mio_udp_socket *socket, bool on);

/* Get and set the hop limit of multicast datagrams. `ttl` and `hops` are 0 to 255. The default is 1, which
 * means the local network only. */
MIO_API int mio_udp_socket_multicast_ttl_v4(const mio_udp_socket *socket, uint32_t *out_ttl);
MIO_API int mio_udp_socket_set_multicast_ttl_v4(mio_udp_socket *socket, uint32_t ttl);
MIO_API int mio_udp_socket_multicast_hops_v6(const mio_udp_socket *socket, uint32_t *out_hops);
MIO_API int mio_udp_socket_set_multicast_hops_v6(mio_udp_socket *socket, uint32_t hops);

/* Join or leave the IPv4 multicast group `group` on the interface with the address `interface_addr`. With
 * NULL or 0.0.0.0 the system chooses the interface. Ports are ignored. MIO_ERROR_INVALID_INPUT if an
 * address is not IPv4 or `group` is not a group; MIO_ERROR_ADDR_IN_USE if the socket joins a group again,
 * MIO_ERROR_ADDR_NOT_AVAILABLE if it leaves a group that it has not joined. */
MIO_API int mio_udp_socket_join_multicast_v4(mio_udp_socket *socket, const mio_addr *group,
                                             const mio_addr *interface_addr);
MIO_API int mio_udp_socket_leave_multicast_v4(mio_udp_socket *socket, const mio_addr *group,
                                              const mio_addr *interface_addr);

/* Join or leave the IPv6 multicast group `group` on the interface with the index `interface_index`. With 0
 * the system chooses the interface. The errors are those of mio_udp_socket_join_multicast_v4. */
MIO_API int mio_udp_socket_join_multicast_v6(mio_udp_socket *socket, const mio_addr *group,
                                             uint32_t interface_index);
MIO_API int mio_udp_socket_leave_multicast_v6(mio_udp_socket *socket, const mio_addr *group,
                                              uint32_t interface_index);

/* Join or leave the IPv4 multicast group `group` on the interface with the index `interface_index`. With 0
 * the system chooses the interface. The errors are those of mio_udp_socket_join_multicast_v4.
 * MIO_ERROR_UNSUPPORTED on NetBSD, OpenBSD and DragonFly (see MIO_SOCKET_MULTICAST_INDEX_V4). */
MIO_API int mio_udp_socket_join_multicast_v4_index(mio_udp_socket *socket, const mio_addr *group,
                                                   uint32_t interface_index);
MIO_API int mio_udp_socket_leave_multicast_v4_index(mio_udp_socket *socket, const mio_addr *group,
                                                    uint32_t interface_index);

/* Join or leave `group` for the datagrams of `source` only (source-specific multicast), on the interface
 * with the index `interface_index`. With 0 the system chooses the interface. May be called for several
 * sources, but not together with a join for all sources. MIO_ERROR_INVALID_INPUT if the two addresses have
 * different families or `group` is not a group; MIO_ERROR_UNSUPPORTED where MIO_SOCKET_MULTICAST_SOURCE is
 * missing; MIO_ERROR_ADDR_NOT_AVAILABLE for joining a source again (Linux, the BSDs), and for leaving a
 * source that was not joined. */
MIO_API int mio_udp_socket_join_multicast_source(mio_udp_socket *socket, const mio_addr *group,
                                                 const mio_addr *source, uint32_t interface_index);
MIO_API int mio_udp_socket_leave_multicast_source(mio_udp_socket *socket, const mio_addr *group,
                                                  const mio_addr *source, uint32_t interface_index);

/* Set the interface that sends multicast datagrams, by its IPv4 address `interface_addr` or by its index
 * `interface_index`. With 0.0.0.0 or 0 the system chooses it by its routes. MIO_ERROR_ADDR_NOT_AVAILABLE or
 * MIO_ERROR_NO_DEVICE if there is no such interface. For IPv4 the index is MIO_ERROR_UNSUPPORTED on
 * OpenBSD. For IPv6 the scope of the destination also selects the interface. */
MIO_API int mio_udp_socket_set_multicast_interface_v4(mio_udp_socket *socket,
                                                      const mio_addr *interface_addr);
MIO_API int mio_udp_socket_set_multicast_interface_v4_index(mio_udp_socket *socket,
                                                            uint32_t interface_index);
MIO_API int mio_udp_socket_set_multicast_interface_v6(mio_udp_socket *socket,
                                                      uint32_t interface_index);

/* Opens a socket with a `handle` that was created elsewhere. On success the handle becomes non-blocking and
 * `*socket` owns it. On failure the caller still owns it. MIO_ERROR_INVALID_INPUT if it is not an open
 * datagram socket of IPv4 or IPv6; MIO_ERROR_ALREADY_EXISTS if `*socket` is open. */
MIO_API int mio_udp_socket_adopt(mio_udp_socket *socket, mio_handle handle);

/* Writes the handle to `*out_handle`. The socket still owns it. */
MIO_API int mio_udp_socket_handle(const mio_udp_socket *socket, mio_handle *out_handle);

/* Deregisters the socket, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_udp_socket_release(mio_udp_socket *socket, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_udp_socket_try_io(mio_udp_socket *socket, mio_interest interest,
                                        mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UDP_SOCKET_H_ */
