#ifndef MIO_INTEREST_H_
#define MIO_INTEREST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a registration asks for: one or more kinds of readiness, and how often to be told.
 *
 * Kinds are combined with `|`; at least one is required. A mode may be added:
 *
 *   MIO_READABLE | MIO_WRITABLE   edge-triggered, the default: told when readiness arrives, and
 *                                 again only after the source was drained to would-block
 *   MIO_READABLE | MIO_LEVEL      level-triggered: told by every wait for as long as it lasts
 *   MIO_READABLE | MIO_ONESHOT    told once, then silent until reregistered; MIO_LEVEL may be
 *                                 added and changes nothing. (With kqueue, both kinds of one
 *                                 source may come in the same wait, as two events.)
 *
 * Errors and hang-ups are reported whatever the interest is. The kinds are those of mio's
 * `Interest`; the modes are this library's own. `mio_poll_supports` tells what the selector at hand
 * can do; asking for more makes the registration fail with MIO_ERROR_UNSUPPORTED. */
typedef uint32_t mio_interest;

/* Bytes, a datagram or a connection can be taken without blocking, or the peer is done sending. */
#define MIO_READABLE ((mio_interest)0x01)

/* Bytes can be given without blocking, or a connect has come to its end, well or badly. */
#define MIO_WRITABLE ((mio_interest)0x02)

/* Urgent data (epoll's EPOLLPRI, poll's POLLPRI, AFD's RECEIVE_EXPEDITED). Linux, Android, Windows
 * and poll(2); elsewhere unsupported. */
#define MIO_PRIORITY ((mio_interest)0x04)

/* Mode: level-triggered instead of edge-triggered. */
#define MIO_LEVEL ((mio_interest)0x08)

/* Mode: one event, then nothing until the source is registered anew with reregister. */
#define MIO_ONESHOT ((mio_interest)0x10)

/* An asynchronous I/O request completed (EVFILT_AIO). FreeBSD; elsewhere unsupported. */
#define MIO_AIO ((mio_interest)0x20)

/* A list of I/O requests completed (EVFILT_LIO). FreeBSD; elsewhere unsupported. */
#define MIO_LIO ((mio_interest)0x40)

/* True when `interest` has `kind` in it: mio_interest_has(i, MIO_READABLE). With several bits in
 * `kind`, all of them have to be there. Any thread; cannot fail. */
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
