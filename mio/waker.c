#include "mio/waker.h"

#include "mio/error.h"
#include "mio/registry.h"
#include "mio/wake.h"

/* A bit a waker: in mio_selector_base.waker_slots, and among the pending bits of its wake word. */
static uint32_t bit_of(const mio_waker *waker) { return UINT32_C(1) << waker->index; }

/* A closed waker's slot is used again last: a thread that collects wakes then finds a version that has
 * changed more often (mio/wake.h). */
static int take_slot(mio_selector_base *base, mio_token token, uint32_t *out_index) {
  int result = mio_error_from_kind(MIO_ERROR_TOO_MANY_FILES);
  mio_lock_acquire(&base->lock);
  for (uint32_t i = 0; i < MIO_WAKERS_PER_POLL; ++i) {
    const uint32_t index = (base->next_slot + i) % MIO_WAKERS_PER_POLL;
    const uint32_t bit = UINT32_C(1) << index;
    if ((base->waker_slots & bit) != 0) continue;
    base->waker_slots |= bit;
    base->next_slot = index + 1;
    atomic_store_explicit(&base->waker_tokens[index], token, memory_order_relaxed);
    *out_index = index;
    result = 0;
    break;
  }
  mio_lock_release(&base->lock);
  return result;
}

static void release_slot(mio_selector_base *base, uint32_t bit) {
  mio_lock_acquire(&base->lock);
  base->waker_slots &= ~bit;
  mio_wake_drop(&base->wake_word, bit);
  mio_lock_release(&base->lock);
}

int mio_waker_init(mio_waker *waker, const mio_registry *registry, mio_token token) {
  if (waker == NULL || registry == NULL || !mio_registry_is_open(registry)) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  if (waker->selector != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  uint32_t index = 0;
  const int result = take_slot((mio_selector_base *)registry->selector, token, &index);
  if (result < 0) return result;
  mio_selector_hold(registry->selector);
  waker->selector = registry->selector;
  waker->index = index;
  return 0;
}

static int notify_sleeper(mio_selector_base *base) {
  if (base->dead) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  return mio_wake_begin_notification(&base->wake_word) ? mio_wake_notify(base) : 0;
}

int mio_waker_wake(const mio_waker *waker) {
  mio_selector_base *base = (mio_selector_base *)waker->selector;
  if (base == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  mio_wake_set(&base->wake_word, bit_of(waker));
  const mio_wake_word word = atomic_load_explicit(&base->wake_word, memory_order_relaxed);
  return mio_wake_lacks_notification(word) ? notify_sleeper(base) : 0;
}

void mio_waker_close(mio_waker *waker) {
  if (waker == NULL || waker->selector == NULL) return;
  mio_selector_base *base = (mio_selector_base *)waker->selector;
  if (!base->dead) release_slot(base, bit_of(waker));
  mio_selector_drop(waker->selector);
  waker->selector = NULL;
}
