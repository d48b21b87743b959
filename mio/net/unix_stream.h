#ifndef MIO_NET_UNIX_STREAM_H_
#define MIO_NET_UNIX_STREAM_H_

#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/iovec.h"
#include "mio/net/shutdown.h"
#include "mio/net/unix_addr.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection between two processes of this machine, or inside one.
 *
 *   mio_unix_stream stream = {0}, ours = {0}, theirs = {0};
 *   mio_unix_stream_connect(&stream, "/run/echo.sock");   to a listener
 *   mio_unix_stream_pair(&ours, &theirs);                 or two that are connected to each other
 *   mio_registry_register(registry, &ours.source, OURS, MIO_READABLE | MIO_WRITABLE);
 *
 *   case OURS:
 *     while ((n = mio_unix_stream_read(&ours, buffer, sizeof buffer)) > 0) use(buffer, n);
 *     if (n == 0) ...                                     the peer is done
 *   ...
 *   mio_unix_stream_close(&ours);
 *
 * Zeroed is valid and closed; a closed one answers everything with MIO_ERROR_INVALID_INPUT.
 * Non-blocking and closed on exec from birth. One thread may read while another writes, as far as
 * the struct is not registered, moved or closed meanwhile. Comes from mio's `UnixStream`. */
typedef struct mio_unix_stream {
  mio_source source;
} mio_unix_stream;

/* Connects to the listener at `path`. Unlike TCP this is mostly done when it returns.
 * MIO_ERROR_WOULD_BLOCK (Linux) when the listener's queue is full: nothing is kept, so connect
 * again later.
 * `*stream` has to be closed (else MIO_ERROR_ALREADY_EXISTS) and changes only on success.
 * MIO_ERROR_NOT_FOUND, MIO_ERROR_CONNECTION_REFUSED when nobody listens,
 * MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL, an empty
 * path or one that is too long; MIO_ERROR_UNSUPPORTED where there are no Unix sockets. */
MIO_API int mio_unix_stream_connect(mio_unix_stream *stream, const char *path);

/* The same to an address, which may be abstract; unnamed is MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_stream_connect_addr(mio_unix_stream *stream, const mio_unix_addr *addr);

/* Makes two streams that are connected to each other. Both have to be closed, and not the same;
 * both or none are open then. MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_UNSUPPORTED where the system has
 * no Unix sockets. On Windows they are connected by way of a file in the folder for temporary files,
 * which is gone when this returns but is one end's name. */
MIO_API int mio_unix_stream_pair(mio_unix_stream *a, mio_unix_stream *b);

/* Deregisters and closes it. Always legal, also twice and on NULL. */
MIO_API void mio_unix_stream_close(mio_unix_stream *stream);

/* Reads at most `len` bytes. Returns how many; 0 when the peer is done (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet; MIO_ERROR_CONNECTION_RESET when the peer left
 * bytes of ours unread. Fewer than `len` does not mean that no more are there. Never interrupted by
 * a signal. */
MIO_API ptrdiff_t mio_unix_stream_read(mio_unix_stream *stream, void *buffer, size_t len);

/* The same into `count` buffers, one after the other. */
MIO_API ptrdiff_t mio_unix_stream_readv(mio_unix_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* As read, but the bytes stay and are read again. */
MIO_API ptrdiff_t mio_unix_stream_peek(mio_unix_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many were taken, which may be fewer (0 only if `len` is
 * 0); MIO_ERROR_WOULD_BLOCK when there is no room; MIO_ERROR_BROKEN_PIPE when nobody will read
 * them; never SIGPIPE. */
MIO_API ptrdiff_t mio_unix_stream_write(mio_unix_stream *stream, const void *buffer, size_t len);

/* The same from `count` buffers, one after the other. */
MIO_API ptrdiff_t mio_unix_stream_writev(mio_unix_stream *stream, const mio_iovec *buffers,
                                         size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how);

/* The two ends; who did not bind is unnamed. MIO_ERROR_NOT_CONNECTED (peer_addr). */
MIO_API int mio_unix_stream_local_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);
MIO_API int mio_unix_stream_peer_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);

/* Who the peer was when it connected, or listened. */
typedef struct mio_unix_credentials {
  uint32_t uid; /* effective user and group */
  uint32_t gid;
  int64_t pid; /* process, or -1 where the system does not tell */
} mio_unix_credentials;

/* The peer's credentials, as the system vouches for them. MIO_ERROR_UNSUPPORTED on Windows. */
MIO_API int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                             mio_unix_credentials *out_credentials);

/* The error that the socket holds, as a negative code, and forgets by this; 0 for none. */
MIO_API int mio_unix_stream_take_error(mio_unix_stream *stream);

/* Makes a stream of a handle that was made elsewhere. It becomes non-blocking, and is owned, and
 * closed, by `*stream`, only on success. MIO_ERROR_INVALID_INPUT if it is not an open stream
 * socket; MIO_ERROR_ALREADY_EXISTS if `*stream` is open. */
MIO_API int mio_unix_stream_adopt(mio_unix_stream *stream, mio_handle handle);

/* The handle, which stays the stream's. */
MIO_API int mio_unix_stream_handle(const mio_unix_stream *stream, mio_handle *out_handle);

/* Deregisters the stream and gives its handle, still non-blocking, to the caller. */
MIO_API int mio_unix_stream_release(mio_unix_stream *stream, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_unix_stream_try_io(mio_unix_stream *stream, mio_interest interest,
                                         mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_STREAM_H_ */
