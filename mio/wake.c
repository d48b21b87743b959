#include "mio/wake.h"

/* The part of the wake protocol that needs a selector: see mio/wake.h. */

int mio_wake_notify(mio_selector_base *base) {
  atomic_store_explicit(&base->was_notified, true, memory_order_seq_cst);
  const int result = mio_sys_waker_notify(&base->waker);
  if (result < 0) {
    atomic_fetch_and_explicit(&base->wake_word, ~MIO_WAKE_NOTIFIED, memory_order_seq_cst);
  }
  return result;
}

bool mio_wake_remove_notification(mio_selector *selector, mio_event *out, int *count) {
  mio_selector_base *base = (mio_selector_base *)selector;
  if (!mio_wake_may_be_found(base)) return false;
  if (!mio_selector_take_wake(selector, out, count)) return false;
  mio_sys_waker_take(&base->waker, mio_selector_drains_waker());
  return true;
}

/* Writes an event for each of `bits`. */
static uint32_t write_wakes(const mio_selector_base *base, uint32_t bits, mio_event *out) {
  uint32_t count = 0;
  for (uint32_t index = 0; bits != 0; bits >>= 1, ++index) {
    if ((bits & 1) == 0) continue;
    mio_selector_write_wake(&out[count++],
                            atomic_load_explicit(&base->waker_tokens[index], memory_order_relaxed));
  }
  return count;
}

/* The tokens are read before the word is replaced. If a waker was closed in between, the version has
 * changed, the replacement fails and the tokens are read again. */
uint32_t mio_wake_collect(mio_selector_base *base, mio_event *out, uint32_t room) {
  if (base->dead) return 0;
  mio_wake_word old = atomic_load_explicit(&base->wake_word, memory_order_acquire);
  mio_wake_word next;
  uint32_t count;
  do {
    const uint32_t chosen = mio_wake_choose(old, room);
    count = write_wakes(base, chosen, out);
    next = mio_wake_with_notification(old & ~(chosen | MIO_WAKE_NOTIFIED));
  } while (!mio_wake_replace(&base->wake_word, &old, next));
  if ((next & MIO_WAKE_NOTIFIED) != 0) (void)mio_wake_notify(base);
  return count;
}
