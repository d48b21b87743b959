#include "mio/net/socket.h"

#include "mio/net/udp_socket.h"

static mio_source *source_of(mio_udp_socket *socket) {
  return socket == NULL ? NULL : &socket->source;
}

static const mio_source *view_of(const mio_udp_socket *socket) {
  return socket == NULL ? NULL : &socket->source;
}

int mio_udp_socket_bind(mio_udp_socket *socket, const mio_addr *addr) {
  return mio_udp_socket_bind_with(socket, addr, NULL);
}

int mio_udp_socket_bind_with(mio_udp_socket *socket, const mio_addr *addr,
                             const mio_udp_socket_options *options) {
  static const mio_udp_socket_options defaults;
  const mio_udp_socket_options chosen = options == NULL ? defaults : *options;
  mio_net_name name;
  mio_handle handle;
  int result = mio_socket_begin(source_of(socket), MIO_NET_DATAGRAM, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_socket_prepare(handle, &chosen.socket);
  if (result == 0 && chosen.reuse_addr) result = mio_net_set(handle, MIO_NET_REUSE_ADDR, 1);
  if (result == 0)
    result = mio_socket_prepare_bind(handle, addr, chosen.only_v6, chosen.reuse_port);
  if (result == 0) result = mio_net_bind(handle, &name);
  return mio_socket_finish(source_of(socket), handle, result);
}

ptrdiff_t mio_udp_socket_send_to(mio_udp_socket *socket, const void *buffer, size_t len,
                                 const mio_addr *to) {
  mio_net_name name;
  const int result = mio_socket_peer(to, &name);
  return result < 0 ? result : mio_socket_send(source_of(socket), buffer, len, &name);
}

ptrdiff_t mio_udp_socket_send_to_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                          size_t count, const mio_addr *to) {
  mio_net_name name;
  const int result = mio_socket_peer(to, &name);
  return result < 0 ? result : mio_socket_send_vectored(source_of(socket), buffers, count, &name);
}

static ptrdiff_t recv_from(mio_udp_socket *socket, void *buffer, size_t len, mio_net_recv_mode mode,
                           mio_addr *out_from) {
  mio_net_name from;
  const ptrdiff_t received =
      mio_socket_recv(source_of(socket), buffer, len, mode, out_from == NULL ? NULL : &from);
  if (received >= 0) mio_socket_tell(&from, out_from);
  return received;
}

ptrdiff_t mio_udp_socket_recv_from(mio_udp_socket *socket, void *buffer, size_t len,
                                   mio_addr *out_from) {
  return recv_from(socket, buffer, len, MIO_NET_RECV, out_from);
}

ptrdiff_t mio_udp_socket_peek_from(mio_udp_socket *socket, void *buffer, size_t len,
                                   mio_addr *out_from) {
  return recv_from(socket, buffer, len, MIO_NET_PEEK, out_from);
}

ptrdiff_t mio_udp_socket_recv_from_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                            size_t count, mio_addr *out_from) {
  mio_net_name from;
  const ptrdiff_t received = mio_socket_recv_vectored(source_of(socket), buffers, count,
                                                      out_from == NULL ? NULL : &from, NULL);
  if (received >= 0) mio_socket_tell(&from, out_from);
  return received;
}

ptrdiff_t mio_udp_socket_recv_message(mio_udp_socket *socket, const mio_iovec *buffers,
                                      size_t count, mio_addr *out_from, bool *out_truncated) {
  mio_net_name from;
  const ptrdiff_t received = mio_socket_recv_vectored(
      source_of(socket), buffers, count, out_from == NULL ? NULL : &from, out_truncated);
  if (received >= 0) mio_socket_tell(&from, out_from);
  return received;
}

int mio_udp_socket_disconnect(mio_udp_socket *socket) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_disconnect(handle);
}

int mio_udp_socket_connect(mio_udp_socket *socket, const mio_addr *addr) {
  mio_net_name name;
  if (addr != NULL && addr->family == MIO_ADDR_NONE) return mio_udp_socket_disconnect(socket);
  const int result = mio_socket_peer(addr, &name);
  return result < 0 ? result : mio_socket_connect(source_of(socket), &name);
}

ptrdiff_t mio_udp_socket_send(mio_udp_socket *socket, const void *buffer, size_t len) {
  return mio_socket_send(source_of(socket), buffer, len, NULL);
}

ptrdiff_t mio_udp_socket_send_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                       size_t count) {
  return mio_socket_send_vectored(source_of(socket), buffers, count, NULL);
}

ptrdiff_t mio_udp_socket_recv(mio_udp_socket *socket, void *buffer, size_t len) {
  return mio_socket_recv(source_of(socket), buffer, len, MIO_NET_RECV, NULL);
}

ptrdiff_t mio_udp_socket_recv_vectored(mio_udp_socket *socket, const mio_iovec *buffers,
                                       size_t count) {
  return mio_socket_recv_vectored(source_of(socket), buffers, count, NULL, NULL);
}

ptrdiff_t mio_udp_socket_peek(mio_udp_socket *socket, void *buffer, size_t len) {
  return mio_socket_recv(source_of(socket), buffer, len, MIO_NET_PEEK, NULL);
}

int mio_udp_socket_local_addr(const mio_udp_socket *socket, mio_addr *out_addr) {
  return mio_socket_local_addr(view_of(socket), out_addr);
}

int mio_udp_socket_peer_addr(const mio_udp_socket *socket, mio_addr *out_addr) {
  return mio_socket_peer_addr(view_of(socket), out_addr);
}

int mio_udp_socket_broadcast(const mio_udp_socket *socket, bool *out_on) {
  return mio_socket_get_bool(view_of(socket), MIO_NET_BROADCAST, out_on);
}

int mio_udp_socket_set_broadcast(mio_udp_socket *socket, bool on) {
  return mio_socket_set_bool(source_of(socket), MIO_NET_BROADCAST, on);
}

int mio_udp_socket_ttl(const mio_udp_socket *socket, uint32_t *out_ttl) {
  return mio_socket_get_number(view_of(socket), MIO_NET_TTL, out_ttl);
}

int mio_udp_socket_set_ttl(mio_udp_socket *socket, uint32_t ttl) {
  return mio_socket_set_number(source_of(socket), MIO_NET_TTL, ttl, 1, MIO_SOCKET_TTL_MAX);
}

int mio_udp_socket_only_v6(const mio_udp_socket *socket, bool *out_on) {
  return mio_socket_get_bool(view_of(socket), MIO_NET_ONLY_V6, out_on);
}

int mio_udp_socket_set_only_v6(mio_udp_socket *socket, bool on) {
  return mio_socket_set_bool(source_of(socket), MIO_NET_ONLY_V6, on);
}

int mio_udp_socket_multicast_loop_v4(const mio_udp_socket *socket, bool *out_on) {
  return mio_socket_get_bool(view_of(socket), MIO_NET_MULTICAST_LOOP_V4, out_on);
}

int mio_udp_socket_set_multicast_loop_v4(mio_udp_socket *socket, bool on) {
  return mio_socket_set_bool(source_of(socket), MIO_NET_MULTICAST_LOOP_V4, on);
}

int mio_udp_socket_multicast_loop_v6(const mio_udp_socket *socket, bool *out_on) {
  return mio_socket_get_bool(view_of(socket), MIO_NET_MULTICAST_LOOP_V6, out_on);
}

int mio_udp_socket_set_multicast_loop_v6(mio_udp_socket *socket, bool on) {
  return mio_socket_set_bool(source_of(socket), MIO_NET_MULTICAST_LOOP_V6, on);
}

int mio_udp_socket_multicast_ttl_v4(const mio_udp_socket *socket, uint32_t *out_ttl) {
  return mio_socket_get_number(view_of(socket), MIO_NET_MULTICAST_TTL_V4, out_ttl);
}

int mio_udp_socket_set_multicast_ttl_v4(mio_udp_socket *socket, uint32_t ttl) {
  return mio_socket_set_number(source_of(socket), MIO_NET_MULTICAST_TTL_V4, ttl, 0,
                               MIO_SOCKET_TTL_MAX);
}

int mio_udp_socket_multicast_hops_v6(const mio_udp_socket *socket, uint32_t *out_hops) {
  return mio_socket_get_number(view_of(socket), MIO_NET_MULTICAST_HOPS_V6, out_hops);
}

int mio_udp_socket_set_multicast_hops_v6(mio_udp_socket *socket, uint32_t hops) {
  return mio_socket_set_number(source_of(socket), MIO_NET_MULTICAST_HOPS_V6, hops, 0,
                               MIO_SOCKET_TTL_MAX);
}

static int change_membership_v4(const mio_udp_socket *socket, mio_net_membership what,
                                const mio_addr *group, const mio_addr *interface_addr) {
  const mio_addr any = mio_addr_any_v4(0);
  mio_handle handle;
  if (interface_addr == NULL) interface_addr = &any;
  if (group == NULL || !mio_addr_is_v4(group) || !mio_addr_is_multicast(group) ||
      !mio_addr_is_v4(interface_addr)) {
    return mio_socket_invalid_input();
  }
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_membership_v4(handle, what, group, interface_addr);
}

int mio_udp_socket_join_multicast_v4(mio_udp_socket *socket, const mio_addr *group,
                                     const mio_addr *interface_addr) {
  return change_membership_v4(socket, MIO_NET_JOIN, group, interface_addr);
}

int mio_udp_socket_leave_multicast_v4(mio_udp_socket *socket, const mio_addr *group,
                                      const mio_addr *interface_addr) {
  return change_membership_v4(socket, MIO_NET_LEAVE, group, interface_addr);
}

static int change_membership_v6(const mio_udp_socket *socket, mio_net_membership what,
                                const mio_addr *group, uint32_t interface_index) {
  mio_handle handle;
  if (group == NULL || !mio_addr_is_v6(group) || !mio_addr_is_multicast(group)) {
    return mio_socket_invalid_input();
  }
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_membership_v6(handle, what, group, interface_index);
}

int mio_udp_socket_join_multicast_v6(mio_udp_socket *socket, const mio_addr *group,
                                     uint32_t interface_index) {
  return change_membership_v6(socket, MIO_NET_JOIN, group, interface_index);
}

int mio_udp_socket_leave_multicast_v6(mio_udp_socket *socket, const mio_addr *group,
                                      uint32_t interface_index) {
  return change_membership_v6(socket, MIO_NET_LEAVE, group, interface_index);
}

static int change_membership(const mio_udp_socket *socket, mio_net_membership what,
                             const mio_addr *group, const mio_addr *source,
                             uint32_t interface_index) {
  mio_handle handle;
  if (group == NULL || !mio_addr_is_multicast(group)) return mio_socket_invalid_input();
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result
                    : mio_net_membership_by_index(handle, what, group, source, interface_index);
}

int mio_udp_socket_join_multicast_v4_index(mio_udp_socket *socket, const mio_addr *group,
                                           uint32_t interface_index) {
  if (group == NULL || !mio_addr_is_v4(group)) return mio_socket_invalid_input();
  return change_membership(socket, MIO_NET_JOIN, group, NULL, interface_index);
}

int mio_udp_socket_leave_multicast_v4_index(mio_udp_socket *socket, const mio_addr *group,
                                            uint32_t interface_index) {
  if (group == NULL || !mio_addr_is_v4(group)) return mio_socket_invalid_input();
  return change_membership(socket, MIO_NET_LEAVE, group, NULL, interface_index);
}

int mio_udp_socket_join_multicast_source(mio_udp_socket *socket, const mio_addr *group,
                                         const mio_addr *source, uint32_t interface_index) {
  if (group == NULL || source == NULL || group->family != source->family) {
    return mio_socket_invalid_input();
  }
  return change_membership(socket, MIO_NET_JOIN, group, source, interface_index);
}

int mio_udp_socket_leave_multicast_source(mio_udp_socket *socket, const mio_addr *group,
                                          const mio_addr *source, uint32_t interface_index) {
  if (group == NULL || source == NULL || group->family != source->family) {
    return mio_socket_invalid_input();
  }
  return change_membership(socket, MIO_NET_LEAVE, group, source, interface_index);
}

int mio_udp_socket_set_multicast_interface_v4(mio_udp_socket *socket,
                                              const mio_addr *interface_addr) {
  mio_handle handle;
  if (interface_addr == NULL || !mio_addr_is_v4(interface_addr)) return mio_socket_invalid_input();
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_multicast_interface_v4(handle, interface_addr);
}

int mio_udp_socket_set_multicast_interface_v4_index(mio_udp_socket *socket,
                                                    uint32_t interface_index) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_multicast_interface(handle, false, interface_index);
}

int mio_udp_socket_set_multicast_interface_v6(mio_udp_socket *socket, uint32_t interface_index) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_net_multicast_interface(handle, true, interface_index);
}

int mio_udp_socket_send_buffer(const mio_udp_socket *socket, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(socket), MIO_NET_SEND_BUFFER, out_bytes);
}

int mio_udp_socket_set_send_buffer(mio_udp_socket *socket, uint32_t bytes) {
  return mio_socket_set_number(view_of(socket), MIO_NET_SEND_BUFFER, bytes, 1, INT32_MAX);
}

int mio_udp_socket_recv_buffer(const mio_udp_socket *socket, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(socket), MIO_NET_RECV_BUFFER, out_bytes);
}

int mio_udp_socket_set_recv_buffer(mio_udp_socket *socket, uint32_t bytes) {
  return mio_socket_set_number(view_of(socket), MIO_NET_RECV_BUFFER, bytes, 1, INT32_MAX);
}

int mio_udp_socket_traffic_class(const mio_udp_socket *socket, uint32_t *out_class) {
  return mio_socket_get_number(view_of(socket), MIO_NET_TRAFFIC_CLASS, out_class);
}

int mio_udp_socket_set_traffic_class(mio_udp_socket *socket, uint32_t traffic_class) {
  return mio_socket_set_number(view_of(socket), MIO_NET_TRAFFIC_CLASS, traffic_class, 0, UINT8_MAX);
}

int mio_udp_socket_interface(const mio_udp_socket *socket, uint32_t *out_index) {
  return mio_socket_get_number(view_of(socket), MIO_NET_INTERFACE, out_index);
}

int mio_udp_socket_set_device(mio_udp_socket *socket, const char *device) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(socket), &handle);
  return result < 0 ? result : mio_socket_set_device(handle, device);
}

int mio_udp_socket_take_error(mio_udp_socket *socket) {
  return mio_socket_take_error(source_of(socket));
}

int mio_udp_socket_adopt(mio_udp_socket *socket, mio_handle handle) {
  return mio_socket_adopt(source_of(socket), handle, MIO_NET_DATAGRAM);
}

int mio_udp_socket_handle(const mio_udp_socket *socket, mio_handle *out_handle) {
  return mio_socket_handle(view_of(socket), out_handle);
}

int mio_udp_socket_release(mio_udp_socket *socket, mio_handle *out_handle) {
  return mio_socket_release(source_of(socket), out_handle);
}

void mio_udp_socket_close(mio_udp_socket *socket) { mio_socket_close(source_of(socket)); }

ptrdiff_t mio_udp_socket_try_io(mio_udp_socket *socket, mio_interest interest,
                                mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(socket), interest, operation, context);
}
