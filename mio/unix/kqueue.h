#ifndef MIO_UNIX_KQUEUE_H_
#define MIO_UNIX_KQUEUE_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/poll.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any filter of a kqueue as a source: signals, processes, files, timers, the program's own events (macOS,
 * iOS, the BSDs). The names are those of the system's <sys/event.h>.
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
 * Only the mode in the interest matters: EV_CLEAR by default, none with MIO_LEVEL, EV_ONESHOT with
 * MIO_ONESHOT. Pass MIO_READABLE, as one kind is required. kevent(2) documents the effect of a mode on each
 * filter. Signals and processes always use EV_CLEAR. Of the portable accessors only mio_event_token and
 * mio_event_is_error apply to such an event, except for EVFILT_READ, _WRITE and _USER.
 *
 * A kqueue identifies a filter by its identifier and its kind. Two sources with the same ones in one poll
 * are one filter, and EVFILT_READ of a descriptor is the same filter as the one of a registered socket with
 * that descriptor. EVFILT_USER identifiers within a million of UINTPTR_MAX belong to the library.
 * Reregistering deletes the filter first. If the system refuses the new filter, the source stays registered
 * and yields no events.
 *
 * This library (//mio/unix:kqueue) exists only where the selector is kqueue. */
typedef struct mio_kqueue_source {
  mio_source source;
  uintptr_t ident;
  int64_t data;
  int32_t filter;
  uint32_t fflags;
} mio_kqueue_source;

/* Initializes `*source` for one filter. `ident`, `filter`, `fflags` and `data` have the meaning of the
 * fields of struct kevent. `*source` must be zeroed or closed (else MIO_ERROR_ALREADY_EXISTS).
 * MIO_ERROR_INVALID_INPUT for NULL. The library makes no system call before the source is registered.
 * Registering returns the error of kevent(2), for example MIO_ERROR_INVALID_INPUT for an unknown filter. */
MIO_API int mio_kqueue_source_init(mio_kqueue_source *source, uintptr_t ident, int32_t filter,
                                   uint32_t fflags, int64_t data);

/* Deregisters the source if it is registered. The signal, process or file itself is not touched. Safe to
 * call twice or with NULL. */
MIO_API void mio_kqueue_source_close(mio_kqueue_source *source);

/* Writes the descriptor of the registry's kqueue to `*out_handle`. Use it for purposes that have no source,
 * for example as sigev_notify_kqueue of an asynchronous request (aio(4), with the token as sigev_value), or
 * for your own kevent(2) with NOTE_TRIGGER. The poll owns it: do not close it, and do not wait on it.
 * Sources that are registered for one event in both directions are in another kqueue.
 * MIO_ERROR_INVALID_INPUT for a closed registry. */
MIO_API int mio_registry_kqueue(const mio_registry *registry, mio_handle *out_handle);

/* Return the fields of an event as the kernel wrote them. */
MIO_API uintptr_t mio_event_kqueue_ident(const mio_event *event);
MIO_API int32_t mio_event_kqueue_filter(const mio_event *event);
MIO_API uint32_t mio_event_kqueue_flags(const mio_event *event);
MIO_API uint32_t mio_event_kqueue_fflags(const mio_event *event);
MIO_API int64_t mio_event_kqueue_data(const mio_event *event);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_KQUEUE_H_ */
