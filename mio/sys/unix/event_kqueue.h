#ifndef MIO_SYS_UNIX_EVENT_KQUEUE_H_
#define MIO_SYS_UNIX_EVENT_KQUEUE_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/export.h"

/* The layout of struct kevent. The kernel writes directly into the caller's array. kqueue_layout.c compares
 * every size, offset and constant with the system's <sys/event.h>.
 *
 *               filter   flags    data       behind udata
 *   FreeBSD     16 bits  16 bits  int64_t    ext[4], from 12 on
 *   NetBSD      32       32       int64_t    ext[4], from 11 on
 *   OpenBSD     16       16       int64_t
 *   Apple       16       16       intptr_t   (packed to 4 bytes, which moves nothing)
 *   DragonFly   16       16       intptr_t
 *
 * No compiler predefines the NetBSD version, and this header must not include the system's headers. A build
 * for NetBSD 10 or earlier must define MIO_NETBSD_KEVENT_WITHOUT_EXT in all files. */
#if defined(__NetBSD__)
typedef uint32_t mio_kevent_filter;
typedef uint32_t mio_kevent_flags;
#else
typedef int16_t mio_kevent_filter;
typedef uint16_t mio_kevent_flags;
#endif

#if defined(__APPLE__) || defined(__DragonFly__)
typedef intptr_t mio_kevent_data;
#else
typedef int64_t mio_kevent_data;
#endif

#if defined(__APPLE__) || defined(__DragonFly__) || defined(__OpenBSD__) || \
    (defined(__NetBSD__) && defined(MIO_NETBSD_KEVENT_WITHOUT_EXT))
#define MIO_KEVENT_HAS_EXT 0
#else
#define MIO_KEVENT_HAS_EXT 1
#endif

struct mio_event {
  uintptr_t ident;
  mio_kevent_filter filter;
  mio_kevent_flags flags;
  uint32_t fflags;
  mio_kevent_data data;
  void *udata;
#if MIO_KEVENT_HAS_EXT
  uint64_t ext[4];
#endif
};

/* The kernel keeps the edges (see mio_selector_rearm). */
#define MIO_NATIVE_REARMS 0

/* Numbers of <sys/event.h>, which are part of the kernels' ABI. */
#if defined(__NetBSD__)
#define MIO_EVFILT_READ  0u
#define MIO_EVFILT_WRITE 1u
#define MIO_EVFILT_AIO   2u
#else
#define MIO_EVFILT_READ  (-1)
#define MIO_EVFILT_WRITE (-2)
#define MIO_EVFILT_AIO   (-3)
#endif

#if defined(__NetBSD__)
#define MIO_EVFILT_USER 8u
#elif defined(__APPLE__) || defined(__OpenBSD__)
#define MIO_EVFILT_USER (-10)
#elif defined(__DragonFly__)
#define MIO_EVFILT_USER (-9)
#else
#define MIO_EVFILT_USER (-11)
#endif

/* Apple's header defines the name, but its kernel does not implement the filter. */
#if defined(__FreeBSD__)
#define MIO_EVFILT_LIO (-10)
#endif

#define MIO_EV_ERROR 0x4000u
#define MIO_EV_EOF   0x8000u

/* The first of the EVFILT_USER identifiers for descriptors of pipes that have hung up (see
 * kqueue_hang_ups.h). */
#define MIO_KQUEUE_HUNG_UP_COUNT (MIO_CAST(uintptr_t, 1) << 20)
#define MIO_KQUEUE_HUNG_UP_FIRST (UINTPTR_MAX - (MIO_KQUEUE_HUNG_UP_COUNT - 1))

static inline uintptr_t mio_native_event_token(const struct mio_event *event) {
  return MIO_POINTER_CAST(uintptr_t, event->udata);
}

static inline void mio_native_event_set_token(struct mio_event *event, uintptr_t token) {
  event->udata = MIO_POINTER_CAST(void *, token);
}

/* The accessors.
 *
 *                               readable  writable  error  read_closed  write_closed
 *   EVFILT_READ                 yes       if error
 *   EVFILT_READ,  EV_EOF        yes       if error         yes
 *   EVFILT_WRITE                if error  yes
 *   EVFILT_WRITE, EV_EOF        if error  yes                           yes
 *   EV_ERROR, EV_EOF + fflags                       yes
 *   EVFILT_USER                 yes
 *   a pipe that has hung up     yes       yes                           yes
 *
 * A socket's error makes both directions ready, because the next operation of either returns it. EV_EOF
 * means that the socket or pipe cannot receive (READ) or send (WRITE) any more. The reason is the peer's
 * end, a local shutdown, or a socket that was never connected. Errors of datagram sockets come without
 * EV_EOF. */

static inline bool mio_native_event_is_hung_up(const struct mio_event *event) {
  return event->filter == MIO_EVFILT_USER && event->ident >= MIO_KQUEUE_HUNG_UP_FIRST;
}

static inline bool mio_native_event_is_eof(const struct mio_event *event) {
  return (event->flags & MIO_EV_EOF) != 0;
}

/* With EV_EOF the two socket filters have the socket's error in fflags. In other filters, EVFILT_PROC for
 * example, fflags means something else. */
static inline bool mio_native_event_is_error(const struct mio_event *event) {
  const bool is_socket = event->filter == MIO_EVFILT_READ || event->filter == MIO_EVFILT_WRITE;
  return (event->flags & MIO_EV_ERROR) != 0 ||
         (is_socket && mio_native_event_is_eof(event) && event->fflags != 0);
}

/* EVFILT_USER is a waker, or an event that the program itself triggered. */
static inline bool mio_native_event_is_readable(const struct mio_event *event) {
  return event->filter == MIO_EVFILT_READ || event->filter == MIO_EVFILT_USER ||
         (event->filter == MIO_EVFILT_WRITE && mio_native_event_is_error(event));
}

static inline bool mio_native_event_is_writable(const struct mio_event *event) {
  return event->filter == MIO_EVFILT_WRITE || mio_native_event_is_hung_up(event) ||
         (event->filter == MIO_EVFILT_READ && mio_native_event_is_error(event));
}

static inline bool mio_native_event_is_priority(const struct mio_event *event) {
  (void)event;
  return false;
}

static inline bool mio_native_event_is_read_closed(const struct mio_event *event) {
  return event->filter == MIO_EVFILT_READ && mio_native_event_is_eof(event);
}

static inline bool mio_native_event_is_write_closed(const struct mio_event *event) {
  return (event->filter == MIO_EVFILT_WRITE && mio_native_event_is_eof(event)) ||
         mio_native_event_is_hung_up(event);
}

static inline bool mio_native_event_is_aio(const struct mio_event *event) {
  return event->filter == MIO_EVFILT_AIO;
}

static inline bool mio_native_event_is_lio(const struct mio_event *event) {
#if defined(MIO_EVFILT_LIO)
  return event->filter == MIO_EVFILT_LIO;
#else
  (void)event;
  return false;
#endif
}

#endif /* MIO_SYS_UNIX_EVENT_KQUEUE_H_ */
