#include "mio/registry.h"

#include <string.h>

#include "mio/error.h"
#include "mio/handle_source.h"
#include "mio/poll.h"
#include "mio/sys/fork.h"
#include "mio/sys/lock.h"
#include "mio/text.h"
#include "mio/trace.h"
#include "mio/wake.h"

/* All open selectors of this process, in buckets by id. A selector is in here until nothing holds it. */
enum { OPEN_BUCKETS = 64 };
static mio_lock open_lock = MIO_LOCK_INIT;
static mio_selector *open_selectors[OPEN_BUCKETS];
static uint32_t last_id;

static mio_selector_base *base_of(mio_selector *selector) { return (mio_selector_base *)selector; }

static mio_selector **find_open(uint32_t id) {
  mio_selector **link = &open_selectors[id % OPEN_BUCKETS];
  while (*link != NULL && base_of(*link)->id != id) link = &base_of(*link)->next_open;
  return link;
}

/* fork(2). The lock keeps the table whole in the child. There the selectors of the parent leave the
 * table, so that sources which are registered with them count as free, and become dead: the wake word
 * of a dead selector sends every wait and wake to its slow path, which looks at `dead`. */

static void before_fork(void) { mio_lock_acquire(&open_lock); }

static void in_parent(void) { mio_lock_release(&open_lock); }

static void in_child(void) {
  for (int i = 0; i < OPEN_BUCKETS; ++i) {
    for (mio_selector *selector = open_selectors[i]; selector != NULL;
         selector = base_of(selector)->next_open) {
      base_of(selector)->dead = true;
      atomic_store_explicit(&base_of(selector)->wake_word, MIO_WAKE_DEAD, memory_order_relaxed);
      mio_selector_abandon(selector);
    }
    open_selectors[i] = NULL;
  }
  mio_lock_release(&open_lock);
}

int mio_registry_watch_forks(void) {
  static const mio_fork_handlers handlers = {before_fork, in_parent, in_child};
  return mio_fork_watch(&handlers);
}

void mio_registry_begin(mio_registry *registry, mio_selector *selector) {
  mio_selector_base *base = base_of(selector);
  atomic_init(&base->registry_count, 1);
  atomic_init(&base->reference_count, 1);
  mio_lock_acquire(&open_lock);
  mio_selector **link;
  do {
    if (++last_id == 0) ++last_id; /* 0 is a source's `registration` when it has none */
    link = find_open(last_id);
  } while (*link != NULL);
  base->id = last_id;
  base->next_open = NULL;
  *link = selector;
  mio_lock_release(&open_lock);
  registry->selector = selector;
  /* The inline calls of mio/poll.h write no trace. */
  if (!MIO_NATIVE_REGISTERS || MIO_TRACING || mio_selector_handle(selector, &registry->handle) < 0)
    return;
  registry->id = base->id;
}

static void hold_registry(mio_selector *selector) {
  atomic_fetch_add_explicit(&base_of(selector)->registry_count, 1, memory_order_relaxed);
  mio_selector_hold(selector);
}

static void drop_registry(mio_selector *selector) {
  atomic_fetch_sub_explicit(&base_of(selector)->registry_count, 1, memory_order_acq_rel);
  mio_selector_drop(selector);
}

void mio_selector_hold(mio_selector *selector) {
  atomic_fetch_add_explicit(&base_of(selector)->reference_count, 1, memory_order_relaxed);
}

/* The last reference may go only while the table is locked, because a holder of the lock may make
 * another one from it (mio_selector_find). True if that was the last one. */
static bool drop_reference(mio_selector_base *base) {
  uint32_t count = atomic_load_explicit(&base->reference_count, memory_order_relaxed);
  while (count > 1) {
    if (atomic_compare_exchange_weak_explicit(&base->reference_count, &count, count - 1,
                                              memory_order_acq_rel, memory_order_relaxed))
      return false;
  }
  mio_lock_acquire(&open_lock);
  const bool last = atomic_fetch_sub_explicit(&base->reference_count, 1, memory_order_acq_rel) == 1;
  if (last && !base->dead) *find_open(base->id) = base->next_open;
  mio_lock_release(&open_lock);
  return last;
}

void mio_selector_drop(mio_selector *selector) {
  mio_selector_base *base = base_of(selector);
  if (!drop_reference(base)) return;
  mio_sys_waker_close(&base->waker);
  /* A thread of the parent may have held the lock of a dead one when it forked. */
  if (!base->dead) mio_lock_destroy(&base->lock);
  mio_selector_close(selector);
}

mio_selector *mio_selector_find(uint32_t id) {
  mio_lock_acquire(&open_lock);
  mio_selector *selector = *find_open(id);
  if (selector != NULL && atomic_load(&base_of(selector)->registry_count) == 0) selector = NULL;
  if (selector != NULL) mio_selector_hold(selector);
  mio_lock_release(&open_lock);
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

bool mio_registry_is_open(const mio_registry *registry) {
  return registry->selector != NULL && !base_of(registry->selector)->dead;
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

/* Returns why `source` cannot be registered through `registry`, or 0. */
static int check_free(const mio_registry *registry, const mio_source *source,
                      mio_interest interest) {
  if ((interest & MIO_SELECTOR_PIPE_WRITER) != 0 || !mio_registry_is_open(registry) ||
      source->ops == NULL)
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (is_registered(source)) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  return 0;
}

/* Returns why `source` cannot be reregistered or deregistered through `registry`, or 0. */
static int check_registered(const mio_registry *registry, const mio_source *source,
                            mio_interest interest) {
  if ((interest & MIO_SELECTOR_PIPE_WRITER) != 0 || !mio_registry_is_open(registry) ||
      source->ops == NULL)
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (source->registration != base_of(registry->selector)->id)
    return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  return 0;
}

/* Most sources are a handle: no detour through their ops. */
static bool is_handle(const mio_source *source) { return source->ops == &mio_handle_source_ops; }

int mio_registry_register_slowly(const mio_registry *registry, mio_source *source, mio_token token,
                                 mio_interest interest) {
  mio_selector *selector = registry->selector;
  int result = check_free(registry, source, interest);
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
  int result = check_registered(registry, source, interest);
  if (result < 0) return result;
  result = is_handle(source) ? mio_selector_reregister(selector, source, token, interest)
                             : source->ops->do_reregister(source, registry, token, interest);
  if (MIO_TRACING) trace("reregister", base_of(selector), token, interest, result);
  return result;
}

int mio_registry_deregister_slowly(const mio_registry *registry, mio_source *source) {
  mio_selector *selector = registry->selector;
  int result = check_registered(registry, source, 0);
  if (result < 0) return result;
  result = is_handle(source) ? mio_selector_deregister(selector, source)
                             : source->ops->do_deregister(source, registry);
  if (MIO_TRACING) trace("deregister", base_of(selector), 0, 0, result);
  /* A custom source none of whose parts is registered is not registered either. */
  if (result == 0 || mio_error_kind(result) == MIO_ERROR_NOT_FOUND) source->registration = 0;
  return result;
}

static bool is_one_handle(const mio_source *source) {
  return is_handle(source) || source->ops == &mio_pipe_writer_ops;
}

#if MIO_NATIVE_REGISTERS

int mio_registry_finish_deregister(const mio_registry *registry, mio_source *source) {
  const int result = mio_native_finish_deregister(registry->handle, source->native.handle);
  if (result == 0) source->registration = 0;
  return result;
}

#endif

int mio_registry_register_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                uint32_t flags) {
  mio_selector *selector = registry->selector;
  int result = check_free(registry, source, 0);
  if (result < 0) return result;
  if (!is_one_handle(source)) return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
  result = mio_selector_register_flags(selector, source, token, flags);
  if (MIO_TRACING) trace_flags("register", base_of(selector), token, flags, result);
  if (result == 0) source->registration = base_of(selector)->id;
  return result;
}

int mio_registry_reregister_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                  uint32_t flags) {
  mio_selector *selector = registry->selector;
  int result = check_registered(registry, source, 0);
  if (result < 0) return result;
  if (!is_one_handle(source)) return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
  result = mio_selector_reregister_flags(selector, source, token, flags);
  if (MIO_TRACING) trace_flags("reregister", base_of(selector), token, flags, result);
  return result;
}

int mio_registry_clone(const mio_registry *registry, mio_registry *out_clone) {
  if (!mio_registry_is_open(registry)) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (out_clone->selector != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  hold_registry(registry->selector);
  *out_clone = *registry;
  return 0;
}

void mio_registry_close(mio_registry *clone) {
  if (clone == NULL || clone->selector == NULL) return;
  drop_registry(clone->selector);
  memset(clone, 0, sizeof *clone);
}
