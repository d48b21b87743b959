#ifndef MIO_SYS_UNIX_EVENT_POLL_H_
#define MIO_SYS_UNIX_EVENT_POLL_H_

#include <stdbool.h>
#include <stdint.h>

/* An event of the poll(2) selector. poll(2) writes no record that could be handed on: this one is
 * put together from the answer of the kernel and the registration. */
struct mio_event {
  uint32_t events;
  uintptr_t token;
};

/* poll(2) knows levels only. The edges are the selector's: bits that were delivered are not asked
 * for again until would-block says that they are used up. */
#define MIO_NATIVE_REARMS 1

/* The meaning, and not the values, of <poll.h>: POSIX leaves those open, and they differ (POLLIN is
 * several bits on some systems). */
#define MIO_POLL_IN    0x0001u
#define MIO_POLL_PRI   0x0002u
#define MIO_POLL_OUT   0x0004u
#define MIO_POLL_ERR   0x0008u
#define MIO_POLL_HUP   0x0010u /* POLLHUP where it means that both directions are shut */
#define MIO_POLL_RDHUP 0x2000u /* POLLRDHUP: Linux and FreeBSD have it */
#define MIO_POLL_RHUP  0x4000u /* POLLHUP that says no more than that nothing comes in any more */
#define MIO_POLL_XHUP  0x8000u /* POLLHUP that does not say which half is shut */

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
  return event->token;
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
  event->token = token;
}

static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events & (MIO_POLL_IN | MIO_POLL_PRI)) != 0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return (event->events & MIO_POLL_OUT) != 0;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  return (event->events & MIO_POLL_ERR) != 0;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  return (event->events & MIO_POLL_PRI) != 0;
}

/* As with epoll. Systems without POLLRDHUP do not tell that the peer shut its writing half, until
 * the whole connection is gone. */
static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  const uint32_t both = MIO_POLL_IN | MIO_POLL_RDHUP;
  return (event->events & (MIO_POLL_HUP | MIO_POLL_RHUP)) != 0 || (event->events & both) == both;
}

static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  const uint32_t both = MIO_POLL_OUT | MIO_POLL_ERR;
  return (event->events & MIO_POLL_HUP) != 0 || (event->events & both) == both ||
         event->events == MIO_POLL_ERR;
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
