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
 *     do {
 *       n = mio_unix_stream_read(&ours, buffer, sizeof buffer);
 *       if (n > 0) use(buffer, n);
 *     } while (n == sizeof buffer);                       fewer: drained, wait for the next event
 *     if (n == 0) ...                                     the peer has finished writing
 *   ...
 *   mio_unix_stream_close(&ours);
 *
 * A short read or write means that the stream is drained or full, with the exceptions that
 * mio/net/tcp_stream.h names, and one more: a read stops early where descriptors or credentials were
 * sent along with the bytes.
 *
 * A zeroed struct is valid and closed. A closed stream answers every call with MIO_ERROR_INVALID_INPUT.
 * Streams are non-blocking and close-on-exec from the start. One thread may read while another writes,
 * while no thread registers, moves or closes the struct. Comes from mio's `UnixStream`. */
typedef struct mio_unix_stream {
  mio_source source;
} mio_unix_stream;

/* Connects to the listener at `path`. Unlike TCP this is mostly done when it returns.
 * MIO_ERROR_WOULD_BLOCK (Linux) when the listener's queue is full: nothing is kept, so connect
 * again later.
 * `*stream` has to be closed (else MIO_ERROR_ALREADY_EXISTS) and changes only on success.
 * MIO_ERROR_NOT_FOUND, MIO_ERROR_CONNECTION_REFUSED when nobody listens,
 * MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL, an empty
 * path or one that is too long; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without Unix sockets. */
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

/* Reads at most `len` bytes. Returns the number of bytes; 0 when the peer has finished (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet; MIO_ERROR_CONNECTION_RESET when the peer closed without
 * reading all of ours. Fewer than `len` means that the stream is drained: see the type. Never interrupted
 * by a signal. */
MIO_API ptrdiff_t mio_unix_stream_read(mio_unix_stream *stream, void *buffer, size_t len);

/* Like mio_unix_stream_read, into `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_unix_stream_readv(mio_unix_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* As read, but the bytes stay and are read again. */
MIO_API ptrdiff_t mio_unix_stream_peek(mio_unix_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many were taken, which may be fewer (0 only if `len` is
 * 0); MIO_ERROR_WOULD_BLOCK when there is no room; MIO_ERROR_BROKEN_PIPE when nobody will read
 * them; never SIGPIPE. */
MIO_API ptrdiff_t mio_unix_stream_write(mio_unix_stream *stream, const void *buffer, size_t len);

/* Like mio_unix_stream_write, from `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_unix_stream_writev(mio_unix_stream *stream, const mio_iovec *buffers,
                                         size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how);

/* The two ends; who did not bind is unnamed. MIO_ERROR_NOT_CONNECTED (peer_addr). */
MIO_API int mio_unix_stream_local_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);
MIO_API int mio_unix_stream_peer_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);

/* The peer at the time when it connected, or listened. */
typedef struct mio_unix_credentials {
  uint32_t uid; /* effective user and group */
  uint32_t gid;
  int64_t pid; /* process, or -1 if it is unknown */
} mio_unix_credentials;

/* Returns the peer's credentials, which the system vouches for. `pid` is -1 if it is unknown: DragonFly
 * and FreeBSD before 13 do not report it, and Linux does not for a peer in a PID namespace that this
 * process cannot see into. MIO_ERROR_NOT_CONNECTED if there is no peer; MIO_ERROR_UNSUPPORTED on
 * Windows. */
MIO_API int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                             mio_unix_credentials *out_credentials);

/* Bytes of the kernel's buffers (SO_SNDBUF, SO_RCVBUF). The system cuts what is set to its limits and may
 * round it, and Linux reports twice what was set, as it counts its own bookkeeping. 1 to INT32_MAX. */
MIO_API int mio_unix_stream_send_buffer(const mio_unix_stream *stream, uint32_t *out_bytes);
MIO_API int mio_unix_stream_set_send_buffer(mio_unix_stream *stream, uint32_t bytes);
MIO_API int mio_unix_stream_recv_buffer(const mio_unix_stream *stream, uint32_t *out_bytes);
MIO_API int mio_unix_stream_set_recv_buffer(mio_unix_stream *stream, uint32_t bytes);

/* The error that the socket holds, as a negative code, and forgets by this; 0 for none. */
MIO_API int mio_unix_stream_take_error(mio_unix_stream *stream);

/* Opens a stream with a foreign handle, which becomes non-blocking. `*stream` owns and closes it, only on
 * success. MIO_ERROR_INVALID_INPUT if it is not an open Unix stream socket; MIO_ERROR_ALREADY_EXISTS if
 * `*stream` is open. */
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
