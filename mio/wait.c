#include "mio/poll.h"

#include "mio/sys/clock.h"
#include "mio/sys/selector.h"
#include "mio/wake.h"

/* Waiting, beyond the inline part of mio_poll_wait:
 *
 *   wakers were woken?   --> their events; the OS is asked too now and then      deliver_wakes
 *   spin_ns?             --> select without blocking, until that time is over    spin
 *   blocking select, unless a waker was woken before it                          sleep_once
 *   nothing found        --> sleep again for the rest of the time                sleep_until
 *
 * Most waits that block have no end, do not spin, have no wake pending and find events of sources alone.
 * mio_poll_wait_forever (mio/poll.c) is a straight line for them: one select, two changes of the wake word.
 *
 * After each select the notification is removed from the events, and the events of woken wakers are added
 * (with_wakes). mio/wake.h has the protocol. The mio_wake_finish_... functions are called from mio/poll.c. */

static mio_selector_base *base_of(mio_selector *selector) { return (mio_selector_base *)selector; }

static int invalid_input(void) { return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); }

/* Adds the events of woken wakers to the `count` events at `out`, up to `capacity` in all. Returns the
 * number of events. After a notification was `removed`, it looks even if nothing seems to be pending:
 * collecting clears the mark of the notification. */
static int with_wakes(mio_selector_base *base, bool removed, mio_event *out, int count,
                      uint32_t capacity) {
  if (!removed && !mio_wake_is_pending(base)) return count;
  const uint32_t room = (uint32_t)count < capacity ? capacity - (uint32_t)count : 0;
  return count + (int)mio_wake_collect(base, out + count, room);
}

/* Selecting without blocking. */

/* Selects up to `room` events and adds those of woken wakers, up to `capacity` in all. Returns the number
 * of events, or the error. */
static int select_now(mio_selector *selector, mio_event *out, uint32_t room, uint32_t capacity) {
  for (;;) {
    int count = mio_selector_select(selector, out, room, 0);
    if (count < 0) return count;
    const bool full = (uint32_t)count == room;
    const bool removed = mio_wake_remove_notification(selector, out, &count);
    count = with_wakes(base_of(selector), removed, out, count, capacity);
    /* The notification took the only slot, so other events may be ready. With capacity 0 the wakes stay
     * pending and a new notification was sent, which would be found again and again. */
    if (count != 0 || !removed || !full || capacity == 0) return count;
  }
}

/* Adds source events behind the `count` events of wakers at `events`. Collects no further wakes, because a
 * waker that was woken again would have two events. Returns the number of events, or the error. */
static int select_behind(mio_selector *selector, mio_events *events, uint32_t count) {
  const int found = select_now(selector, events->data + count, events->capacity - count, 0);
  return found < 0 ? found : (int)count + found;
}

/* How long waits may deliver wakes without asking the OS. It keeps self-wakes free of system calls, and
 * sources are not starved by a program that always has a wake pending. */
#define UNASKED_NS UINT64_C(100000)

/* Whether a wait that has wakes to deliver must ask the OS too. Keeps the time when such a wait last asked:
 * other waits may have asked later, which does no harm. A poll whose handle is exported asks each time: a
 * kqueue that still holds an old notification gives the observers of its handle no edge for a new one. */
static bool must_ask(mio_selector_base *base, uint64_t timeout_ns) {
  if (timeout_ns == 0 || atomic_load_explicit(&base->exported, memory_order_relaxed)) return true;
  const mio_wake_word now = (mio_wake_word)(mio_clock_ns() / (UNASKED_NS / 8));
  if ((mio_wake_word)(now - atomic_load_explicit(&base->asked_at, memory_order_relaxed)) < 7)
    return false;
  atomic_store_explicit(&base->asked_at, now, memory_order_relaxed);
  return true;
}

/* Whether the pending wakes fill `capacity` events. */
static bool fill_events(const mio_selector_base *base, uint32_t capacity) {
  const mio_wake_word word = atomic_load_explicit(&base->wake_word, memory_order_relaxed);
  return capacity <= MIO_NATIVE_ATOMIC_BITS / 2 &&
         mio_wake_choose(word, capacity - 1) != mio_wake_pending(word);
}

/* Whether sources come first in a wait whose wakes fill the events: every second time. */
static bool is_turn_of_sources(mio_selector_base *base) {
  const bool turn = atomic_load_explicit(&base->sources_first, memory_order_relaxed);
  atomic_store_explicit(&base->sources_first, !turn, memory_order_relaxed);
  return turn;
}

/* A wait that does not block because wakers were woken. If wakers alone fill the events, they and the
 * sources take turns at being first. Returns the number of events, which is 0 if another thread has
 * collected the wakes, or the error. */
static int deliver_wakes(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  mio_selector_base *base = base_of(selector);
  const bool ask = must_ask(base, timeout_ns);
  const bool sources_first = ask && fill_events(base, events->capacity) && is_turn_of_sources(base);
  int count = 0;
  if (sources_first) {
    count = select_behind(selector, events, 0);
    if (count < 0) return count;
  }
  count += (int)mio_wake_collect(base, events->data + count, events->capacity - (uint32_t)count);
  if (ask && !sources_first && (uint32_t)count < events->capacity) {
    const int with_sources = select_behind(selector, events, (uint32_t)count);
    /* The wakes are collected and must not be lost. An error that lasts comes again. */
    if (with_sources >= 0) count = with_sources;
  }
  return count;
}

/* Looks for events and wakes until `until`. Returns the number of events, 0 for none, or the error. Reading
 * the wake word detects a wake faster than a system call, so the OS is asked only now and then. */
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

/* Blocking. */

/* One blocking select, unless a waker was woken before, with the events of woken wakers. Returns the number
 * of events, or the error. */
static int sleep_once(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  mio_selector_base *base = base_of(selector);
  int count = 0;
  bool removed = false;
  if (mio_wake_enter_sleep(&base->wake_word)) {
    count = mio_selector_select(selector, events->data, events->capacity, timeout_ns);
    const bool pending = mio_wake_exit_sleep(&base->wake_word);
    if (count < 0 || (!pending && !mio_wake_may_be_found(base))) return count;
    removed = mio_wake_remove_notification(selector, events->data, &count);
  } else if (base->dead) {
    return invalid_input(); /* a signal handler has forked, and this is the child */
  }
  return with_wakes(base, removed, events->data, count, events->capacity);
}

static uint64_t add_times(uint64_t a, uint64_t b) {
  return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* Sleeps until there are events, or until the clock says `deadline`. A notification whose wakes were
 * collected before, or a system that cannot wait that long at once, ends a select early. */
static int sleep_until(mio_selector *selector, mio_events *events, uint64_t now,
                       uint64_t deadline) {
  for (;;) {
    const int count = sleep_once(selector, events, now < deadline ? deadline - now : 0);
    if (count != 0) return count;
    now = mio_clock_ns();
    if (now >= deadline) return 0;
  }
}

static int sleep_forever(mio_selector *selector, mio_events *events) {
  int count;
  do {
    count = sleep_once(selector, events, MIO_FOREVER);
  } while (count == 0);
  return count;
}

/* A wait that may block, with a clock. */
static int block(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  const mio_selector_base *base = base_of(selector);
  uint64_t now = mio_clock_ns();
  const uint64_t deadline = add_times(now, timeout_ns);
  if (base->spin_ns != 0) {
    const uint64_t spin_end = add_times(now, base->spin_ns);
    const int count = spin(selector, events, spin_end < deadline ? spin_end : deadline);
    if (count != 0) return count;
    now = mio_clock_ns();
  }
  return timeout_ns == MIO_FOREVER ? sleep_forever(selector, events)
                                   : sleep_until(selector, events, now, deadline);
}

static int wait(mio_selector *selector, mio_events *events, uint64_t timeout_ns) {
  const mio_selector_base *base = base_of(selector);
  if (mio_wake_is_pending(base)) {
    if (base->dead) return invalid_input();
    const int count = deliver_wakes(selector, events, timeout_ns);
    if (count != 0) return count;
  }
  if (timeout_ns == MIO_FOREVER && base->spin_ns == 0) return sleep_forever(selector, events);
  return timeout_ns == 0 ? select_now(selector, events->data, events->capacity, events->capacity)
                         : block(selector, events, timeout_ns);
}

int mio_poll_wait_slowly(mio_poll *poll, mio_events *events, uint64_t timeout_ns) {
  mio_selector *selector = poll->registry.selector;
  events->count = 0;
  if (selector == NULL || events->capacity == 0) return invalid_input();
  const int count = wait(selector, events, timeout_ns);
  if (count < 0) return count;
  events->count = (uint32_t)count;
  return 0;
}

int mio_wake_finish_wait_forever(mio_selector *selector, mio_events *events, int count) {
  events->count = 0;
  if (count < 0) return count;
  const bool removed = mio_wake_remove_notification(selector, events->data, &count);
  count = with_wakes(base_of(selector), removed, events->data, count, events->capacity);
  if (count == 0) count = sleep_forever(selector, events);
  if (count < 0) return count;
  events->count = (uint32_t)count;
  return 0;
}

int mio_wake_finish_wait(mio_selector *selector, mio_events *events, int found) {
  const bool full = (uint32_t)found == events->capacity;
  const bool removed = mio_wake_remove_notification(selector, events->data, &found);
  int count = with_wakes(base_of(selector), removed, events->data, found, events->capacity);
  if (count == 0 && full) {
    count = select_now(selector, events->data, events->capacity, events->capacity);
    if (count < 0) count = 0; /* an error that lasts comes again */
  }
  events->count = (uint32_t)count;
  return 0;
}
