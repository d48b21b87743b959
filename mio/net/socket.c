#include "mio/net/socket.h"

#include <limits.h>
#include <string.h>

static int invalid_input(void) { return mio_socket_invalid_input(); }

int mio_socket_check_closed(const mio_source *source) {
  if (source == NULL) return invalid_input();
  return source->ops == NULL ? 0 : mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
}

int mio_socket_finish(mio_source *source, mio_handle handle, int result) {
  if (result == 0) {
    mio_handle_source_open(source, handle);
  } else {
    mio_net_close(handle);
  }
  return result;
}

int mio_socket_begin(const mio_source *source, mio_net_type type, const mio_addr *addr,
                     mio_net_name *out_name, mio_handle *out_handle) {
  int result = mio_socket_check_closed(source);
  if (result == 0) result = mio_socket_peer(addr, out_name);
  if (result < 0) return result;
  return mio_net_open(mio_addr_is_v4(addr) ? MIO_NET_V4 : MIO_NET_V6, type, out_handle);
}

int mio_socket_begin_unix(const mio_source *source, mio_net_type type, const mio_unix_addr *addr,
                          mio_net_name *out_name, mio_handle *out_handle) {
  int result = mio_socket_check_closed(source);
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

int mio_socket_set_device(mio_handle handle, const char *device) {
  uint32_t index = 0;
  if (device != NULL && device[0] != '\0') {
    index = mio_net_interface_index(device, strlen(device));
    if (index == 0) return mio_error_from_kind(MIO_ERROR_NO_DEVICE);
  }
  return mio_net_set(handle, MIO_NET_INTERFACE, (int)index);
}

/* Sets a numeric option. 0 keeps the system's value. */
static int prepare_number(mio_handle handle, mio_net_option option, uint32_t number, uint32_t max) {
  if (number > max) return invalid_input();
  return number == 0 ? 0 : mio_net_set(handle, option, (int)number);
}

int mio_socket_prepare(mio_handle handle, const mio_socket_options *options) {
  int result = options->device != NULL
                   ? mio_socket_set_device(handle, options->device)
                   : prepare_number(handle, MIO_NET_INTERFACE, options->interface_index, INT32_MAX);
  if (result == 0) {
    result = prepare_number(handle, MIO_NET_SEND_BUFFER, options->send_buffer_bytes, INT32_MAX);
  }
  if (result == 0) {
    result = prepare_number(handle, MIO_NET_RECV_BUFFER, options->recv_buffer_bytes, INT32_MAX);
  }
  if (result == 0) {
    result = prepare_number(handle, MIO_NET_TRAFFIC_CLASS, options->traffic_class, UINT8_MAX);
  }
  return result < 0 ? result : prepare_number(handle, MIO_NET_MARK, options->mark, UINT32_MAX);
}

int mio_socket_begin_tcp(const mio_source *source, bool mptcp, const mio_addr *addr,
                         mio_net_name *out_name, mio_handle *out_handle) {
  if (!mptcp) return mio_socket_begin(source, MIO_NET_STREAM, addr, out_name, out_handle);
  int result = mio_socket_check_closed(source);
  if (result == 0) result = mio_socket_peer(addr, out_name);
  if (result < 0) return result;
  const mio_net_family family = mio_addr_is_v4(addr) ? MIO_NET_V4 : MIO_NET_V6;
  result = mio_net_open_mptcp(family, out_handle);
  /* A kernel without MPTCP, an administrator who disabled it and a sandbox refuse it with different errors.
   * TCP works in all these cases. */
  return result == 0 ? 0 : mio_net_open(family, MIO_NET_STREAM, out_handle);
}

bool mio_socket_supports(mio_socket_feature feature) { return mio_net_supports(feature); }

int mio_socket_pair(mio_source *a, mio_source *b, mio_net_type type) {
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

int mio_socket_accept(mio_source *listener, mio_source *out_stream, mio_net_name *out_peer) {
  mio_handle handle = MIO_HANDLE_NONE, accepted;
  int result = mio_handle_source_borrow(listener, &handle);
  if (result == 0) result = mio_socket_check_closed(out_stream);
  if (result < 0) return result;
  result =
      (int)mio_source_result(listener, MIO_READABLE, mio_net_accept(handle, &accepted, out_peer));
  if (result == 0) mio_handle_source_open(out_stream, accepted);
  return result;
}

static int adopt(mio_source *source, mio_handle handle, mio_net_type type, bool is_unix) {
  int result = mio_socket_check_closed(source);
  if (result == 0) result = mio_net_adopt(handle, type, is_unix);
  if (result == 0) mio_handle_source_open(source, handle);
  return result;
}

int mio_socket_adopt(mio_source *source, mio_handle handle, mio_net_type type) {
  return adopt(source, handle, type, false);
}

int mio_socket_adopt_unix(mio_source *source, mio_handle handle, mio_net_type type) {
  return adopt(source, handle, type, true);
}

int mio_socket_handle(const mio_source *source, mio_handle *out_handle) {
  return out_handle == NULL ? invalid_input() : mio_handle_source_borrow(source, out_handle);
}

int mio_socket_release(mio_source *source, mio_handle *out_handle) {
  return out_handle == NULL ? invalid_input() : mio_handle_source_release(source, out_handle);
}

void mio_socket_close(mio_source *source) { mio_handle_source_close(source); }

ptrdiff_t mio_socket_no_transfer(const mio_source *source, size_t len) {
  return source != NULL && source->ops != NULL && len == 0 ? 0 : invalid_input();
}

static bool are_buffers_valid(const mio_iovec *buffers, size_t count) {
  if (buffers == NULL || count == 0) return false;
  for (size_t i = 0; i < count; ++i) {
    if (buffers[i].base == NULL && buffers[i].len > 0) return false;
  }
  return true;
}

int mio_socket_begin_span(const mio_source *source, const mio_iovec *buffers, size_t count,
                          mio_socket_span *out_span) {
  if (source == NULL || source->ops == NULL || !are_buffers_valid(buffers, count)) {
    return invalid_input();
  }
  while (count > 0 && buffers->len == 0) {
    ++buffers;
    --count;
  }
  if (count == 0) return 0;
  if (buffers->len > INT_MAX) {
    out_span->first = (mio_iovec){buffers->base, INT_MAX};
    out_span->buffers = &out_span->first;
    out_span->count = 1;
    out_span->len = INT_MAX;
    return 1;
  }
  out_span->buffers = buffers;
  out_span->len = 0;
  if (count > MIO_IOVEC_COUNT_MAX) count = MIO_IOVEC_COUNT_MAX;
  size_t i = 0;
  while (i < count && buffers[i].len <= INT_MAX - out_span->len) out_span->len += buffers[i++].len;
  out_span->count = i;
  return 1;
}

ptrdiff_t mio_socket_readv(mio_source *source, const mio_iovec *buffers, size_t count) {
  mio_socket_span span;
  const int result = mio_socket_begin_span(source, buffers, count, &span);
  if (result <= 0) return result;
  return mio_source_stream_result(
      source, MIO_READABLE,
      mio_net_recv_vectored(source->native.handle, span.buffers, span.count, NULL, NULL), span.len);
}

ptrdiff_t mio_socket_writev(mio_source *source, const mio_iovec *buffers, size_t count) {
  mio_socket_span span;
  const int result = mio_socket_begin_span(source, buffers, count, &span);
  if (result <= 0) return result;
  return mio_source_stream_result(
      source, MIO_WRITABLE,
      mio_net_send_vectored(source->native.handle, span.buffers, span.count, NULL), span.len);
}

/* A datagram cannot be cut, so one call must take all its buffers. */
static bool is_datagram_valid(const mio_source *source, const mio_iovec *buffers, size_t count) {
  return source != NULL && source->ops != NULL && count <= MIO_IOVEC_COUNT_MAX &&
         are_buffers_valid(buffers, count);
}

ptrdiff_t mio_socket_recv_vectored(mio_source *source, const mio_iovec *buffers, size_t count,
                                   mio_net_name *out_from, bool *out_truncated) {
  if (!is_datagram_valid(source, buffers, count)) return invalid_input();
  return mio_source_result(
      source, MIO_READABLE,
      mio_net_recv_vectored(source->native.handle, buffers, count, out_from, out_truncated));
}

ptrdiff_t mio_socket_send_vectored(mio_source *source, const mio_iovec *buffers, size_t count,
                                   const mio_net_name *to) {
  if (!is_datagram_valid(source, buffers, count)) return invalid_input();
  return mio_source_result(source, MIO_WRITABLE,
                           mio_net_send_vectored(source->native.handle, buffers, count, to));
}

int mio_socket_connect(mio_source *source, const mio_net_name *name) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  if (result < 0) return result;
  return (int)mio_source_result(source, MIO_READABLE | MIO_WRITABLE, mio_net_connect(handle, name));
}

int mio_socket_shutdown(mio_source *source, mio_shutdown how) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  if (result < 0) return result;
  switch (how) {
    case MIO_SHUTDOWN_READ:
    case MIO_SHUTDOWN_WRITE:
    case MIO_SHUTDOWN_BOTH:
      return mio_net_shutdown(handle, how);
  }
  return invalid_input();
}

int mio_socket_take_error(mio_source *source) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  if (result < 0) return result;
  const int error = mio_net_take_error(handle);
  mio_source_drained(source, MIO_READABLE | MIO_WRITABLE, error);
  return error;
}

static int local_name(const mio_source *source, mio_net_name *out_name) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  return result < 0 ? result : mio_net_local_name(handle, out_name);
}

static int peer_name(const mio_source *source, mio_net_name *out_name) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  return result < 0 ? result : mio_net_peer_name(handle, out_name);
}

int mio_socket_local_addr(const mio_source *source, mio_addr *out_addr) {
  mio_net_name name;
  const int result = out_addr == NULL ? invalid_input() : local_name(source, &name);
  return result < 0 ? result : mio_net_name_to_addr(&name, out_addr);
}

int mio_socket_peer_addr(const mio_source *source, mio_addr *out_addr) {
  mio_net_name name;
  const int result = out_addr == NULL ? invalid_input() : peer_name(source, &name);
  return result < 0 ? result : mio_net_name_to_addr(&name, out_addr);
}

int mio_socket_local_unix_addr(const mio_source *source, mio_unix_addr *out_addr) {
  mio_net_name name;
  const int result = out_addr == NULL ? invalid_input() : local_name(source, &name);
  return result < 0 ? result : mio_net_name_to_unix_addr(&name, out_addr);
}

int mio_socket_peer_unix_addr(const mio_source *source, mio_unix_addr *out_addr) {
  mio_net_name name;
  const int result = out_addr == NULL ? invalid_input() : peer_name(source, &name);
  return result < 0 ? result : mio_net_name_to_unix_addr(&name, out_addr);
}

int mio_socket_get_number(const mio_source *source, mio_net_option option, uint32_t *out_number) {
  mio_handle handle = MIO_HANDLE_NONE;
  int value = 0;
  if (out_number == NULL) return invalid_input();
  int result = mio_handle_source_borrow(source, &handle);
  if (result == 0) result = mio_net_get(handle, option, &value);
  if (result == 0) *out_number = (uint32_t)value;
  return result;
}

int mio_socket_get_bool(const mio_source *source, mio_net_option option, bool *out_on) {
  uint32_t number = 0;
  if (out_on == NULL) return invalid_input();
  const int result = mio_socket_get_number(source, option, &number);
  if (result == 0) *out_on = number != 0;
  return result;
}

int mio_socket_set_number(const mio_source *source, mio_net_option option, uint32_t number,
                          uint32_t min, uint32_t max) {
  mio_handle handle = MIO_HANDLE_NONE;
  if (number < min || number > max) return invalid_input();
  const int result = mio_handle_source_borrow(source, &handle);
  return result < 0 ? result : mio_net_set(handle, option, (int)number);
}

int mio_socket_set_bool(const mio_source *source, mio_net_option option, bool on) {
  return mio_socket_set_number(source, option, on, 0, 1);
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
