#include <string.h>

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/sys/windows/named_pipe_requests.h"
#include "mio/sys/windows/nt.h"

/* Creating, registering and closing a named pipe. */

/* Registering. */

/* FILE_COMPLETION_INFORMATION, and the class that replaces a completion port, since Windows 8.1. Both are
 * in the driver kit's <ntifs.h>. A NULL port removes the association. */
typedef struct completion_information {
  HANDLE port;
  void *key;
} completion_information;
enum { REPLACE_COMPLETION_INFORMATION = 61 };

static int unbind(mio_named_pipe_state *state) {
  completion_information none = {NULL, NULL};
  IO_STATUS_BLOCK status;
  const NTSTATUS result =
      NtSetInformationFile(state->handle, &status, &none, sizeof none,
                           (FILE_INFORMATION_CLASS)REPLACE_COMPLETION_INFORMATION);
  if (result != MIO_NT_SUCCESS) return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
  state->bound = 0;
  return 0;
}

static int bind_to(mio_named_pipe_state *state, mio_selector *selector) {
  const uint32_t id = ((const mio_selector_base *)selector)->id;
  if (state->bound == id) return 0;
  if (state->bound != 0) {
    if (mio_pipe_is_any_in_flight(state) || state->notice.in_flight) {
      return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
    }
    const int result = unbind(state);
    if (result < 0) return result;
  }
  const int result = mio_port_attach(selector, state->handle);
  if (result == 0) state->bound = id;
  return result;
}

static int check_interest(mio_interest interest) {
  const mio_interest known = MIO_READABLE | MIO_WRITABLE | MIO_LEVEL | MIO_ONESHOT;
  const mio_interest others = MIO_PRIORITY | MIO_AIO | MIO_LIO;
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  if ((interest & ~(known | others)) != 0 || (interest & ~modes) == 0) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  return (interest & others) == 0 ? 0 : mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
}

int mio_named_pipe_state_reregister(mio_named_pipe_state *state, mio_selector *selector,
                                    mio_token token, mio_interest interest) {
  int result = check_interest(interest);
  if (result < 0) return result;
  mio_lock_acquire(&state->lock);
  const mio_token old_token = state->token;
  const mio_interest old_interest = state->interest;
  const bool old_armed = state->armed;
  const bool old_registered = state->registered;
  state->token = token;
  state->interest = interest;
  state->armed = true;
  state->registered = true;
  (void)mio_pipe_start_read(state, selector);
  state->pending = mio_pipe_readiness(state);
  result = mio_pipe_announce(state, selector);
  if (result < 0) {
    state->token = old_token;
    state->interest = old_interest;
    state->armed = old_armed;
    state->registered = old_registered;
  }
  mio_lock_release(&state->lock);
  return result;
}

int mio_named_pipe_state_register(mio_named_pipe_state *state, mio_selector *selector,
                                  mio_token token, mio_interest interest) {
  int result = check_interest(interest);
  if (result < 0) return result;
  mio_lock_acquire(&state->lock);
  result = bind_to(state, selector);
  mio_lock_release(&state->lock);
  return result < 0 ? result : mio_named_pipe_state_reregister(state, selector, token, interest);
}

void mio_named_pipe_state_deregister(mio_named_pipe_state *state) {
  mio_lock_acquire(&state->lock);
  state->registered = false;
  state->pending = 0;
  /* Cancelled so that the pipe can be registered with another poll. If the read still returns bytes, they
   * are kept. */
  if (state->read.in_flight) {
    (void)CancelIoEx(state->handle, &state->read.operation.overlapped);
  }
  mio_lock_release(&state->lock);
}

/* Beginning and end. */

mio_named_pipe_state *mio_named_pipe_state_make(HANDLE handle, const mio_named_pipe_kind *kind) {
  mio_named_pipe_state *state = mio_memory_get(mio_pipe_block_size(kind->buffer_len));
  if (state == NULL) return NULL;
  atomic_init(&state->references, 1);
  (void)mio_lock_init(&state->lock); /* cannot fail on Windows */
  state->handle = handle;
  state->messages = kind->messages;
  state->read_messages = kind->read_messages;
  state->buffer_len = kind->buffer_len;
  state->read_buffer = (char *)(state + 1);
  state->write_buffer = state->read_buffer + kind->buffer_len;
  state->connect.operation.complete = mio_pipe_complete_connect;
  state->read.operation.complete = mio_pipe_complete_read;
  state->write.operation.complete = mio_pipe_complete_write;
  state->notice.operation.complete = mio_pipe_complete_notice;
  return state;
}

/* Returns whether the kernel has completed a request. Its packet may still be in the port. */
static bool is_done(const mio_pipe_request *request) {
  const volatile ULONG_PTR *status = &request->operation.overlapped.Internal;
  return !request->in_flight || (NTSTATUS)*status != MIO_NT_PENDING;
}

/* Returns whether the handle can be closed while requests are in flight. If so, it has informed the
 * selector. */
static bool let_go(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *const requests[] = {&state->connect, &state->read, &state->write};
  if (!mio_pipe_is_any_in_flight(state)) return true;
  if (selector == NULL || !is_done(&state->write)) return false;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; ++i) {
    if (requests[i]->in_flight) mio_port_forget_handle(selector, &requests[i]->operation);
  }
  return true;
}

void mio_named_pipe_state_close(mio_named_pipe_state *state, mio_selector *selector) {
  HANDLE handle = NULL;
  mio_lock_acquire(&state->lock);
  state->closed = true;
  state->registered = false;
  state->reconnect = false;
  mio_pipe_give_up(state, &state->connect);
  mio_pipe_give_up(state, &state->read);
  if (let_go(state, selector)) {
    handle = state->handle;
    state->handle = NULL;
  }
  mio_lock_release(&state->lock);
  if (handle != NULL) (void)CloseHandle(handle);
  mio_pipe_drop(state);
}

uint32_t mio_named_pipe_state_bound(const mio_named_pipe_state *state) { return state->bound; }
