#include "mio/net/socket.h"

#include "mio/net/unix_stream.h"

static mio_source *source_of(mio_unix_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

static const mio_source *view_of(const mio_unix_stream *stream) {
  return stream == NULL ? NULL : &stream->source;
}

int mio_unix_stream_connect(mio_unix_stream *stream, const char *path) {
  mio_unix_addr addr;
  const int result = mio_unix_addr_from_path(path, &addr);
  return result < 0 ? result : mio_unix_stream_connect_addr(stream, &addr);
}

int mio_unix_stream_connect_addr(mio_unix_stream *stream, const mio_unix_addr *addr) {
  mio_net_name name;
  mio_handle handle = MIO_HANDLE_NONE;
  int result = mio_socket_unix_peer(addr, &name);
  if (result == 0)
    result = mio_socket_begin_unix(source_of(stream), MIO_NET_STREAM, addr, &name, &handle);
  return result < 0 ? result
                    : mio_socket_finish(source_of(stream), handle, mio_net_connect(handle, &name));
}

int mio_unix_stream_pair(mio_unix_stream *a, mio_unix_stream *b) {
  return mio_socket_pair(source_of(a), source_of(b), MIO_NET_STREAM);
}

ptrdiff_t mio_unix_stream_read(mio_unix_stream *stream, void *buffer, size_t len) {
  return mio_socket_read(source_of(stream), buffer, len);
}

ptrdiff_t mio_unix_stream_readv(mio_unix_stream *stream, const mio_iovec *buffers, size_t count) {
  return mio_socket_readv(source_of(stream), buffers, count);
}

ptrdiff_t mio_unix_stream_peek(mio_unix_stream *stream, void *buffer, size_t len) {
  return mio_socket_peek(source_of(stream), buffer, len);
}

ptrdiff_t mio_unix_stream_write(mio_unix_stream *stream, const void *buffer, size_t len) {
  return mio_socket_write(source_of(stream), buffer, len);
}

ptrdiff_t mio_unix_stream_writev(mio_unix_stream *stream, const mio_iovec *buffers, size_t count) {
  return mio_socket_writev(source_of(stream), buffers, count);
}

int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how) {
  return mio_socket_shutdown(source_of(stream), how);
}

int mio_unix_stream_local_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr) {
  return mio_socket_local_unix_addr(view_of(stream), out_addr);
}

int mio_unix_stream_peer_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr) {
  return mio_socket_peer_unix_addr(view_of(stream), out_addr);
}

int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                     mio_unix_credentials *out_credentials) {
  mio_unix_credentials found;
  mio_handle handle = MIO_HANDLE_NONE;
  if (out_credentials == NULL) return mio_socket_invalid_input();
  int result = mio_socket_handle(view_of(stream), &handle);
  if (result == 0) result = mio_net_peer_credentials(handle, &found.uid, &found.gid, &found.pid);
  if (result == 0) *out_credentials = found;
  return result;
}

int mio_unix_stream_send_buffer(const mio_unix_stream *stream, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(stream), MIO_NET_SEND_BUFFER, out_bytes);
}

int mio_unix_stream_set_send_buffer(mio_unix_stream *stream, uint32_t bytes) {
  return mio_socket_set_number(view_of(stream), MIO_NET_SEND_BUFFER, bytes, 1, INT32_MAX);
}

int mio_unix_stream_recv_buffer(const mio_unix_stream *stream, uint32_t *out_bytes) {
  return mio_socket_get_number(view_of(stream), MIO_NET_RECV_BUFFER, out_bytes);
}

int mio_unix_stream_set_recv_buffer(mio_unix_stream *stream, uint32_t bytes) {
  return mio_socket_set_number(view_of(stream), MIO_NET_RECV_BUFFER, bytes, 1, INT32_MAX);
}

int mio_unix_stream_take_error(mio_unix_stream *stream) {
  return mio_socket_take_error(source_of(stream));
}

int mio_unix_stream_adopt(mio_unix_stream *stream, mio_handle handle) {
  return mio_socket_adopt_unix(source_of(stream), handle, MIO_NET_STREAM);
}

int mio_unix_stream_handle(const mio_unix_stream *stream, mio_handle *out_handle) {
  return mio_socket_handle(view_of(stream), out_handle);
}

int mio_unix_stream_release(mio_unix_stream *stream, mio_handle *out_handle) {
  return mio_socket_release(source_of(stream), out_handle);
}

void mio_unix_stream_close(mio_unix_stream *stream) { mio_socket_close(source_of(stream)); }

ptrdiff_t mio_unix_stream_try_io(mio_unix_stream *stream, mio_interest interest,
                                 mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(stream), interest, operation, context);
}
