#include "mio/net/socket.h"

#include "mio/net/tcp_stream.h"

static mio_source *source_of(mio_tcp_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

static const mio_source *view_of(const mio_tcp_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

/* Binds the local address of a connect. A fixed port may still be in the state TIME_WAIT. */
static int bind_local(mio_handle handle, const mio_addr *addr,
                      const mio_tcp_connect_options *options) {
  mio_net_name name;
  if (options->local == NULL) return 0;
  if (options->local->family != addr->family) return mio_socket_invalid_input();
  int result = mio_socket_peer(options->local, &name);
  if (result == 0 && options->local->port != 0) result = mio_net_set(handle, MIO_NET_REBIND, 1);
  if (result == 0 && options->reuse_port) result = mio_net_set(handle, MIO_NET_REUSE_PORT, 1);
  return result < 0 ? result : mio_net_bind(handle, &name);
}

int mio_tcp_stream_connect_with(mio_tcp_stream *stream, const mio_addr *addr,
                                const mio_tcp_connect_options *options) {
  static const mio_tcp_connect_options defaults;
  const mio_tcp_connect_options chosen = options == NULL ? defaults : *options;
  mio_net_name name;
  mio_handle handle;
  int result = mio_socket_begin_tcp(source_of(stream), chosen.mptcp, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_socket_prepare(handle, &chosen.socket);
  if (result == 0) result = bind_local(handle, addr, &chosen);
  if (result == 0 && chosen.fast_open) result = mio_net_set(handle, MIO_NET_FAST_OPEN_CONNECT, 1);
  if (result == 0) result = mio_net_connect(handle, &name);
  return mio_socket_finish(source_of(stream), handle, result);
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

/* The numbers of keep-alive. 0 means a number that the system cannot report or must not change. */

enum { KEEPALIVE_NUMBERS = 3 };

static const mio_net_option keepalive_options[KEEPALIVE_NUMBERS] = {
    MIO_NET_KEEPALIVE_IDLE_S, MIO_NET_KEEPALIVE_INTERVAL_S, MIO_NET_KEEPALIVE_COUNT};

static int get_keepalive(const mio_tcp_stream *stream, uint32_t out_numbers[KEEPALIVE_NUMBERS]) {
  for (int i = 0; i < KEEPALIVE_NUMBERS; ++i) {
    const int result =
        mio_socket_get_number(view_of(stream), keepalive_options[i], &out_numbers[i]);
    if (mio_error_kind(result) == MIO_ERROR_UNSUPPORTED) {
      out_numbers[i] = 0;
    } else if (result < 0) {
      return result;
    }
  }
  return 0;
}

/* Sets the first `count` numbers. Returns how many could be set, and the error of the next one. */
static int set_keepalive(const mio_tcp_stream *stream, const uint32_t numbers[KEEPALIVE_NUMBERS],
                         int count, int *out_result) {
  *out_result = 0;
  for (int i = 0; i < count; ++i) {
    if (numbers[i] == 0) continue;
    *out_result =
        mio_socket_set_number(view_of(stream), keepalive_options[i], numbers[i], 1, INT16_MAX);
    if (*out_result < 0) return i;
  }
  return count;
}

int mio_tcp_stream_keepalive(const mio_tcp_stream *stream, mio_tcp_keepalive *out_keepalive) {
  bool on = false;
  uint32_t numbers[KEEPALIVE_NUMBERS];
  if (out_keepalive == NULL) return mio_socket_invalid_input();
  int result = mio_socket_get_bool(view_of(stream), MIO_NET_KEEPALIVE, &on);
  if (result == 0) result = get_keepalive(stream, numbers);
  if (result < 0) return result;
  *out_keepalive = (mio_tcp_keepalive){on, numbers[0], numbers[1], numbers[2]};
  return 0;
}

int mio_tcp_stream_set_keepalive(mio_tcp_stream *stream, const mio_tcp_keepalive *keepalive) {
  uint32_t before[KEEPALIVE_NUMBERS];
  if (keepalive == NULL) return mio_socket_invalid_input();
  const uint32_t wanted[KEEPALIVE_NUMBERS] = {keepalive->idle_s, keepalive->interval_s,
                                              keepalive->count};
  int result = get_keepalive(stream, before);
  if (result < 0) return result;
  const int changed = set_keepalive(stream, wanted, KEEPALIVE_NUMBERS, &result);
  if (result == 0) result = mio_socket_set_bool(view_of(stream), MIO_NET_KEEPALIVE, keepalive->on);
  if (result < 0) {
    int ignored;
    (void)set_keepalive(stream, before, changed, &ignored);
  }
  return result;
}

int mio_tcp_stream_user_timeout(const mio_tcp_stream *stream, uint32_t *out_ms) {
  return mio_socket_get_number(view_of(stream), MIO_NET_USER_TIMEOUT_MS, out_ms);
}

int mio_tcp_stream_set_user_timeout(mio_tcp_stream *stream, uint32_t ms) {
  return mio_socket_set_number(view_of(stream), MIO_NET_USER_TIMEOUT_MS, ms, 0, INT32_MAX);
}

int mio_tcp_stream_is_self_connected(const mio_tcp_stream *stream, bool *out_is) {
  mio_addr local, peer;
  if (out_is == NULL) return mio_socket_invalid_input();
  int result = mio_tcp_stream_local_addr(stream, &local);
  if (result == 0) result = mio_tcp_stream_peer_addr(stream, &peer);
  if (result == 0) *out_is = mio_addr_equal(&local, &peer);
  return result;
}

int mio_tcp_stream_send_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(stream), MIO_NET_SEND_BUFFER, out_bytes);
}

int mio_tcp_stream_set_send_buffer(mio_tcp_stream *stream, uint32_t bytes) {
  return mio_socket_set_number(view_of(stream), MIO_NET_SEND_BUFFER, bytes, 1, INT32_MAX);
}

int mio_tcp_stream_recv_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(stream), MIO_NET_RECV_BUFFER, out_bytes);
}

int mio_tcp_stream_set_recv_buffer(mio_tcp_stream *stream, uint32_t bytes) {
  return mio_socket_set_number(view_of(stream), MIO_NET_RECV_BUFFER, bytes, 1, INT32_MAX);
}

int mio_tcp_stream_traffic_class(const mio_tcp_stream *stream, uint32_t *out_class) {
  return mio_socket_get_number(view_of(stream), MIO_NET_TRAFFIC_CLASS, out_class);
}

int mio_tcp_stream_set_traffic_class(mio_tcp_stream *stream, uint32_t traffic_class) {
  return mio_socket_set_number(view_of(stream), MIO_NET_TRAFFIC_CLASS, traffic_class, 0, UINT8_MAX);
}

int mio_tcp_stream_interface(const mio_tcp_stream *stream, uint32_t *out_index) {
  return mio_socket_get_number(view_of(stream), MIO_NET_INTERFACE, out_index);
}

int mio_tcp_stream_set_device(mio_tcp_stream *stream, const char *device) {
  mio_handle handle;
  const int result = mio_socket_handle(view_of(stream), &handle);
  return result < 0 ? result : mio_socket_set_device(handle, device);
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
