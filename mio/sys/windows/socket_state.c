#include "mio/sys/windows/socket_state.h"

#include "mio/error.h"
#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/selector_afd.h"

_Static_assert(offsetof(mio_afd_socket, operation) == 0, "a packet points there");

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

/* Stands in the operations of sockets, which are told from others by it; not called. */
static bool is_socket(mio_port_operation *operation, mio_selector *selector, mio_event *out) {
  (void)operation, (void)selector, (void)out;
  return false;
}

bool mio_afd_is_socket(const mio_port_operation *operation) {
  return operation->complete == is_socket;
}

bool mio_afd_is_dropped(const mio_port_operation *operation) {
  return mio_afd_is_socket(operation) && ((const mio_afd_socket *)operation)->dropped;
}

void mio_afd_socket_set(mio_afd_socket *socket, mio_token token, mio_interest interest) {
  socket->operation.complete = is_socket;
  socket->token = token;
  socket->wanted = mio_afd_wanted_by(interest);
  socket->armed = socket->wanted;
  socket->one_shot = (interest & MIO_ONESHOT) != 0;
  socket->level = !socket->one_shot && (interest & MIO_LEVEL) != 0;
}

static bool is_queued(const mio_afd_socket *socket) {
  return socket->phase == MIO_AFD_IDLE && !mio_link_is_alone(&socket->operation.link);
}

static void enqueue(mio_selector *selector, mio_afd_socket *socket) {
  if (!is_queued(socket)) mio_link_append(&selector->updates, &socket->operation.link);
}

/* Trouble that may pass. Anything else is the socket's own: above all that it was closed. */
static bool is_shortage(NTSTATUS status) {
  return status == MIO_NT_NO_RESOURCES || status == MIO_NT_NO_MEMORY ||
         status == MIO_NT_QUOTA_EXCEEDED || status == MIO_NT_WORKING_SET_QUOTA;
}

/* IDLE, and in no queue: makes the poll. */
static int begin_poll(mio_selector *selector, mio_afd_socket *socket) {
  NTSTATUS status;
  mio_port_link(selector, &socket->operation);
  socket->polled = socket->armed;
  if (mio_afd_poll_begin(socket->operation.handle, &socket->operation, &socket->poll, socket->base,
                         socket->armed | MIO_AFD_LOCAL_CLOSE, &status)) {
    socket->phase = MIO_AFD_PENDING;
    return 0;
  }
  mio_port_unlink(&socket->operation);
  if (!is_shortage(status)) {
    socket->gone = true;
    socket->armed = 0;
  }
  return mio_nt_result(status);
}

int mio_afd_flush_updates(mio_selector *selector) {
  while (!mio_link_is_alone(&selector->updates)) {
    mio_link *link = selector->updates.next;
    mio_afd_socket *socket = mio_afd_socket_of(link);
    mio_link_remove(link);
    const int result = begin_poll(selector, socket);
    if (result < 0 && !socket->gone) {
      mio_link_prepend(&selector->updates, link);
      return result;
    }
  }
  return 0;
}

static void cancel(mio_afd_socket *socket) {
  socket->phase = MIO_AFD_CANCELLED;
  mio_port_cancel(&socket->operation);
}

int mio_afd_socket_update(mio_selector *selector, mio_afd_socket *socket) {
  if (socket->phase == MIO_AFD_PENDING && (socket->armed & ~socket->polled) != 0) cancel(socket);
  if (socket->phase != MIO_AFD_IDLE || socket->armed == 0) return 0;
  if (selector->waiting == 0) {
    enqueue(selector, socket);
    return 0;
  }
  if (is_queued(socket)) mio_link_remove(&socket->operation.link);
  return begin_poll(selector, socket);
}

void mio_afd_socket_restore(mio_selector *selector, mio_afd_socket *socket,
                            const mio_afd_socket *before) {
  socket->token = before->token;
  socket->wanted = before->wanted;
  socket->armed = before->armed;
  socket->one_shot = before->one_shot;
  socket->level = before->level;
  socket->gone = before->gone;
  if (socket->phase == MIO_AFD_IDLE && socket->armed != 0) enqueue(selector, socket);
}

void mio_afd_socket_rearm(mio_selector *selector, mio_afd_socket *socket, mio_interest interest) {
  if (socket->level || socket->one_shot || socket->gone) return;
  uint32_t bits = mio_afd_wanted_by(interest);
  if ((interest & MIO_READABLE) != 0) bits |= MIO_AFD_EXPEDITED; /* read past, if it was there */
  bits &= socket->wanted & ~socket->armed;
  if (bits == 0) return;
  socket->armed |= bits;
  /* A poll that cannot be made for want of resources is tried again by the next wait. */
  if (mio_afd_socket_update(selector, socket) < 0 && !socket->gone) enqueue(selector, socket);
}

void mio_afd_socket_drop(mio_selector *selector, mio_afd_socket *socket) {
  if (socket->phase == MIO_AFD_IDLE) {
    mio_link_remove(&socket->operation.link);
    mio_socket_slab_put(&selector->slab, socket);
    return;
  }
  socket->dropped = true;
  ++selector->dropped_count;
  if (socket->phase == MIO_AFD_PENDING) cancel(socket);
}

/* What the poll said, as far as it is armed. */
static uint32_t answer(mio_afd_socket *socket) {
  const NTSTATUS status = (NTSTATUS)socket->operation.overlapped.Internal;
  if (status == MIO_NT_CANCELLED) return 0; /* by us, or with the thread that made it */
  if (!NT_SUCCESS(status)) {
    /* Not to be watched, who knows why: the next operation on the socket will tell, and its
     * would-block has it watched again. */
    if (!socket->level) socket->armed = 0;
    return MIO_AFD_CONNECT_FAIL;
  }
  if (socket->poll.count == 0) return 0;
  if ((socket->poll.events & MIO_AFD_LOCAL_CLOSE) != 0) {
    socket->gone = true;
    socket->armed = 0;
    return 0;
  }
  return socket->poll.events & socket->armed;
}

/* What an edge of `events` uses up. A socket that can be read has nobody to be accepted, and the other
 * way round: neither is looked for any more until would-block. */
static uint32_t used_up(uint32_t events) {
  const uint32_t arrivals = MIO_AFD_RECEIVE | MIO_AFD_ACCEPT;
  return (events & arrivals) != 0 ? events | arrivals : events;
}

bool mio_afd_socket_complete(mio_selector *selector, mio_afd_socket *socket, mio_event *out) {
  socket->phase = MIO_AFD_IDLE;
  if (socket->dropped) {
    --selector->dropped_count;
    mio_socket_slab_put(&selector->slab, socket);
    return false;
  }
  const uint32_t events = answer(socket);
  if (events != 0) {
    mio_port_write_event(out, socket->token, events);
    if (socket->one_shot) {
      socket->armed = 0;
    } else if (!socket->level) {
      socket->armed &= ~used_up(events);
    }
  }
  if (socket->armed != 0) enqueue(selector, socket);
  return events != 0;
}
