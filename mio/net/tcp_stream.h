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
 * A short read or write, of fewer bytes than asked for, means that the stream is drained or full: the
 * next event follows without a call that would block. There are three exceptions. After an event that
 * was read_closed, read until 0 or an error, because the end yields no further event. A read also stops
 * early at urgent data (MSG_OOB). And one call moves at most about 2 GiB, so a count of that size says
 * nothing.
 *
 * A zeroed struct is valid and closed. A closed stream answers every call with MIO_ERROR_INVALID_INPUT.
 * Streams are non-blocking and close-on-exec from the start; on Unix these calls do not block even if
 * another process that shares the open file makes it blocking. One thread may read while another
 * writes, while no thread registers, moves or closes the struct. Comes from mio's `TcpStream`. */
typedef struct mio_tcp_stream {
  mio_source source;
} mio_tcp_stream;

/* Starts a connection to `addr`. Returns 0 while it is in progress: once the stream is writable,
 * mio_tcp_stream_take_error returns how it ended. Until then transfers return MIO_ERROR_NOT_CONNECTED or
 * MIO_ERROR_WOULD_BLOCK. `*stream` must be closed (else MIO_ERROR_ALREADY_EXISTS) and changes only on
 * success. Immediate errors: MIO_ERROR_CONNECTION_REFUSED on some systems,
 * MIO_ERROR_NETWORK_UNREACHABLE, MIO_ERROR_ADDR_NOT_AVAILABLE, MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL or no family; MIO_ERROR_ADDR_FAMILY_UNSUPPORTED without IPv6. */
MIO_API int mio_tcp_stream_connect(mio_tcp_stream *stream, const mio_addr *addr);

/* Options for mio_tcp_stream_connect_with. Zeroed means the default of each. */
typedef struct mio_tcp_connect_options {
  const mio_addr
      *local;      /* the address to connect from, port 0 for any; NULL: the system's choice */
  bool reuse_port; /* other sockets may have the same `local` (SO_REUSEPORT) */
  bool mptcp;      /* Multipath TCP if the system and the peer can, else TCP (Linux 5.6) */
  bool fast_open;  /* TCP Fast Open: the connection is made by the first write, whose bytes
                          * travel with it. The stream is writable at once, and that write reports how
                          * the connect began. Linux 4.11; MIO_ERROR_UNSUPPORTED elsewhere. */
  mio_socket_options socket;
} mio_tcp_connect_options;

/* Like mio_tcp_stream_connect, with `options`, which may be NULL. Also MIO_ERROR_ADDR_IN_USE for
 * `local`, MIO_ERROR_INVALID_INPUT if it is of another family than `addr`, and the errors of
 * mio_socket_options. */
MIO_API int mio_tcp_stream_connect_with(mio_tcp_stream *stream, const mio_addr *addr,
                                        const mio_tcp_connect_options *options);

/* Deregisters and closes the stream. The system still sends what was written, unless linger is set. If
 * received bytes were not read, the peer gets a reset. Safe to call twice or with NULL. */
MIO_API void mio_tcp_stream_close(mio_tcp_stream *stream);

/* Reads at most `len` bytes. Returns the number of bytes; 0 when the peer has finished (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet; MIO_ERROR_CONNECTION_RESET. Fewer than `len` means that
 * the stream is drained: see the type. Never interrupted by a signal. */
MIO_API ptrdiff_t mio_tcp_stream_read(mio_tcp_stream *stream, void *buffer, size_t len);

/* Like mio_tcp_stream_read, into `count` buffers in their order. Of more than MIO_IOVEC_COUNT_MAX
 * buffers, or 2 GiB, the first ones are used, and the count is then short without the stream being
 * drained. */
MIO_API ptrdiff_t mio_tcp_stream_readv(mio_tcp_stream *stream, const mio_iovec *buffers,
                                       size_t count);

/* Like mio_tcp_stream_read, but the bytes stay and are read again. Drains nothing, except by an error. */
MIO_API ptrdiff_t mio_tcp_stream_peek(mio_tcp_stream *stream, void *buffer, size_t len);

/* Writes at most `len` bytes. Returns how many the system accepted (0 only if `len` is 0), fewer when the
 * stream is full: see the type. MIO_ERROR_WOULD_BLOCK when there is no room; MIO_ERROR_BROKEN_PIPE or
 * MIO_ERROR_CONNECTION_RESET when the peer reads no more. Never raises SIGPIPE. A write that races with
 * the end of the connection is repeated on Apple's systems until it returns MIO_ERROR_BROKEN_PIPE
 * (EPROTOTYPE). */
MIO_API ptrdiff_t mio_tcp_stream_write(mio_tcp_stream *stream, const void *buffer, size_t len);

/* Like mio_tcp_stream_write, from `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_tcp_stream_writev(mio_tcp_stream *stream, const mio_iovec *buffers,
                                        size_t count);

/* Ends reading, writing or both; the handle stays open. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how);

/* The two ends. MIO_ERROR_NOT_CONNECTED (peer_addr) before the connect has succeeded. */
MIO_API int mio_tcp_stream_local_addr(const mio_tcp_stream *stream, mio_addr *out_addr);
MIO_API int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream, mio_addr *out_addr);

/* Bytes of the kernel's buffers (SO_SNDBUF, SO_RCVBUF). The system cuts what is set to its limits and may
 * round it, and Linux reports twice what was set, as it counts its own bookkeeping. 1 to INT32_MAX. */
MIO_API int mio_tcp_stream_send_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes);
MIO_API int mio_tcp_stream_set_send_buffer(mio_tcp_stream *stream, uint32_t bytes);
MIO_API int mio_tcp_stream_recv_buffer(const mio_tcp_stream *stream, uint32_t *out_bytes);
MIO_API int mio_tcp_stream_set_recv_buffer(mio_tcp_stream *stream, uint32_t bytes);

/* The type of service (IPv4) or traffic class (IPv6) of what it sends, 0 to 255: see
 * mio_socket_options. MIO_ERROR_UNSUPPORTED on Windows. */
MIO_API int mio_tcp_stream_traffic_class(const mio_tcp_stream *stream, uint32_t *out_class);
MIO_API int mio_tcp_stream_set_traffic_class(mio_tcp_stream *stream, uint32_t traffic_class);

/* The device that it is bound to: its index, 0 for none, and by name, NULL for none. See
 * mio_socket_options for what that means and for the errors. MIO_ERROR_UNSUPPORTED on the BSDs. */
MIO_API int mio_tcp_stream_interface(const mio_tcp_stream *stream, uint32_t *out_index);
MIO_API int mio_tcp_stream_set_device(mio_tcp_stream *stream, const char *device);

/* Takes the error that the socket holds (SO_ERROR): returns it as a negative code and clears it, or
 * returns 0. Reports how a connect failed. */
MIO_API int mio_tcp_stream_take_error(mio_tcp_stream *stream);

/* Whether small writes are sent at once (TCP_NODELAY) instead of being collected. Off by default. On
 * Windows set it once the stream is writable: the system may refuse it before. */
MIO_API int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *out_on);
MIO_API int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on);

/* The time to live (IPv4) or hop limit (IPv6) of its packets, 1 to 255. On Windows see nodelay. */
MIO_API int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *out_ttl);
MIO_API int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl);

/* What close does with bytes that were written but not sent: MIO_LINGER_OFF, the default, lets the
 * system send them afterwards; 0 throws them away and resets the connection; n makes closing wait
 * for up to n seconds on some systems, which an event loop hardly wants. MIO_ERROR_INVALID_INPUT
 * for other negative values, and on Windows for more than 65535. */
#define MIO_LINGER_OFF (-1)
MIO_API int mio_tcp_stream_linger(const mio_tcp_stream *stream, int *out_seconds);
MIO_API int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds);

/* Whether, and how, the system asks a silent peer if it is still there. `idle_s`: seconds of silence
 * before the first question; `interval_s`: seconds between questions; `count`: how many questions without
 * an answer end the connection with MIO_ERROR_TIMED_OUT. 0 leaves the system's value unchanged. */
typedef struct mio_tcp_keepalive {
  bool on;
  uint32_t idle_s;
  uint32_t interval_s;
  uint32_t count;
} mio_tcp_keepalive;

/* Gets or sets keep-alive. Setting changes all or, if it fails, nothing. A number that the system cannot
 * report is 0, and MIO_ERROR_UNSUPPORTED to set to anything else: OpenBSD has no times per socket, old
 * Windows no count. NetBSD can set them. */
MIO_API int mio_tcp_stream_keepalive(const mio_tcp_stream *stream,
                                     mio_tcp_keepalive *out_keepalive);
MIO_API int mio_tcp_stream_set_keepalive(mio_tcp_stream *stream,
                                         const mio_tcp_keepalive *keepalive);

/* For how many milliseconds written bytes may stay without an acknowledgement before the connection ends
 * with MIO_ERROR_TIMED_OUT (TCP_USER_TIMEOUT); 0 is the system's own rule. Rounded up to seconds on
 * Apple's systems. MIO_ERROR_UNSUPPORTED on the BSDs. */
MIO_API int mio_tcp_stream_user_timeout(const mio_tcp_stream *stream, uint32_t *out_ms);
MIO_API int mio_tcp_stream_set_user_timeout(mio_tcp_stream *stream, uint32_t ms);

/* Whether the two ends are the same socket. A connect to a port of this machine where no socket listens,
 * in the range that the system takes ports from, connects to itself if the system picks that very port
 * (TCP's simultaneous open). A client that tries again and again meets this sooner or later: ask this
 * once connected, and close the stream if so. MIO_ERROR_NOT_CONNECTED. */
MIO_API int mio_tcp_stream_is_self_connected(const mio_tcp_stream *stream, bool *out_is);

/* Opens a stream with a foreign handle, connected or connecting, which becomes non-blocking. `*stream`
 * owns and closes it, only on success. MIO_ERROR_INVALID_INPUT if it is not an open stream socket of IPv4
 * or IPv6; MIO_ERROR_ALREADY_EXISTS if `*stream` is open. */
MIO_API int mio_tcp_stream_adopt(mio_tcp_stream *stream, mio_handle handle);

/* Returns the handle, which still belongs to the stream. */
MIO_API int mio_tcp_stream_handle(const mio_tcp_stream *stream, mio_handle *out_handle);

/* Deregisters the stream, closes it and gives its handle, still non-blocking, to the caller. */
MIO_API int mio_tcp_stream_release(mio_tcp_stream *stream, mio_handle *out_handle);

/* mio_source_try_io for this type. */
MIO_API ptrdiff_t mio_tcp_stream_try_io(mio_tcp_stream *stream, mio_interest interest,
                                        mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_TCP_STREAM_H_ */
