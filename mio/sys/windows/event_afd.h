#ifndef MIO_SYS_WINDOWS_EVENT_AFD_H_
#define MIO_SYS_WINDOWS_EVENT_AFD_H_

#include <stdbool.h>
#include <stdint.h>

/* OVERLAPPED_ENTRY of <minwinbase.h>. The completion port writes packets into the caller's array, and the
 * selector converts them to events in place. */
struct mio_event {
  uintptr_t token;  /* lpCompletionKey */
  void *operation;  /* lpOverlapped */
  uintptr_t status; /* Internal */
  uint32_t events;  /* dwNumberOfBytesTransferred: MIO_AFD_* */
};

/* The Ancillary Function Driver reports readiness once for each poll. The selector does not poll again for
 * bits that it has delivered until the source was drained. */
#define MIO_NATIVE_REARMS 1

/* The driver's AFD_POLL_* bits. They are not in the SDK. The values come from the afd.h of ReactOS and
 * Wine. Winsock's select() depends on them, so they do not change. Events of named pipes use them too. */
#define MIO_AFD_RECEIVE      0x0001u
#define MIO_AFD_EXPEDITED    0x0002u /* urgent data */
#define MIO_AFD_SEND         0x0004u
#define MIO_AFD_DISCONNECT   0x0008u /* the peer shut its writing half */
#define MIO_AFD_ABORT        0x0010u /* the connection was reset, by either side */
#define MIO_AFD_LOCAL_CLOSE  0x0020u /* the last handle of the socket was closed */
#define MIO_AFD_ACCEPT       0x0080u
#define MIO_AFD_CONNECT_FAIL 0x0100u

/* A bit of this library for an error that closes nothing. Either the driver failed the poll, or a datagram
 * socket has an error that the next call returns. */
#define MIO_AFD_ERROR 0x10000u

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
  return event->token;
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
  event->token = token;
}

static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events & (MIO_AFD_RECEIVE | MIO_AFD_DISCONNECT | MIO_AFD_ACCEPT | MIO_AFD_ABORT |
                           MIO_AFD_CONNECT_FAIL | MIO_AFD_ERROR)) != 0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return (event->events & (MIO_AFD_SEND | MIO_AFD_ABORT | MIO_AFD_CONNECT_FAIL | MIO_AFD_ERROR)) !=
         0;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  return (event->events & (MIO_AFD_CONNECT_FAIL | MIO_AFD_ERROR)) != 0;
}

static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  return (event->events & (MIO_AFD_DISCONNECT | MIO_AFD_ABORT | MIO_AFD_CONNECT_FAIL)) != 0;
}

static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  return (event->events & (MIO_AFD_ABORT | MIO_AFD_CONNECT_FAIL)) != 0;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  return (event->events & MIO_AFD_EXPEDITED) != 0;
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
  (void)event;
  return false;
}

#endif /* MIO_SYS_WINDOWS_EVENT_AFD_H_ */
