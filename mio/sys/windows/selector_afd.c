#include "mio/sys/windows/selector_afd.h"

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/windows/afd.h"
#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/socket_state.h"

/* Readiness from a completion port. Each registered socket has a poll of the AFD driver in flight, and
 * its packet reports what is ready (socket_state.h). Packets of named pipes' requests (port.h) and of
 * the waker come from the same port. Waiting is in selector_afd_wait.c. */

_Static_assert(offsetof(mio_selector, base) == 0, "the portable code casts to the base");

enum { INTEREST_KINDS = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY };
enum { INTEREST_MODES = MIO_LEVEL | MIO_ONESHOT };

/* The number of slots allocated first. After this the slab doubles. */
enum { SOCKETS_MIN = MIO_POLL_GROUP_SIZE };

/* The concurrency limit of the port. If that many threads are still busy with a dequeued packet, the port
 * gives no packets to the threads that wait. This limit is so high that any thread that waits gets the
 * pending events, however many threads are busy. */
enum { CONCURRENCY = INT32_MAX };

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
    selector->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, CONCURRENCY);
    result = selector->port != NULL ? 0 : -(int)GetLastError();
  }
  if (result == 0) result = mio_lock_init(&selector->lock);
  if (result < 0) {
    if (selector->port != NULL) (void)CloseHandle(selector->port);
    mio_socket_slab_clear(&selector->slab);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  mio_link_init(&selector->in_flight);
  mio_link_init(&selector->updates);
  *out_selector = selector;
  return 0;
}

static void drop(mio_selector *selector, mio_afd_socket *socket) {
  if (mio_afd_socket_drop(selector, socket)) {
    mio_socket_slab_put(&selector->slab, socket);
  } else {
    mio_socket_slab_put_dropped(&selector->slab, socket);
  }
}

bool mio_selector_complete_socket(mio_selector *selector, mio_port_operation *operation,
                                  mio_event *out) {
  mio_afd_socket *socket = (mio_afd_socket *)(void *)operation;
  const mio_afd_outcome outcome = mio_afd_socket_complete(selector, socket, out);
  if (outcome == MIO_AFD_SLOT_FREE) mio_socket_slab_put(&selector->slab, socket);
  return outcome == MIO_AFD_EVENT;
}

/* Closing. */

/* Dequeues packets, without events. */
static bool drain_once(mio_selector *selector, uint64_t timeout_ns) {
  enum { BATCH = 32 };
  mio_event entries[BATCH];
  const int removed = mio_port_remove(selector->port, entries, BATCH, timeout_ns);
  for (int i = 0; i < removed; ++i) {
    if (entries[i].token == MIO_PORT_KEY_WAKER || entries[i].operation == NULL) continue;
    mio_port_operation *operation = entries[i].operation;
    mio_port_unlink(operation);
    if (operation->complete != NULL) operation->complete(operation, selector, NULL);
  }
  return removed > 0;
}

/* Waits for the packets of all operations in flight. Returns false if some do not come. */
static bool drain(mio_selector *selector) {
  const uint64_t patience_ns = UINT64_C(1000000000);
  while (!mio_link_is_alone(&selector->in_flight)) {
    if (!drain_once(selector, patience_ns)) return false;
  }
  return true;
}

void mio_selector_close(mio_selector *selector) {
  for (mio_link *link = selector->in_flight.next; link != &selector->in_flight; link = link->next) {
    (void)mio_port_cancel(mio_port_operation_of(link));
  }
  bool idle = drain(selector);
  /* Closing a handle cancels its requests too. */
  mio_socket_slab_close_handles(&selector->slab);
  if (!idle) idle = drain(selector);
  (void)CloseHandle(selector->port);
  mio_lock_destroy(&selector->lock);
  /* Memory that the kernel may still write to is never freed. No system was seen to need this. */
  if (!idle) return;
  mio_socket_slab_clear(&selector->slab);
  mio_memory_put(selector, sizeof *selector);
}

/* Windows has no fork. */
void mio_selector_abandon(mio_selector *selector) { (void)selector; }

/* Registering. */

/* Takes a slot. Returns 0 or a negative error code. */
static int take_slot(mio_selector *selector, mio_afd_socket **out_socket) {
  mio_socket_slab *slab = &selector->slab;
  if (mio_link_is_alone(&slab->free) && mio_link_is_alone(&slab->dropped)) {
    const size_t count = slab->group_count * MIO_POLL_GROUP_SIZE;
    if (!mio_socket_slab_grow(slab, count < SOCKETS_MIN ? SOCKETS_MIN : count)) {
      return -ERROR_NOT_ENOUGH_MEMORY;
    }
  }
  int result = 0;
  *out_socket = mio_socket_slab_take(slab, selector, &result);
  return result;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  SOCKET base_socket = INVALID_SOCKET;
  bool datagram = false;
  int result = check_interest(interest);
  if (result == 0) result = mio_afd_base_socket(source->native.handle, &base_socket, &datagram);
  if (result < 0) return result;
  mio_afd_socket *socket = NULL;
  mio_lock_acquire(&selector->lock);
  result = take_slot(selector, &socket);
  if (result == 0) {
    mio_afd_socket_begin(socket, base_socket, datagram);
    mio_afd_socket_set(socket, token, interest);
    result = mio_afd_socket_update(selector, socket);
    if (result < 0) drop(selector, socket);
  }
  mio_lock_release(&selector->lock);
  if (result == 0) source->native.state = socket;
  return result;
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  mio_afd_socket *socket = source->native.state;
  int result = check_interest(interest);
  if (result < 0) return result;
  mio_lock_acquire(&selector->lock);
  const mio_afd_watch before = socket->watch;
  /* The socket was closed. The handle may belong to a new socket, and then the program means the new one. */
  if (before.gone) {
    result = mio_afd_base_socket(source->native.handle, &socket->watch.base_socket,
                                 &socket->watch.datagram);
  }
  if (result == 0) {
    mio_afd_socket_set(socket, token, interest);
    result = mio_afd_socket_update(selector, socket);
  }
  if (result < 0) mio_afd_socket_restore(selector, socket, &before);
  mio_lock_release(&selector->lock);
  return result;
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  mio_lock_acquire(&selector->lock);
  drop(selector, source->native.state);
  mio_lock_release(&selector->lock);
  source->native.state = NULL;
  return 0;
}

/* Polls the driver again at once, whatever drained the source. */
void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain) {
  (void)drain;
  if (source->native.state == NULL) return; /* a custom source, whose parts are registered */
  mio_lock_acquire(&selector->lock);
  mio_afd_socket_rearm(selector, source->native.state, interest);
  mio_lock_release(&selector->lock);
}

/* Features. */

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

/* Notifications are posted to the port. */
int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  (void)selector, (void)receiver;
  return 0;
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

/* A port can be waited on as a handle, but that would not begin the polls in the queue. */
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
      {MIO_AFD_ERROR, "ERROR"},
  };
  mio_text_string(text, "afd: ");
  mio_text_flags(text, event->events, names, sizeof names / sizeof names[0], "|");
}
