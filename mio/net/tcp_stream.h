#ifndef MIO_NET_TCP_STREAM_H_
#define MIO_NET_TCP_STREAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/addr.h"
#include "mio/net/iovec.h"
#include "mio/net/shutdown.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A TCP connection.
 *
 *   mio_tcp_stream stream = {0};
 *   mio_tcp_stream_connect(&stream, &addr);               returns at once
 *   mio_registry_register(registry, &stream.source, CLIENT, MIO_READABLE | MIO_WRITABLE);
 *
 *   case CLIENT:
 *     if (mio_event_is_writable(e) && !connected) {       the connect has ended: how?
 *       int result = mio_tcp_stream_take_error(&stream);
 *       if (result == 0) result = mio_tcp_stream_peer_addr(&stream, &peer);
 *       if (result == 0) connected = true;
 *       else if (mio_error_kind(result) != MIO_ERROR_NOT_CONNECTED) give_up(result);
 *     }
 *     while ((n = mio_tcp_stream_read(&stream, buffer, sizeof buffer)) > 0) use(buffer, n);
 *     if (n == 0) ...                                     the peer is done
 *   ...
 *   mio_tcp_stream_close(&stream);
 *
 * Zeroed is valid and closed; a closed one answers everything with MIO_ERROR_INVALID_INPUT.
 * Non-blocking and closed on exec from birth. One thread may read while another writes, as far as
 * the struct is not registered, moved or closed meanwhile. Comes from mio's `TcpStream`. */
typedef struct mio_tcp_stream {
  mio_source source;
} mio_tcp_stream;

/* Begins a connection to `addr`, and returns 0 while it goes on: once the stream is writable,
 * mio_tcp_stream_take_error tells how it ended. Until then transfers say MIO_ERROR_NOT_CONNECTED or
 * MIO_ERROR_WOULD_BLOCK. `*stream` has to be closed (else MIO_ERROR_ALREADY_EXISTS) and changes
 * only on success. What is known at once is answered at once: MIO_ERROR_CONNECTION_REFUSED on some
 * systems, MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL
 * or no family. */
MIO_API int mio_tcp_stream_connect(mio_tcp_stream *stream, const mio_addr *addr);

/* Deregisters and closes it. What was written is still sent, unless linger says otherwise; bytes
 * not read yet make the peer see a reset. Always legal, also twice and on NULL. */
MIO_API void mio_tcp_stream_close(mio_tcp_stream *stream);

/* Reads at most `len` bytes. Returns how many; 0 when the peer is done (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet, MIO_ERROR_CONNECTION_RESET. Fewer than `len` does
 * not mean that no more are there. Never interrupted by a signal. */
MIO_API ptrdiff_t mio_tcp_stream_read(mio_tcp_stream *stream, void *buffer, size_t len);

/* The same into `count` buffers, one after the other. */
MIO_API ptrdiff_t mio_tcp_stream_readv(mio_tcp_stream *stream, const mio_iovec *buffers,
                                       size_t count);

/* As read, but the bytes stay and are read again. */
MIO_API ptrdiff_t mio_tcp_stream_peek(mio_tcp_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many were taken, which may be fewer (0 only if `len` is
 * 0); MIO_ERROR_WOULD_BLOCK when there is no room; MIO_ERROR_BROKEN_PIPE or
 * MIO_ERROR_CONNECTION_RESET when nobody will read them; never SIGPIPE. */
MIO_API ptrdiff_t mio_tcp_stream_write(mio_tcp_stream *stream, const void *buffer, size_t len);

/* The same from `count` buffers, one after the other. */
MIO_API ptrdiff_t mio_tcp_stream_writev(mio_tcp_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how);

/* The two ends. MIO_ERROR_NOT_CONNECTED (peer_addr) before the connect has succeeded. */
MIO_API int mio_tcp_stream_local_addr(const mio_tcp_stream *stream, mio_addr *out_addr);
MIO_API int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream, mio_addr *out_addr);

/* The error that the socket holds, as a negative code, and forgets by this; 0 for none. How a
 * connect that failed is told. */
MIO_API int mio_tcp_stream_take_error(mio_tcp_stream *stream);

/* Whether small writes go out at once (TCP_NODELAY) rather than being gathered. Off by default. On
 * Windows to be set once the stream is writable: before, the system may refuse. */
MIO_API int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *out_on);
MIO_API int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on);

/* The time to live (IPv4) or hop limit (IPv6) of what it sends, 1 to 255. On Windows as nodelay. */
MIO_API int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *out_ttl);
MIO_API int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl);

/* What close does with bytes that were written but not sent: MIO_LINGER_OFF, the default, lets the
 * system send them afterwards; 0 throws them away and resets the connection; n makes closing wait
 * for up to n seconds on some systems, which an event loop hardly wants. MIO_ERROR_INVALID_INPUT
 * for other negative values, and on Windows for more than 65535. */
#define MIO_LINGER_OFF (-1)
MIO_API int mio_tcp_stream_linger(const mio_tcp_stream *stream, int *out_seconds);
MIO_API int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds);

/* Whether, and how, the system asks a silent peer if it is still there. `idle_s`: seconds of
 * silence before the first question; `interval_s`: seconds between questions; `count`: how many
 * without an answer end the connection with MIO_ERROR_TIMED_OUT. 0 leaves the system's value as it
 * is. */
typedef struct mio_tcp_keepalive {
  bool on;
  uint32_t idle_s;
  uint32_t interval_s;
  uint32_t count;
} mio_tcp_keepalive;

/* What a system cannot tell or set of it (OpenBSD has no times per socket, old Windows no count)
 * comes back as 0, and is MIO_ERROR_UNSUPPORTED to set to anything else; NetBSD's can be set. */
MIO_API int mio_tcp_stream_keepalive(const mio_tcp_stream *stream,
                                     mio_tcp_keepalive *out_keepalive);
MIO_API int mio_tcp_stream_set_keepalive(mio_tcp_stream *stream,
                                         const mio_tcp_keepalive *keepalive);

/* Makes a stream of a handle that was made elsewhere, connected or connecting. It becomes
 * non-blocking, and is owned, and closed, by `*stream`, only on success. MIO_ERROR_INVALID_INPUT if
 * it is not an open stream socket; MIO_ERROR_ALREADY_EXISTS if `*stream` is open. */
MIO_API int mio_tcp_stream_adopt(mio_tcp_stream *stream, mio_handle handle);

/* The handle, which stays the stream's. */
MIO_API int mio_tcp_stream_handle(const mio_tcp_stream *stream, mio_handle *out_handle);

/* Deregisters the stream and gives its handle, still non-blocking, to the caller. */
MIO_API int mio_tcp_stream_release(mio_tcp_stream *stream, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_tcp_stream_try_io(mio_tcp_stream *stream, mio_interest interest,
                                        mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_TCP_STREAM_H_ */
