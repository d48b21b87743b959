#include "mio/net/socket.h"

#include "mio/net/tcp_stream.h"

static mio_source *source_of(mio_tcp_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

static const mio_source *view_of(const mio_tcp_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

int mio_tcp_stream_connect(mio_tcp_stream *stream, const mio_addr *addr) {
  mio_net_name name;
  mio_handle handle;
  const int result = mio_socket_begin(source_of(stream), MIO_NET_STREAM, addr, &name, &handle);
  return result < 0 ? result
                    : mio_socket_finish(source_of(stream), handle, mio_net_connect(handle, &name));
}

ptrdiff_t mio_tcp_stream_read(mio_tcp_stream *stream, void *buffer, size_t len) {
  return mio_socket_read(source_of(stream), buffer, len);
}

ptrdiff_t mio_tcp_stream_readv(mio_tcp_stream *stream, const mio_iovec *buffers, size_t count) {
  return mio_socket_readv(source_of(stream), buffers, count);
}

ptrdiff_t mio_tcp_stream_peek(mio_tcp_stream *stream, void *buffer, size_t len) {
  return mio_socket_peek(source_of(stream), buffer, len);
}

ptrdiff_t mio_tcp_stream_write(mio_tcp_stream *stream, const void *buffer, size_t len) {
  return mio_socket_write(source_of(stream), buffer, len);
}

ptrdiff_t mio_tcp_stream_writev(mio_tcp_stream *stream, const mio_iovec *buffers, size_t count) {
  return mio_socket_writev(source_of(stream), buffers, count);
}

int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how) {
  return mio_socket_shutdown(source_of(stream), how);
}

int mio_tcp_stream_local_addr(const mio_tcp_stream *stream, mio_addr *out_addr) {
  return mio_socket_local_addr(view_of(stream), out_addr);
}

int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream, mio_addr *out_addr) {
  return mio_socket_peer_addr(view_of(stream), out_addr);
}

int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *out_on) {
  return mio_socket_get_bool(view_of(stream), MIO_NET_NODELAY, out_on);
}

int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on) {
  return mio_socket_set_bool(source_of(stream), MIO_NET_NODELAY, on);
}

int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *out_ttl) {
  return mio_socket_get_number(view_of(stream), MIO_NET_TTL, out_ttl);
}

int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl) {
  return mio_socket_set_number(source_of(stream), MIO_NET_TTL, ttl, 1, MIO_SOCKET_TTL_MAX);
}

int mio_tcp_stream_linger(const mio_tcp_stream *stream, int *out_seconds) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(stream), &handle);
  if (result < 0 || out_seconds == NULL) return mio_socket_invalid_input();
  return mio_net_get(handle, MIO_NET_LINGER_S, out_seconds);
}

int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds) {
  mio_handle handle;
  const int result = mio_socket_handle(source_of(stream), &handle);
  if (result < 0 || seconds < MIO_LINGER_OFF) return mio_socket_invalid_input();
  return mio_net_set(handle, MIO_NET_LINGER_S, seconds);
}

/* A keep-alive number, where 0 stands for what the system cannot tell or is not to change. */
static int get_keepalive(const mio_tcp_stream *stream, mio_net_option option,
                         uint32_t *out_number) {
  const int result = mio_socket_get_number(view_of(stream), option, out_number);
  if (mio_error_kind(result) != MIO_ERROR_UNSUPPORTED) return result;
  *out_number = 0;
  return 0;
}

static int set_keepalive(mio_tcp_stream *stream, mio_net_option option, uint32_t number) {
  return number == 0 ? 0 : mio_socket_set_number(source_of(stream), option, number, 1, INT16_MAX);
}

int mio_tcp_stream_keepalive(const mio_tcp_stream *stream, mio_tcp_keepalive *out_keepalive) {
  mio_tcp_keepalive found = {false, 0, 0, 0};
  if (out_keepalive == NULL) return mio_socket_invalid_input();
  int result = mio_socket_get_bool(view_of(stream), MIO_NET_KEEPALIVE, &found.on);
  if (result == 0) result = get_keepalive(stream, MIO_NET_KEEPALIVE_IDLE_S, &found.idle_s);
  if (result == 0) result = get_keepalive(stream, MIO_NET_KEEPALIVE_INTERVAL_S, &found.interval_s);
  if (result == 0) result = get_keepalive(stream, MIO_NET_KEEPALIVE_COUNT, &found.count);
  if (result == 0) *out_keepalive = found;
  return result;
}

int mio_tcp_stream_set_keepalive(mio_tcp_stream *stream, const mio_tcp_keepalive *keepalive) {
  if (keepalive == NULL) return mio_socket_invalid_input();
  int result = set_keepalive(stream, MIO_NET_KEEPALIVE_IDLE_S, keepalive->idle_s);
  if (result == 0)
    result = set_keepalive(stream, MIO_NET_KEEPALIVE_INTERVAL_S, keepalive->interval_s);
  if (result == 0) result = set_keepalive(stream, MIO_NET_KEEPALIVE_COUNT, keepalive->count);
  return result < 0 ? result
                    : mio_socket_set_bool(source_of(stream), MIO_NET_KEEPALIVE, keepalive->on);
}

int mio_tcp_stream_take_error(mio_tcp_stream *stream) {
  return mio_socket_take_error(source_of(stream));
}

int mio_tcp_stream_adopt(mio_tcp_stream *stream, mio_handle handle) {
  return mio_socket_adopt(source_of(stream), handle, MIO_NET_STREAM);
}

int mio_tcp_stream_handle(const mio_tcp_stream *stream, mio_handle *out_handle) {
  return mio_socket_handle(view_of(stream), out_handle);
}

int mio_tcp_stream_release(mio_tcp_stream *stream, mio_handle *out_handle) {
  return mio_socket_release(source_of(stream), out_handle);
}

void mio_tcp_stream_close(mio_tcp_stream *stream) { mio_socket_close(source_of(stream)); }

ptrdiff_t mio_tcp_stream_try_io(mio_tcp_stream *stream, mio_interest interest,
                                mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(stream), interest, operation, context);
}
