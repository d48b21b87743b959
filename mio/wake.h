#ifndef MIO_WAKE_H_
#define MIO_WAKE_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/selector.h"

/* Inside the library: the wake protocol, by which wakers and waiting threads agree without a system call.
 *
 * A poll has up to 32 user wakers and one internal waker. A notification is an event of the internal waker:
 * it ends a blocking select and never reaches the program. One atomic word says who was woken and who
 * sleeps:
 *
 *    63        48 47     33    32     31                    0
 *   +------------+---------+--------+------------------------+
 *   |  sleepers  | version |notified| pending: a bit a waker |
 *   +------------+---------+--------+------------------------+
 *    31        20 19     17    16     15                    0    where the CPU has 32 bits
 *
 * pending   user wakers that were woken and whose events were not delivered yet
 * notified  a notification is being sent or was sent, and no thread has collected the wakes since
 * version   changes when a user waker is closed, so that no thread collects a wake of a closed one
 * sleepers  threads inside a blocking select, or about to enter one. A poll whose handle is exported has
 *           one more for good, because another thread may sleep on the handle.
 *
 *           wake, no sleeper                wake, a sleeper
 *   idle ---------------------> pending    idle -----------> pending + notified, one notification
 *        <---------------------                 <-----------
 *           collect (next wait)                   collect
 *
 * All threads see the changes of the word in one order, and a thread enters a blocking select only while
 * nothing is pending. If the waker's change comes first, the thread sees it and does not sleep. If the
 * thread's change comes first, the waker sees a sleeper and sends a notification. So no wake is lost. A wake
 * is one atomic OR and a second read; only if this read shows a sleeper and no notification, an exchange
 * decides which thread sends one. The OR is done even if the bit is set, because it orders the data that the
 * waking thread wrote before the collecting thread's reads. The second read may be late without harm: a
 * sleeper that has left reads the word itself, and a bit that is clear was collected by another thread.
 *
 * A notification may be found long after its wakes were collected. Then it has no effect. A thread that
 * finds one collects the pending wakes, because the thread that would otherwise have found it sleeps on. If
 * it has no room for all of them, it sends another notification. */

#define MIO_WAKE_NOTIFIED    ((mio_wake_word)1 << (MIO_NATIVE_ATOMIC_BITS / 2))
#define MIO_WAKE_PENDING     (MIO_WAKE_NOTIFIED - 1)
#define MIO_WAKE_VERSION_ONE (MIO_WAKE_NOTIFIED << 1)
#define MIO_WAKE_SLEEPER_ONE (MIO_WAKE_NOTIFIED << (MIO_NATIVE_ATOMIC_BITS == 64 ? 16 : 4))
#define MIO_WAKE_VERSION     (MIO_WAKE_SLEEPER_ONE - MIO_WAKE_VERSION_ONE)

/* The word of a selector that a child of fork(2) inherited: something is pending, so that no wait takes
 * a short path, and a thread seems to sleep unnotified, so that no wake does. */
#define MIO_WAKE_DEAD (~MIO_WAKE_NOTIFIED)

static inline uint32_t mio_wake_pending(mio_wake_word word) {
  return (uint32_t)(word & MIO_WAKE_PENDING);
}

static inline bool mio_wake_has_sleepers(mio_wake_word word) {
  return word >= MIO_WAKE_SLEEPER_ONE;
}

/* True if a thread that has set a bit, and then reads `word`, must see to a notification. */
static inline bool mio_wake_lacks_notification(mio_wake_word word) {
  return mio_wake_has_sleepers(word) && (word & MIO_WAKE_NOTIFIED) == 0;
}

/* `word`, marked as notified if it has pending bits and sleepers. */
static inline mio_wake_word mio_wake_with_notification(mio_wake_word word) {
  return mio_wake_pending(word) != 0 && mio_wake_has_sleepers(word) ? word | MIO_WAKE_NOTIFIED
                                                                    : word;
}

/* Up to `room` of the pending bits. */
static inline uint32_t mio_wake_choose(mio_wake_word word, uint32_t room) {
  uint32_t left = mio_wake_pending(word);
  if (room >= MIO_NATIVE_ATOMIC_BITS / 2) return left;
  uint32_t chosen = 0;
  for (; room > 0 && left != 0; --room) {
    const uint32_t lowest = left & (0u - left);
    chosen |= lowest;
    left ^= lowest;
  }
  return chosen;
}

/* Sets `bits` pending. */
static inline void mio_wake_set(_Atomic mio_wake_word *word, uint32_t bits) {
  atomic_fetch_or_explicit(word, bits, memory_order_seq_cst);
}

/* Marks the word as notified if a notification is missing. The caller must send it if this returns true. */
static inline bool mio_wake_begin_notification(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  do {
    if (mio_wake_pending(old) == 0 || !mio_wake_lacks_notification(old)) return false;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, old | MIO_WAKE_NOTIFIED,
                                                  memory_order_seq_cst, memory_order_relaxed));
  return true;
}

/* Counts the thread as a sleeper. Returns false, and does not, if something is pending. */
static inline bool mio_wake_enter_sleep(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  do {
    if (mio_wake_pending(old) != 0) return false;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, old + MIO_WAKE_SLEEPER_ONE,
                                                  memory_order_seq_cst, memory_order_relaxed));
  return true;
}

/* The same in one try. Returns false too if another thread has changed the word meanwhile. */
static inline bool mio_wake_try_enter_sleep(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  return mio_wake_pending(old) == 0 &&
         atomic_compare_exchange_strong_explicit(word, &old, old + MIO_WAKE_SLEEPER_ONE,
                                                 memory_order_seq_cst, memory_order_relaxed);
}

/* Ends mio_wake_enter_sleep. Returns true if something is pending. */
static inline bool mio_wake_exit_sleep(_Atomic mio_wake_word *word) {
  return mio_wake_pending(
             atomic_fetch_sub_explicit(word, MIO_WAKE_SLEEPER_ONE, memory_order_seq_cst)) != 0;
}

/* Counts the threads that may sleep on the poll's own handle. The caller must send a notification if this
 * returns true, because something is pending. */
static inline bool mio_wake_begin_export(_Atomic mio_wake_word *word) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  mio_wake_word next;
  do {
    next = mio_wake_with_notification(old + MIO_WAKE_SLEEPER_ONE);
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
  return ((next & ~old) & MIO_WAKE_NOTIFIED) != 0;
}

/* Replaces `*old` by `next`, if it still is the word. Otherwise reads the word into `*old`. */
static inline bool mio_wake_replace(_Atomic mio_wake_word *word, mio_wake_word *old,
                                    mio_wake_word next) {
  return atomic_compare_exchange_weak_explicit(word, old, next, memory_order_seq_cst,
                                               memory_order_acquire);
}

/* Drops a closed waker's pending bit, and changes the version. */
static inline void mio_wake_drop(_Atomic mio_wake_word *word, uint32_t bits) {
  mio_wake_word old = atomic_load_explicit(word, memory_order_relaxed);
  mio_wake_word next;
  do {
    const mio_wake_word version = (old + MIO_WAKE_VERSION_ONE) & MIO_WAKE_VERSION;
    next = (old & ~(MIO_WAKE_VERSION | bits)) | version;
  } while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_seq_cst,
                                                  memory_order_relaxed));
}

/* True if there are wakes to deliver. */
static inline bool mio_wake_is_pending(const mio_selector_base *base) {
  return mio_wake_pending(atomic_load_explicit(&base->wake_word, memory_order_acquire)) != 0;
}

/* True if a select may find a notification. Never becomes false again, so that polls that are never
 * notified do not search their events, and others always do. */
static inline bool mio_wake_may_be_found(const mio_selector_base *base) {
  return atomic_load_explicit(&base->was_notified, memory_order_acquire);
}

/* Sends the notification that a change of the word asked for. If that fails, the next wake tries again. */
int mio_wake_notify(mio_selector_base *base);

/* Removes the notification from the `*count` events that a select wrote to `out`. Returns true if there was
 * one; mio_wake_collect must follow. */
bool mio_wake_remove_notification(mio_selector *selector, mio_event *out, int *count);

/* Writes the events of woken wakers to `out`, at most `room`. Returns their number. */
uint32_t mio_wake_collect(mio_selector_base *base, mio_event *out, uint32_t room);

/* Completes a wait whose inline part found `found` events, if one of them may be a notification or wakes are
 * pending. A separate function, so that its caller, which runs after every such wait, needs no stack. */
int mio_wake_finish_wait(mio_selector *selector, mio_events *events, int found);

/* Completes a wait without end whose select returned `count`, if it failed or found nothing, one of its
 * events may be a notification, or wakes are pending. Separate for the same reason. */
int mio_wake_finish_wait_forever(mio_selector *selector, mio_events *events, int count);

#endif /* MIO_WAKE_H_ */
