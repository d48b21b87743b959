#include "mio/registry.h"

#include <string.h>

#include "mio/error.h"
#include "mio/handle_source.h"
#include "mio/poll.h"
#include "mio/sys/lock.h"
#include "mio/text.h"
#include "mio/trace.h"

/* The selectors that have a registry, in buckets by id. */
enum { LIVE_BUCKETS = 64 };
static mio_lock live_lock = MIO_LOCK_INIT;
static mio_selector *live[LIVE_BUCKETS];
static uint32_t last_id;

static mio_selector_base *base_of(mio_selector *selector) { return (mio_selector_base *)selector; }

static mio_selector **find_live(uint32_t id) {
  mio_selector **link = &live[id % LIVE_BUCKETS];
  while (*link != NULL && base_of(*link)->id != id) link = &base_of(*link)->next_live;
  return link;
}

void mio_registry_begin(mio_registry *registry, mio_selector *selector) {
  mio_selector_base *base = base_of(selector);
  atomic_init(&base->registry_count, 1);
  atomic_init(&base->reference_count, 1);
  mio_lock_acquire(&live_lock);
  mio_selector **link;
  do {
    if (++last_id == 0) ++last_id; /* 0 is a source's `registration` when it has none */
    link = find_live(last_id);
  } while (*link != NULL);
  base->id = last_id;
  base->next_live = NULL;
  *link = selector;
  mio_lock_release(&live_lock);
  registry->selector = selector;
  /* The short cut leaves no trace. */
  if (!MIO_NATIVE_REGISTERS || MIO_TRACING || mio_selector_handle(selector, &registry->handle) < 0)
    return;
  registry->id = base->id;
}

void mio_registry_hold(mio_selector *selector) {
  atomic_fetch_add_explicit(&base_of(selector)->registry_count, 1, memory_order_relaxed);
  mio_selector_hold(selector);
}

void mio_registry_drop(mio_selector *selector) {
  mio_selector_base *base = base_of(selector);
  if (atomic_fetch_sub_explicit(&base->registry_count, 1, memory_order_acq_rel) == 1) {
    mio_lock_acquire(&live_lock);
    *find_live(base->id) = base->next_live;
    mio_lock_release(&live_lock);
  }
  mio_selector_drop(selector);
}

void mio_selector_hold(mio_selector *selector) {
  atomic_fetch_add_explicit(&base_of(selector)->reference_count, 1, memory_order_relaxed);
}

void mio_selector_drop(mio_selector *selector) {
  mio_selector_base *base = base_of(selector);
  if (atomic_fetch_sub_explicit(&base->reference_count, 1, memory_order_acq_rel) != 1) return;
  mio_sys_waker_close(&base->waker);
  mio_lock_destroy(&base->lock);
  mio_selector_close(selector);
}

mio_selector *mio_selector_find(uint32_t id) {
  mio_lock_acquire(&live_lock);
  mio_selector *selector = *find_live(id);
  if (selector != NULL) mio_selector_hold(selector);
  mio_lock_release(&live_lock);
  return selector;
}

/* Whether `source` is registered with a selector that still has a registry. */
static bool is_registered(const mio_source *source) {
  if (source->registration == 0) return false;
  mio_selector *selector = mio_selector_find(source->registration);
  if (selector == NULL) return false;
  mio_selector_drop(selector);
  return true;
}

/* The beginning of a line about a source. */
static mio_text trace_source(const char *what, const mio_selector_base *base, mio_token token,
                             char *line, size_t size) {
  mio_text text = mio_text_begin(line, size);
  mio_text_string(&text, what);
  mio_text_string(&text, " poll=");
  mio_text_decimal(&text, base->id);
  mio_text_string(&text, " token=");
  mio_text_decimal(&text, token);
  return text;
}

static void trace_result(mio_text *text, const char *line, int result) {
  mio_text_string(text, " result=");
  mio_text_string(text, mio_error_kind_name(mio_error_kind(result)));
  mio_trace_line(line);
}

static void trace(const char *what, const mio_selector_base *base, mio_token token,
                  mio_interest interest, int result) {
  char line[160];
  char interests[MIO_INTEREST_FORMAT_MAX];
  mio_text text = trace_source(what, base, token, line, sizeof line);
  mio_interest_format(interest, interests, sizeof interests);
  mio_text_string(&text, " interest=");
  mio_text_string(&text, interests);
  trace_result(&text, line, result);
}

static void trace_flags(const char *what, const mio_selector_base *base, mio_token token,
                        uint32_t flags, int result) {
  char line[160];
  mio_text text = trace_source(what, base, token, line, sizeof line);
  mio_text_string(&text, " flags=");
  mio_text_hex(&text, flags);
  trace_result(&text, line, result);
}

/* The answer to registering `source` through a registry of `selector`, if it is wrong. */
static int check_free(mio_selector *selector, const mio_source *source) {
  if (selector == NULL || source->ops == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (is_registered(source)) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  return 0;
}

/* The same for reregistering and deregistering it. */
static int check_registered(mio_selector *selector, const mio_source *source) {
  if (selector == NULL || source->ops == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (source->registration != base_of(selector)->id)
    return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  return 0;
}

/* Most sources are a handle: no detour through their ops. */
static bool is_handle(const mio_source *source) { return source->ops == &mio_handle_source_ops; }

int mio_registry_register_slowly(const mio_registry *registry, mio_source *source, mio_token token,
                                 mio_interest interest) {
  mio_selector *selector = registry->selector;
  int result = check_free(selector, source);
  if (result < 0) return result;
  result = is_handle(source) ? mio_selector_register(selector, source, token, interest)
                             : source->ops->do_register(source, registry, token, interest);
  if (MIO_TRACING) trace("register", base_of(selector), token, interest, result);
  if (result == 0) source->registration = base_of(selector)->id;
  return result;
}

int mio_registry_reregister_slowly(const mio_registry *registry, mio_source *source,
                                   mio_token token, mio_interest interest) {
  mio_selector *selector = registry->selector;
  int result = check_registered(selector, source);
  if (result < 0) return result;
  result = is_handle(source) ? mio_selector_reregister(selector, source, token, interest)
                             : source->ops->do_reregister(source, registry, token, interest);
  if (MIO_TRACING) trace("reregister", base_of(selector), token, interest, result);
  return result;
}

int mio_registry_finish_deregister(mio_source *source, int result) {
  /* A system that does not know the source has nothing registered either. */
  if (result == 0 || mio_error_kind(result) == MIO_ERROR_NOT_FOUND) source->registration = 0;
  return result;
}

int mio_registry_deregister_slowly(const mio_registry *registry, mio_source *source) {
  mio_selector *selector = registry->selector;
  int result = check_registered(selector, source);
  if (result < 0) return result;
  result = is_handle(source) ? mio_selector_deregister(selector, source)
                             : source->ops->do_deregister(source, registry);
  if (MIO_TRACING) trace("deregister", base_of(selector), 0, 0, result);
  return mio_registry_finish_deregister(source, result);
}

int mio_registry_register_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                uint32_t flags) {
  mio_selector *selector = registry->selector;
  int result = check_free(selector, source);
  if (result < 0) return result;
  if (!is_handle(source)) return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
  result = mio_selector_register_flags(selector, source, token, flags);
  if (MIO_TRACING) trace_flags("register", base_of(selector), token, flags, result);
  if (result == 0) source->registration = base_of(selector)->id;
  return result;
}

int mio_registry_reregister_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                  uint32_t flags) {
  mio_selector *selector = registry->selector;
  int result = check_registered(selector, source);
  if (result < 0) return result;
  if (!is_handle(source)) return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
  result = mio_selector_reregister_flags(selector, source, token, flags);
  if (MIO_TRACING) trace_flags("reregister", base_of(selector), token, flags, result);
  return result;
}

int mio_registry_clone(const mio_registry *registry, mio_registry *out_clone) {
  if (registry->selector == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (out_clone->selector != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  mio_registry_hold(registry->selector);
  *out_clone = *registry;
  return 0;
}

void mio_registry_close(mio_registry *clone) {
  if (clone == NULL || clone->selector == NULL) return;
  mio_registry_drop(clone->selector);
  memset(clone, 0, sizeof *clone);
}
