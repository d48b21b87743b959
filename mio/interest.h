#ifndef MIO_INTEREST_H_
#define MIO_INTEREST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of readiness that a registration asks for, and how often they are reported.
 *
 * Kinds are combined with `|`; at least one is required. A mode may be added:
 *
 *   MIO_READABLE | MIO_WRITABLE   edge-triggered, the default: one event when readiness arrives,
 *                                 and the next one after the source was drained (mio/poll.h)
 *   MIO_READABLE | MIO_LEVEL      level-triggered: an event from every wait while it lasts
 *   MIO_READABLE | MIO_ONESHOT    one event, then none until the source is reregistered;
 *                                 MIO_LEVEL may be added and changes nothing. (With kqueue,
 *                                 both kinds of one source may come in the same wait, as two
 *                                 events.)
 *
 * Errors and hang-ups are reported whatever the interest is. The kinds are those of mio's
 * `Interest`; the modes are this library's own. mio_poll_supports returns what the selector in use can
 * do. A registration that asks for more fails with MIO_ERROR_UNSUPPORTED. */
typedef uint32_t mio_interest;

/* A read, receive or accept does not block: there is data, a connection, an end or an error. */
#define MIO_READABLE ((mio_interest)0x01)

/* A write does not block, or a connect has succeeded or failed. */
#define MIO_WRITABLE ((mio_interest)0x02)

/* Urgent data (epoll's EPOLLPRI, poll's POLLPRI, AFD's RECEIVE_EXPEDITED). Linux, Android, Windows
 * and poll(2); elsewhere unsupported. */
#define MIO_PRIORITY ((mio_interest)0x04)

/* Mode: level-triggered instead of edge-triggered. */
#define MIO_LEVEL ((mio_interest)0x08)

/* Mode: one event, then none until the source is reregistered. */
#define MIO_ONESHOT ((mio_interest)0x10)

/* An asynchronous I/O request completed (EVFILT_AIO). FreeBSD; elsewhere unsupported. */
#define MIO_AIO ((mio_interest)0x20)

/* A list of I/O requests completed (EVFILT_LIO). FreeBSD; elsewhere unsupported. */
#define MIO_LIO ((mio_interest)0x40)

/* Returns whether `interest` contains all bits of `kind`, as in mio_interest_has(i, MIO_READABLE). Any
 * thread. Cannot fail. */
static inline bool mio_interest_has(mio_interest interest, mio_interest kind) {
  return (interest & kind) == kind;
}

/* Room for the longest text that mio_interest_format can write, with its NUL. */
#define MIO_INTEREST_FORMAT_MAX 96

/* Writes `interest` as text ("READABLE | WRITABLE | LEVEL", "0" for none) to the `size` bytes at
 * `out`, cut to fit and always NUL-terminated unless `size` is 0. Returns the length in bytes of
 * the whole text, without the NUL, as snprintf does. Any thread. */
MIO_API size_t mio_interest_format(mio_interest interest, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* MIO_INTEREST_H_ */
