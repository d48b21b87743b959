#ifndef MIO_SYS_UNIX_EVENT_POLL_H_
#define MIO_SYS_UNIX_EVENT_POLL_H_

#include <stdbool.h>
#include <stdint.h>

/* An event of the poll(2) selector. poll(2) has no event record, so the selector creates one from the
 * result of poll(2) and the registration. */
struct mio_event {
  uint32_t events;
  uintptr_t token;
};

/* poll(2) reports levels only, so the selector implements the edges. It does not request a delivered bit
 * again until the source was drained. */
#define MIO_NATIVE_REARMS 1

/* Bits of an event. They have the meaning of the flags in <poll.h>, and not their values, which POSIX
 * leaves open and systems choose differently (POLLIN is several bits on some). */
#define MIO_POLL_IN        0x0001u
#define MIO_POLL_PRI       0x0002u
#define MIO_POLL_OUT       0x0004u
#define MIO_POLL_ERR       0x0008u
#define MIO_POLL_HUP       0x0010u /* POLLHUP that means that both directions are shut down */
#define MIO_POLL_RDHUP     0x2000u /* POLLRDHUP, which Linux and FreeBSD have */
#define MIO_POLL_RHUP      0x4000u /* a POLLHUP that only means that no more data arrives */
#define MIO_POLL_XHUP      0x8000u /* POLLHUP with an unknown direction */
/* Set together with MIO_POLL_ERR for a pipe whose reader has closed. The selector records which descriptors
 * are pipes. */
#define MIO_POLL_NO_READER 0x10000u

/* After a hang-up or an error no read and no write returns would-block, so the source counts as readable
 * and writable. */
#define MIO_POLL_END_OR_ERROR (MIO_POLL_ERR | MIO_POLL_HUP | MIO_POLL_RHUP | MIO_POLL_XHUP)

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
  return event->token;
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
  event->token = token;
}

static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events & (MIO_POLL_IN | MIO_POLL_PRI | MIO_POLL_RDHUP | MIO_POLL_END_OR_ERROR)) !=
         0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return (event->events & (MIO_POLL_OUT | MIO_POLL_END_OR_ERROR)) != 0;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  return (event->events & MIO_POLL_ERR) != 0;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  return (event->events & MIO_POLL_PRI) != 0;
}

/* The peer has ended the connection, the program has shut its own reading half, or the stream was never
 * connected. Systems without POLLRDHUP do not report that the peer shut its writing half, until the
 * other half is shut too. */
static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  const uint32_t both = MIO_POLL_IN | MIO_POLL_RDHUP;
  return (event->events & (MIO_POLL_HUP | MIO_POLL_RHUP)) != 0 || (event->events & both) == both;
}

/* An error of a socket closes nothing, because it may be an ICMP message or an entry of the error queue. */
static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  return (event->events & (MIO_POLL_HUP | MIO_POLL_NO_READER)) != 0;
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
  (void)event;
  return false;
}

#endif /* MIO_SYS_UNIX_EVENT_POLL_H_ */
