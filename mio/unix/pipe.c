#include "mio/unix/pipe.h"

#include "mio/error.h"
#include "mio/net/socket.h"
#include "mio/sys/unix/net_pipe.h"

/* A pipe's end has the shape of a socket, one handle and its source, so that all that does not
 * depend on what the handle is comes from there. */

static int invalid_input(void) { return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); }

int mio_pipe_pair(mio_pipe_sender *sender, mio_pipe_receiver *receiver) {
  mio_handle handles[2];
  int result = mio_socket_check_closed(sender);
  if (result == 0) result = mio_socket_check_closed(receiver);
  if (result == 0) result = mio_pipe_open(handles);
  if (result < 0) return result;
  mio_handle_source_open(&receiver->source, handles[0]);
  mio_handle_source_open(&sender->source, handles[1]);
  return 0;
}

ptrdiff_t mio_pipe_sender_write(mio_pipe_sender *sender, const void *buffer, size_t len) {
  if (!mio_socket_can_transfer(sender, buffer, len)) return invalid_input();
  if (len == 0) return 0;
  return mio_source_stream_result(&sender->source, MIO_WRITABLE,
                                  mio_pipe_write(mio_socket_handle_of(sender), buffer, len), len);
}

ptrdiff_t mio_pipe_sender_writev(mio_pipe_sender *sender, const mio_iovec *buffers, size_t count) {
  return mio_socket_move(sender, MIO_WRITABLE, buffers, count, mio_pipe_writev);
}

ptrdiff_t mio_pipe_receiver_read(mio_pipe_receiver *receiver, void *buffer, size_t len) {
  if (!mio_socket_can_transfer(receiver, buffer, len)) return invalid_input();
  if (len == 0) return 0;
  return mio_source_stream_result(&receiver->source, MIO_READABLE,
                                  mio_pipe_read(mio_socket_handle_of(receiver), buffer, len), len);
}

ptrdiff_t mio_pipe_receiver_readv(mio_pipe_receiver *receiver, const mio_iovec *buffers,
                                  size_t count) {
  return mio_socket_move(receiver, MIO_READABLE, buffers, count, mio_pipe_readv);
}

static int adopt(void *end, mio_handle handle) {
  int result = mio_socket_check_closed(end);
  if (result == 0) result = mio_pipe_adopt(handle);
  if (result == 0) mio_handle_source_open(end, handle);
  return result;
}

static int set_nonblocking(const void *end, bool on) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_socket_handle(end, &handle);
  return result < 0 ? result : mio_pipe_set_nonblocking(handle, on);
}

int mio_pipe_sender_adopt(mio_pipe_sender *sender, mio_handle handle) {
  return adopt(sender, handle);
}

int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on) {
  return set_nonblocking(sender, on);
}

int mio_pipe_sender_handle(const mio_pipe_sender *sender, mio_handle *out_handle) {
  return mio_socket_handle(sender, out_handle);
}

int mio_pipe_sender_release(mio_pipe_sender *sender, mio_handle *out_handle) {
  return mio_socket_release(sender, out_handle);
}

void mio_pipe_sender_close(mio_pipe_sender *sender) { mio_socket_close(sender); }

ptrdiff_t mio_pipe_sender_try_io(mio_pipe_sender *sender, mio_interest interest,
                                 mio_io_operation operation, void *context) {
  return mio_socket_try_io(sender, interest, operation, context);
}

int mio_pipe_receiver_adopt(mio_pipe_receiver *receiver, mio_handle handle) {
  return adopt(receiver, handle);
}

int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver, bool on) {
  return set_nonblocking(receiver, on);
}

int mio_pipe_receiver_handle(const mio_pipe_receiver *receiver, mio_handle *out_handle) {
  return mio_socket_handle(receiver, out_handle);
}

int mio_pipe_receiver_release(mio_pipe_receiver *receiver, mio_handle *out_handle) {
  return mio_socket_release(receiver, out_handle);
}

void mio_pipe_receiver_close(mio_pipe_receiver *receiver) { mio_socket_close(receiver); }

ptrdiff_t mio_pipe_receiver_try_io(mio_pipe_receiver *receiver, mio_interest interest,
                                   mio_io_operation operation, void *context) {
  return mio_socket_try_io(receiver, interest, operation, context);
}
