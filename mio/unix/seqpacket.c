#include "mio/net/socket.h"

#include "mio/unix/seqpacket.h"

#include "mio/sys/unix/net_ancillary.h"

/* C does not allow a pointer to a member of NULL. */
#define SOURCE_OF(object) ((object) == NULL ? NULL : &(object)->source)

enum { BACKLOG = 1024 };

int mio_unix_seqpacket_listener_bind(mio_unix_seqpacket_listener *listener,
                                     const mio_unix_addr *addr) {
  mio_net_name name;
  mio_handle handle = MIO_HANDLE_NONE;
  int result = mio_socket_begin_unix(SOURCE_OF(listener), MIO_NET_SEQPACKET, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_net_bind(handle, &name);
  if (result == 0) result = mio_net_listen(handle, BACKLOG);
  return mio_socket_finish(&listener->source, handle, result);
}

int mio_unix_seqpacket_connect(mio_unix_seqpacket *socket, const mio_unix_addr *addr) {
  mio_net_name name;
  mio_handle handle = MIO_HANDLE_NONE;
  int result = mio_socket_unix_peer(addr, &name);
  if (result == 0) {
    result = mio_socket_begin_unix(SOURCE_OF(socket), MIO_NET_SEQPACKET, addr, &name, &handle);
  }
  if (result < 0) return result;
  return mio_socket_finish(&socket->source, handle, mio_net_connect(handle, &name));
}

int mio_unix_seqpacket_pair(mio_unix_seqpacket *a, mio_unix_seqpacket *b) {
  return mio_socket_pair(SOURCE_OF(a), SOURCE_OF(b), MIO_NET_SEQPACKET);
}

int mio_unix_seqpacket_listener_accept(mio_unix_seqpacket_listener *listener,
                                       mio_unix_seqpacket *out_socket, mio_unix_addr *out_addr) {
  mio_net_name peer;
  const int result = mio_socket_accept(SOURCE_OF(listener), SOURCE_OF(out_socket),
                                       out_addr == NULL ? NULL : &peer);
  if (result == 0) mio_socket_tell_unix(&peer, out_addr);
  return result;
}

void mio_unix_seqpacket_close(mio_unix_seqpacket *socket) {
  mio_handle_source_close(SOURCE_OF(socket));
}

void mio_unix_seqpacket_listener_close(mio_unix_seqpacket_listener *listener) {
  mio_handle_source_close(SOURCE_OF(listener));
}

ptrdiff_t mio_unix_seqpacket_send(mio_unix_seqpacket *socket, const void *buffer, size_t len) {
  return mio_socket_send(SOURCE_OF(socket), buffer, len, NULL);
}

ptrdiff_t mio_unix_seqpacket_recv(mio_unix_seqpacket *socket, void *buffer, size_t len,
                                  bool *out_truncated) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(SOURCE_OF(socket), &handle);
  if (result < 0) return result;
  if (buffer == NULL && len > 0) return mio_socket_invalid_input();
  const mio_iovec into = {buffer, len};
  mio_net_ancillary with = {.fds = NULL}; /* closes all descriptors */
  const ptrdiff_t received = mio_ancillary_recv(handle, &into, 1, NULL, &with);
  /* 0: the end */
  if (received <= 0) mio_source_drained(&socket->source, MIO_READABLE, received);
  if (received >= 0 && out_truncated != NULL) *out_truncated = with.truncated;
  return received;
}

int mio_unix_seqpacket_shutdown(mio_unix_seqpacket *socket, mio_shutdown how) {
  return mio_socket_shutdown(SOURCE_OF(socket), how);
}

int mio_unix_seqpacket_take_error(mio_unix_seqpacket *socket) {
  return mio_socket_take_error(SOURCE_OF(socket));
}

int mio_unix_seqpacket_local_addr(const mio_unix_seqpacket *socket, mio_unix_addr *out_addr) {
  return mio_socket_local_unix_addr(SOURCE_OF(socket), out_addr);
}

int mio_unix_seqpacket_peer_addr(const mio_unix_seqpacket *socket, mio_unix_addr *out_addr) {
  return mio_socket_peer_unix_addr(SOURCE_OF(socket), out_addr);
}

int mio_unix_seqpacket_listener_local_addr(const mio_unix_seqpacket_listener *listener,
                                           mio_unix_addr *out_addr) {
  return mio_socket_local_unix_addr(SOURCE_OF(listener), out_addr);
}

int mio_unix_seqpacket_adopt(mio_unix_seqpacket *socket, mio_handle handle) {
  return mio_socket_adopt_unix(SOURCE_OF(socket), handle, MIO_NET_SEQPACKET);
}

int mio_unix_seqpacket_listener_adopt(mio_unix_seqpacket_listener *listener, mio_handle handle) {
  return mio_socket_adopt_unix(SOURCE_OF(listener), handle, MIO_NET_SEQPACKET);
}

int mio_unix_seqpacket_handle(const mio_unix_seqpacket *socket, mio_handle *out_handle) {
  return mio_socket_handle(SOURCE_OF(socket), out_handle);
}

int mio_unix_seqpacket_listener_handle(const mio_unix_seqpacket_listener *listener,
                                       mio_handle *out_handle) {
  return mio_socket_handle(SOURCE_OF(listener), out_handle);
}

int mio_unix_seqpacket_release(mio_unix_seqpacket *socket, mio_handle *out_handle) {
  return mio_socket_release(SOURCE_OF(socket), out_handle);
}

int mio_unix_seqpacket_listener_release(mio_unix_seqpacket_listener *listener,
                                        mio_handle *out_handle) {
  return mio_socket_release(SOURCE_OF(listener), out_handle);
}

ptrdiff_t mio_unix_seqpacket_try_io(mio_unix_seqpacket *socket, mio_interest interest,
                                    mio_io_operation operation, void *context) {
  return mio_source_try_io(SOURCE_OF(socket), interest, operation, context);
}

ptrdiff_t mio_unix_seqpacket_listener_try_io(mio_unix_seqpacket_listener *listener,
                                             mio_interest interest, mio_io_operation operation,
                                             void *context) {
  return mio_source_try_io(SOURCE_OF(listener), interest, operation, context);
}
