#ifndef MIO_UNIX_SOURCE_FD_H_
#define MIO_UNIX_SOURCE_FD_H_

#include <stddef.h>

#include "mio/export.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any file descriptor as a source, which stays the program's: a timerfd, an inotify, a TUN device,
 * another poll's handle, another library's socket.
 *
 *   mio_source_fd timer = {0};
 *   mio_source_fd_init(&timer, timer_fd);
 *   mio_registry_register(registry, &timer.source, TIMER, MIO_READABLE);
 *   ...
 *   mio_registry_deregister(registry, &timer.source);     before close, as a rule
 *   close(timer_fd);
 *
 * Unlike mio's `SourceFd`, which lives for one call, the struct stays where it is while it is
 * registered: what makes register twice and deregister of nothing noticed is in it. The descriptor
 * is neither made non-blocking nor closed. Do its I/O inside mio_source_try_io to be right with
 * every selector (with epoll and kqueue, plain calls are fine as well). The selector decides which
 * descriptors it takes: epoll refuses regular files (MIO_ERROR_PERMISSION_DENIED).
 * Two sources over one descriptor do not go into one poll: the second is told
 * MIO_ERROR_ALREADY_EXISTS, except by a kqueue, which takes it for an update of the first.
 *
 * Zeroed is valid and holds nothing. Unix only. */
typedef struct mio_source_fd {
  mio_source source;
} mio_source_fd;

/* Makes `source_fd` stand for `fd`. MIO_ERROR_INVALID_INPUT if `fd` is not an open descriptor;
 * MIO_ERROR_ALREADY_EXISTS if `source_fd` holds one already. */
MIO_API int mio_source_fd_init(mio_source_fd *source_fd, mio_handle fd);

/* Deregisters it if it is registered, and lets go of the descriptor, which stays open. To be called
 * before the descriptor is closed. Always legal, also twice and on NULL. */
MIO_API void mio_source_fd_close(mio_source_fd *source_fd);

/* The descriptor. MIO_ERROR_INVALID_INPUT if it holds none. */
MIO_API int mio_source_fd_handle(const mio_source_fd *source_fd, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_source_fd_try_io(mio_source_fd *source_fd, mio_interest interest,
                                       mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_SOURCE_FD_H_ */
