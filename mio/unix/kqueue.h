#ifndef MIO_UNIX_KQUEUE_H_
#define MIO_UNIX_KQUEUE_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/poll.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any filter of a kqueue as a source: signals, processes, files, timers, the program's own events
 * (macOS, iOS, the BSDs). The names are those of the system's <sys/event.h>.
 *
 *   #include <sys/event.h>
 *
 *   mio_kqueue_source child = {0};
 *   mio_kqueue_source_init(&child, pid, EVFILT_PROC, NOTE_EXIT, 0);
 *   mio_registry_register(registry, &child.source, CHILD, MIO_READABLE);
 *   ...
 *       case CHILD:
 *         if ((mio_event_kqueue_fflags(event) & NOTE_EXIT) != 0) ...
 *
 * Of the interest only the mode counts (default EV_CLEAR, MIO_LEVEL none, MIO_ONESHOT EV_ONESHOT);
 * MIO_READABLE, as one kind is required, and none of the portable accessors but mio_event_token and
 * mio_event_is_error says anything of such an event, except for EVFILT_READ, _WRITE and _USER. What
 * a filter makes of a mode is in kevent(2): signals and processes are EV_CLEAR in any case.
 *
 * A kqueue tells filters apart by identifier and kind: two sources with the same ones in one poll
 * are one filter, and a descriptor's EVFILT_READ is that of the socket which is registered too.
 * EVFILT_USER identifiers within a million of UINTPTR_MAX belong to the library.
 * Reregistering one deletes the filter first: refused, it is registered and silent.
 *
 * Where the selector is not kqueue, this library cannot be linked (//mio/unix:kqueue is
 * incompatible). */
typedef struct mio_kqueue_source {
  mio_source source;
  uintptr_t ident;
  int64_t data;
  int32_t filter;
  uint32_t fflags;
} mio_kqueue_source;

/* Makes `source` stand for a filter; `ident`, `filter`, `fflags` and `data` as struct kevent has
 * them. `*source` has to be closed (else MIO_ERROR_ALREADY_EXISTS); MIO_ERROR_INVALID_INPUT for
 * NULL. Nothing is asked of the system until the source is registered, which fails with what
 * kevent(2) says: MIO_ERROR_INVALID_INPUT for a filter that it does not know, for one. */
MIO_API int mio_kqueue_source_init(mio_kqueue_source *source, uintptr_t ident, int32_t filter,
                                   uint32_t fflags, int64_t data);

/* Deregisters it if it is registered. What it stands for is not touched. Always legal, also twice
 * and on NULL. */
MIO_API void mio_kqueue_source_close(mio_kqueue_source *source);

/* The descriptor of the kqueue behind a registry, for what neither the library nor a source does:
 * as sigev_notify_kqueue of an asynchronous request (aio(4), with the token as sigev_value), or for
 * a kevent(2) of the program's own with NOTE_TRIGGER. Belongs to the poll: not to be closed, and
 * never to be waited on. MIO_ERROR_INVALID_INPUT for a closed registry. */
MIO_API int mio_registry_kqueue(const mio_registry *registry, mio_handle *out_handle);

/* The fields of an event as the kernel wrote them. */
MIO_API uintptr_t mio_event_kqueue_ident(const mio_event *event);
MIO_API int32_t mio_event_kqueue_filter(const mio_event *event);
MIO_API uint32_t mio_event_kqueue_flags(const mio_event *event);
MIO_API uint32_t mio_event_kqueue_fflags(const mio_event *event);
MIO_API int64_t mio_event_kqueue_data(const mio_event *event);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_KQUEUE_H_ */
