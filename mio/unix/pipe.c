#include "mio/sys/unix/os.h"

#include "mio/unix/pipe.h"

#include <signal.h>

#include "mio/net/socket.h"
#include "mio/sys/unix/net_pipe.h"

/* The end of a pipe has the form of a socket: one handle and its source. So all that does not depend on
 * the kind of handle comes from mio/net/socket.h. */

static mio_source *sender_source(mio_pipe_sender *sender) {
  return sender == NULL ? NULL : &sender->source;
}

static mio_source *receiver_source(mio_pipe_receiver *receiver) {
  return receiver == NULL ? NULL : &receiver->source;
}

static const mio_source *view_of_sender(const mio_pipe_sender *sender) {
  return sender == NULL ? NULL : &sender->source;
}

static const mio_source *view_of_receiver(const mio_pipe_receiver *receiver) {
  return receiver == NULL ? NULL : &receiver->source;
}

int mio_unix_ignores_sigpipe(bool ignores) {
  struct sigaction action;
  if (ignores) {
    if (sigaction(SIGPIPE, NULL, &action) < 0) return -errno;
    if ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != SIG_IGN) {
      return mio_socket_invalid_input();
    }
  }
  atomic_store_explicit(&mio_pipe_sigpipe_ignored, ignores, memory_order_relaxed);
  return 0;
}

int mio_pipe_pair(mio_pipe_sender *sender, mio_pipe_receiver *receiver) {
  mio_handle handles[2];
  int result = mio_socket_check_closed(sender_source(sender));
  if (result == 0) result = mio_socket_check_closed(receiver_source(receiver));
  if (result == 0) result = mio_pipe_open(handles);
  if (result < 0) return result;
  mio_handle_source_open(&receiver->source, handles[0]);
  mio_handle_source_open(&sender->source, handles[1]);
  mio_handle_source_mark_pipe_writer(&sender->source);
  return 0;
}

static ptrdiff_t write_end(mio_source *source, const void *buffer, size_t len) {
  if (!mio_socket_can_stream(source, buffer, len)) return mio_socket_no_transfer(source, len);
  return mio_source_stream_result(source, MIO_WRITABLE,
                                  mio_pipe_write(source->native.handle, buffer, len), len);
}

static ptrdiff_t read_end(mio_source *source, void *buffer, size_t len) {
  if (!mio_socket_can_stream(source, buffer, len)) return mio_socket_no_transfer(source, len);
  return mio_source_stream_result(source, MIO_READABLE,
                                  mio_pipe_read(source->native.handle, buffer, len), len);
}

ptrdiff_t mio_pipe_sender_write(mio_pipe_sender *sender, const void *buffer, size_t len) {
  return write_end(sender_source(sender), buffer, len);
}

ptrdiff_t mio_pipe_sender_writev(mio_pipe_sender *sender, const mio_iovec *buffers, size_t count) {
  mio_source *source = sender_source(sender);
  mio_socket_span span;
  const int result = mio_socket_begin_span(source, buffers, count, &span);
  if (result <= 0) return result;
  return mio_source_stream_result(source, MIO_WRITABLE,
                                  mio_pipe_writev(source->native.handle, span.buffers, span.count),
                                  span.len);
}

ptrdiff_t mio_pipe_receiver_read(mio_pipe_receiver *receiver, void *buffer, size_t len) {
  return read_end(receiver_source(receiver), buffer, len);
}

ptrdiff_t mio_pipe_receiver_readv(mio_pipe_receiver *receiver, const mio_iovec *buffers,
                                  size_t count) {
  mio_source *source = receiver_source(receiver);
  mio_socket_span span;
  const int result = mio_socket_begin_span(source, buffers, count, &span);
  if (result <= 0) return result;
  return mio_source_stream_result(source, MIO_READABLE,
                                  mio_pipe_readv(source->native.handle, span.buffers, span.count),
                                  span.len);
}

static int adopt(mio_source *source, mio_handle handle) {
  int result = mio_socket_check_closed(source);
  if (result == 0) result = mio_pipe_adopt(handle);
  if (result == 0) mio_handle_source_open(source, handle);
  return result;
}

static int set_nonblocking(const mio_source *source, bool on) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_socket_handle(source, &handle);
  return result < 0 ? result : mio_pipe_set_nonblocking(handle, on);
}

int mio_pipe_sender_adopt(mio_pipe_sender *sender, mio_handle handle) {
  return adopt(sender_source(sender), handle);
}

int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on) {
  return set_nonblocking(sender_source(sender), on);
}

int mio_pipe_sender_handle(const mio_pipe_sender *sender, mio_handle *out_handle) {
  return mio_socket_handle(view_of_sender(sender), out_handle);
}

int mio_pipe_sender_release(mio_pipe_sender *sender, mio_handle *out_handle) {
  return mio_socket_release(sender_source(sender), out_handle);
}

void mio_pipe_sender_close(mio_pipe_sender *sender) { mio_socket_close(sender_source(sender)); }

ptrdiff_t mio_pipe_sender_try_io(mio_pipe_sender *sender, mio_interest interest,
                                 mio_io_operation operation, void *context) {
  return mio_source_try_io(sender_source(sender), interest, operation, context);
}

int mio_pipe_receiver_adopt(mio_pipe_receiver *receiver, mio_handle handle) {
  return adopt(receiver_source(receiver), handle);
}

int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver, bool on) {
  return set_nonblocking(receiver_source(receiver), on);
}

int mio_pipe_receiver_handle(const mio_pipe_receiver *receiver, mio_handle *out_handle) {
  return mio_socket_handle(view_of_receiver(receiver), out_handle);
}

int mio_pipe_receiver_release(mio_pipe_receiver *receiver, mio_handle *out_handle) {
  return mio_socket_release(receiver_source(receiver), out_handle);
}

void mio_pipe_receiver_close(mio_pipe_receiver *receiver) {
  mio_socket_close(receiver_source(receiver));
}

ptrdiff_t mio_pipe_receiver_try_io(mio_pipe_receiver *receiver, mio_interest interest,
                                   mio_io_operation operation, void *context) {
  return mio_source_try_io(receiver_source(receiver), interest, operation, context);
}
