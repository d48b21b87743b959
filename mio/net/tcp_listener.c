#include "mio/net/socket.h"

#include "mio/net/tcp_listener.h"

static mio_source *source_of(mio_tcp_listener *listener) {
  return listener == NULL ? NULL : &listener->source;
}

static const mio_source *view_of(const mio_tcp_listener *listener) {
  return listener == NULL ? NULL : &listener->source;
}

enum { DEFAULT_BACKLOG = 1024 };

int mio_tcp_listener_bind(mio_tcp_listener *listener, const mio_addr *addr) {
  return mio_tcp_listener_bind_with(listener, addr, NULL);
}

int mio_tcp_listener_bind_with(mio_tcp_listener *listener, const mio_addr *addr,
                               const mio_tcp_listener_options *options) {
  static const mio_tcp_listener_options defaults;
  const mio_tcp_listener_options chosen = options == NULL ? defaults : *options;
  if (chosen.backlog < 0 || chosen.fast_open > INT32_MAX) return mio_socket_invalid_input();
  mio_net_name name;
  mio_handle handle;
  int result = mio_socket_begin_tcp(source_of(listener), chosen.mptcp, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_net_set(handle, MIO_NET_REBIND, 1);
  if (result == 0) result = mio_socket_prepare(handle, &chosen.socket);
  if (result == 0)
    result = mio_socket_prepare_bind(handle, addr, chosen.only_v6, chosen.reuse_port);
  if (result == 0) result = mio_net_bind(handle, &name);
  if (result == 0)
    result = mio_net_listen(handle, chosen.backlog == 0 ? DEFAULT_BACKLOG : chosen.backlog);
  if (result == 0 && chosen.fast_open > 0)
    result = mio_net_set(handle, MIO_NET_FAST_OPEN_LISTEN, (int)chosen.fast_open);
  return mio_socket_finish(source_of(listener), handle, result);
}

int mio_tcp_listener_accept(mio_tcp_listener *listener, mio_tcp_stream *out_stream,
                            mio_addr *out_addr) {
  mio_net_name peer;
  const int result =
      mio_socket_accept(source_of(listener), out_stream == NULL ? NULL : &out_stream->source,
                        out_addr == NULL ? NULL : &peer);
  if (result == 0) mio_socket_tell(&peer, out_addr);
  return result;
}

int mio_tcp_listener_local_addr(const mio_tcp_listener *listener, mio_addr *out_addr) {
  return mio_socket_local_addr(view_of(listener), out_addr);
}

int mio_tcp_listener_ttl(const mio_tcp_listener *listener, uint32_t *out_ttl) {
  return mio_socket_get_number(view_of(listener), MIO_NET_TTL, out_ttl);
}

int mio_tcp_listener_set_ttl(mio_tcp_listener *listener, uint32_t ttl) {
  return mio_socket_set_number(source_of(listener), MIO_NET_TTL, ttl, 1, MIO_SOCKET_TTL_MAX);
}

int mio_tcp_listener_only_v6(const mio_tcp_listener *listener, bool *out_on) {
  return mio_socket_get_bool(view_of(listener), MIO_NET_ONLY_V6, out_on);
}

int mio_tcp_listener_set_only_v6(mio_tcp_listener *listener, bool on) {
  return mio_socket_set_bool(source_of(listener), MIO_NET_ONLY_V6, on);
}

int mio_tcp_listener_take_error(mio_tcp_listener *listener) {
  return mio_socket_take_error(source_of(listener));
}

int mio_tcp_listener_adopt(mio_tcp_listener *listener, mio_handle handle) {
  return mio_socket_adopt(source_of(listener), handle, MIO_NET_STREAM);
}

int mio_tcp_listener_handle(const mio_tcp_listener *listener, mio_handle *out_handle) {
  return mio_socket_handle(view_of(listener), out_handle);
}

int mio_tcp_listener_release(mio_tcp_listener *listener, mio_handle *out_handle) {
  return mio_socket_release(source_of(listener), out_handle);
}

void mio_tcp_listener_close(mio_tcp_listener *listener) { mio_socket_close(source_of(listener)); }

ptrdiff_t mio_tcp_listener_try_io(mio_tcp_listener *listener, mio_interest interest,
                                  mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(listener), interest, operation, context);
}
