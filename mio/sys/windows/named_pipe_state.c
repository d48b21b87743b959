#include "mio/sys/windows/named_pipe_state.h"

#include <string.h>

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/sys/windows/nt.h"

#define CLOSED_BITS (MIO_AFD_DISCONNECT | MIO_AFD_ABORT)

static size_t block_size(size_t buffer_len) {
  return sizeof(mio_named_pipe_state) + 2 * buffer_len;
}

static void drop(mio_named_pipe_state *state) {
  if (atomic_fetch_sub_explicit(&state->references, 1, memory_order_acq_rel) != 1) return;
  mio_lock_destroy(&state->lock);
  mio_memory_put(state, block_size(state->buffer_len));
}

/* Requests. */

void mio_pipe_begin(mio_named_pipe_state *state, mio_selector *selector,
                    mio_pipe_request *request) {
  /* Before the call: the packet may be dequeued before it returns. */
  atomic_fetch_add_explicit(&state->references, 1, memory_order_relaxed);
  memset(&request->operation.overlapped, 0, sizeof request->operation.overlapped);
  request->operation.handle = state->handle;
  request->in_flight = true;
  request->ignored = false;
  mio_port_begin(selector, &request->operation);
}

void mio_pipe_abandon(mio_named_pipe_state *state, mio_selector *selector,
                      mio_pipe_request *request) {
  mio_port_abandon(selector, &request->operation);
  request->in_flight = false;
  /* The pipe itself has a share still. */
  atomic_fetch_sub_explicit(&state->references, 1, memory_order_relaxed);
}

bool mio_pipe_end(mio_pipe_request *request) {
  const bool counts = !request->ignored;
  request->in_flight = false;
  request->ignored = false;
  return counts;
}

DWORD mio_pipe_outcome(const mio_pipe_request *request, size_t *out_len) {
  const NTSTATUS status = (NTSTATUS)request->operation.overlapped.Internal;
  *out_len = (size_t)request->operation.overlapped.InternalHigh;
  return status == MIO_NT_SUCCESS ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

void mio_pipe_give_up(mio_named_pipe_state *state, mio_pipe_request *request) {
  if (!request->in_flight) return;
  request->ignored = true;
  (void)CancelIoEx(state->handle, &request->operation.overlapped);
}

static bool is_any_in_flight(const mio_named_pipe_state *state) {
  return state->connect.in_flight || state->read.in_flight || state->write.in_flight;
}

/* What the kernel has done, though its packet may not be dequeued yet. */
static bool is_done(const mio_pipe_request *request) {
  const volatile ULONG_PTR *status = &request->operation.overlapped.Internal;
  return !request->in_flight || (NTSTATUS)*status != MIO_NT_PENDING;
}

/* Readiness. */

bool mio_pipe_is_end(int result) {
  return result == -ERROR_BROKEN_PIPE || result == -ERROR_NO_DATA ||
         result == -ERROR_PIPE_NOT_CONNECTED;
}

static uint32_t readiness(const mio_named_pipe_state *state) {
  uint32_t bits = 0;
  if (state->read_done) bits |= MIO_AFD_RECEIVE;
  if (state->read_done && mio_pipe_is_end(state->read_result)) bits |= CLOSED_BITS;
  if (state->connected && !state->write.in_flight) bits |= MIO_AFD_SEND;
  if (state->write_error != 0) bits |= MIO_AFD_SEND;
  if (mio_pipe_is_end(state->write_error)) bits |= MIO_AFD_ABORT;
  if (state->connect_error != 0) bits |= MIO_AFD_CONNECT_FAIL;
  return bits;
}

/* The bits that the registration wants to hear of: errors and closes in any case. An end that was
 * not opened for reading is no error to those who don't read. */
static uint32_t wanted(const mio_named_pipe_state *state) {
  uint32_t bits = CLOSED_BITS | MIO_AFD_CONNECT_FAIL;
  if ((state->interest & MIO_READABLE) != 0) bits |= MIO_AFD_RECEIVE;
  if ((state->interest & MIO_WRITABLE) != 0) bits |= MIO_AFD_SEND;
  if (state->write_error != 0) bits |= MIO_AFD_SEND;
  if (state->read_done && state->read_result < 0 && state->read_result != -ERROR_ACCESS_DENIED) {
    bits |= MIO_AFD_RECEIVE;
  }
  return bits;
}

/* The bits of the event that is due; 0 for none. */
static uint32_t due(const mio_named_pipe_state *state) {
  const uint32_t bits = readiness(state) & wanted(state);
  if (!state->registered || !state->armed) return 0;
  if ((state->interest & MIO_LEVEL) != 0) return bits;
  if ((bits & state->pending) == 0) return 0;
  return bits & (state->pending | CLOSED_BITS | MIO_AFD_CONNECT_FAIL);
}

int mio_pipe_announce(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *notice = &state->notice;
  if (notice->in_flight || due(state) == 0) return 0;
  atomic_fetch_add_explicit(&state->references, 1, memory_order_relaxed);
  notice->in_flight = true;
  const int result = mio_port_post(selector, &notice->operation);
  if (result == 0) return 0;
  notice->in_flight = false;
  atomic_fetch_sub_explicit(&state->references, 1, memory_order_relaxed);
  return result;
}

/* Writes the event that is due to `out`, if that is not NULL. */
static bool tell(mio_named_pipe_state *state, mio_selector *selector, mio_event *out) {
  if (out == NULL) return false;
  const uint32_t bits = due(state);
  state->pending = 0;
  if (bits == 0) return false;
  mio_port_write_event(out, state->token, bits);
  if ((state->interest & MIO_ONESHOT) != 0) {
    state->armed = false;
  } else if ((state->interest & MIO_LEVEL) != 0) {
    (void)mio_pipe_announce(state, selector);
  }
  return true;
}

bool mio_pipe_finish(mio_named_pipe_state *state, mio_selector *selector, mio_event *out) {
  const bool told = tell(state, selector, out);
  HANDLE handle = NULL;
  if (state->closed && !is_any_in_flight(state)) {
    handle = state->handle;
    state->handle = NULL;
  }
  mio_lock_release(&state->lock);
  if (handle != NULL) (void)CloseHandle(handle);
  drop(state);
  return told;
}

static bool complete_notice(mio_port_operation *operation, mio_selector *selector, mio_event *out) {
  mio_named_pipe_state *state = MIO_PIPE_STATE_OF(notice, operation);
  mio_lock_acquire(&state->lock);
  state->notice.in_flight = false;
  return mio_pipe_finish(state, selector, out);
}

/* Registering. */

/* FILE_COMPLETION_INFORMATION, and the class that replaces one, from Windows 8.1 on: in the driver kit's <ntifs.h>. No
 * port: tied to none. */
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
    if (is_any_in_flight(state) || state->notice.in_flight) {
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
  state->pending = readiness(state);
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
  /* So that another poll may have the pipe. Bytes that it brings nevertheless are kept. */
  if (state->read.in_flight) {
    (void)CancelIoEx(state->handle, &state->read.operation.overlapped);
  }
  mio_lock_release(&state->lock);
}

/* Beginning and end. */

mio_named_pipe_state *mio_named_pipe_state_make(HANDLE handle, const mio_named_pipe_kind *kind) {
  mio_named_pipe_state *state = mio_memory_get(block_size(kind->buffer_len));
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
  state->notice.operation.complete = complete_notice;
  return state;
}

/* Whether the handle can be closed while requests are in flight. If so the selector knows. */
static bool let_go(mio_named_pipe_state *state, mio_selector *selector) {
  mio_pipe_request *const requests[] = {&state->connect, &state->read, &state->write};
  if (!is_any_in_flight(state)) return true;
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
  drop(state);
}

uint32_t mio_named_pipe_state_bound(const mio_named_pipe_state *state) { return state->bound; }
