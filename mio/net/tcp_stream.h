#ifndef MIO_NET_TCP_STREAM_H_
#define MIO_NET_TCP_STREAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/addr.h"
#include "mio/net/iovec.h"
#include "mio/net/options.h"
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
 *     if (mio_event_is_writable(e) && !connected) {       the connect has finished
 *       int result = mio_tcp_stream_take_error(&stream);
 *       if (result == 0) result = mio_tcp_stream_peer_addr(&stream, &peer);
 *       if (result == 0) connected = true;
 *       else if (mio_error_kind(result) != MIO_ERROR_NOT_CONNECTED) give_up(result);
 *     }
 *     do {
 *       n = mio_tcp_stream_read(&stream, buffer, sizeof buffer);
 *       if (n > 0) use(buffer, n);
 *     } while (n == sizeof buffer);                       fewer: drained, wait for the next event
 *     if (n == 0) ...                                     the peer has finished writing
 *   ...
 *   mio_tcp_stream_close(&stream);
 *
 * A short read or write moves fewer bytes than requested. It means that the stream is drained or full, and
 * the next event comes without a call that returns would-block. There are three exceptions. After an event
 * that was read_closed, read until 0 or an error, because the end yields no further event. A read also
 * stops early at urgent data (MSG_OOB). One call moves at most about 2 GiB, so a count of that size does
 * not mean that the stream is drained or full.
 *
 * A zeroed struct is valid and closed. Every call with a closed stream returns MIO_ERROR_INVALID_INPUT.
 * Streams are non-blocking and close-on-exec when they are created. On Unix these calls do not block even
 * if another process that shares the open file makes it blocking. One thread may read while another writes
 * if no thread registers, moves or closes the struct. Comes from mio's `TcpStream`. */
typedef struct mio_tcp_stream {
  mio_source source;
} mio_tcp_stream;

/* Starts a connection to `addr`. Returns 0 if the connect has started or finished. Once the stream is
 * writable, mio_tcp_stream_take_error returns the result of the connect. Until then transfers return
 * MIO_ERROR_NOT_CONNECTED or MIO_ERROR_WOULD_BLOCK. `*stream` must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS) and changes only on success. Immediate errors: MIO_ERROR_CONNECTION_REFUSED on
 * some systems, MIO_ERROR_NETWORK_UNREACHABLE, MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL or no family; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without IPv6. */
MIO_API int mio_tcp_stream_connect(mio_tcp_stream *stream, const mio_addr *addr);

/* Options for mio_tcp_stream_connect_with. A zeroed field means its default. */
typedef struct mio_tcp_connect_options {
  /* the address to connect from, port 0 for any port; NULL lets the system choose */
  const mio_addr *local;
  bool reuse_port; /* other sockets may have the same `local` (SO_REUSEPORT) */
  bool mptcp;      /* Multipath TCP if the system and the peer can, else TCP (Linux 5.6) */
  /* TCP Fast Open. The first write starts the connection and its bytes travel with it. The stream
   * is writable at once, and the first write returns an error if the connect cannot start. Linux
   * 4.11; MIO_ERROR_UNSUPPORTED elsewhere. */
  bool fast_open;
  mio_socket_options socket;
} mio_tcp_connect_options;

/* Like mio_tcp_stream_connect, with `options`, which may be NULL. Also MIO_ERROR_ADDR_IN_USE for
 * `local`, MIO_ERROR_INVALID_INPUT if it is of another family than `addr`, and the errors of
 * mio_socket_options. */
MIO_API int mio_tcp_stream_connect_with(mio_tcp_stream *stream, const mio_addr *addr,
                                        const mio_tcp_connect_options *options);

/* Deregisters and closes the stream. The system still sends the bytes that were written, unless linger is
 * set. If received bytes were not read, the peer gets a reset. Safe to call twice or with NULL. */
MIO_API void mio_tcp_stream_close(mio_tcp_stream *stream);

/* Reads at most `len` bytes. Returns the number of bytes; 0 when the peer has finished (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet; MIO_ERROR_CONNECTION_RESET. Fewer than `len` means that
 * the stream is drained (see the type). A signal never interrupts it. */
MIO_API ptrdiff_t mio_tcp_stream_read(mio_tcp_stream *stream, void *buffer, size_t len);

/* Like mio_tcp_stream_read, into `count` buffers in their order. If there are more than MIO_IOVEC_COUNT_MAX
 * buffers or 2 GiB, only the first ones are used. The count is then short although the stream is not
 * drained. */
MIO_API ptrdiff_t mio_tcp_stream_readv(mio_tcp_stream *stream, const mio_iovec *buffers,
                                       size_t count);

/* Like mio_tcp_stream_read, but the bytes stay and are read again. Drains nothing, except by an error. */
MIO_API ptrdiff_t mio_tcp_stream_peek(mio_tcp_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many the system accepted (0 only if `len` is 0), fewer when the
 * stream is full (see the type). MIO_ERROR_WOULD_BLOCK if there is no room; MIO_ERROR_BROKEN_PIPE or
 * MIO_ERROR_CONNECTION_RESET if the peer has stopped reading. Never raises SIGPIPE. A write that races with
 * the end of the connection is repeated on Apple's systems until it returns MIO_ERROR_BROKEN_PIPE
 * (EPROTOTYPE). */
MIO_API ptrdiff_t mio_tcp_stream_write(mio_tcp_stream *stream, const void *buffer, size_t len);

/* Like mio_tcp_stream_write, from `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_tcp_stream_writev(mio_tcp_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how);

/* Write the address of this end or of the peer to `*out_addr`. peer_addr returns MIO_ERROR_NOT_CONNECTED
 * before the connect has succeeded. */
MIO_API int mio_tcp_stream_local_addr(const mio_tcp_stream *stream, mio_addr *out_addr);
MIO_API int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream, mio_addr *out_addr);

/* Get and set the size of the kernel's buffers in bytes (SO_SNDBUF, SO_RCVBUF). `bytes` is 1 to INT32_MAX.
 * The system reduces it to its limits and may round it. Linux reports twice the value that was set, because
 * it includes its bookkeeping. */
MIO_API int mio_tcp_stream_send_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes);
MIO_API int mio_tcp_stream_set_send_buffer(mio_tcp_stream *stream, uint32_t bytes);
MIO_API int mio_tcp_stream_recv_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes);
MIO_API int mio_tcp_stream_set_recv_buffer(mio_tcp_stream *stream, uint32_t bytes);

/* Get and set the type of service (IPv4) or traffic class (IPv6) of sent packets. `traffic_class` is 0 to
 * 255 (see mio_socket_options). MIO_ERROR_UNSUPPORTED on Windows. */
MIO_API int mio_tcp_stream_traffic_class(const mio_tcp_stream *stream, uint32_t *out_class);
MIO_API int mio_tcp_stream_set_traffic_class(mio_tcp_stream *stream, uint32_t traffic_class);

/* Get the device that the socket is bound to, as an index (0 for none), and set it by its name `device`
 * (NULL for none). See mio_socket_options for the meaning and the errors. MIO_ERROR_UNSUPPORTED on the
 * BSDs. */
MIO_API int mio_tcp_stream_interface(const mio_tcp_stream *stream, uint32_t *out_index);
MIO_API int mio_tcp_stream_set_device(mio_tcp_stream *stream, const char *device);

/* Returns the socket's pending error (SO_ERROR) as a negative code and clears it. Returns 0 if there is
 * none. The error of a failed connect is returned here. */
MIO_API int mio_tcp_stream_take_error(mio_tcp_stream *stream);

/* Get and set whether small writes are sent at once (TCP_NODELAY) instead of being collected. Off by
 * default. On Windows set it after the stream is writable, because the system may refuse it before. */
MIO_API int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *out_on);
MIO_API int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on);

/* Get and set the time to live (IPv4) or hop limit (IPv6) of sent packets. `ttl` is 1 to 255. On Windows
 * set it after the stream is writable, because the system may refuse it before. */
MIO_API int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *out_ttl);
MIO_API int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl);

/* The linger value that turns lingering off. It is the default. */
#define MIO_LINGER_OFF (-1)

/* Get and set how close treats bytes that were written but not sent. With MIO_LINGER_OFF the system sends
 * them after the close. With 0 it discards them and resets the connection. A positive number of `seconds`
 * makes close block for up to that time on some systems, which rarely suits an event loop.
 * MIO_ERROR_INVALID_INPUT for other negative values, and on Windows for more than 65535. */
MIO_API int mio_tcp_stream_linger(const mio_tcp_stream *stream, int *out_seconds);
MIO_API int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds);

/* Keep-alive settings. If `on`, the system sends probes on an idle connection. The first probe comes after
 * `idle_s` seconds without traffic, and further probes every `interval_s` seconds. After `count` probes
 * without an answer the connection ends with MIO_ERROR_TIMED_OUT. A number of 0 leaves the system's value
 * unchanged. */
typedef struct mio_tcp_keepalive {
  bool on;
  uint32_t idle_s;
  uint32_t interval_s;
  uint32_t count;
} mio_tcp_keepalive;

/* Get and set keep-alive. If setting `*keepalive` fails, no setting has changed. A number that the system
 * cannot report reads as 0, and setting it to another value is MIO_ERROR_UNSUPPORTED. OpenBSD has no times
 * per socket, and old versions of Windows have no count. NetBSD can set all of them. */
MIO_API int mio_tcp_stream_keepalive(const mio_tcp_stream *stream,
                                     mio_tcp_keepalive *out_keepalive);
MIO_API int mio_tcp_stream_set_keepalive(mio_tcp_stream *stream,
                                         const mio_tcp_keepalive *keepalive);

/* Get and set the time that written bytes may stay unacknowledged before the connection ends with
 * MIO_ERROR_TIMED_OUT (TCP_USER_TIMEOUT). `ms` is in milliseconds; 0 selects the system's default. Rounded
 * up to seconds on Apple's systems. MIO_ERROR_UNSUPPORTED on the BSDs. */
MIO_API int mio_tcp_stream_user_timeout(const mio_tcp_stream *stream, uint32_t *out_ms);
MIO_API int mio_tcp_stream_set_user_timeout(mio_tcp_stream *stream, uint32_t ms);

/* Writes to `*out_is` whether both ends of the connection are the same socket. A client can connect to a
 * local port on which no socket listens. If the system chooses that same port for the client, the socket
 * connects to itself (TCP's simultaneous open). A client that retries often will meet this. Check it once
 * connected, and close the stream if it is true. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_tcp_stream_is_self_connected(const mio_tcp_stream *stream, bool *out_is);

/* Opens a stream with a `handle` that was created elsewhere and is connected or connecting. On success the
 * handle becomes non-blocking and `*stream` owns it. On failure the caller still owns it.
 * MIO_ERROR_INVALID_INPUT if it is not an open stream socket of IPv4 or IPv6; MIO_ERROR_ALREADY_EXISTS if
 * `*stream` is open. */
MIO_API int mio_tcp_stream_adopt(mio_tcp_stream *stream, mio_handle handle);

/* Writes the handle to `*out_handle`. The stream still owns it. */
MIO_API int mio_tcp_stream_handle(const mio_tcp_stream *stream, mio_handle *out_handle);

/* Deregisters the stream, closes it and writes its handle to `*out_handle`. The caller then owns the
 * handle, which stays non-blocking. */
MIO_API int mio_tcp_stream_release(mio_tcp_stream *stream, mio_handle *out_handle);

/* Like mio_source_try_io, for this type. */
MIO_API ptrdiff_t mio_tcp_stream_try_io(mio_tcp_stream *stream, mio_interest interest,
                                        mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_TCP_STREAM_H_ */
