#ifndef MIO_WAKE_H_
#define MIO_WAKE_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/selector.h"

/* Inside the library: the word that lets wakers and waiting threads agree without a system call.
 *
 *    63              33     32      31                    0
 *   +------------------+--------+------------------------+
 *   |     sleepers     |notified| pending: a bit a waker |
 *   +------------------+--------+------------------------+
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
 * Every transition is one compare-exchange on the whole word, so they have a single order, and a
 * thread can go to sleep only while nothing is pending. That makes wakes safe: if the waker's
 * transition comes first, the thread sees it and does not sleep; if the thread's comes first, the
 * waker sees a sleeper and notifies. The exchange is done also when the bit is set already: it
 * orders what the waker's thread wrote before, against the poller's taking of the bit.
 *
 * A notification says "look again" and nothing else. It may be found late, once what it was sent for
 * has been taken: that costs a look. Whoever finds one may have taken it away from the threads that
 * sleep, so he has to take what is pending; and whoever takes but has to leave some, for want of
 * room, notifies anew. */

#define MIO_WAKE_PENDING     UINT64_C(0xffffffff)
#define MIO_WAKE_NOTIFIED    (UINT64_C(1) << 32)
#define MIO_WAKE_SLEEPER_ONE (UINT64_C(1) << 33)

static inline uint32_t mio_wake_pending(uint64_t word) {
  return (uint32_t)(word & MIO_WAKE_PENDING);
}

static inline bool mio_wake_has_sleepers(uint64_t word) { return word >= MIO_WAKE_SLEEPER_ONE; }

/* The word with `bits` pending, and a notification under way if somebody sleeps. */
static inline uint64_t mio_wake_with_pending(uint64_t word, uint32_t bits) {
  word |= bits;
  return mio_wake_has_sleepers(word) ? word | MIO_WAKE_NOTIFIED : word;
}

/* Sets `bits` pending. True if the caller has to notify. */
static inline bool mio_wake_set(_Atomic uint64_t *word, uint32_t bits) {
  uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
  uint64_t next;
  do {
    next = mio_wake_with_pending(old, bits);
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
  return ((next & ~old) & MIO_WAKE_NOTIFIED) != 0;
}

/* Enters sleep; false, and awake, if something is pending. */
static inline bool mio_wake_enter_sleep(_Atomic uint64_t *word) {
  uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
  do {
    if (mio_wake_pending(old) != 0) return false;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, old + MIO_WAKE_SLEEPER_ONE,
                                                  memory_order_seq_cst, memory_order_relaxed));
  return true;
}

/* Counts whoever may sleep on the poll's own handle. True if the caller has to notify, because
 * something is pending that nobody has been told of. */
static inline bool mio_wake_begin_export(_Atomic uint64_t *word) {
  uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
  uint64_t next;
  do {
    next = old + MIO_WAKE_SLEEPER_ONE;
    if (mio_wake_pending(old) != 0) next = mio_wake_with_pending(next, mio_wake_pending(old));
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
  return ((next & ~old) & MIO_WAKE_NOTIFIED) != 0;
}

static inline void mio_wake_exit_sleep(_Atomic uint64_t *word) {
  atomic_fetch_sub_explicit(word, MIO_WAKE_SLEEPER_ONE, memory_order_seq_cst);
}

/* Takes up to `room` pending bits. If some must stay while others sleep, `*out_notify` tells the
 * caller to notify. */
static inline uint32_t mio_wake_take(_Atomic uint64_t *word, uint32_t room, bool *out_notify) {
  uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
  uint64_t next;
  uint32_t taken;
  do {
    uint32_t left = mio_wake_pending(old);
    taken = 0;
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

/* Sends the notification that a transition asked for. If that fails the next wake tries again. */
static inline int mio_wake_notify(mio_selector_base *base) {
  atomic_store_explicit(&base->notified, true, memory_order_relaxed);
  const int result = mio_sys_waker_notify(&base->waker);
  if (result < 0) {
    atomic_fetch_and_explicit(&base->wake_word, ~MIO_WAKE_NOTIFIED, memory_order_seq_cst);
  }
  return result;
}

/* Drops a waker's pending bit. */
static inline void mio_wake_drop(_Atomic uint64_t *word, uint32_t bits) {
  atomic_fetch_and_explicit(word, ~(uint64_t)bits, memory_order_seq_cst);
}

#endif /* MIO_WAKE_H_ */
