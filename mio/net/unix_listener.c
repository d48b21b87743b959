#include "mio/net/unix_listener.h"

#include "mio/net/socket.h"

/* As many as may wait on a system that leaves it to the program; Linux, for one, cuts it to
 * net.core.somaxconn. */
enum { BACKLOG = 1024 };

int mio_unix_listener_bind(mio_unix_listener *listener, const char *path) {
  mio_unix_addr addr;
  const int result = mio_unix_addr_from_path(path, &addr);
  return result < 0 ? result : mio_unix_listener_bind_addr(listener, &addr);
}

int mio_unix_listener_bind_addr(mio_unix_listener *listener, const mio_unix_addr *addr) {
  mio_net_name name;
  mio_handle handle;
  int result = mio_socket_begin_unix(listener, MIO_NET_STREAM, addr, &name, &handle);
  if (result < 0) return result;
  result = mio_net_bind(handle, &name);
  if (result == 0) result = mio_net_listen(handle, BACKLOG);
  return mio_socket_finish(listener, handle, result);
}

int mio_unix_listener_accept(mio_unix_listener *listener, mio_unix_stream *out_stream,
                             mio_unix_addr *out_addr) {
  mio_net_name peer;
  const int result = mio_socket_accept(listener, out_stream, out_addr == NULL ? NULL : &peer);
  if (result == 0) mio_socket_tell_unix(&peer, out_addr);
  return result;
}

int mio_unix_listener_local_addr(const mio_unix_listener *listener, mio_unix_addr *out_addr) {
  return mio_socket_unix_addr(listener, mio_net_local_name, out_addr);
}

int mio_unix_listener_take_error(mio_unix_listener *listener) {
  return mio_socket_take_error(listener);
}

int mio_unix_listener_adopt(mio_unix_listener *listener, mio_handle handle) {
  return mio_socket_adopt(listener, handle, MIO_NET_STREAM);
}

int mio_unix_listener_handle(const mio_unix_listener *listener, mio_handle *out_handle) {
  return mio_socket_handle(listener, out_handle);
}

int mio_unix_listener_release(mio_unix_listener *listener, mio_handle *out_handle) {
  return mio_socket_release(listener, out_handle);
}

void mio_unix_listener_close(mio_unix_listener *listener) { mio_socket_close(listener); }

ptrdiff_t mio_unix_listener_try_io(mio_unix_listener *listener, mio_interest interest,
                                   mio_io_operation operation, void *context) {
  return mio_socket_try_io(listener, interest, operation, context);
}
