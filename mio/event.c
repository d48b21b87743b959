#include "mio/event.h"

#include <string.h>

#include "mio/error.h"
#include "mio/memory.h"
#include "mio/sys/selector.h"
#include "mio/text.h"

static bool is_capacity(size_t capacity) {
  return capacity > 0 && capacity <= MIO_EVENTS_CAPACITY_MAX;
}

static void set_up(mio_events *events, mio_event *data, size_t capacity, bool owned) {
  events->data = data;
  events->count = 0;
  events->capacity = (uint32_t)capacity;
  events->owned = owned;
}

int mio_events_init(mio_events *events, size_t capacity) {
  if (events == NULL || !is_capacity(capacity)) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  if (events->data != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  mio_event *data = mio_memory_get_array(capacity, sizeof *data);
  if (data == NULL) return mio_error_from_kind(MIO_ERROR_OUT_OF_MEMORY);
  set_up(events, data, capacity, true);
  return 0;
}

int mio_events_init_with_buffer(mio_events *events, mio_event *buffer, size_t capacity) {
  if (events == NULL || buffer == NULL || !is_capacity(capacity)) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  if (events->data != NULL) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  set_up(events, buffer, capacity, false);
  return 0;
}

void mio_events_close(mio_events *events) {
  if (events == NULL) return;
  if (events->owned) mio_memory_put(events->data, events->capacity * sizeof *events->data);
  set_up(events, NULL, 0, false);
}

size_t mio_event_format(const mio_event *event, char *out, size_t size) {
  static const struct {
    bool (*is)(const mio_event *event);
    const char *name;
  } accessors[] = {
      {mio_event_is_readable, "readable"},
      {mio_event_is_writable, "writable"},
      {mio_event_is_error, "error"},
      {mio_event_is_read_closed, "read_closed"},
      {mio_event_is_write_closed, "write_closed"},
      {mio_event_is_priority, "priority"},
      {mio_event_is_aio, "aio"},
      {mio_event_is_lio, "lio"},
  };
  mio_text text = mio_text_begin(out, size);
  mio_text_string(&text, "{token: ");
  mio_text_decimal(&text, mio_event_token(event));
  for (size_t i = 0; i < sizeof accessors / sizeof accessors[0]; ++i) {
    if (!accessors[i].is(event)) continue;
    mio_text_string(&text, ", ");
    mio_text_string(&text, accessors[i].name);
  }
  mio_text_string(&text, ", ");
  mio_selector_format_event(event, &text);
  mio_text_string(&text, "}");
  return text.length;
}
