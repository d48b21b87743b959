#ifndef MIO_SYS_UNIX_EVENT_EPOLL_H_
#define MIO_SYS_UNIX_EVENT_EPOLL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mio/export.h"

/* struct epoll_event as epoll_wait(2) writes it: nothing stands between the kernel's array and the
 * caller's. Linux packs it on x86_64 and nowhere else (EPOLL_PACKED in the kernel's eventpoll.h),
 * which two 32-bit halves express without a compiler extension. */
struct mio_selector;

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

/* A pipe's writing end is registered for one flag more: see mio_native_event_is_write_closed. */
#define MIO_NATIVE_MARKS_PIPES 1

/* From <sys/epoll.h>, part of the kernel's ABI; selector_epoll.c asserts them. */
#define MIO_EPOLLIN      0x001u
#define MIO_EPOLLPRI     0x002u
#define MIO_EPOLLOUT     0x004u
#define MIO_EPOLLERR     0x008u
#define MIO_EPOLLHUP     0x010u
#define MIO_EPOLLWRNORM  0x100u
#define MIO_EPOLLRDHUP   0x2000u
#define MIO_EPOLLONESHOT (1u << 30)
#define MIO_EPOLLET      (1u << 31)

/* On x86_64 the halves are in the order of their bytes, so that both are copied at once. */
static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
#if defined(__x86_64__)
  uintptr_t token;
  memcpy(&token, event->token_halves, sizeof token);
  return token;
#elif UINTPTR_MAX > UINT32_MAX
  return event->token;
#else
  return MIO_CAST(uintptr_t, event->token);
#endif
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
#if defined(__x86_64__)
  event->token_halves[1] = 0;
  memcpy(event->token_halves, &token, sizeof token);
#else
  event->token = token;
#endif
}

/* EPOLLERR and EPOLLHUP are reported unasked. Where they are set, no operation would block: it returns the
 * error or the end. */
static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return (event->events &
          (MIO_EPOLLIN | MIO_EPOLLPRI | MIO_EPOLLRDHUP | MIO_EPOLLHUP | MIO_EPOLLERR)) != 0;
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return (event->events & (MIO_EPOLLOUT | MIO_EPOLLHUP | MIO_EPOLLERR)) != 0;
}

static inline bool mio_native_event_is_error(const struct mio_event *event) {
  return (event->events & MIO_EPOLLERR) != 0;
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  return (event->events & MIO_EPOLLPRI) != 0;
}

/* EPOLLHUP: both directions are shut, so reads return end of file. EPOLLIN with EPOLLRDHUP: the peer shut
 * down its writing half. EPOLLRDHUP without EPOLLIN means nothing: it is also reported where only
 * EPOLLOUT was registered. */
static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  const uint32_t both = MIO_EPOLLIN | MIO_EPOLLRDHUP;
  return (event->events & MIO_EPOLLHUP) != 0 || (event->events & both) == both;
}

/* EPOLLHUP: both directions are shut. EPOLLERR alone closes nothing, because a healthy socket has it too:
 * UDP after an ICMP error, TCP with transmit timestamps in its error queue. It does mean that a pipe's
 * reader has gone (pipe_poll() in fs/pipe.c). TCP and pipes report the same bits (tcp_poll() in
 * net/ipv4/tcp.c has EPOLLWRNORM beside EPOLLOUT and no EPOLLWRBAND, as pipes do), so EPOLLWRNORM is
 * registered for pipes only and marks their events. A pipe that is full has neither EPOLLOUT nor
 * EPOLLWRNORM, and its event does not say write_closed. */
static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  const uint32_t both = MIO_EPOLLWRNORM | MIO_EPOLLERR;
  return (event->events & MIO_EPOLLHUP) != 0 || (event->events & both) == both;
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
  (void)event;
  return false;
}

#ifdef __cplusplus
extern "C" {
#endif

/* Registering is one epoll_ctl(2), so the inline part makes its arguments: see mio/sys/native.h. */
#define MIO_NATIVE_REGISTERS 1

#define MIO_EPOLL_CTL_ADD 1
#define MIO_EPOLL_CTL_DEL 2
#define MIO_EPOLL_CTL_MOD 3

/* epoll_ctl: 0, or -1 with errno set, which mio_native_error makes a result. */
MIO_API int mio_native_control(int epoll, int operation, int fd, struct mio_event *event);
MIO_API int mio_native_error(void);

/* Handles the error of a mio_native_deregister that has just failed. Returns 0 if the registration has ended
 * all the same, else a negative error code. */
MIO_API int mio_native_finish_deregister(int epoll, int fd);

/* epoll's flags for an mio_interest; 0 for one that epoll does not have. */
static inline uint32_t mio_native_flags(uint32_t interest) {
#define MIO_EPOLL_READ (MIO_EPOLLIN | MIO_EPOLLRDHUP)
#define MIO_EPOLL_BY_MODE(mode)                                                              \
  0, MIO_EPOLL_READ | (mode), MIO_EPOLLOUT | (mode), MIO_EPOLL_READ | MIO_EPOLLOUT | (mode), \
      MIO_EPOLLPRI | (mode), MIO_EPOLLPRI | MIO_EPOLL_READ | (mode),                         \
      MIO_EPOLLPRI | MIO_EPOLLOUT | (mode), MIO_EPOLLPRI | MIO_EPOLL_READ | MIO_EPOLLOUT | (mode)
  static const uint32_t flags[] = {MIO_EPOLL_BY_MODE(MIO_EPOLLET), MIO_EPOLL_BY_MODE(0u),
                                   MIO_EPOLL_BY_MODE(MIO_EPOLLET | MIO_EPOLLONESHOT),
                                   MIO_EPOLL_BY_MODE(MIO_EPOLLONESHOT)};
#undef MIO_EPOLL_BY_MODE
#undef MIO_EPOLL_READ
  return interest < sizeof flags / sizeof flags[0] ? flags[interest] : 0;
}

/* The waker's event is known by a token that nobody else can have: the address of the selector. */
static inline bool mio_native_can_register(const struct mio_selector *selector, uintptr_t token,
                                           uint32_t interest) {
  return mio_native_flags(interest) != 0 && token != MIO_POINTER_CAST(uintptr_t, selector);
}

static inline int mio_native_set(int epoll, int operation, int fd, uintptr_t token,
                                 uint32_t flags) {
  struct mio_event event;
  event.events = flags;
  mio_native_event_set_token(&event, token);
  return mio_native_control(epoll, operation, fd, &event);
}

static inline int mio_native_register(int epoll, int fd, uintptr_t token, uint32_t interest) {
  return mio_native_set(epoll, MIO_EPOLL_CTL_ADD, fd, token, mio_native_flags(interest));
}

static inline int mio_native_reregister(int epoll, int fd, uintptr_t token, uint32_t interest) {
  return mio_native_set(epoll, MIO_EPOLL_CTL_MOD, fd, token, mio_native_flags(interest));
}

static inline int mio_native_deregister(int epoll, int fd) {
  return mio_native_control(epoll, MIO_EPOLL_CTL_DEL, fd, NULL);
}

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_UNIX_EVENT_EPOLL_H_ */
