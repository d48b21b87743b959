#include "mio/sys/windows/selector_afd.h"

#include "mio/error.h"
#include "mio/poll.h"
#include "mio/sys/clock.h"

/* Waiting:
 *
 *   submit the queued polls --> dequeue packets into the caller's array --> convert them to events
 *          ^                                                                          |
 *          '------------------- no events, and time left -----------------------------'
 *
 * Any number of threads may wait at the same time. The port delivers each packet to one of them. */

/* Handles the packet of an operation. Returns true if it became an event. Called with the lock held,
 * which is released while the owner of an operation other than a socket's poll is called. */
static bool complete(mio_selector *selector, mio_port_operation *operation, mio_event *out) {
  mio_port_unlink(operation);
  if (operation->complete == NULL) return mio_selector_complete_socket(selector, operation, out);
  mio_lock_release(&selector->lock);
  const bool written = operation->complete(operation, selector, out);
  mio_lock_acquire(&selector->lock);
  return written;
}

/* Converts `count` packets to events, in place and without gaps. Returns the number of events. */
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

/* The result of one dequeue from the port, apart from the events. */
typedef struct look {
  uint32_t removed; /* packets */
  bool woken;       /* the waker's packet was among them */
} look;

/* Makes the polls in the queue and dequeues once. Called with the lock held, which is released for the
 * wait itself. Returns the number of events or a negative error code. */
static int look_once(mio_selector *selector, mio_event *out, uint32_t capacity, uint64_t timeout_ns,
                     look *found) {
  /* If a poll cannot be submitted, existing packets are still delivered. */
  const int failure = mio_afd_flush_updates(selector);
  ++selector->waiting;
  mio_lock_release(&selector->lock);
  const int removed = mio_port_remove(selector->port, out, capacity, failure < 0 ? 0 : timeout_ns);
  mio_lock_acquire(&selector->lock);
  --selector->waiting;
  found->removed = removed > 0 ? (uint32_t)removed : 0;
  if (removed <= 0) return removed < 0 ? removed : failure;
  const uint32_t count = translate(selector, out, (uint32_t)removed, &found->woken);
  /* Other threads wait already, perhaps for the sockets that need a new poll now. */
  if (selector->waiting > 0) (void)mio_afd_flush_updates(selector);
  return (int)count;
}

/* Dequeues until an event or a notification is found, or until the timeout expires. */
static int look_until(mio_selector *selector, mio_event *out, uint32_t capacity,
                      uint64_t timeout_ns, look *found) {
  const bool timed = timeout_ns != 0 && timeout_ns != MIO_FOREVER;
  const uint64_t start = timed ? mio_clock_ns() : 0;
  uint64_t left = timeout_ns;
  uint32_t looks_left = selector->cancelled_count + 2;
  for (;;) {
    if (left != 0) looks_left = selector->cancelled_count + 2;
    const int count = look_once(selector, out, capacity, left, found);
    if (count != 0) return count;
    const bool full = found->removed == capacity;
    if (found->woken && !full) return 0;
    /* All dequeued packets were without events: a notification, or packets of cancelled polls, which the
     * next round submits again. So the loop continues even if the timeout has expired, once for each poll
     * that was cancelled at that time. The limit is needed because other threads may cancel more polls
     * without end. */
    if (left == 0 && (found->removed == 0 || --looks_left == 0)) return 0;
    if (found->woken) left = 0;
    if (timed && left != 0) {
      const uint64_t passed = mio_clock_ns() - start;
      left = passed < timeout_ns ? timeout_ns - passed : 0;
    }
  }
}

static int locked_look(mio_selector *selector, mio_event *out, uint32_t capacity,
                       uint64_t timeout_ns, bool *out_woken) {
  look found = {0, false};
  if (capacity == 0) return -WSAEINVAL;
  mio_lock_acquire(&selector->lock);
  const int count = look_until(selector, out, capacity, timeout_ns, &found);
  mio_lock_release(&selector->lock);
  *out_woken = found.woken;
  return count;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  bool woken;
  return locked_look(selector, out, capacity, timeout_ns, &woken);
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  return mio_selector_select(selector, events->data, events->capacity, MIO_FOREVER);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  bool woken = false;
  if (!mio_selector_is_idle(&selector->base)) return -1;
  const int count = locked_look(selector, events->data, events->capacity, 0, &woken);
  /* The notification may have been meant for a thread that sleeps. The slow path delivers its wakes. */
  return count == 0 && woken ? -1 : count;
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)events, (void)count;
  mio_lock_acquire(&selector->lock);
  const bool kept = selector->wake_kept;
  selector->wake_kept = false;
  mio_lock_release(&selector->lock);
  return kept;
}
