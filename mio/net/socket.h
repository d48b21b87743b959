#ifndef MIO_NET_SOCKET_H_
#define MIO_NET_SOCKET_H_

#include "mio/sys/transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/error.h"
#include "mio/handle_source.h"
#include "mio/interest.h"
#include "mio/source.h"
#include "mio/sys/net.h"

/* Internal: functions that all types with one handle share. Each type adds its names and, in its
 * constructors, the order of the steps.
 *
 * `source` is the source of any of these types, or NULL. All functions except mio_socket_close return
 * MIO_ERROR_INVALID_INPUT for NULL, a closed socket and bad arguments, without a system call. The results
 * of all transfers and accepts pass through the functions of mio/handle_source.h.
 *
 * A file that includes this header must include it first: see mio/sys/transfer.h. */

static inline int mio_socket_invalid_input(void) {
  return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
}

/* Constructors. */

/* Returns 0 if the socket is closed, so that it can be opened, else MIO_ERROR_ALREADY_EXISTS. */
int mio_socket_check_closed(const mio_source *source);

/* Ends a constructor. Opens `source` with `handle` if `result` is 0, and closes `handle` otherwise. Returns
 * `result`. */
int mio_socket_finish(mio_source *source, mio_handle handle, int result);

/* Begins a constructor of an IP socket. Checks `source` and the address, and opens a handle. */
int mio_socket_begin(const mio_source *source, mio_net_type type, const mio_addr *addr,
                     mio_net_name *out_name, mio_handle *out_handle);

/* Like mio_socket_begin, for a Unix socket. */
int mio_socket_begin_unix(const mio_source *source, mio_net_type type, const mio_unix_addr *addr,
                          mio_net_name *out_name, mio_handle *out_handle);

/* Sets the options that must be set before a bind. */
int mio_socket_prepare_bind(mio_handle handle, const mio_addr *addr, mio_only_v6 only_v6,
                            bool reuse_port);

/* Sets the options that all types have, before a bind or a connect. */
int mio_socket_prepare(mio_handle handle, const mio_socket_options *options);

/* Like mio_socket_begin for a TCP socket, which uses Multipath TCP if `mptcp` and the system has it. */
int mio_socket_begin_tcp(const mio_source *source, bool mptcp, const mio_addr *addr,
                         mio_net_name *out_name, mio_handle *out_handle);

/* Binds the socket to the device of that name, or to none for NULL and "". */
int mio_socket_set_device(mio_handle handle, const char *device);

/* Opens two connected Unix sockets. */
int mio_socket_pair(mio_source *a, mio_source *b, mio_net_type type);

/* Accepts a connection from a listener into `out_stream`. `out_peer` may be NULL. */
int mio_socket_accept(mio_source *listener, mio_source *out_stream, mio_net_name *out_peer);

int mio_socket_adopt(mio_source *source, mio_handle handle, mio_net_type type);
int mio_socket_adopt_unix(mio_source *source, mio_handle handle, mio_net_type type);
int mio_socket_handle(const mio_source *source, mio_handle *out_handle);
int mio_socket_release(mio_source *source, mio_handle *out_handle);
void mio_socket_close(mio_source *source);

/* Transfers of streams. They are inline so that a public function is one call away from the system. */

/* Returns the result of a transfer that cannot move a byte. It is 0 for an open stream and no bytes,
 * whatever the stream's state, because the systems differ there. Otherwise it is MIO_ERROR_INVALID_INPUT. */
ptrdiff_t mio_socket_no_transfer(const mio_source *source, size_t len);

/* Returns whether `source` is open and there is at least one byte to move. */
static inline bool mio_socket_can_stream(const mio_source *source, const void *buffer, size_t len) {
  return source != NULL && source->ops != NULL && buffer != NULL && len != 0;
}

static inline ptrdiff_t mio_socket_read(mio_source *source, void *buffer, size_t len) {
  if (!mio_socket_can_stream(source, buffer, len)) return mio_socket_no_transfer(source, len);
  return mio_source_stream_result(
      source, MIO_READABLE, mio_net_recv(source->native.handle, buffer, len, MIO_NET_RECV, NULL),
      len);
}

static inline ptrdiff_t mio_socket_write(mio_source *source, const void *buffer, size_t len) {
  if (!mio_socket_can_stream(source, buffer, len)) return mio_socket_no_transfer(source, len);
  return mio_source_stream_result(source, MIO_WRITABLE,
                                  mio_net_send(source->native.handle, buffer, len, NULL), len);
}

static inline ptrdiff_t mio_socket_peek(mio_source *source, void *buffer, size_t len) {
  if (!mio_socket_can_stream(source, buffer, len)) return mio_socket_no_transfer(source, len);
  return mio_source_result(source, MIO_READABLE,
                           mio_net_recv(source->native.handle, buffer, len, MIO_NET_PEEK, NULL));
}

ptrdiff_t mio_socket_readv(mio_source *source, const mio_iovec *buffers, size_t count);
ptrdiff_t mio_socket_writev(mio_source *source, const mio_iovec *buffers, size_t count);

/* The buffers that one vectored transfer of a stream moves: at most MIO_IOVEC_COUNT_MAX of them and at
 * most INT_MAX bytes, from the first one that is not empty. More of either make a short transfer. */
typedef struct mio_socket_span {
  const mio_iovec *buffers;
  size_t count;
  size_t len;      /* of all `count` together */
  mio_iovec first; /* replaces one buffer that is longer than INT_MAX */
} mio_socket_span;

/* Checks the arguments of a vectored transfer of a stream. Returns a negative code, 0 if there is no byte
 * to move, and 1 if the caller must move `*out_span`. */
int mio_socket_begin_span(const mio_source *source, const mio_iovec *buffers, size_t count,
                          mio_socket_span *out_span);

/* Transfers of datagrams, which may be empty. The names may be NULL. */

static inline bool mio_socket_can_transfer(const mio_source *source, const void *buffer,
                                           size_t len) {
  return source != NULL && source->ops != NULL && (buffer != NULL || len == 0);
}

static inline ptrdiff_t mio_socket_recv(mio_source *source, void *buffer, size_t len,
                                        mio_net_recv_mode mode, mio_net_name *out_from) {
  if (!mio_socket_can_transfer(source, buffer, len)) return mio_socket_invalid_input();
  return mio_source_result(source, MIO_READABLE,
                           mio_net_recv(source->native.handle, buffer, len, mode, out_from));
}

static inline ptrdiff_t mio_socket_send(mio_source *source, const void *buffer, size_t len,
                                        const mio_net_name *to) {
  if (!mio_socket_can_transfer(source, buffer, len)) return mio_socket_invalid_input();
  return mio_source_result(source, MIO_WRITABLE,
                           mio_net_send(source->native.handle, buffer, len, to));
}

/* `out_truncated` may be NULL. */
ptrdiff_t mio_socket_recv_vectored(mio_source *source, const mio_iovec *buffers, size_t count,
                                   mio_net_name *out_from, bool *out_truncated);
ptrdiff_t mio_socket_send_vectored(mio_source *source, const mio_iovec *buffers, size_t count,
                                   const mio_net_name *to);

int mio_socket_connect(mio_source *source, const mio_net_name *name);
int mio_socket_shutdown(mio_source *source, mio_shutdown how);
int mio_socket_take_error(mio_source *source);

/* Write the address of this end or of the peer to `*out_addr`. */
int mio_socket_local_addr(const mio_source *source, mio_addr *out_addr);
int mio_socket_peer_addr(const mio_source *source, mio_addr *out_addr);
int mio_socket_local_unix_addr(const mio_source *source, mio_unix_addr *out_addr);
int mio_socket_peer_unix_addr(const mio_source *source, mio_unix_addr *out_addr);

#define MIO_SOCKET_TTL_MAX 255

/* Options. A number outside `min` to `max` is MIO_ERROR_INVALID_INPUT. */
int mio_socket_get_bool(const mio_source *source, mio_net_option option, bool *out_on);
int mio_socket_set_bool(const mio_source *source, mio_net_option option, bool on);
int mio_socket_get_number(const mio_source *source, mio_net_option option, uint32_t *out_number);
int mio_socket_set_number(const mio_source *source, mio_net_option option, uint32_t number,
                          uint32_t min, uint32_t max);

/* Translates the address of a peer that the caller passes in. NULL is MIO_ERROR_INVALID_INPUT, and so
 * is an unnamed Unix address, which no socket can be reached at. */
int mio_socket_peer(const mio_addr *addr, mio_net_name *out_name);
int mio_socket_unix_peer(const mio_unix_addr *addr, mio_net_name *out_name);

/* Converts the address that accept or receive returned. `*out_addr` has no family, or is unnamed, if the
 * system wrote no address. `out_addr` may be NULL. */
void mio_socket_tell(const mio_net_name *name, mio_addr *out_addr);
void mio_socket_tell_unix(const mio_net_name *name, mio_unix_addr *out_addr);

#endif /* MIO_NET_SOCKET_H_ */
