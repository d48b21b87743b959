#include "mio/sys/windows/socket_state.h"

#include <string.h>

#include "mio/error.h"
#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/selector_afd.h"

_Static_assert(offsetof(mio_afd_socket, operation) == 0, "a packet points to the operation");

enum {
  READABLE_BITS = MIO_AFD_RECEIVE | MIO_AFD_ACCEPT | MIO_AFD_DISCONNECT | MIO_AFD_ABORT |
      MIO_AFD_CONNECT_FAIL,
  WRITABLE_BITS = MIO_AFD_SEND | MIO_AFD_ABORT | MIO_AFD_CONNECT_FAIL,
  PRIORITY_BITS = MIO_AFD_EXPEDITED | MIO_AFD_ABORT | MIO_AFD_CONNECT_FAIL
};

uint32_t mio_afd_wanted_by(mio_interest interest) {
  uint32_t bits = 0;
  if ((interest & MIO_READABLE) != 0) bits |= READABLE_BITS;
  if ((interest & MIO_WRITABLE) != 0) bits |= WRITABLE_BITS;
  if ((interest & MIO_PRIORITY) != 0) bits |= PRIORITY_BITS;
  return bits;
}

void mio_afd_socket_begin(mio_afd_socket *socket, SOCKET base_socket, bool datagram) {
  socket->operation.complete = NULL;
  memset(&socket->watch, 0, sizeof socket->watch);
  socket->watch.base_socket = base_socket;
  socket->watch.datagram = datagram;
  socket->stale = socket->phase != MIO_AFD_IDLE;
  socket->dropped = false;
  socket->queued = false;
  mio_link_init(&socket->link);
}

void mio_afd_socket_set(mio_afd_socket *socket, mio_token token, mio_interest interest) {
  mio_afd_watch *watch = &socket->watch;
  watch->token = token;
  watch->wanted = mio_afd_wanted_by(interest);
  watch->armed = watch->wanted;
  watch->told = 0;
  watch->one_shot = (interest & MIO_ONESHOT) != 0;
  watch->level = !watch->one_shot && (interest & MIO_LEVEL) != 0;
  watch->gone = false;
}

/* The queue of updates. */

static void enqueue(mio_selector *selector, mio_afd_socket *socket) {
  if (socket->queued) return;
  socket->queued = true;
  mio_link_append(&selector->updates, &socket->link);
}

static void dequeue(mio_afd_socket *socket) {
  if (!socket->queued) return;
  socket->queued = false;
  mio_link_remove(&socket->link);
}

/* Polls. */

static bool needs_poll(const mio_afd_socket *socket) {
  return socket->phase == MIO_AFD_IDLE && socket->watch.armed != 0;
}

static bool needs_cancel(const mio_afd_socket *socket) {
  return socket->phase == MIO_AFD_PENDING &&
         (socket->stale || (socket->watch.armed & ~socket->polled) != 0);
}

/* A temporary lack of resources. */
static bool is_shortage(NTSTATUS status) {
  return status == MIO_NT_NO_RESOURCES || status == MIO_NT_NO_MEMORY ||
         status == MIO_NT_QUOTA_EXCEEDED || status == MIO_NT_WORKING_SET_QUOTA;
}

/* The handle is closed, or no longer belongs to a socket. */
static bool is_closed(NTSTATUS status) {
  return status == MIO_NT_INVALID_HANDLE || status == MIO_NT_OBJECT_TYPE_MISMATCH;
}

/* Submits the poll of a state that is IDLE and not queued. */
static NTSTATUS begin_poll(mio_selector *selector, mio_afd_socket *socket) {
  NTSTATUS status;
  mio_port_link(selector, &socket->operation);
  socket->polled = socket->watch.armed;
  if (mio_afd_poll_begin(socket->operation.handle, &socket->operation, &socket->poll,
                         socket->watch.base_socket, socket->polled | MIO_AFD_LOCAL_CLOSE,
                         &status)) {
    socket->phase = MIO_AFD_PENDING;
    socket->at_once = status != MIO_NT_PENDING;
    return MIO_NT_SUCCESS;
  }
  mio_port_unlink(&socket->operation);
  return status;
}

/* The driver refused the poll, and no caller can receive the error. So this completes the poll with a
 * packet of the library, which becomes an event with MIO_AFD_ERROR. */
static int report_refusal(mio_selector *selector, mio_afd_socket *socket, NTSTATUS status) {
  socket->operation.overlapped.Internal = (ULONG_PTR)status;
  const int result = mio_port_post_locked(selector, &socket->operation);
  if (result < 0) return result;
  socket->phase = MIO_AFD_PENDING;
  socket->at_once = false;
  return 0;
}

static int cancel(mio_selector *selector, mio_afd_socket *socket) {
  const int result = mio_port_cancel(&socket->operation);
  if (result < 0) return result;
  socket->phase = MIO_AFD_CANCELLED;
  ++selector->cancelled_count;
  return 0;
}

/* Submits or cancels a poll if necessary. The state is not queued. After an error the call can be repeated
 * later. */
static int advance(mio_selector *selector, mio_afd_socket *socket) {
  if (needs_cancel(socket)) return cancel(selector, socket);
  if (!needs_poll(socket)) return 0;
  const NTSTATUS status = begin_poll(selector, socket);
  if (status == MIO_NT_SUCCESS) return 0;
  if (is_shortage(status)) return mio_nt_result(status);
  if (!is_closed(status)) return report_refusal(selector, socket, status);
  socket->watch.gone = true;
  socket->watch.armed = 0;
  return 0;
}

int mio_afd_flush_updates(mio_selector *selector) {
  while (!mio_link_is_alone(&selector->updates)) {
    mio_afd_socket *socket = mio_afd_socket_of(selector->updates.next);
    dequeue(socket);
    const int result = advance(selector, socket);
    if (result < 0) {
      socket->queued = true;
      mio_link_prepend(&selector->updates, &socket->link);
      return result;
    }
  }
  return 0;
}

int mio_afd_socket_update(mio_selector *selector, mio_afd_socket *socket) {
  if (needs_cancel(socket)) return cancel(selector, socket);
  if (!needs_poll(socket)) return 0;
  if (selector->waiting == 0) {
    enqueue(selector, socket);
    return 0;
  }
  dequeue(socket);
  const NTSTATUS status = begin_poll(selector, socket);
  return status == MIO_NT_SUCCESS ? 0 : mio_nt_result(status);
}

void mio_afd_socket_restore(mio_selector *selector, mio_afd_socket *socket,
                            const mio_afd_watch *before) {
  socket->watch = *before;
  if (needs_poll(socket)) enqueue(selector, socket);
}

void mio_afd_socket_rearm(mio_selector *selector, mio_afd_socket *socket, mio_interest interest) {
  mio_afd_watch *watch = &socket->watch;
  if (watch->level || watch->one_shot || watch->gone) return;
  uint32_t bits = mio_afd_wanted_by(interest);
  /* Urgent data is read like other data, or skipped by a read. */
  if ((interest & MIO_READABLE) != 0) bits |= MIO_AFD_EXPEDITED;
  bits &= watch->wanted & ~watch->armed;
  if (bits == 0) return;
  watch->armed |= bits;
  dequeue(socket);
  const bool now = selector->waiting > 0 || needs_cancel(socket);
  if (!now || advance(selector, socket) < 0) enqueue(selector, socket);
}

bool mio_afd_socket_drop(mio_selector *selector, mio_afd_socket *socket) {
  dequeue(socket);
  socket->dropped = true;
  socket->watch.armed = 0;
  /* If the cancellation fails, the packet comes when the socket is ready, closed or taken over. */
  if (socket->phase == MIO_AFD_PENDING) (void)cancel(selector, socket);
  return socket->phase == MIO_AFD_IDLE;
}

/* Packets. */

/* The conditions that the driver reports again and again. The failed connect of a datagram socket is Wine's
 * name for an error that the next receive takes. */
static uint32_t lasting_bits(const mio_afd_watch *watch) {
  const uint32_t bits = MIO_AFD_DISCONNECT | MIO_AFD_ABORT;
  return watch->datagram ? bits : bits | MIO_AFD_CONNECT_FAIL;
}

/* Returns the armed bits that the poll found, MIO_AFD_ERROR if the driver failed it, or 0. */
static uint32_t answer(mio_afd_socket *socket, mio_afd_phase phase) {
  mio_afd_watch *watch = &socket->watch;
  const NTSTATUS status = (NTSTATUS)socket->operation.overlapped.Internal;
  if (socket->stale) {
    socket->stale = false;
    return 0;
  }
  if (status == MIO_NT_CANCELLED) return 0; /* by us, or with the thread that made it */
  if (!NT_SUCCESS(status)) {
    /* A poll that was cancelled is made again, and may do better. */
    if (phase == MIO_AFD_CANCELLED) return 0;
    if (!watch->level) watch->armed = 0;
    return MIO_AFD_ERROR;
  }
  if (socket->poll.count == 0) return 0;
  if ((socket->poll.events & MIO_AFD_LOCAL_CLOSE) != 0) {
    watch->gone = true;
    watch->armed = 0;
    return 0;
  }
  return socket->poll.events & watch->armed;
}

/* Removes from an edge's `events` the lasting bits that it has reported before. */
static uint32_t news(mio_afd_socket *socket, uint32_t events) {
  mio_afd_watch *watch = &socket->watch;
  if (socket->at_once) {
    const uint32_t old = events & watch->told;
    watch->armed &= ~old;
    events &= ~old;
  }
  watch->told |= events & lasting_bits(watch);
  return events;
}

/* Disarms what an event uses up. A socket has either data to receive or connections to accept, so the
 * two are disarmed together. */
static void use_up(mio_afd_watch *watch, uint32_t events) {
  const uint32_t arrivals = MIO_AFD_RECEIVE | MIO_AFD_ACCEPT;
  if (watch->level) return;
  if (watch->one_shot) {
    watch->armed = 0;
  } else {
    watch->armed &= ~((events & arrivals) != 0 ? events | arrivals : events);
  }
}

/* The bits of the event that the program sees. An error of a datagram socket closes nothing. */
static uint32_t shown(const mio_afd_watch *watch, uint32_t events) {
  if (!watch->datagram || (events & MIO_AFD_CONNECT_FAIL) == 0) return events;
  return (events & ~MIO_AFD_CONNECT_FAIL) | MIO_AFD_ERROR;
}

mio_afd_outcome mio_afd_socket_complete(mio_selector *selector, mio_afd_socket *socket,
                                        mio_event *out) {
  mio_afd_watch *watch = &socket->watch;
  const mio_afd_phase phase = socket->phase;
  if (phase == MIO_AFD_CANCELLED) --selector->cancelled_count;
  socket->phase = MIO_AFD_IDLE;
  if (socket->dropped) return MIO_AFD_SLOT_FREE;
  uint32_t events = answer(socket, phase);
  if (!watch->level && !watch->one_shot) events = news(socket, events);
  if (events != 0) {
    mio_port_write_event(out, watch->token, shown(watch, events));
    use_up(watch, events);
  }
  if (needs_poll(socket)) enqueue(selector, socket);
  return events != 0 ? MIO_AFD_EVENT : MIO_AFD_NO_EVENT;
}
