#ifndef MIO_EVENT_H_
#define MIO_EVENT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/sys/native.h"
#include "mio/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events: what a wait found out.
 *
 * An mio_event is the very record that the OS writes (struct epoll_event, struct kevent ...): look
 * at it only through the accessors below. They are inline, take an event of this library's, and
 * cannot fail. `readable` and `writable` mean the same everywhere. The others are hints: what they
 * say is true, but a system that cannot tell keeps silent, so a program also has to do with the
 * answer of the next read or write.
 *
 *                  epoll, poll(2)              kqueue           Windows (AFD)
 *   error          ERR                         EV_EOF, fflags   CONNECT_FAIL
 *   read_closed    HUP, or IN + RDHUP          EV_EOF of READ   DISCONNECT, ABORT or CONNECT_FAIL
 *   write_closed   HUP, OUT + ERR, just ERR    EV_EOF of WRITE  ABORT or CONNECT_FAIL
 *   priority       PRI                         -                RECEIVE_EXPEDITED
 *
 * (With kqueue, a writer of a pipe that is registered when nobody reads any more is write_closed too;
 * and an error is the socket's, in the fflags beside EV_EOF.)
 *
 * A source may yield one event with everything in it or several with a part each, depending on the
 * OS. Spurious events are allowed: an operation after an event may still say would-block. */
typedef struct mio_event mio_event;

/* The token that the source was registered with. */
static inline mio_token mio_event_token(const mio_event *event) {
  return mio_native_event_token(event);
}

/* A read, a receive or an accept may succeed, or will tell of the end or an error. Wakers' events
 * are readable too. */
static inline bool mio_event_is_readable(const mio_event *event) {
  return mio_native_event_is_readable(event);
}

/* A write may succeed or will tell of an error; a connect has ended (see the source's take_error).
 */
static inline bool mio_event_is_writable(const mio_event *event) {
  return mio_native_event_is_writable(event);
}

/* The source has an error to tell: its take_error, or the next operation. */
static inline bool mio_event_is_error(const mio_event *event) {
  return mio_native_event_is_error(event);
}

/* The peer will send no more. What it sent before can still be read. */
static inline bool mio_event_is_read_closed(const mio_event *event) {
  return mio_native_event_is_read_closed(event);
}

/* Nothing can be sent any more. */
static inline bool mio_event_is_write_closed(const mio_event *event) {
  return mio_native_event_is_write_closed(event);
}

/* Urgent data is there (Linux, Android). */
static inline bool mio_event_is_priority(const mio_event *event) {
  return mio_native_event_is_priority(event);
}

/* An asynchronous I/O request completed (FreeBSD). */
static inline bool mio_event_is_aio(const mio_event *event) {
  return mio_native_event_is_aio(event);
}

/* A list of I/O requests completed (FreeBSD). */
static inline bool mio_event_is_lio(const mio_event *event) {
  return mio_native_event_is_lio(event);
}

/* Room for the longest text that mio_event_format writes, with its NUL. */
#define MIO_EVENT_FORMAT_MAX 320

/* Writes what the event says, the OS's own flags included, for logs and debuggers:
 *   {token: 7, readable, read_closed, epoll: EPOLLIN|EPOLLRDHUP}
 * `size` bytes at `out`, cut to fit, NUL-terminated unless `size` is 0. Returns the length in bytes
 * of the whole text without the NUL, as snprintf does. Any thread; the wording is not a contract.
 */
MIO_API size_t mio_event_format(const mio_event *event, char *out, size_t size);

/* Room for events, filled by mio_poll_wait.
 *
 *   mio_events events = {0};
 *   mio_events_init(&events, 128);
 *   ...
 *   mio_poll_wait(&poll, &events, MIO_FOREVER);
 *   for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) ...
 *   ...
 *   mio_events_close(&events);
 *
 * Zeroed is valid and closed. Used by one thread at a time; not tied to a poll. The fields are the
 * library's. Comes from mio's `Events`. */
typedef struct mio_events {
  mio_event *data;
  uint32_t count;
  uint32_t capacity;
  uint64_t settled;
  bool owned;
} mio_events;

/* The most events that one mio_events can hold. */
#define MIO_EVENTS_CAPACITY_MAX ((size_t)1 << 24)

/* Gets room for `capacity` events, which a wait never exceeds; what does not fit comes with the
 * next wait. The only allocation of events. `*events` has to be closed (else
 * MIO_ERROR_ALREADY_EXISTS). MIO_ERROR_INVALID_INPUT for 0, for more than MIO_EVENTS_CAPACITY_MAX,
 * and for NULL; MIO_ERROR_OUT_OF_MEMORY. */
MIO_API int mio_events_init(mio_events *events, size_t capacity);

/* The same, over the caller's own `capacity` events at `buffer`, which must outlive `events`: no
 * allocation. MIO_ERROR_INVALID_INPUT as above. */
MIO_API int mio_events_init_with_buffer(mio_events *events, mio_event *buffer, size_t capacity);

/* Gives the memory back. Always legal, also twice and on NULL. */
MIO_API void mio_events_close(mio_events *events);

/* The first event, and the end behind the last: equal when there are none. */
static inline const mio_event *mio_events_begin(const mio_events *events) { return events->data; }
static inline const mio_event *mio_events_end(const mio_events *events) {
  return events->count == 0 ? events->data : events->data + events->count;
}

/* How many events the last wait found. */
static inline size_t mio_events_count(const mio_events *events) { return events->count; }

/* How many it could have found. */
static inline size_t mio_events_capacity(const mio_events *events) { return events->capacity; }

static inline bool mio_events_is_empty(const mio_events *events) { return events->count == 0; }

/* The event at `index`, or NULL behind the last. */
static inline const mio_event *mio_events_get(const mio_events *events, size_t index) {
  return index < events->count ? events->data + index : NULL;
}

/* Forgets the events; the room stays. A wait does it by itself. */
static inline void mio_events_clear(mio_events *events) { events->count = 0; }

#ifdef __cplusplus
}
#endif

#endif /* MIO_EVENT_H_ */
