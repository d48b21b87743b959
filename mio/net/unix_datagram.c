#include "mio/net/socket.h"

#include "mio/net/unix_datagram.h"

static mio_source *source_of(mio_unix_datagram *socket) {
  return socket == NULL ? NULL : &socket->source;
}

static const mio_source *view_of(const mio_unix_datagram *socket) {
  return socket == NULL ? NULL : &socket->source;
}

int mio_unix_datagram_bind(mio_unix_datagram *socket, const char *path) {
  mio_unix_addr addr;
  const int result = mio_unix_addr_from_path(path, &addr);
  return result < 0 ? result : mio_unix_datagram_bind_addr(socket, &addr);
}

int mio_unix_datagram_bind_addr(mio_unix_datagram *socket, const mio_unix_addr *addr) {
  mio_net_name name;
  mio_handle handle;
  const int result =
      mio_socket_begin_unix(source_of(socket), MIO_NET_DATAGRAM, addr, &name, &handle);
  return result < 0 ? result
                    : mio_socket_finish(source_of(socket), handle, mio_net_bind(handle, &name));
}

int mio_unix_datagram_unbound(mio_unix_datagram *socket) {
  mio_handle handle;
  int result = mio_socket_check_closed(source_of(socket));
  if (result == 0) result = mio_net_open(MIO_NET_UNIX, MIO_NET_DATAGRAM, &handle);
  return result < 0 ? result : mio_socket_finish(source_of(socket), handle, 0);
}

int mio_unix_datagram_pair(mio_unix_datagram *a, mio_unix_datagram *b) {
  return mio_socket_pair(source_of(a), source_of(b), MIO_NET_DATAGRAM);
}

int mio_unix_datagram_connect(mio_unix_datagram *socket, const char *path) {
  mio_unix_addr addr;
  const int result = mio_unix_addr_from_path(path, &addr);
  return result < 0 ? result : mio_unix_datagram_connect_addr(socket, &addr);
}

int mio_unix_datagram_connect_addr(mio_unix_datagram *socket, const mio_unix_addr *addr) {
  mio_net_name name;
  const int result = mio_socket_unix_peer(addr, &name);
  return result < 0 ? result : mio_socket_connect(source_of(socket), &name);
}

ptrdiff_t mio_unix_datagram_send_to(mio_unix_datagram *socket, const void *buffer, size_t len,
                                    const char *path) {
  mio_unix_addr to;
  const int result = mio_unix_addr_from_path(path, &to);
  return result < 0 ? result : mio_unix_datagram_send_to_addr(socket, buffer, len, &to);
}

ptrdiff_t mio_unix_datagram_send_to_addr(mio_unix_datagram *socket, const void *buffer, size_t len,
                                         const mio_unix_addr *to) {
  mio_net_name name;
  const int result = mio_socket_unix_peer(to, &name);
  return result < 0 ? result : mio_socket_send(source_of(socket), buffer, len, &name);
}

static ptrdiff_t recv_from(mio_unix_datagram *socket, void *buffer, size_t len,
                           mio_net_recv_mode mode, mio_unix_addr *out_from) {
  mio_net_name from;
  const ptrdiff_t received =
      mio_socket_recv(source_of(socket), buffer, len, mode, out_from == NULL ? NULL : &from);
  if (received >= 0) mio_socket_tell_unix(&from, out_from);
  return received;
}

ptrdiff_t mio_unix_datagram_recv_from(mio_unix_datagram *socket, void *buffer, size_t len,
                                      mio_unix_addr *out_from) {
  return recv_from(socket, buffer, len, MIO_NET_RECV, out_from);
}

ptrdiff_t mio_unix_datagram_peek_from(mio_unix_datagram *socket, void *buffer, size_t len,
                                      mio_unix_addr *out_from) {
  return recv_from(socket, buffer, len, MIO_NET_PEEK, out_from);
}

ptrdiff_t mio_unix_datagram_send(mio_unix_datagram *socket, const void *buffer, size_t len) {
  return mio_socket_send(source_of(socket), buffer, len, NULL);
}

ptrdiff_t mio_unix_datagram_send_vectored(mio_unix_datagram *socket, const mio_iovec *buffers,
                                          size_t count) {
  return mio_socket_send_vectored(source_of(socket), buffers, count, NULL);
}

ptrdiff_t mio_unix_datagram_recv(mio_unix_datagram *socket, void *buffer, size_t len) {
  return mio_socket_recv(source_of(socket), buffer, len, MIO_NET_RECV, NULL);
}

ptrdiff_t mio_unix_datagram_recv_vectored(mio_unix_datagram *socket, const mio_iovec *buffers,
                                          size_t count) {
  return mio_socket_recv_vectored(source_of(socket), buffers, count, NULL, NULL);
}

ptrdiff_t mio_unix_datagram_peek(mio_unix_datagram *socket, void *buffer, size_t len) {
  return mio_socket_recv(source_of(socket), buffer, len, MIO_NET_PEEK, NULL);
}

ptrdiff_t mio_unix_datagram_recv_message(mio_unix_datagram *socket, const mio_iovec *buffers,
                                         size_t count, mio_unix_addr *out_from,
                                         bool *out_truncated) {
  mio_net_name from;
  const ptrdiff_t received = mio_socket_recv_vectored(
      source_of(socket), buffers, count, out_from == NULL ? NULL : &from, out_truncated);
  if (received >= 0) mio_socket_tell_unix(&from, out_from);
  return received;
}

int mio_unix_datagram_shutdown(mio_unix_datagram *socket, mio_shutdown how) {
  return mio_socket_shutdown(source_of(socket), how);
}

int mio_unix_datagram_local_addr(const mio_unix_datagram *socket, mio_unix_addr *out_addr) {
  return mio_socket_local_unix_addr(view_of(socket), out_addr);
}

int mio_unix_datagram_peer_addr(const mio_unix_datagram *socket, mio_unix_addr *out_addr) {
  return mio_socket_peer_unix_addr(view_of(socket), out_addr);
}

int mio_unix_datagram_send_buffer(const mio_unix_datagram *socket, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(socket), MIO_NET_SEND_BUFFER, out_bytes);
}

int mio_unix_datagram_set_send_buffer(mio_unix_datagram *socket, uint32_t bytes) {
  return mio_socket_set_number(view_of(socket), MIO_NET_SEND_BUFFER, bytes, 1, INT32_MAX);
}

int mio_unix_datagram_recv_buffer(const mio_unix_datagram *socket, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(socket), MIO_NET_RECV_BUFFER, out_bytes);
}

int mio_unix_datagram_set_recv_buffer(mio_unix_datagram *socket, uint32_t bytes) {
  return mio_socket_set_number(view_of(socket), MIO_NET_RECV_BUFFER, bytes, 1, INT32_MAX);
}

int mio_unix_datagram_take_error(mio_unix_datagram *socket) {
  return mio_socket_take_error(source_of(socket));
}

int mio_unix_datagram_adopt(mio_unix_datagram *socket, mio_handle handle) {
  return mio_socket_adopt_unix(source_of(socket), handle, MIO_NET_DATAGRAM);
}

int mio_unix_datagram_handle(const mio_unix_datagram *socket, mio_handle *out_handle) {
  return mio_socket_handle(view_of(socket), out_handle);
}

int mio_unix_datagram_release(mio_unix_datagram *socket, mio_handle *out_handle) {
  return mio_socket_release(source_of(socket), out_handle);
}

void mio_unix_datagram_close(mio_unix_datagram *socket) { mio_socket_close(source_of(socket)); }

ptrdiff_t mio_unix_datagram_try_io(mio_unix_datagram *socket, mio_interest interest,
                                   mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(socket), interest, operation, context);
}
