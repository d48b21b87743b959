#ifndef MIO_UNIX_SOURCE_FD_H_
#define MIO_UNIX_SOURCE_FD_H_

#include <stddef.h>

#include "mio/export.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A source for any file descriptor, for example a timerfd, an inotify, a TUN device, another poll's handle
 * or another library's socket. The program still owns the descriptor.
 *
 *   mio_source_fd timer = {0};
 *   mio_source_fd_init(&timer, timer_fd);
 *   mio_registry_register(registry, &timer.source, TIMER, MIO_READABLE);
 *   ...
 *   mio_registry_deregister(registry, &timer.source);     before close, as a rule
 *   close(timer_fd);
 *
 * Unlike mio's `SourceFd`, which lives for one call, the struct must not move while it is registered. It
 * holds the registration, so the library detects a second registration and a deregistration without one.
 * The library neither makes the descriptor non-blocking nor closes it. Do its I/O inside mio_source_try_io,
 * which works with every selector. With epoll and kqueue plain calls work too. Some selectors refuse some
 * descriptors. epoll refuses regular files (MIO_ERROR_PERMISSION_DENIED). One poll cannot have two sources
 * for one descriptor. Registering the second returns MIO_ERROR_ALREADY_EXISTS. A kqueue instead treats it
 * as an update of the first.
 *
 * A zeroed struct is valid and closed. Unix only. */
typedef struct mio_source_fd {
  mio_source source;
} mio_source_fd;

/* Initializes `*source_fd` with the descriptor `fd`, which the program still owns. Returns 0;
 * MIO_ERROR_INVALID_INPUT if `fd` is not an open descriptor; MIO_ERROR_ALREADY_EXISTS if `*source_fd` is
 * not zeroed or closed. */
MIO_API int mio_source_fd_init(mio_source_fd *source_fd, mio_handle fd);

/* Deregisters the source if it is registered, and closes the source. The descriptor stays open. Call this
 * before closing the descriptor. Safe to call twice or with NULL. */
MIO_API void mio_source_fd_close(mio_source_fd *source_fd);

/* Writes the descriptor to `*out_handle`. Returns 0, or MIO_ERROR_INVALID_INPUT if the source is closed. */
MIO_API int mio_source_fd_handle(const mio_source_fd *source_fd, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_source_fd_try_io(mio_source_fd *source_fd, mio_interest interest,
                                       mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_SOURCE_FD_H_ */
