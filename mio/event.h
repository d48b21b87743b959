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

/* Events: the result of a wait.
 *
 * An mio_event is the record that the OS writes (struct epoll_event, struct kevent ...). Use only the
 * accessors below on it. They are inline, take an event of this library and cannot fail.
 *
 * `readable` and `writable` mean the same everywhere and are complete: whenever an operation would not
 * block, be it because of data, an end, a hang-up or an error, the event is readable or writable. The
 * other flags are hints. A flag that is set is true, but it may be missing, because some systems cannot
 * report it. A program must also work with only the result of the next read or write.
 *
 *                 epoll                        kqueue             Windows (AFD)
 *   readable      IN PRI RDHUP HUP ERR         READ, USER         RECEIVE ACCEPT and all below
 *   writable      OUT HUP ERR                  WRITE              SEND ABORT CONNECT_FAIL
 *   error         ERR                          EV_EOF + fflags    CONNECT_FAIL
 *   read_closed   HUP, or IN + RDHUP           EV_EOF of READ     DISCONNECT ABORT CONNECT_FAIL
 *   write_closed  HUP, or ERR of a pipe        EV_EOF of WRITE    ABORT CONNECT_FAIL
 *   priority      PRI                          -                  RECEIVE_EXPEDITED
 *
 * poll(2) is like epoll. On epoll, ERR means write_closed for the mio_pipe_sender of mio_pipe_pair, while
 * the pipe has room. The error of a datagram socket, and a socket's error queue (transmit timestamps),
 * close nothing.
 *
 * A source may yield one event with all flags or several events with some each, depending on the OS.
 * Spurious events are allowed: an operation after an event may still return would-block. */
typedef struct mio_event mio_event;

/* The token that the source was registered with. */
static inline mio_token mio_event_token(const mio_event *event) {
  return mio_native_event_token(event);
}

/* A read, a receive or an accept would not block: it may succeed, or return the end or an error. The events
 * of wakers are readable too. */
static inline bool mio_event_is_readable(const mio_event *event) {
  return mio_native_event_is_readable(event);
}

/* A write would not block: it may succeed or return an error. A connect has ended (see take_error of the
 * source). */
static inline bool mio_event_is_writable(const mio_event *event) {
  return mio_native_event_is_writable(event);
}

/* The source has a pending error. take_error or the next operation returns it. */
static inline bool mio_event_is_error(const mio_event *event) {
  return mio_native_event_is_error(event);
}

/* No peer can send any more: the peer has closed or shut down its sending half, or this side has shut down
 * its receiving half, or the socket was never connected. Data that was sent before can still be read. */
static inline bool mio_event_is_read_closed(const mio_event *event) {
  return mio_native_event_is_read_closed(event);
}

/* Writes fail for good: both halves are shut, the reader of a pipe has gone, or the socket was never
 * connected. */
static inline bool mio_event_is_write_closed(const mio_event *event) {
  return mio_native_event_is_write_closed(event);
}

/* Urgent data is pending, or another exceptional condition (Linux, Android, Windows). */
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
