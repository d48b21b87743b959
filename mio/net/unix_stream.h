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
 * A short read or write means that the stream is drained or full, with the exceptions listed in
 * mio/net/tcp_stream.h. There is one more exception. A read also stops early at bytes that were sent with
 * descriptors or credentials.
 *
 * A zeroed struct is valid and closed. Every call with a closed stream returns MIO_ERROR_INVALID_INPUT.
 * Streams are non-blocking and close-on-exec when they are created. One thread may read while another
 * writes if no thread registers, moves or closes the struct. Comes from mio's `UnixStream`. */
typedef struct mio_unix_stream {
  mio_source source;
} mio_unix_stream;

/* Connects to the listener at `path`. Unlike with TCP, the connection usually exists when this returns. On
 * Linux it returns MIO_ERROR_WOULD_BLOCK if the listener's queue is full. The stream then stays closed, so
 * connect again later. `*stream` must be zeroed or closed (else MIO_ERROR_ALREADY_EXISTS) and changes only
 * on success. MIO_ERROR_NOT_FOUND, MIO_ERROR_CONNECTION_REFUSED when no socket listens there,
 * MIO_ERROR_PERMISSION_DENIED, MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL, an empty path or
 * one that is too long; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without Unix sockets. */
MIO_API int mio_unix_stream_connect(mio_unix_stream *stream, const char *path);

/* Like mio_unix_stream_connect, to an address, which may be abstract. Unnamed is
 * MIO_ERROR_INVALID_INPUT. */
MIO_API int mio_unix_stream_connect_addr(mio_unix_stream *stream, const mio_unix_addr *addr);

/* Creates two streams that are connected to each other. `*a` and `*b` must be zeroed or closed, and
 * distinct. On failure both stay closed. MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED
 * without Unix sockets. On Windows the pair is connected through a file in the folder for temporary files.
 * The call removes the file before it returns, but the file's name remains the address of one end. */
MIO_API int mio_unix_stream_pair(mio_unix_stream *a, mio_unix_stream *b);

/* Deregisters and closes the stream. Safe to call twice or with NULL. */
MIO_API void mio_unix_stream_close(mio_unix_stream *stream);

/* Reads at most `len` bytes. Returns the number of bytes; 0 when the peer has finished (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet; MIO_ERROR_CONNECTION_RESET when the peer closed without
 * reading all bytes of this side. Fewer than `len` means that the stream is drained (see the type). A
 * signal never interrupts it. */
MIO_API ptrdiff_t mio_unix_stream_read(mio_unix_stream *stream, void *buffer, size_t len);

/* Like mio_unix_stream_read, into `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_unix_stream_readv(mio_unix_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* Like mio_unix_stream_read, but the bytes stay and are read again. Drains nothing, except by an error. */
MIO_API ptrdiff_t mio_unix_stream_peek(mio_unix_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many the system accepted (0 only if `len` is 0), fewer when the
 * stream is full. MIO_ERROR_WOULD_BLOCK if there is no room; MIO_ERROR_BROKEN_PIPE if the peer has stopped
 * reading. Never raises SIGPIPE. */
MIO_API ptrdiff_t mio_unix_stream_write(mio_unix_stream *stream, const void *buffer, size_t len);

/* Like mio_unix_stream_write, from `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_unix_stream_writev(mio_unix_stream *stream, const mio_iovec *buffers,
                                         size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how);

/* Write the address of this end or of the peer to `*out_addr`. An end that was not bound is unnamed.
 * peer_addr returns MIO_ERROR_NOT_CONNECTED if there is no peer. */
MIO_API int mio_unix_stream_local_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);
MIO_API int mio_unix_stream_peer_addr(const mio_unix_stream *stream, mio_unix_addr *out_addr);

/* The credentials of the peer process at the time when it connected or started to listen. */
typedef struct mio_unix_credentials {
  uint32_t uid; /* effective user and group */
  uint32_t gid;
  int64_t pid; /* process, or -1 if it is unknown */
} mio_unix_credentials;

/* Writes the peer's credentials to `*out_credentials`. The system guarantees that they are correct. `pid`
 * is -1 if it is unknown. DragonFly and FreeBSD before 13 do not report it. Linux does not report it for a
 * peer in a PID namespace that this process cannot see into. MIO_ERROR_NOT_CONNECTED if there is no peer;
 * MIO_ERROR_UNSUPPORTED on Windows. */
MIO_API int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                             mio_unix_credentials *out_credentials);

/* Get and set the size of the kernel's buffers in bytes (SO_SNDBUF, SO_RCVBUF). `bytes` is 1 to INT32_MAX.
 * The system reduces it to its limits and may round it. Linux reports twice the value that was set, because
 * it includes its bookkeeping. */
MIO_API int mio_unix_stream_send_buffer(const mio_unix_stream *stream, uint32_t *out_bytes);
MIO_API int mio_unix_stream_set_send_buffer(mio_unix_stream *stream, uint32_t bytes);
MIO_API int mio_unix_stream_recv_buffer(const mio_unix_stream *stream, uint32_t *out_bytes);
MIO_API int mio_unix_stream_set_recv_buffer(mio_unix_stream *stream, uint32_t bytes);

/* Returns the socket's pending error as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_unix_stream_take_error(mio_unix_stream *stream);

/* Opens a stream with a `handle` that was created elsewhere. On success the handle becomes non-blocking and
 * `*stream` owns it. On failure the caller still owns it. MIO_ERROR_INVALID_INPUT if it is not an open Unix
 * stream socket; MIO_ERROR_ALREADY_EXISTS if `*stream` is open. */
MIO_API int mio_unix_stream_adopt(mio_unix_stream *stream, mio_handle handle);

/* Writes the handle to `*out_handle`. The stream still owns it. */
MIO_API int mio_unix_stream_handle(const mio_unix_stream *stream, mio_handle *out_handle);

/* Deregisters the stream, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_unix_stream_release(mio_unix_stream *stream, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_unix_stream_try_io(mio_unix_stream *stream, mio_interest interest,
                                         mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_STREAM_H_ */
