#include "mio/examples/loop_adapter.h"

#include <stdlib.h>

#include "mio/mio.h"
#include "mio/unix/source_fd.h"

enum { EVENTS_AT_ONCE = 64 };

/* A descriptor in the loop. It stays where it is in memory until it is removed. */
typedef struct entry {
  mio_source_fd source;
  int mask;
  loop_callback *callback;
  void *context;
} entry;

struct loop {
  mio_poll poll;
  mio_events events;
  entry **entries; /* indexed by descriptor; NULL if the descriptor is not in the loop */
  int size;
};

loop *loop_create(int size) {
  loop *events = calloc(1, sizeof *events);
  if (events == NULL) return NULL;
  if (mio_poll_init(&events->poll, NULL) < 0 ||
      mio_events_init(&events->events, EVENTS_AT_ONCE) < 0 || loop_resize(events, size) < 0) {
    loop_delete(events);
    return NULL;
  }
  return events;
}

static void free_entry(loop *events, int fd) {
  mio_source_fd_close(&events->entries[fd]->source);
  free(events->entries[fd]);
  events->entries[fd] = NULL;
}

void loop_delete(loop *events) {
  for (int fd = 0; fd < events->size; ++fd) {
    if (events->entries[fd] != NULL) free_entry(events, fd);
  }
  mio_events_close(&events->events);
  mio_poll_close(&events->poll);
  free(events->entries);
  free(events);
}

int loop_size(const loop *events) { return events->size; }

int loop_resize(loop *events, int size) {
  if (size <= 0) return -1;
  for (int fd = size; fd < events->size; ++fd) {
    if (events->entries[fd] != NULL) return -1;
  }
  entry **entries = realloc(events->entries, (size_t)size * sizeof *entries);
  if (entries == NULL) return -1;
  for (int fd = events->size; fd < size; ++fd) entries[fd] = NULL;
  events->entries = entries;
  events->size = size;
  return 0;
}

static entry *find(const loop *events, int fd) {
  return fd >= 0 && fd < events->size ? events->entries[fd] : NULL;
}

int loop_mask(const loop *events, int fd) {
  const entry *found = find(events, fd);
  return found != NULL ? found->mask : 0;
}

static mio_interest interest_of(int mask) {
  mio_interest interest = MIO_LEVEL;
  if ((mask & LOOP_READABLE) != 0) interest |= MIO_READABLE;
  if ((mask & LOOP_WRITABLE) != 0) interest |= MIO_WRITABLE;
  return interest;
}

/* The token is the descriptor and not the entry, because an earlier callback may have removed the entry of
 * an event. */
static int watch(loop *events, entry *watched, int fd, int mask) {
  const mio_registry *registry = mio_poll_registry(&events->poll);
  mio_source *source = &watched->source.source;
  return watched->mask == 0
             ? mio_registry_register(registry, source, (mio_token)fd, interest_of(mask))
             : mio_registry_reregister(registry, source, (mio_token)fd, interest_of(mask));
}

int loop_add(loop *events, int fd, int mask, loop_callback *callback, void *context) {
  if (fd < 0 || fd >= events->size || mask == 0) return -1;
  entry *added = events->entries[fd];
  if (added == NULL) {
    added = calloc(1, sizeof *added);
    if (added == NULL) return -1;
    events->entries[fd] = added;
    if (mio_source_fd_init(&added->source, fd) < 0) {
      free_entry(events, fd);
      return -1;
    }
  }
  if (watch(events, added, fd, added->mask | mask) < 0) {
    if (added->mask == 0) free_entry(events, fd);
    return -1;
  }
  added->mask |= mask;
  added->callback = callback;
  added->context = context;
  return 0;
}

void loop_remove(loop *events, int fd, int mask) {
  entry *removed = find(events, fd);
  if (removed == NULL) return;
  const int left = removed->mask & ~mask;
  if (left == 0) {
    free_entry(events, fd);
  } else if (watch(events, removed, fd, left) == 0) {
    removed->mask = left;
  }
}

/* Returns the ready directions of a descriptor. An end or an error counts as readable and writable, so that
 * a callback for either direction sees it. */
static int ready_of(const mio_event *event) {
  return (mio_event_is_readable(event) ? LOOP_READABLE : 0) |
         (mio_event_is_writable(event) ? LOOP_WRITABLE : 0);
}

int loop_run_once(loop *events, int timeout_ms) {
  const uint64_t timeout_ns =
      timeout_ms < 0 ? MIO_FOREVER : (uint64_t)timeout_ms * UINT64_C(1000000);
  const int result = mio_poll_wait(&events->poll, &events->events, timeout_ns);
  if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) return 0;
  if (result < 0) return -1;
  int count = 0;
  for (const mio_event *e = mio_events_begin(&events->events); e != mio_events_end(&events->events);
       ++e) {
    const int fd = (int)mio_event_token(e);
    entry *found = find(events, fd);
    /* Removed by a callback before this one, or no longer waiting for it. */
    const int mask = found != NULL ? found->mask & ready_of(e) : 0;
    if (mask == 0) continue;
    found->callback(events, fd, found->context, mask);
    ++count;
  }
  return count;
}
