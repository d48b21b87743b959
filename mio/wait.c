#include "mio/poll.h"

#include "mio/sys/clock.h"
#include "mio/sys/selector.h"
#include "mio/wake.h"

/* Waiting, beyond the inline part of mio_poll_wait:
 *
 *   wakers woken already?  --> their events; now and then the OS too       deliver_wakes
 *   spin_ns?               --> look again and again                        spin
 *   sleep, unless somebody was woken meanwhile                             sleep_once
 *   nothing found, time left --> sleep for the rest                        block
 *
 * After each select the sys waker's own event is taken out (take_notification) and the events of
 * woken wakers are added (take_wakes): who takes a notification away from the threads that sleep
 * has to deliver the wakes it stood for, or to notify again if there is no room (with_wakes). */

static mio_selector_base *base_of(mio_selector *selector) { return (mio_selector_base *)selector; }

/* Writes the events of woken wakers to `out`, at most `room`, and returns how many. Their tokens
 * are read under the lock, so that a waker which is closed meanwhile is either seen whole or not at
 * all. */
static uint32_t take_wakes(mio_selector_base *base, mio_event *out, uint32_t room) {
  uint32_t count = 0;
  bool notify = false;
  if (base->dead) return 0;
  mio_lock_acquire(&base->lock);
  const uint32_t taken = mio_wake_take(&base->wake_word, room, &notify);
  for (uint32_t left = taken, index = 0; left != 0; left >>= 1, ++index) {
    if ((left & 1) != 0) mio_selector_write_wake(&out[count++], base->waker_tokens[index]);
  }
  mio_lock_release(&base->lock);
  if (notify) (void)mio_wake_notify(base);
  return count;
}

/* What a select begins with: see mio/wake.h. */
typedef struct notifications {
  mio_wake_word settled; /* of no concern any more */
  mio_wake_word landed;  /* all that were sent, if none is under way: else as `settled` */
} notifications;

static notifications count_notifications(const mio_selector_base *base) {
  notifications before = {0, 0};
  if (!MIO_NATIVE_SETTLES) return before;
  before.settled = atomic_load_explicit(&base->settled, memory_order_acquire);
  const mio_wake_word done = atomic_load_explicit(&base->notifications_done, memory_order_acquire);
  const mio_wake_word begun =
      atomic_load_explicit(&base->notifications_begun, memory_order_acquire);
  before.landed = done == begun ? begun : before.settled;
  return before;
}

/* No select that begins after this finds a notification up to number `landed`. */
static void settle(mio_selector_base *base, mio_wake_word landed) {
  mio_wake_word settled = atomic_load_explicit(&base->settled, memory_order_relaxed);
  while (mio_wake_comes_before(settled, landed) &&
         !atomic_compare_exchange_weak_explicit(&base->settled, &settled, landed,
                                                memory_order_acq_rel, memory_order_relaxed)) {
  }
}

/* Takes the sys waker's own event out of the `*count` events that a select wrote to `out`, where
 * there was room for `capacity`. True if there was one. The wake word cannot tell whether to look:
 * others may have taken all that was pending since the select found it. Nor can `*count`: a
 * selector may have kept the notification back. */
static bool take_notification(mio_selector *selector, notifications before, mio_event *out,
                              uint32_t capacity, int *count) {
  mio_selector_base *base = base_of(selector);
  const bool emptied = *count > 0 && (uint32_t)*count < capacity;
  if (!mio_wake_may_be_found(base, before.settled)) return false;
  const bool taken = mio_selector_take_wake(selector, out, count);
  if (MIO_NATIVE_SETTLES && emptied) settle(base, before.landed);
  if (taken) mio_sys_waker_take(&base->waker, mio_selector_drains_waker());
  return taken;
}

/* Completes the `count` events at `out` with those of woken wakers, as long as they are no more than
 * `capacity` together. Returns how many there are then. Who has `taken` a notification looks even if
 * nothing seems to be pending. */
static int with_wakes(mio_selector_base *base, bool taken, mio_event *out, int count,
                      uint32_t capacity) {
  if (!taken && !mio_wake_is_pending(base)) return count;
  const uint32_t room = (uint32_t)count < capacity ? capacity - (uint32_t)count : 0;
  return count + (int)take_wakes(base, out + count, room);
}

/* Selects without blocking, `room` events at most, and adds the wakes that there are unless they
 * would be more than `capacity` together. Returns the number of events, or the error. */
static int select_now(mio_selector *selector, mio_event *out, uint32_t room, uint32_t capacity) {
  mio_selector_base *base = base_of(selector);
  for (;;) {
    const notifications before = count_notifications(base);
    int count = mio_selector_select(selector, out, room, 0);
    if (count < 0) return count;
    const bool full = (uint32_t)count == room;
    const bool taken = take_notification(selector, before, out, room, &count);
    count = with_wakes(base, taken, out, count, capacity);
    /* A notification alone took the only place that there was: something may stand behind it. Not
     * where wakes stay pending, which have just been notified of anew. */
    if (count != 0 || !taken || !full || capacity == 0) return count;
  }
}

/* The same behind `count` events of wakers that there are already, and without further ones: a waker
 * that is woken again meanwhile would have two. They are left for the next wait. */
static int select_behind(mio_selector *selector, mio_events *events, uint32_t count) {
  const int found = select_now(selector, events->data + count, events->capacity - count, 0);
  return found < 0 ? found : (int)count + found;
}

/* How often a wait that finds wakers woken returns without asking the OS, before it asks: wakes
 * stay free of system calls, and sockets are not starved by a program that wakes itself all the
 * time. A poll whose handle is exported asks each time: a kqueue that holds a notification which
 * nobody took away gives those who watch it no edge for the next one. */
enum { WAKE_TURNS = 16 };

/* A wait that does not block because wakers are pending. The OS is asked too, where that is due, or
 * where the caller asked for just that with timeout 0. If wakers alone could fill the events, they
 * and the sources take turns at being first. Returns how many events there are: none if another
 * thread has delivered the wakes meanwhile. */
static int deliver_wakes(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  mio_selector_base *base = base_of(selector);
  const uint32_t turn = atomic_fetch_add_explicit(&base->wake_turn, 1, memory_order_relaxed);
  const bool ask = timeout_ns == 0 || turn % WAKE_TURNS == WAKE_TURNS - 1 ||
                   atomic_load_explicit(&base->exported, memory_order_relaxed);
  const bool sources_first = ask && (timeout_ns == 0 ? turn : turn / WAKE_TURNS) % 2 != 0;
  int count = 0;
  if (sources_first) {
    count = select_behind(selector, events, 0);
    if (count < 0) return count;
  }
  count += (int)take_wakes(base, events->data + count, events->capacity - (uint32_t)count);
  if (ask && !sources_first && (uint32_t)count < events->capacity) {
    const int with_sources = select_behind(selector, events, (uint32_t)count);
    /* The wakes are taken and must not be lost; an error that lasts comes again. */
    if (with_sources >= 0) count = with_sources;
  }
  return count;
}

/* Looks for events and wakes until `until`. Returns the number of events, 0 for none, or the error.
 * The OS is asked only every so often: a wake is seen sooner in the word, and the calls would slow
 * it down. */
static int spin(mio_selector *selector, mio_events *events, uint64_t until) {
  enum { LOOKS_PER_SELECT = 64 };
  do {
    const int count = select_now(selector, events->data, events->capacity, events->capacity);
    if (count != 0) return count;
    for (int i = 0; i < LOOKS_PER_SELECT; ++i) {
      if (mio_wake_is_pending(base_of(selector))) return 0;
    }
  } while (mio_clock_ns() < until);
  return 0;
}

/* One blocking select, unless wakes came first; their events are added. Returns as select_now. */
static int sleep_once(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  mio_selector_base *base = base_of(selector);
  if (base->dead) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); /* a handler has forked */
  const notifications before = count_notifications(base);
  int count = 0;
  bool taken = false;
  if (mio_wake_enter_sleep(&base->wake_word)) {
    count = mio_selector_select(selector, events->data, events->capacity, timeout_ns);
    mio_wake_exit_sleep(&base->wake_word);
    if (count < 0) return count;
    taken = take_notification(selector, before, events->data, events->capacity, &count);
  }
  return with_wakes(base, taken, events->data, count, events->capacity);
}

/* A wait that may block. The deadline is kept by the clock, not by the OS's answer: a notification
 * whose wake was delivered before, or a system that cannot wait so long at once, ends a select
 * early. */
static int block(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  const mio_selector_base *base = base_of(selector);
  const bool forever = timeout_ns == MIO_FOREVER;
  const uint64_t start = forever && base->spin_ns == 0 ? 0 : mio_clock_ns();
  const uint64_t deadline = timeout_ns > UINT64_MAX - start ? UINT64_MAX : start + timeout_ns;
  if (base->spin_ns != 0) {
    const uint64_t spin_end =
        base->spin_ns > UINT64_MAX - start ? UINT64_MAX : start + base->spin_ns;
    const int count = spin(selector, events, spin_end < deadline ? spin_end : deadline);
    if (count != 0) return count;
  }
  uint64_t left = timeout_ns;
  if (base->spin_ns != 0 && !forever) {
    const uint64_t now = mio_clock_ns();
    left = now < deadline ? deadline - now : 0;
  }
  for (;;) {
    const int count = sleep_once(selector, events, left);
    if (count != 0) return count;
    if (forever) continue;
    const uint64_t now = mio_clock_ns();
    if (now >= deadline) return 0;
    left = deadline - now;
  }
}

int mio_poll_wait_slowly(mio_poll *poll, mio_events *events, uint64_t timeout_ns) {
  mio_selector *selector = poll->registry.selector;
  events->count = 0;
  if (selector == NULL || events->capacity == 0 || base_of(selector)->dead) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  int count = 0;
  if (mio_wake_is_pending(base_of(selector))) {
    count = deliver_wakes(selector, events, timeout_ns);
  } else if (timeout_ns == 0) {
    count = select_now(selector, events->data, events->capacity, events->capacity);
  }
  if (count == 0 && timeout_ns != 0) count = block(selector, events, timeout_ns);
  if (count < 0) return count;
  events->count = (uint32_t)count;
  return 0;
}

int mio_wake_finish_wait(mio_selector *selector, mio_events *events, int found) {
  const notifications before = {(mio_wake_word)events->settled, (mio_wake_word)events->settled};
  const bool taken = take_notification(selector, before, events->data, events->capacity, &found);
  events->count =
      (uint32_t)with_wakes(base_of(selector), taken, events->data, found, events->capacity);
  return 0;
}
