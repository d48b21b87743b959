#include "mio/net/socket.h"

#include "mio/unix/ancillary.h"

#include "mio/sys/unix/net_ancillary.h"

/* Checks the socket and the buffers, and counts the bytes, up to the largest size_t. A datagram may
 * have no bytes, but not no buffer. */
static int begin(const mio_source *source, const mio_iovec *buffers, size_t count,
                 mio_handle *out_handle, size_t *out_len) {
  size_t len = 0;
  if (buffers == NULL || count == 0 || count > MIO_IOVEC_COUNT_MAX)
    return mio_socket_invalid_input();
  for (size_t i = 0; i < count; ++i) {
    if (buffers[i].base == NULL && buffers[i].len > 0) return mio_socket_invalid_input();
    len = buffers[i].len < SIZE_MAX - len ? len + buffers[i].len : SIZE_MAX;
  }
  *out_len = len;
  return mio_handle_source_borrow(source, out_handle);
}

static ptrdiff_t send_with(mio_source *source, bool is_stream, const mio_iovec *buffers,
                           size_t count, const mio_net_name *to, mio_unix_ancillary *with) {
  mio_handle handle = MIO_HANDLE_NONE;
  size_t len = 0;
  const int result = begin(source, buffers, count, &handle, &len);
  if (result < 0) return result;
  if (with == NULL || (is_stream && len == 0)) return mio_socket_invalid_input();
  if (with->fd_count > MIO_UNIX_FDS_MAX || (with->fd_count > 0 && with->fds == NULL)) {
    return mio_socket_invalid_input();
  }
  const mio_net_ancillary native = {
      .fds = with->fds, .fd_count = with->fd_count, .has_credentials = with->has_credentials};
  const ptrdiff_t sent = mio_ancillary_send(handle, buffers, count, to, &native);
  if (sent >= 0) {
    with->fd_count = 0;
    with->has_credentials = false;
  }
  return is_stream ? mio_source_stream_result(source, MIO_WRITABLE, sent, len)
                   : mio_source_result(source, MIO_WRITABLE, sent);
}

static ptrdiff_t recv_with(mio_source *source, bool is_stream, const mio_iovec *buffers,
                           size_t count, mio_net_name *out_from, mio_unix_ancillary *with) {
  mio_handle handle = MIO_HANDLE_NONE;
  size_t len = 0;
  const int result = begin(source, buffers, count, &handle, &len);
  if (result < 0) return result;
  if (with == NULL || (is_stream && len == 0)) return mio_socket_invalid_input();
  if (with->fds == NULL && with->fd_capacity > 0) return mio_socket_invalid_input();
  mio_net_ancillary native = {.fds = with->fds, .fd_capacity = with->fd_capacity};
  const ptrdiff_t received = mio_ancillary_recv(handle, buffers, count, out_from, &native);
  if (received < 0) return mio_source_result(source, MIO_READABLE, received);
  with->fd_count = native.fd_count;
  with->has_credentials = native.has_credentials;
  with->credentials.uid = native.uid;
  with->credentials.gid = native.gid;
  with->credentials.pid = native.pid;
  with->fds_lost = native.fds_lost;
  with->truncated = native.truncated;
  /* A stream's read stops where descriptors were sent, although more bytes may wait: it may be short
   * without having drained the stream. Arming the edge then causes at most one extra event. */
  return is_stream ? mio_source_stream_result(source, MIO_READABLE, received, len) : received;
}

/* C does not allow a pointer to a member of NULL. */
#define SOURCE_OF(object) ((object) == NULL ? NULL : &(object)->source)

ptrdiff_t mio_unix_stream_write_with(mio_unix_stream *stream, const mio_iovec *buffers,
                                     size_t count, mio_unix_ancillary *with) {
  return send_with(SOURCE_OF(stream), true, buffers, count, NULL, with);
}

ptrdiff_t mio_unix_stream_read_with(mio_unix_stream *stream, const mio_iovec *buffers, size_t count,
                                    mio_unix_ancillary *with) {
  return recv_with(SOURCE_OF(stream), true, buffers, count, NULL, with);
}

ptrdiff_t mio_unix_datagram_send_with(mio_unix_datagram *socket, const mio_iovec *buffers,
                                      size_t count, const mio_unix_addr *to,
                                      mio_unix_ancillary *with) {
  mio_net_name name;
  if (to == NULL) return send_with(SOURCE_OF(socket), false, buffers, count, NULL, with);
  const int result = mio_socket_unix_peer(to, &name);
  return result < 0 ? result : send_with(SOURCE_OF(socket), false, buffers, count, &name, with);
}

ptrdiff_t mio_unix_datagram_recv_with(mio_unix_datagram *socket, const mio_iovec *buffers,
                                      size_t count, mio_unix_addr *out_from,
                                      mio_unix_ancillary *with) {
  mio_net_name from;
  const ptrdiff_t received =
      recv_with(SOURCE_OF(socket), false, buffers, count, out_from == NULL ? NULL : &from, with);
  if (received >= 0) mio_socket_tell_unix(&from, out_from);
  return received;
}

ptrdiff_t mio_unix_seqpacket_send_with(mio_unix_seqpacket *socket, const mio_iovec *buffers,
                                       size_t count, mio_unix_ancillary *with) {
  return send_with(SOURCE_OF(socket), false, buffers, count, NULL, with);
}

ptrdiff_t mio_unix_seqpacket_recv_with(mio_unix_seqpacket *socket, const mio_iovec *buffers,
                                       size_t count, mio_unix_ancillary *with) {
  const ptrdiff_t received = recv_with(SOURCE_OF(socket), false, buffers, count, NULL, with);
  if (received == 0) mio_source_drained(&socket->source, MIO_READABLE, 0); /* the end */
  return received;
}

static int pass_credentials(const mio_source *source, bool on) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_handle_source_borrow(source, &handle);
  return result < 0 ? result : mio_ancillary_pass_credentials(handle, on);
}

int mio_unix_stream_set_pass_credentials(mio_unix_stream *stream, bool on) {
  return pass_credentials(SOURCE_OF(stream), on);
}

int mio_unix_datagram_set_pass_credentials(mio_unix_datagram *socket, bool on) {
  return pass_credentials(SOURCE_OF(socket), on);
}

int mio_unix_seqpacket_set_pass_credentials(mio_unix_seqpacket *socket, bool on) {
  return pass_credentials(SOURCE_OF(socket), on);
}
