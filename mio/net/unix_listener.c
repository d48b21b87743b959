#include "mio/net/socket.h"

#include "mio/net/unix_listener.h"

static mio_source *source_of(mio_unix_listener *listener) {
  return listener == NULL ? NULL : &listener->source;
}

static const mio_source *view_of(const mio_unix_listener *listener) {
  return listener == NULL ? NULL : &listener->source;
}

/* All systems reduce it to their own limit: Linux to net.core.somaxconn, the BSDs to kern.ipc.somaxconn or
 * kern.somaxconn. Some of them count in a short. */
enum { DEFAULT_BACKLOG = INT16_MAX };

int mio_unix_listener_bind(mio_unix_listener *listener, const char *path) {
  mio_unix_addr addr;
  const int result = mio_unix_addr_from_path(path, &addr);
  return result < 0 ? result : mio_unix_listener_bind_addr(listener, &addr);
}

int mio_unix_listener_bind_addr(mio_unix_listener *listener, const mio_unix_addr *addr) {
  return mio_unix_listener_bind_with(listener, addr, NULL);
}

int mio_unix_listener_bind_with(mio_unix_listener *listener, const mio_unix_addr *addr,
                                const mio_unix_listener_options *options) {
  const int backlog = options == NULL ? 0 : options->backlog;
  if (backlog < 0) return mio_socket_invalid_input();
  mio_net_name name;
  mio_handle handle;
  int result = mio_socket_begin_unix(source_of(listener), MIO_NET_STREAM, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_net_bind(handle, &name);
  if (result == 0) result = mio_net_listen(handle, backlog == 0 ? DEFAULT_BACKLOG : backlog);
  return mio_socket_finish(source_of(listener), handle, result);
}

int mio_unix_listener_accept(mio_unix_listener *listener, mio_unix_stream *out_stream,
                             mio_unix_addr *out_addr) {
  mio_net_name peer;
  const int result =
      mio_socket_accept(source_of(listener), out_stream == NULL ? NULL : &out_stream->source,
                        out_addr == NULL ? NULL : &peer);
  if (result == 0) mio_socket_tell_unix(&peer, out_addr);
  return result;
}

int mio_unix_listener_local_addr(const mio_unix_listener *listener, mio_unix_addr *out_addr) {
  return mio_socket_local_unix_addr(view_of(listener), out_addr);
}

int mio_unix_listener_take_error(mio_unix_listener *listener) {
  return mio_socket_take_error(source_of(listener));
}

int mio_unix_listener_adopt(mio_unix_listener *listener, mio_handle handle) {
  return mio_socket_adopt_unix(source_of(listener), handle, MIO_NET_STREAM);
}

int mio_unix_listener_handle(const mio_unix_listener *listener, mio_handle *out_handle) {
  return mio_socket_handle(view_of(listener), out_handle);
}

int mio_unix_listener_release(mio_unix_listener *listener, mio_handle *out_handle) {
  return mio_socket_release(source_of(listener), out_handle);
}

void mio_unix_listener_close(mio_unix_listener *listener) { mio_socket_close(source_of(listener)); }

ptrdiff_t mio_unix_listener_try_io(mio_unix_listener *listener, mio_interest interest,
                                   mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(listener), interest, operation, context);
}
