#include "mio/unix/kqueue.h"

#include <stddef.h>
#include <string.h>

#include "mio/registry.h"
#include "mio/sys/selector.h"
#include "mio/sys/unix/kqueue_filter.h"

_Static_assert(offsetof(mio_kqueue_source, source) == 0, "a source is its own first member");

static mio_kqueue_filter filter_of(const mio_source *source) {
  const mio_kqueue_source *self = (const mio_kqueue_source *)source;
  const mio_kqueue_filter filter = {self->ident, self->data, self->filter, self->fflags};
  return filter;
}

static int do_register(mio_source *source, const mio_registry *registry, mio_token token,
                       mio_interest interest) {
  const mio_kqueue_filter filter = filter_of(source);
  return mio_kqueue_add_filter(registry->selector, &filter, token, interest, false);
}

static int do_reregister(mio_source *source, const mio_registry *registry, mio_token token,
                         mio_interest interest) {
  const mio_kqueue_filter filter = filter_of(source);
  return mio_kqueue_add_filter(registry->selector, &filter, token, interest, true);
}

static int do_deregister(mio_source *source, const mio_registry *registry) {
  const mio_kqueue_filter filter = filter_of(source);
  return mio_kqueue_delete_filter(registry->selector, &filter);
}

int mio_kqueue_source_init(mio_kqueue_source *source, uintptr_t ident, int32_t filter,
                           uint32_t fflags, int64_t data) {
  static const mio_source_ops ops = {do_register, do_reregister, do_deregister};
  if (source == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (mio_source_is_open(&source->source)) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  mio_source_init(&source->source, &ops);
  source->ident = ident;
  source->data = data;
  source->filter = filter;
  source->fflags = fflags;
  return 0;
}

void mio_kqueue_source_close(mio_kqueue_source *source) {
  if (source == NULL) return;
  mio_selector *selector =
      source->source.registration == 0 ? NULL : mio_selector_find(source->source.registration);
  if (selector != NULL) {
    const mio_kqueue_filter filter = filter_of(&source->source);
    (void)mio_kqueue_delete_filter(selector, &filter);
    mio_selector_drop(selector);
  }
  memset(source, 0, sizeof *source);
}

int mio_registry_kqueue(const mio_registry *registry, mio_handle *out_handle) {
  if (!mio_registry_is_open(registry)) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  return mio_selector_handle(registry->selector, out_handle);
}

uintptr_t mio_event_kqueue_ident(const mio_event *event) { return event->ident; }
int32_t mio_event_kqueue_filter(const mio_event *event) { return (int32_t)event->filter; }
uint32_t mio_event_kqueue_flags(const mio_event *event) { return event->flags; }
uint32_t mio_event_kqueue_fflags(const mio_event *event) { return event->fflags; }
int64_t mio_event_kqueue_data(const mio_event *event) { return event->data; }
