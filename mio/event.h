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

/* Returns the token that the source was registered with. */
static inline mio_token mio_event_token(const mio_event *event) {
  return mio_native_event_token(event);
}

/* Returns whether a read, a receive or an accept would not block. The operation may succeed, or return the
 * end or an error. Events of wakers are readable too. */
static inline bool mio_event_is_readable(const mio_event *event) {
  return mio_native_event_is_readable(event);
}

/* Returns whether a write would not block. The write may succeed or return an error. After a connect it
 * means that the connect has ended (see take_error of the source). */
static inline bool mio_event_is_writable(const mio_event *event) {
  return mio_native_event_is_writable(event);
}

/* Returns whether the source has a pending error. take_error or the next operation returns it. */
static inline bool mio_event_is_error(const mio_event *event) {
  return mio_native_event_is_error(event);
}

/* Returns whether no peer can send any more. Either the peer has closed or shut down its sending half, or
 * this side has shut down its receiving half, or the socket was never connected. Data that was sent before
 * can still be read. */
static inline bool mio_event_is_read_closed(const mio_event *event) {
  return mio_native_event_is_read_closed(event);
}

/* Returns whether every later write fails. Either both halves are shut down, the reader of a pipe is
 * closed, or the socket was never connected. */
static inline bool mio_event_is_write_closed(const mio_event *event) {
  return mio_native_event_is_write_closed(event);
}

/* Returns whether urgent data or another exceptional condition is pending (Linux, Android, Windows). False
 * on other systems. */
static inline bool mio_event_is_priority(const mio_event *event) {
  return mio_native_event_is_priority(event);
}

/* Returns whether an asynchronous I/O request completed (FreeBSD). False on other systems. */
static inline bool mio_event_is_aio(const mio_event *event) {
  return mio_native_event_is_aio(event);
}

/* Returns whether a list of I/O requests completed (FreeBSD). False on other systems. */
static inline bool mio_event_is_lio(const mio_event *event) {
  return mio_native_event_is_lio(event);
}

/* Size in bytes of a buffer that fits every text of mio_event_format, including the NUL. */
#define MIO_EVENT_FORMAT_MAX 320

/* Writes the event's flags as text for logs and debuggers, including the OS's own flags:
 *   {token: 7, readable, read_closed, epoll: EPOLLIN|EPOLLRDHUP}
 * Writes at most `size` bytes to `out`. A longer text is cut. The text is NUL-terminated unless `size` is
 * 0. Returns the length in bytes of the whole text without the NUL, like snprintf. May be called from any
 * thread. The wording may change between versions. */
MIO_API size_t mio_event_format(const mio_event *event, char *out, size_t size);

/* An array of events with a fixed capacity. mio_poll_wait fills it.
 *
 *   mio_events events = {0};
 *   mio_events_init(&events, 128);
 *   ...
 *   mio_poll_wait(&poll, &events, MIO_FOREVER);
 *   for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) ...
 *   ...
 *   mio_events_close(&events);
 *
 * A zeroed struct is valid and closed. One thread at a time may use it, with any poll. Programs must not
 * access the fields. Comes from mio's `Events`. */
typedef struct mio_events {
  mio_event *data;
  uint32_t count;
  uint32_t capacity;
  bool owned;
} mio_events;

/* The greatest capacity of an mio_events. */
#define MIO_EVENTS_CAPACITY_MAX ((size_t)1 << 24)

/* Initializes `*events` and allocates memory for `capacity` events. This is the only allocation for events.
 * A wait returns at most `capacity` events, and the next wait returns the remaining ones. `*events` must be
 * zeroed or closed (else MIO_ERROR_ALREADY_EXISTS). Returns 0; MIO_ERROR_INVALID_INPUT if `events` is NULL
 * or `capacity` is 0 or more than MIO_EVENTS_CAPACITY_MAX; MIO_ERROR_OUT_OF_MEMORY. */
MIO_API int mio_events_init(mio_events *events, size_t capacity);

/* Like mio_events_init, but uses the caller's array of `capacity` events at `buffer` and allocates nothing.
 * The caller still owns `buffer`, which must stay valid until `*events` is closed. Also
 * MIO_ERROR_INVALID_INPUT if `buffer` is NULL. */
MIO_API int mio_events_init_with_buffer(mio_events *events, mio_event *buffer, size_t capacity);

/* Closes `*events` and frees the memory that mio_events_init allocated. Safe to call twice or with NULL. */
MIO_API void mio_events_close(mio_events *events);

/* Return the first event, and the end after the last event. The two are equal if the array is empty. */
static inline const mio_event *mio_events_begin(const mio_events *events) { return events->data; }
static inline const mio_event *mio_events_end(const mio_events *events) {
  return events->count == 0 ? events->data : events->data + events->count;
}

/* Returns the number of events that the last wait stored. */
static inline size_t mio_events_count(const mio_events *events) { return events->count; }

/* Returns the capacity: the greatest number of events that one wait can store. */
static inline size_t mio_events_capacity(const mio_events *events) { return events->capacity; }

/* Returns whether the last wait stored no events. */
static inline bool mio_events_is_empty(const mio_events *events) { return events->count == 0; }

/* Returns the event at `index`, or NULL if `index` is not less than the count. */
static inline const mio_event *mio_events_get(const mio_events *events, size_t index) {
  return index < events->count ? events->data + index : NULL;
}

/* Removes all events and keeps the capacity. Each wait does this first. */
static inline void mio_events_clear(mio_events *events) { events->count = 0; }

#ifdef __cplusplus
}
#endif

#endif /* MIO_EVENT_H_ */
