#include "mio/sys/windows/named_pipe_state.h"

#include <string.h>

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/sys/windows/nt.h"

#define CLOSED_BITS (MIO_AFD_DISCONNECT | MIO_AFD_ABORT)

size_t mio_pipe_block_size(size_t buffer_len) {
  return sizeof(mio_named_pipe_state) + 2 * buffer_len;
}

void mio_pipe_drop(mio_named_pipe_state *state) {
  if (atomic_fetch_sub_explicit(&state->references, 1, memory_order_acq_rel) != 1) return;
  mio_lock_destroy(&state->lock);
  mio_memory_put(state, mio_pipe_block_size(state->buffer_len));
}

/* Requests. */

void mio_pipe_begin(mio_named_pipe_state *state, mio_selector *selector,
                    mio_pipe_request *request) {
  /* This comes before the call, because the packet may be dequeued before the call returns. */
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
  /* The pipe itself still holds a reference. */
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

bool mio_pipe_is_any_in_flight(const mio_named_pipe_state *state) {
  return state->connect.in_flight || state->read.in_flight || state->write.in_flight;
}

/* Readiness. */

bool mio_pipe_is_end(int result) {
  return result == -ERROR_BROKEN_PIPE || result == -ERROR_NO_DATA ||
         result == -ERROR_PIPE_NOT_CONNECTED;
}

uint32_t mio_pipe_readiness(const mio_named_pipe_state *state) {
  uint32_t bits = 0;
  if (state->read_done) bits |= MIO_AFD_RECEIVE;
  if (state->read_done && mio_pipe_is_end(state->read_result)) bits |= CLOSED_BITS;
  if (state->connected && !state->write.in_flight) bits |= MIO_AFD_SEND;
  if (state->write_error != 0) bits |= MIO_AFD_SEND;
  if (mio_pipe_is_end(state->write_error)) bits |= MIO_AFD_ABORT;
  if (state->connect_error != 0) bits |= MIO_AFD_CONNECT_FAIL;
  return bits;
}

/* Returns the bits that the registration requests, and those for errors and closes. If the end was not
 * opened for reading, a registration without MIO_READABLE gets no error from that. */
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

/* Returns the bits of the event that must be delivered, or 0 if there is none. */
static uint32_t due(const mio_named_pipe_state *state) {
  const uint32_t bits = mio_pipe_readiness(state) & wanted(state);
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

/* Writes the pending event to `out`, if `out` is not NULL. */
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
  if (state->closed && !mio_pipe_is_any_in_flight(state)) {
    handle = state->handle;
    state->handle = NULL;
  }
  mio_lock_release(&state->lock);
  if (handle != NULL) (void)CloseHandle(handle);
  mio_pipe_drop(state);
  return told;
}

bool mio_pipe_complete_notice(mio_port_operation *operation, mio_selector *selector,
                              mio_event *out) {
  mio_named_pipe_state *state = MIO_PIPE_STATE_OF(notice, operation);
  mio_lock_acquire(&state->lock);
  state->notice.in_flight = false;
  return mio_pipe_finish(state, selector, out);
}
