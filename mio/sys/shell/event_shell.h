#ifndef MIO_SYS_SHELL_EVENT_SHELL_H_
#define MIO_SYS_SHELL_EVENT_SHELL_H_

#include <stdbool.h>
#include <stdint.h>

/* The layout of an event for a system without a selector. A port defines the record of its system call
 * here, if programs can use that record unchanged, and implements the accessors of mio/event.h. */
struct mio_event {
  uint32_t events;
  uintptr_t token;
};

/* 1 if the library must call mio_selector_rearm, because the system keeps no edges. */
#define MIO_NATIVE_REARMS 0

/* The minimum: events of wakers are readable. */
#define MIO_SHELL_READABLE 0x1u

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
  return event->token;
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
  event->token = token;
}

static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events & MIO_SHELL_READABLE) != 0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
  (void)event;
  return false;
}

#endif /* MIO_SYS_SHELL_EVENT_SHELL_H_ */
