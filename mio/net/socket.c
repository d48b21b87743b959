#include "mio/net/socket.h"

#include <string.h>

#include "mio/error.h"

static int invalid_input(void) { return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); }

int mio_socket_check_closed(const void *socket) {
  const mio_source *source = socket;
  if (source == NULL) return invalid_input();
  return source->ops == NULL ? 0 : mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
}

int mio_socket_finish(void *socket, mio_handle handle, int result) {
  if (result == 0) {
    mio_handle_source_open(socket, handle);
  } else {
    mio_net_close(handle);
  }
  return result;
}

int mio_socket_begin(const void *socket, mio_net_type type, const mio_addr *addr,
                     mio_net_name *out_name, mio_handle *out_handle) {
  int result = mio_socket_check_closed(socket);
  if (result == 0) result = mio_socket_peer(addr, out_name);
  if (result < 0) return result;
  return mio_net_open(mio_addr_is_v4(addr) ? MIO_NET_V4 : MIO_NET_V6, type, out_handle);
}

int mio_socket_begin_unix(const void *socket, mio_net_type type, const mio_unix_addr *addr,
                          mio_net_name *out_name, mio_handle *out_handle) {
  int result = mio_socket_check_closed(socket);
  if (result < 0) return result;
  if (addr == NULL) return invalid_input();
  result = mio_net_name_from_unix_addr(addr, out_name);
  return result < 0 ? result : mio_net_open(MIO_NET_UNIX, type, out_handle);
}

int mio_socket_prepare_bind(mio_handle handle, const mio_addr *addr, mio_only_v6 only_v6,
                            bool reuse_port) {
  int result = 0;
  if (mio_addr_is_v6(addr) && only_v6 != MIO_ONLY_V6_DEFAULT) {
    result = mio_net_set(handle, MIO_NET_ONLY_V6, only_v6 == MIO_ONLY_V6_ON);
  }
  if (result == 0 && reuse_port) result = mio_net_set(handle, MIO_NET_REUSE_PORT, 1);
  return result;
}

int mio_socket_pair(void *a, void *b, mio_net_type type) {
  mio_handle handles[2];
  int result = mio_socket_check_closed(a);
  if (result == 0) result = mio_socket_check_closed(b);
  if (result == 0 && a == b) result = invalid_input();
  if (result == 0) result = mio_net_open_pair(type, handles);
  if (result < 0) return result;
  mio_handle_source_open(a, handles[0]);
  mio_handle_source_open(b, handles[1]);
  return 0;
}

int mio_socket_accept(void *listener, void *out_stream, mio_net_name *out_peer) {
  mio_handle handle = MIO_HANDLE_NONE, accepted;
  int result = mio_handle_source_borrow(listener, &handle);
  if (result == 0) result = mio_socket_check_closed(out_stream);
  if (result < 0) return result;
  result =
      (int)mio_source_result(listener, MIO_READABLE, mio_net_accept(handle, &accepted, out_peer));
  if (result == 0) mio_handle_source_open(out_stream, accepted);
  return result;
}

int mio_socket_adopt(void *socket, mio_handle handle, mio_net_type type) {
  int result = mio_socket_check_closed(socket);
  if (result == 0) result = mio_net_adopt(handle, type);
  if (result == 0) mio_handle_source_open(socket, handle);
  return result;
}

int mio_socket_handle(const void *socket, mio_handle *out_handle) {
  return out_handle == NULL ? invalid_input() : mio_handle_source_borrow(socket, out_handle);
}

int mio_socket_release(void *socket, mio_handle *out_handle) {
  return out_handle == NULL ? invalid_input() : mio_handle_source_release(socket, out_handle);
}

void mio_socket_close(void *socket) { mio_handle_source_close(socket); }

ptrdiff_t mio_socket_try_io(void *socket, mio_interest interest, mio_io_operation operation,
                            void *context) {
  return socket == NULL ? invalid_input() : mio_source_try_io(socket, interest, operation, context);
}

/* The handle to transfer several buffers with, whose bytes are counted, up to the largest size_t. */
static int begin_vectored(const void *socket, const mio_iovec *buffers, size_t count,
                          mio_handle *out_handle, size_t *out_len) {
  if (buffers == NULL || count == 0 || count > MIO_IOVEC_COUNT_MAX) return invalid_input();
  size_t len = 0;
  for (size_t i = 0; i < count; ++i) {
    if (buffers[i].base == NULL && buffers[i].len > 0) return invalid_input();
    len = buffers[i].len < SIZE_MAX - len ? len + buffers[i].len : SIZE_MAX;
  }
  *out_len = len;
  return mio_handle_source_borrow(socket, out_handle);
}

ptrdiff_t mio_socket_recv(void *socket, void *buffer, size_t len, mio_net_recv_mode mode,
                          mio_net_name *out_from) {
  if (!mio_socket_can_transfer(socket, buffer, len)) return invalid_input();
  return mio_source_result(socket, MIO_READABLE,
                           mio_net_recv(mio_socket_handle_of(socket), buffer, len, mode, out_from));
}

ptrdiff_t mio_socket_send(void *socket, const void *buffer, size_t len, const mio_net_name *to) {
  if (!mio_socket_can_transfer(socket, buffer, len)) return invalid_input();
  return mio_source_result(socket, MIO_WRITABLE,
                           mio_net_send(mio_socket_handle_of(socket), buffer, len, to));
}

ptrdiff_t mio_socket_recv_vectored(void *socket, const mio_iovec *buffers, size_t count,
                                   mio_net_name *out_from) {
  mio_handle handle = MIO_HANDLE_NONE;
  size_t len;
  const int result = begin_vectored(socket, buffers, count, &handle, &len);
  if (result < 0) return result;
  return mio_source_result(socket, MIO_READABLE,
                           mio_net_recv_vectored(handle, buffers, count, out_from));
}

ptrdiff_t mio_socket_send_vectored(void *socket, const mio_iovec *buffers, size_t count,
                                   const mio_net_name *to) {
  mio_handle handle = MIO_HANDLE_NONE;
  size_t len;
  const int result = begin_vectored(socket, buffers, count, &handle, &len);
  if (result < 0) return result;
  return mio_source_result(socket, MIO_WRITABLE, mio_net_send_vectored(handle, buffers, count, to));
}

/* A stream that is to move no bytes: what the systems say then differs. */

ptrdiff_t mio_socket_read(void *socket, void *buffer, size_t len, mio_net_recv_mode mode) {
  if (!mio_socket_can_transfer(socket, buffer, len)) return invalid_input();
  if (len == 0) return 0;
  const ptrdiff_t result = mio_net_recv(mio_socket_handle_of(socket), buffer, len, mode, NULL);
  if (mode == MIO_NET_PEEK) return mio_source_result(socket, MIO_READABLE, result);
  return mio_source_stream_result(socket, MIO_READABLE, result, len);
}

ptrdiff_t mio_socket_write(void *socket, const void *buffer, size_t len) {
  if (!mio_socket_can_transfer(socket, buffer, len)) return invalid_input();
  if (len == 0) return 0;
  return mio_source_stream_result(
      socket, MIO_WRITABLE, mio_net_send(mio_socket_handle_of(socket), buffer, len, NULL), len);
}

ptrdiff_t mio_socket_move(void *socket, mio_interest direction, const mio_iovec *buffers,
                          size_t count, mio_socket_mover mover) {
  mio_handle handle = MIO_HANDLE_NONE;
  size_t len;
  const int result = begin_vectored(socket, buffers, count, &handle, &len);
  if (result < 0 || len == 0) return result;
  return mio_source_stream_result(socket, direction, mover(handle, buffers, count), len);
}

static ptrdiff_t read_handle(mio_handle handle, const mio_iovec *buffers, size_t count) {
  return mio_net_recv_vectored(handle, buffers, count, NULL);
}

ptrdiff_t mio_socket_readv(void *socket, const mio_iovec *buffers, size_t count) {
  return mio_socket_move(socket, MIO_READABLE, buffers, count, read_handle);
}

static ptrdiff_t write_handle(mio_handle handle, const mio_iovec *buffers, size_t count) {
  return mio_net_send_vectored(handle, buffers, count, NULL);
}

ptrdiff_t mio_socket_writev(void *socket, const mio_iovec *buffers, size_t count) {
  return mio_socket_move(socket, MIO_WRITABLE, buffers, count, write_handle);
}

int mio_socket_connect(void *socket, const mio_net_name *name) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(socket, &handle);
  if (result < 0) return result;
  return (int)mio_source_result(socket, MIO_READABLE | MIO_WRITABLE, mio_net_connect(handle, name));
}

int mio_socket_shutdown(void *socket, mio_shutdown how) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(socket, &handle);
  if (result < 0) return result;
  switch (how) {
    case MIO_SHUTDOWN_READ:
    case MIO_SHUTDOWN_WRITE:
    case MIO_SHUTDOWN_BOTH:
      return mio_net_shutdown(handle, how);
  }
  return invalid_input();
}

int mio_socket_take_error(void *socket) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(socket, &handle);
  if (result < 0) return result;
  const int error = mio_net_take_error(handle);
  mio_source_drained(socket, MIO_READABLE | MIO_WRITABLE);
  return error;
}

static int get_name(const void *socket, mio_socket_name_of name_of, const void *out_addr,
                    mio_net_name *out_name) {
  mio_handle handle = MIO_HANDLE_NONE;
  if (out_addr == NULL) return invalid_input();
  const int result = mio_handle_source_borrow(socket, &handle);
  return result < 0 ? result : name_of(handle, out_name);
}

int mio_socket_addr(const void *socket, mio_socket_name_of name_of, mio_addr *out_addr) {
  mio_net_name name;
  const int result = get_name(socket, name_of, out_addr, &name);
  return result < 0 ? result : mio_net_name_to_addr(&name, out_addr);
}

int mio_socket_unix_addr(const void *socket, mio_socket_name_of name_of, mio_unix_addr *out_addr) {
  mio_net_name name;
  const int result = get_name(socket, name_of, out_addr, &name);
  return result < 0 ? result : mio_net_name_to_unix_addr(&name, out_addr);
}

int mio_socket_get_number(const void *socket, mio_net_option option, uint32_t *out_number) {
  mio_handle handle = MIO_HANDLE_NONE;
  int value = 0;
  if (out_number == NULL) return invalid_input();
  int result = mio_handle_source_borrow(socket, &handle);
  if (result == 0) result = mio_net_get(handle, option, &value);
  if (result == 0) *out_number = (uint32_t)value;
  return result;
}

int mio_socket_get_bool(const void *socket, mio_net_option option, bool *out_on) {
  uint32_t number = 0;
  if (out_on == NULL) return invalid_input();
  const int result = mio_socket_get_number(socket, option, &number);
  if (result == 0) *out_on = number != 0;
  return result;
}

int mio_socket_set_number(void *socket, mio_net_option option, uint32_t number, uint32_t min,
                          uint32_t max) {
  mio_handle handle = MIO_HANDLE_NONE;
  if (number < min || number > max) return invalid_input();
  const int result = mio_handle_source_borrow(socket, &handle);
  return result < 0 ? result : mio_net_set(handle, option, (int)number);
}

int mio_socket_set_bool(void *socket, mio_net_option option, bool on) {
  return mio_socket_set_number(socket, option, on, 0, 1);
}

int mio_socket_peer(const mio_addr *addr, mio_net_name *out_name) {
  return addr == NULL ? invalid_input() : mio_net_name_from_addr(addr, out_name);
}

int mio_socket_unix_peer(const mio_unix_addr *addr, mio_net_name *out_name) {
  if (addr == NULL || mio_unix_addr_is_unnamed(addr)) return invalid_input();
  return mio_net_name_from_unix_addr(addr, out_name);
}

void mio_socket_tell(const mio_net_name *name, mio_addr *out_addr) {
  if (out_addr == NULL) return;
  if (mio_net_name_to_addr(name, out_addr) < 0) memset(out_addr, 0, sizeof *out_addr);
}

void mio_socket_tell_unix(const mio_net_name *name, mio_unix_addr *out_addr) {
  if (out_addr == NULL) return;
  if (mio_net_name_to_unix_addr(name, out_addr) < 0) memset(out_addr, 0, sizeof *out_addr);
}
