#include "mio/sys/windows/named_pipe_io.h"

#include <string.h>

#include "mio/error.h"
#include "mio/sys/windows/named_pipe_requests.h"

/* Reading. */

/* Handles a read of `len` bytes. A write of zero bytes to a byte pipe ends a read too. It is not the end of
 * the pipe, and no event reports it. */
static void take_read(mio_named_pipe_state *state, size_t len, bool more) {
  state->read_done = len > 0 || state->read_messages;
  state->read_result = 0;
  state->read_more = more;
  state->read_pos = 0;
  state->read_len = len;
}

static void take_read_error(mio_named_pipe_state *state, DWORD error) {
  state->read_done = true;
  state->read_result = -(int)error;
}

int mio_pipe_start_read(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *read = &state->read;
  if (read->in_flight || state->read_done) return 0;
  mio_pipe_begin(state, selector, read);
  const BOOL done = ReadFile(state->handle, state->read_buffer, (DWORD)state->buffer_len, NULL,
                             &read->operation.overlapped);
  const DWORD error = done ? ERROR_SUCCESS : GetLastError();
  if (error == ERROR_SUCCESS || error == ERROR_MORE_DATA || error == ERROR_IO_PENDING) {
    state->connected = true;
    if (error == ERROR_IO_PENDING) return 0;
    read->ignored = true;
    take_read(state, (size_t)read->operation.overlapped.InternalHigh, error == ERROR_MORE_DATA);
    return 0;
  }
  mio_pipe_abandon(state, selector, read);
  if (error == ERROR_PIPE_LISTENING || (error == ERROR_PIPE_NOT_CONNECTED && !state->connected)) {
    return -(int)error;
  }
  state->connected = true;
  take_read_error(state, error);
  return 0;
}

/* Begins a read, and ensures that an event reports its result if no packet will come. */
static int read_on(mio_named_pipe_state *state, mio_selector *selector) {
  if (state->read_done) return 0;
  const int result = mio_pipe_start_read(state, selector);
  if (state->read_done && !state->read.in_flight) {
    state->pending |= MIO_PIPE_READ_BITS;
    (void)mio_pipe_announce(state, selector);
  }
  return result;
}

static size_t copy_out(mio_named_pipe_state *state, const mio_iovec *buffers, size_t count) {
  const size_t start = state->read_pos;
  for (size_t i = 0; i < count; ++i) {
    const size_t left = state->read_len - state->read_pos;
    const size_t len = buffers[i].len < left ? buffers[i].len : left;
    if (len > 0) memcpy(buffers[i].base, state->read_buffer + state->read_pos, len);
    state->read_pos += len;
  }
  return state->read_pos - start;
}

static bool has_room(const mio_iovec *buffers, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (buffers[i].len > 0) return true;
  }
  return false;
}

/* Returns the stored error of the last read. The next read may try again. */
static ptrdiff_t read_error(mio_named_pipe_state *state, mio_selector *selector, bool *out_end) {
  const int result = state->read_result;
  if (!mio_pipe_is_end(result)) {
    state->read_done = false;
    (void)mio_pipe_start_read(state, selector);
  }
  return result == -ERROR_BROKEN_PIPE && out_end == NULL ? 0 : result;
}

static ptrdiff_t read_locked(mio_named_pipe_state *state, mio_selector *selector,
                             const mio_iovec *buffers, size_t count, bool *out_end) {
  if (!state->registered) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  if (!has_room(buffers, count)) return 0;
  const int result = read_on(state, selector);
  if (!state->read_done) return result < 0 ? result : mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  if (state->read_result < 0) return read_error(state, selector, out_end);
  const ptrdiff_t len = (ptrdiff_t)copy_out(state, buffers, count);
  if (state->read_pos < state->read_len) return len;
  if (out_end != NULL) *out_end = !state->read_more;
  state->read_done = false;
  (void)read_on(state, selector);
  return len;
}

ptrdiff_t mio_named_pipe_state_read(mio_named_pipe_state *state, mio_selector *selector,
                                    const mio_iovec *buffers, size_t count, bool *out_end) {
  if (out_end != NULL) *out_end = false;
  mio_lock_acquire(&state->lock);
  const ptrdiff_t result = read_locked(state, selector, buffers, count, out_end);
  mio_lock_release(&state->lock);
  return result;
}

/* Writing. */

/* Begins a write of the remaining bytes in the buffer. */
static int start_write(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *write = &state->write;
  mio_pipe_begin(state, selector, write);
  const DWORD len = (DWORD)(state->write_len - state->write_pos);
  if (WriteFile(state->handle, state->write_buffer + state->write_pos, len, NULL,
                &write->operation.overlapped)) {
    return 0;
  }
  const DWORD error = GetLastError();
  if (error == ERROR_IO_PENDING) return 0;
  mio_pipe_abandon(state, selector, write);
  return -(int)error;
}

/* Copies bytes into the buffer, up to its size. Returns false if some bytes did not fit. */
static bool copy_in(mio_named_pipe_state *state, const mio_iovec *buffers, size_t count) {
  state->write_pos = state->write_len = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t room = state->buffer_len - state->write_len;
    const size_t len = buffers[i].len < room ? buffers[i].len : room;
    if (len > 0) memcpy(state->write_buffer + state->write_len, buffers[i].base, len);
    state->write_len += len;
    if (len < buffers[i].len) return false;
  }
  return true;
}

static ptrdiff_t write_locked(mio_named_pipe_state *state, mio_selector *selector,
                              const mio_iovec *buffers, size_t count) {
  if (!state->registered) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  if (state->write_error != 0) {
    const int error = state->write_error;
    state->write_error = 0;
    return error;
  }
  if (state->write.in_flight) return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  if (!copy_in(state, buffers, count) && state->messages) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  if (state->write_len == 0 && !state->messages) return 0;
  const ptrdiff_t len = (ptrdiff_t)state->write_len;
  const int result = start_write(state, selector);
  return result < 0 ? result : len;
}

ptrdiff_t mio_named_pipe_state_write(mio_named_pipe_state *state, mio_selector *selector,
                                     const mio_iovec *buffers, size_t count) {
  mio_lock_acquire(&state->lock);
  const ptrdiff_t result = write_locked(state, selector, buffers, count);
  mio_lock_release(&state->lock);
  return result;
}

/* Connecting. */

/* A client is connected. */
static void take_connection(mio_named_pipe_state *state, mio_selector *selector) {
  state->connected = true;
  if (!state->registered) return;
  (void)mio_pipe_start_read(state, selector);
  state->pending |= MIO_PIPE_ALL_BITS;
}

static int start_connect(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *connect = &state->connect;
  mio_pipe_begin(state, selector, connect);
  const BOOL done = ConnectNamedPipe(state->handle, &connect->operation.overlapped);
  const DWORD error = done ? ERROR_SUCCESS : GetLastError();
  if (error == ERROR_IO_PENDING) return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  if (error == ERROR_SUCCESS) {
    connect->ignored = true;
  } else {
    mio_pipe_abandon(state, selector, connect);
    /* ERROR_NO_DATA means that the client has disconnected again. Its data can still be read. */
    if (error != ERROR_PIPE_CONNECTED && error != ERROR_NO_DATA) return -(int)error;
  }
  take_connection(state, selector);
  return 0;
}

static int connect_locked(mio_named_pipe_state *state, mio_selector *selector) {
  if (!state->registered) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  if (state->connect.in_flight) {
    state->reconnect = state->connect.ignored;
    return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  }
  const int result = start_connect(state, selector);
  return result < 0 ? result : mio_pipe_announce(state, selector);
}

int mio_named_pipe_state_connect(mio_named_pipe_state *state, mio_selector *selector) {
  mio_lock_acquire(&state->lock);
  const int result = connect_locked(state, selector);
  mio_lock_release(&state->lock);
  return result;
}

static int disconnect_locked(mio_named_pipe_state *state) {
  const bool connecting = state->connect.in_flight && !state->connect.ignored;
  mio_pipe_give_up(state, &state->connect);
  if (!DisconnectNamedPipe(state->handle) && !connecting) return -(int)GetLastError();
  state->reconnect = false;
  state->connected = false;
  state->connect_error = 0;
  state->read_done = false;
  state->write_error = 0;
  state->pending = 0;
  /* The system ends the requests. */
  state->read.ignored = state->read.in_flight;
  state->write.ignored = state->write.in_flight;
  return 0;
}

int mio_named_pipe_state_disconnect(mio_named_pipe_state *state) {
  mio_lock_acquire(&state->lock);
  const int result = disconnect_locked(state);
  mio_lock_release(&state->lock);
  return result;
}

int mio_named_pipe_state_take_error(mio_named_pipe_state *state) {
  mio_lock_acquire(&state->lock);
  const int error = state->connect_error;
  state->connect_error = 0;
  mio_lock_release(&state->lock);
  return error;
}

/* Completions. A thread that waits calls them, or a thread that closes the selector (`out` is NULL). */

bool mio_pipe_complete_read(mio_port_operation *operation, mio_selector *selector, mio_event *out) {
  mio_named_pipe_state *state = MIO_PIPE_STATE_OF(read, operation);
  mio_lock_acquire(&state->lock);
  if (mio_pipe_end(&state->read)) {
    size_t len = 0;
    const DWORD error = mio_pipe_outcome(&state->read, &len);
    if (error == ERROR_SUCCESS || error == ERROR_MORE_DATA) {
      take_read(state, len, error == ERROR_MORE_DATA);
    } else if (error != ERROR_OPERATION_ABORTED) {
      take_read_error(state, error);
    }
  }
  if (out != NULL && state->registered) (void)mio_pipe_start_read(state, selector);
  if (state->read_done) state->pending |= MIO_PIPE_READ_BITS;
  return mio_pipe_finish(state, selector, out);
}

bool mio_pipe_complete_write(mio_port_operation *operation, mio_selector *selector,
                             mio_event *out) {
  mio_named_pipe_state *state = MIO_PIPE_STATE_OF(write, operation);
  mio_lock_acquire(&state->lock);
  if (mio_pipe_end(&state->write)) {
    size_t len = 0;
    const DWORD error = mio_pipe_outcome(&state->write, &len);
    state->write_pos += len;
    if (error != ERROR_SUCCESS) {
      state->write_error = -(int)error;
    } else if (state->write_pos < state->write_len) {
      const bool can = len > 0 && out != NULL && state->handle != NULL;
      state->write_error = can ? start_write(state, selector) : -ERROR_WRITE_FAULT;
    }
  }
  if (!state->write.in_flight) state->pending |= MIO_PIPE_WRITE_BITS;
  return mio_pipe_finish(state, selector, out);
}

bool mio_pipe_complete_connect(mio_port_operation *operation, mio_selector *selector,
                               mio_event *out) {
  mio_named_pipe_state *state = MIO_PIPE_STATE_OF(connect, operation);
  mio_lock_acquire(&state->lock);
  int result = mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  if (mio_pipe_end(&state->connect)) {
    size_t len;
    result = -(int)mio_pipe_outcome(&state->connect, &len);
    if (result == 0 && out != NULL) take_connection(state, selector);
    if (result == 0) state->connected = true;
  } else if (state->reconnect && out != NULL && state->registered) {
    state->reconnect = false;
    result = start_connect(state, selector);
  }
  if (result < 0 && mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK && out != NULL) {
    state->connect_error = result;
    state->pending |= MIO_AFD_CONNECT_FAIL;
  }
  return mio_pipe_finish(state, selector, out);
}
