#include "mio/poll.h"

#include "mio/registry.h"
#include "mio/sys/selector.h"
#include "mio/text.h"
#include "mio/trace.h"
#include "mio/wake.h"
#include "mio/waker.h"

_Static_assert(MIO_WAKERS_PER_POLL == sizeof((mio_selector_base *)0)->waker_tokens /
                                          sizeof((mio_selector_base *)0)->waker_tokens[0],
               "a token for each waker");

static mio_selector_base *base_of(mio_selector *selector) { return (mio_selector_base *)selector; }

static void trace(const char *what, const mio_selector_base *base) {
  char line[64];
  mio_text text = mio_text_begin(line, sizeof line);
  mio_text_string(&text, what);
  mio_text_string(&text, " poll=");
  mio_text_decimal(&text, base->id);
  mio_text_string(&text, " selector=");
  mio_text_string(&text, mio_selector_name());
  mio_trace_line(line);
}

int mio_poll_init(mio_poll *poll, const mio_poll_options *options) {
  if (poll == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (poll->registry.selector != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  mio_selector *selector = NULL;
  int result = mio_registry_watch_forks();
  if (result < 0) return result;
  result = mio_selector_open(&selector, options == NULL ? 0 : options->reserve_sources);
  if (result < 0) return result;
  mio_selector_base *base = base_of(selector);
  base->spin_ns = options == NULL ? 0 : options->spin_ns;
  result = mio_lock_init(&base->lock);
  if (result == 0) {
    result = mio_sys_waker_open(&base->waker, selector);
    if (result < 0) mio_lock_destroy(&base->lock);
  }
  if (result < 0) {
    mio_selector_close(selector);
    return result;
  }
  mio_registry_begin(&poll->registry, selector);
  if (MIO_TRACING) trace("open", base);
  return 0;
}

void mio_poll_close(mio_poll *poll) {
  if (poll == NULL || poll->registry.selector == NULL) return;
  if (MIO_TRACING) trace("close", base_of(poll->registry.selector));
  mio_registry_close(&poll->registry);
}

bool mio_poll_supports(const mio_poll *poll, mio_feature features) {
  const mio_selector *selector = poll->registry.selector;
  return mio_registry_is_open(&poll->registry) &&
         (mio_selector_features(selector) & (uint32_t)features) == (uint32_t)features;
}

const char *mio_poll_selector_name(const mio_poll *poll) {
  return mio_registry_is_open(&poll->registry) ? mio_selector_name() : "closed";
}

int mio_poll_handle(const mio_poll *poll, mio_handle *out_handle) {
  mio_selector *selector = poll->registry.selector;
  if (!mio_registry_is_open(&poll->registry)) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  const int result = mio_selector_handle(selector, out_handle);
  if (result < 0) return result;
  mio_selector_base *base = base_of(selector);
  if (!atomic_exchange(&base->exported, true) && mio_wake_begin_export(&base->wake_word)) {
    return mio_wake_notify(base);
  }
  return 0;
}

int mio_poll_finish_wait(mio_poll *poll, mio_events *events, int found) {
  mio_selector *selector = poll->registry.selector;
  /* A wake is pending or an error occurred. The slow path handles both. */
  if (found < 0) return mio_poll_wait_slowly(poll, events, 0);
  if (mio_wake_may_be_found(base_of(selector)) || mio_wake_is_pending(base_of(selector))) {
    return mio_wake_finish_wait(selector, events, found);
  }
  events->count = (uint32_t)found;
  return 0;
}

/* The slow path checks `spin_ns`, pending wakes and a changed wake word. */
int mio_poll_wait_forever(mio_poll *poll, mio_events *events) {
  mio_selector *selector = poll->registry.selector;
  if (selector == NULL || base_of(selector)->spin_ns != 0 ||
      !mio_wake_try_enter_sleep(&base_of(selector)->wake_word)) {
    return mio_poll_wait_slowly(poll, events, MIO_FOREVER);
  }
  const int count = mio_selector_select_forever(selector, events);
  const bool pending = mio_wake_exit_sleep(&base_of(selector)->wake_word);
  if (count <= 0 || pending || mio_wake_may_be_found(base_of(selector)))
    return mio_wake_finish_wait_forever(selector, events, count);
  events->count = (uint32_t)count;
  return 0;
}
