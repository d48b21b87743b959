#ifndef MIO_WAKE_H_
#define MIO_WAKE_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/selector.h"

/* Inside the library: the word that lets wakers and waiting threads agree without a system call, and
 * the counts of the notifications that remain.
 *
 *    63              33     32      31                    0
 *   +------------------+--------+------------------------+
 *   |     sleepers     |notified| pending: a bit a waker |
 *   +------------------+--------+------------------------+
 *    31              17     16      15                    0    where that is as wide as it gets
 *
 * pending   wakers that were woken, their events not delivered yet
 * notified  somebody was woken while a thread slept, so a notification of the sys waker is under
 *           way, and nobody has taken what is pending since
 * sleepers  threads inside, or about to enter, a select that blocks; a poll whose handle is exported
 *           counts as one for good, as others may sleep on that handle
 *
 *           wake, no sleeper               wake, a sleeper
 *   idle ----------------------> pending  idle -----------> pending + notified, one notification
 *   (0)  <----------------------          idle <-----------
 *          take (next wait)                       take
 *
 * The word has a single order of changes, and a thread can go to sleep only while nothing is
 * pending. That makes wakes safe: if the waker's bit comes first, the thread sees it and does not
 * sleep; if the thread comes first, the waker sees a sleeper and asks for a notification. A wake is
 * one atomic OR and a look at what the word is then; only if that shows a sleeper and no notification
 * does a second exchange decide who sends it. The OR is done also when the bit is set already: it
 * orders what the waker's thread wrote before, against the poller's taking of the bit. The look may
 * come late, and is never too late: if the sleeper has gone it looks at the word itself, and if the
 * bit has gone somebody has taken it.
 *
 * A notification says "look again" and nothing else. It may be found late, once what it was sent for
 * has been taken: that costs a look. Whoever finds one may have taken it away from the threads that
 * sleep, so he has to take what is pending; and whoever takes but has to leave some, for want of
 * room, notifies anew.
 *
 * Its event stands among those of the sources. To look through them each time would cost something
 * for every event, so notifications are counted, before (begun) and after (done) they are sent, and
 * `settled` says how many of them no select can find that begins later:
 *
 *   select begins:  s = settled; d = done, then b = begun
 *   select ends:    begun is still s?                  no notification among the events
 *                   b == d, and events with room to spare?  all b have been found: settled = b
 *
 * The second holds where such a select has emptied the kernel's list of what was ready when it began
 * (MIO_NATIVE_SETTLES). `s` has to be read before: a notification that one thread has in its hands
 * counts as settled as soon as the select of another one, that began after it was sent, has ended. */

#define MIO_WAKE_NOTIFIED    ((mio_wake_word)1 << (MIO_NATIVE_ATOMIC_BITS / 2))
#define MIO_WAKE_PENDING     (MIO_WAKE_NOTIFIED - 1)
#define MIO_WAKE_SLEEPER_ONE (MIO_WAKE_NOTIFIED << 1)

/* The word of a selector that a child of fork(2) inherited: something is pending, so that no wait takes
 * a short path, and a thread seems to sleep unnotified, so that no wake does. */
#define MIO_WAKE_DEAD (~MIO_WAKE_NOTIFIED)

static inline uint32_t mio_wake_pending(mio_wake_word word) {
  return (uint32_t)(word & MIO_WAKE_PENDING);
}

static inline bool mio_wake_has_sleepers(mio_wake_word word) {
  return word >= MIO_WAKE_SLEEPER_ONE;
}

/* The word with `bits` pending, and a notification under way if somebody sleeps. */
static inline mio_wake_word mio_wake_with_pending(mio_wake_word word, uint32_t bits) {
  word |= bits;
  return mio_wake_has_sleepers(word) ? word | MIO_WAKE_NOTIFIED : word;
}

/* Sets `bits` pending. */
static inline void mio_wake_set(_Atomic mio_wake_word *word, uint32_t bits) {
  atomic_fetch_or_explicit(word, bits, memory_order_seq_cst);
}

/* Whether somebody who set a bit, and finds `word` afterwards, has to see to a notification. */
static inline bool mio_wake_lacks_notification(mio_wake_word word) {
  return mio_wake_has_sleepers(word) && (word & MIO_WAKE_NOTIFIED) == 0;
}

/* Has one notification sent for what is pending. True if the caller has to do it. */
static inline bool mio_wake_begin_notification(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  do {
    if (mio_wake_pending(old) == 0 || !mio_wake_lacks_notification(old)) return false;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, old | MIO_WAKE_NOTIFIED,
                                                  memory_order_seq_cst, memory_order_relaxed));
  return true;
}

/* Enters sleep; false, and awake, if something is pending. */
static inline bool mio_wake_enter_sleep(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  do {
    if (mio_wake_pending(old) != 0) return false;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, old + MIO_WAKE_SLEEPER_ONE,
                                                  memory_order_seq_cst, memory_order_relaxed));
  return true;
}

/* Counts whoever may sleep on the poll's own handle. True if the caller has to notify, because
 * something is pending that nobody has been told of. */
static inline bool mio_wake_begin_export(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  mio_wake_word next;
  do {
    next = old + MIO_WAKE_SLEEPER_ONE;
    if (mio_wake_pending(old) != 0) next = mio_wake_with_pending(next, mio_wake_pending(old));
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
  return ((next & ~old) & MIO_WAKE_NOTIFIED) != 0;
}

static inline void mio_wake_exit_sleep(_Atomic mio_wake_word *word) {
  atomic_fetch_sub_explicit(word, MIO_WAKE_SLEEPER_ONE, memory_order_seq_cst);
}

/* Takes up to `room` pending bits. If some must stay while others sleep, `*out_notify` tells the
 * caller to notify. */
static inline uint32_t mio_wake_take(_Atomic mio_wake_word *word, uint32_t room, bool *out_notify) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  mio_wake_word next;
  uint32_t taken;
  do {
    uint32_t left = mio_wake_pending(old);
    taken = 0;
    if (room >= MIO_NATIVE_ATOMIC_BITS / 2) {
      taken = left;
      left = 0;
    }
    for (uint32_t n = 0; n < room && left != 0; ++n) {
      const uint32_t lowest = left & (0u - left);
      taken |= lowest;
      left ^= lowest;
    }
    next = old & ~(taken | MIO_WAKE_NOTIFIED);
    if (left != 0) next = mio_wake_with_pending(next, left);
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
  *out_notify = (next & MIO_WAKE_NOTIFIED) != 0;
  return taken;
}

/* Whether there are wakes to deliver. */
static inline bool mio_wake_is_pending(const mio_selector_base *base) {
  return mio_wake_pending(atomic_load_explicit(&base->wake_word, memory_order_acquire)) != 0;
}

/* Whether the count `a` comes before `b`, which 32 bits may have begun anew for. */
static inline bool mio_wake_comes_before(mio_wake_word a, mio_wake_word b) {
  return b != a && b - a <= ~(mio_wake_word)0 / 2;
}

/* Whether a select that began when `settled` had that value may have found a notification. */
static inline bool mio_wake_may_be_found(const mio_selector_base *base, mio_wake_word settled) {
  return atomic_load_explicit(&base->notifications_begun, memory_order_acquire) != settled;
}

/* The rest of a wait whose inline part has found `found` events, when one of them may be a
 * notification or wakes are pending. Apart from what asks for it, which is run for all events and so
 * has to need no stack. */
int mio_wake_finish_wait(mio_selector *selector, mio_events *events, int found);

/* Sends the notification that a transition asked for. If that fails the next wake tries again. */
int mio_wake_notify(mio_selector_base *base);

/* Drops a waker's pending bit. */
static inline void mio_wake_drop(_Atomic mio_wake_word *word, uint32_t bits) {
  atomic_fetch_and_explicit(word, ~(mio_wake_word)bits, memory_order_seq_cst);
}

#endif /* MIO_WAKE_H_ */
