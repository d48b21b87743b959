#include "mio/sys/windows/selector_afd.h"

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/clock.h"
#include "mio/sys/windows/afd.h"
#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/socket_state.h"

/* Readiness out of a completion port: each socket has a poll of the AFD driver under way, whose
 * packet says that something is ready (socket_state.h). The packets of named pipes' requests
 * (port.h) and the waker's come out of the same port.
 *
 * One wait is
 *
 *   make the polls that are queued --> dequeue packets into the caller's array --> translate them
 *          ^                                                                            |
 *          '---------- none of them is an event, and there is time left ----------------'
 *
 * and any number of threads may do it at once: the port gives each packet to one of them. */

_Static_assert(offsetof(mio_selector, base) == 0, "mio/poll.c sees the base only");

enum { INTEREST_KINDS = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY };
enum { INTEREST_MODES = MIO_LEVEL | MIO_ONESHOT };

/* Room for so many sockets is made at once at the least; then as much again as there is. */
enum { SOCKETS_MIN = MIO_POLL_GROUP_SIZE };

static int check_interest(mio_interest interest) {
  const mio_interest elsewhere = MIO_AIO | MIO_LIO;
  if ((interest & ~(mio_interest)(INTEREST_KINDS | INTEREST_MODES | elsewhere)) != 0)
    return -WSAEINVAL;
  if ((interest & elsewhere) != 0) return -WSAEOPNOTSUPP;
  return (interest & INTEREST_KINDS) == 0 ? -WSAEINVAL : 0;
}

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ERROR_NOT_ENOUGH_MEMORY;
  int result = -ERROR_NOT_ENOUGH_MEMORY;
  mio_socket_slab_init(&selector->slab);
  if (reserve_sources == 0 || mio_socket_slab_grow(&selector->slab, reserve_sources)) {
    selector->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    result = selector->port != NULL ? 0 : -(int)GetLastError();
  }
  if (result == 0) result = mio_lock_init(&selector->lock); /* cannot fail on Windows */
  if (result < 0) {
    mio_socket_slab_clear(&selector->slab);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  mio_link_init(&selector->in_flight);
  mio_link_init(&selector->updates);
  *out_selector = selector;
  return 0;
}

/* A packet of an operation: true if it became an event. With the lock held, but not while others
 * than sockets are told. */
static bool complete(mio_selector *selector, mio_port_operation *operation, mio_event *out) {
  mio_port_unlink(operation);
  if (mio_afd_is_socket(operation)) {
    return mio_afd_socket_complete(selector, (mio_afd_socket *)operation, out);
  }
  mio_lock_release(&selector->lock);
  const bool written = operation->complete(operation, selector, out);
  mio_lock_acquire(&selector->lock);
  return written;
}

/* Turns packets into events where they lie, closing gaps. */
static uint32_t translate(mio_selector *selector, mio_event *entries, uint32_t count,
                          bool *out_woken) {
  uint32_t written = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (entries[i].token == MIO_PORT_KEY_WAKER) {
      *out_woken = true;
    } else if (entries[i].operation != NULL) {
      if (complete(selector, entries[i].operation, &entries[written])) ++written;
    }
  }
  if (*out_woken) selector->wake_kept = true;
  return written;
}

/* Dequeues what is there, with nobody to be told. */
static bool drain_once(mio_selector *selector, uint64_t timeout_ns) {
  enum { BATCH = 32 };
  mio_event entries[BATCH];
  const int removed = mio_port_remove(selector->port, entries, BATCH, timeout_ns);
  for (int i = 0; i < removed; ++i) {
    if (entries[i].token == MIO_PORT_KEY_WAKER || entries[i].operation == NULL) continue;
    mio_port_operation *operation = entries[i].operation;
    mio_port_unlink(operation);
    if (!mio_afd_is_socket(operation)) operation->complete(operation, selector, NULL);
  }
  return removed > 0;
}

/* Waits for the packets of all that is in flight. False if the kernel keeps some. */
static bool drain(mio_selector *selector) {
  const uint64_t patience_ns = UINT64_C(1000000000);
  while (!mio_link_is_alone(&selector->in_flight)) {
    if (!drain_once(selector, patience_ns)) return false;
  }
  return true;
}

void mio_selector_close(mio_selector *selector) {
  for (mio_link *link = selector->in_flight.next; link != &selector->in_flight; link = link->next) {
    mio_port_cancel(mio_port_operation_of(link));
  }
  bool idle = drain(selector);
  /* Closing a handle cancels once more what is in flight on it. */
  mio_socket_slab_close_handles(&selector->slab);
  if (!idle) idle = drain(selector);
  (void)CloseHandle(selector->port);
  mio_lock_destroy(&selector->lock);
  /* What the kernel may still write into has to stay for good. No system was seen to do that. */
  if (!idle) return;
  mio_socket_slab_clear(&selector->slab);
  mio_memory_put(selector, sizeof *selector);
}

/* What one look at the port brought, beside events. */
typedef struct look {
  bool woken;    /* the waker's packet */
  bool dequeued; /* any packets */
} look;

/* With the lock held but for the wait itself: makes polls, and dequeues once. Returns how many events
 * there are, or a negative error code. */
static int look_once(mio_selector *selector, mio_event *out, uint32_t capacity, uint64_t timeout_ns,
                     look *out_look) {
  /* If a poll cannot be made, what is there already is still delivered. */
  const int failure = mio_afd_flush_updates(selector);
  ++selector->waiting;
  mio_lock_release(&selector->lock);
  const int removed = mio_port_remove(selector->port, out, capacity, failure < 0 ? 0 : timeout_ns);
  mio_lock_acquire(&selector->lock);
  --selector->waiting;
  out_look->dequeued = removed > 0;
  out_look->woken = false;
  if (removed <= 0) return removed < 0 ? removed : failure;
  const uint32_t count = translate(selector, out, (uint32_t)removed, &out_look->woken);
  /* Others wait already, perhaps for just these. */
  if (selector->waiting > 0) (void)mio_afd_flush_updates(selector);
  return (int)count;
}

/* Looks until there is an event, a wake or an end to the time. */
static int look_until(mio_selector *selector, mio_event *out, uint32_t capacity,
                      uint64_t timeout_ns, bool *out_woken) {
  const bool timed = timeout_ns != 0 && timeout_ns != MIO_FOREVER;
  const uint64_t start = timed ? mio_clock_ns() : 0;
  uint64_t left = timeout_ns;
  for (;;) {
    look found;
    const int count = look_once(selector, out, capacity, left, &found);
    *out_woken = found.woken;
    if (count != 0 || found.woken) return count;
    /* Packets without an event: of polls that were cancelled, as a rule, and are made anew now. What
     * those find is looked at even if the time is up. */
    if (left == 0 && !found.dequeued) return 0;
    if (timed) {
      const uint64_t passed = mio_clock_ns() - start;
      left = passed < timeout_ns ? timeout_ns - passed : 0;
    }
  }
}

static int locked_look(mio_selector *selector, mio_event *out, uint32_t capacity,
                       uint64_t timeout_ns, bool *out_woken) {
  if (capacity == 0) return -WSAEINVAL;
  mio_lock_acquire(&selector->lock);
  const int count = look_until(selector, out, capacity, timeout_ns, out_woken);
  mio_lock_release(&selector->lock);
  return count;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  bool woken;
  return locked_look(selector, out, capacity, timeout_ns, &woken);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  bool woken = false;
  if (!mio_selector_is_idle(&selector->base, events)) return -1;
  const int count = locked_look(selector, events->data, events->capacity, 0, &woken);
  /* The packet may have been for a thread that sleeps: the long way sees to its wakes. */
  return count == 0 && woken ? -1 : count;
}

/* Puts a packet back into the port. The outcome of its request is with the operation. */
static void put_back(mio_selector *selector, const mio_event *entry) {
  /* Has the memory of the packet that was just dequeued, unless somebody was faster. */
  while (
      !PostQueuedCompletionStatus(selector->port, entry->events, entry->token, entry->operation)) {
    (void)SwitchToThread();
  }
}

/* All places are taken, some by sockets that are deregistered already: finds their packets among
 * those that wait to be dequeued. */
static void reclaim(mio_selector *selector) {
  enum { BATCH = 32 };
  mio_event entries[BATCH];
  const uint32_t before = selector->dropped_count;
  int removed = BATCH;
  while (removed == BATCH && selector->dropped_count == before) {
    removed = mio_port_remove(selector->port, entries, BATCH, 0);
    for (int i = 0; i < removed; ++i) {
      mio_port_operation *operation = entries[i].operation;
      if (entries[i].token == MIO_PORT_KEY_OPERATION && mio_afd_is_dropped(operation)) {
        (void)complete(selector, operation, NULL);
      } else {
        put_back(selector, &entries[i]);
      }
    }
  }
}

/* Takes a place for a socket. Returns 0 or a negative error code. */
static int take_place(mio_selector *selector, mio_afd_socket **out_socket) {
  mio_socket_slab *slab = &selector->slab;
  if (mio_link_is_alone(&slab->free) && selector->dropped_count > 0) reclaim(selector);
  if (mio_link_is_alone(&slab->free)) {
    const size_t there = slab->group_count * MIO_POLL_GROUP_SIZE;
    if (!mio_socket_slab_grow(slab, there < SOCKETS_MIN ? SOCKETS_MIN : there)) {
      return -ERROR_NOT_ENOUGH_MEMORY;
    }
  }
  int result = 0;
  *out_socket = mio_socket_slab_take(slab, selector, &result);
  return result;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  SOCKET base = INVALID_SOCKET;
  int result = check_interest(interest);
  if (result == 0) result = mio_afd_base_socket(source->native.handle, &base);
  if (result < 0) return result;
  mio_afd_socket *socket = NULL;
  mio_lock_acquire(&selector->lock);
  result = take_place(selector, &socket);
  if (result == 0) {
    socket->base = base;
    mio_afd_socket_set(socket, token, interest);
    result = mio_afd_socket_update(selector, socket);
    if (result < 0) mio_afd_socket_drop(selector, socket);
  }
  mio_lock_release(&selector->lock);
  if (result == 0) source->native.state = socket;
  return result;
}

/* For a socket that was closed: the handle may have been opened anew. */
static int find_again(const mio_source *source, SOCKET *out_base) {
  return mio_afd_base_socket(source->native.handle, out_base);
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  mio_afd_socket *socket = source->native.state;
  int result = check_interest(interest);
  if (result < 0) return result;
  mio_lock_acquire(&selector->lock);
  if (socket->gone) result = find_again(source, &socket->base);
  if (result == 0) {
    const mio_afd_socket before = *socket;
    socket->gone = false;
    mio_afd_socket_set(socket, token, interest);
    result = mio_afd_socket_update(selector, socket);
    if (result < 0) mio_afd_socket_restore(selector, socket, &before);
  }
  mio_lock_release(&selector->lock);
  return result;
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  mio_lock_acquire(&selector->lock);
  mio_afd_socket_drop(selector, source->native.state);
  mio_lock_release(&selector->lock);
  source->native.state = NULL;
  return 0;
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest) {
  if (source->native.state == NULL) return; /* made of other sources, which have one each */
  mio_lock_acquire(&selector->lock);
  mio_afd_socket_rearm(selector, source->native.state, interest);
  mio_lock_release(&selector->lock);
}

int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return -WSAEOPNOTSUPP;
}

int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return -WSAEOPNOTSUPP;
}

uint32_t mio_selector_event_flags(const mio_event *event) {
  (void)event;
  return 0;
}

/* Notifications go to the port itself. */
int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  (void)selector, (void)receiver;
  return 0;
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)events, (void)count;
  mio_lock_acquire(&selector->lock);
  const bool kept = selector->wake_kept;
  selector->wake_kept = false;
  mio_lock_release(&selector->lock);
  return kept;
}

bool mio_selector_drains_waker(void) { return false; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  mio_port_write_event(out, token, MIO_AFD_RECEIVE);
}

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  return MIO_FEATURE_LEVEL | MIO_FEATURE_ONESHOT | MIO_FEATURE_PRIORITY;
}

const char *mio_selector_name(void) { return "afd"; }

/* A port can be waited on as a handle, but a wait on it says nothing of what is still to be polled. */
int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  (void)selector, (void)out_handle;
  return -WSAEOPNOTSUPP;
}

void mio_selector_format_event(const mio_event *event, mio_text *text) {
  static const mio_flag_name names[] = {
      {MIO_AFD_RECEIVE, "RECEIVE"}, {MIO_AFD_EXPEDITED, "RECEIVE_EXPEDITED"},
      {MIO_AFD_SEND, "SEND"},       {MIO_AFD_DISCONNECT, "DISCONNECT"},
      {MIO_AFD_ABORT, "ABORT"},     {MIO_AFD_LOCAL_CLOSE, "LOCAL_CLOSE"},
      {MIO_AFD_ACCEPT, "ACCEPT"},   {MIO_AFD_CONNECT_FAIL, "CONNECT_FAIL"},
  };
  mio_text_string(text, "afd: ");
  mio_text_flags(text, event->events, names, sizeof names / sizeof names[0], "|");
}
