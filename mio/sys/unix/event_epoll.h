#ifndef MIO_SYS_UNIX_EVENT_EPOLL_H_
#define MIO_SYS_UNIX_EVENT_EPOLL_H_

#include <stdbool.h>
#include <stdint.h>

/* struct epoll_event as epoll_wait(2) writes it: nothing stands between the kernel's array and the
 * caller's. Linux packs it on x86_64 and nowhere else (EPOLL_PACKED in the kernel's eventpoll.h),
 * which two 32-bit halves express without a compiler extension. */
struct mio_event {
  uint32_t events;
#if defined(__x86_64__)
  uint32_t token_halves[2];
#else
  uint64_t token;
#endif
};

/* The kernel keeps the edges: see mio_selector_rearm. */
#define MIO_NATIVE_REARMS 0

/* epoll_wait goes through all of the kernel's ready list, one thread at a time, unless it runs out of
 * room (ep_send_events in fs/eventpoll.c). One that returns nothing may not have looked: the list
 * seems empty for a moment while another thread goes through it. */
#define MIO_NATIVE_SETTLES 1

/* From <sys/epoll.h>, part of the kernel's ABI; selector_epoll.c asserts them. */
#define MIO_EPOLLIN    0x001u
#define MIO_EPOLLPRI   0x002u
#define MIO_EPOLLOUT   0x004u
#define MIO_EPOLLERR   0x008u
#define MIO_EPOLLHUP   0x010u
#define MIO_EPOLLRDHUP 0x2000u

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
#if defined(__x86_64__)
  return (uintptr_t)((uint64_t)event->token_halves[1] << 32 | event->token_halves[0]);
#else
  return (uintptr_t)event->token;
#endif
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
#if defined(__x86_64__)
  event->token_halves[0] = (uint32_t)token;
  event->token_halves[1] = (uint32_t)((uint64_t)token >> 32);
#else
  event->token = token;
#endif
}

static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events & (MIO_EPOLLIN | MIO_EPOLLPRI)) != 0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return (event->events & MIO_EPOLLOUT) != 0;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  return (event->events & MIO_EPOLLERR) != 0;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  return (event->events & MIO_EPOLLPRI) != 0;
}

/* EPOLLHUP: both directions are shut, so reads return end of file. EPOLLIN with EPOLLRDHUP: the
 * peer shut down its writing half. EPOLLRDHUP alone is not taken for it: it comes without EPOLLIN
 * where only writable was asked for. */
static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  const uint32_t both = MIO_EPOLLIN | MIO_EPOLLRDHUP;
  return (event->events & MIO_EPOLLHUP) != 0 || (event->events & both) == both;
}

/* EPOLLHUP: as above. EPOLLOUT with EPOLLERR: a socket whose writes fail. EPOLLERR alone: the
 * writing end of a pipe whose reader has gone. */
static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  const uint32_t both = MIO_EPOLLOUT | MIO_EPOLLERR;
  return (event->events & MIO_EPOLLHUP) != 0 || (event->events & both) == both ||
         event->events == MIO_EPOLLERR;
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
  (void)event;
  return false;
}

#endif /* MIO_SYS_UNIX_EVENT_EPOLL_H_ */
