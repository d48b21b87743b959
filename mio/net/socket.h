#ifndef MIO_NET_SOCKET_H_
#define MIO_NET_SOCKET_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/handle_source.h"
#include "mio/interest.h"
#include "mio/source.h"
#include "mio/sys/net.h"

/* Inside the library: what the socket types have in common. Each type picks what fits it and adds
 * no more than names and, in its constructors, the order of steps.
 *
 * `socket` is any of the types, whose first and only member is its mio_source, or NULL. All but
 * close answer NULL, a closed socket and arguments that make no sense with MIO_ERROR_INVALID_INPUT,
 * before the system sees them; and all results of transfers and accepts go through
 * mio_source_result. */

/* 0 if `socket` is closed, so that something can be opened in it; MIO_ERROR_ALREADY_EXISTS if not.
 */
int mio_socket_check_closed(const void *socket);

/* The end of a constructor: `socket` becomes the owner of `handle` if `result` is 0, and `handle`
 * is closed otherwise. Returns `result`. */
int mio_socket_finish(void *socket, mio_handle handle, int result);

/* The beginning of a constructor for an IP socket: checks `socket` and the address, and opens a
 * handle. */
int mio_socket_begin(const void *socket, mio_net_type type, const mio_addr *addr,
                     mio_net_name *out_name, mio_handle *out_handle);

/* The same for a Unix socket. */
int mio_socket_begin_unix(const void *socket, mio_net_type type, const mio_unix_addr *addr,
                          mio_net_name *out_name, mio_handle *out_handle);

/* Options that take effect before a bind only. */
int mio_socket_prepare_bind(mio_handle handle, const mio_addr *addr, mio_only_v6 only_v6,
                            bool reuse_port);

/* Opens two connected Unix sockets. */
int mio_socket_pair(void *a, void *b, mio_net_type type);

/* Takes a connection from a listener into `out_stream`; `out_peer` may be NULL. */
int mio_socket_accept(void *listener, void *out_stream, mio_net_name *out_peer);

int mio_socket_adopt(void *socket, mio_handle handle, mio_net_type type);
int mio_socket_handle(const void *socket, mio_handle *out_handle);
int mio_socket_release(void *socket, mio_handle *out_handle);
void mio_socket_close(void *socket);
ptrdiff_t mio_socket_try_io(void *socket, mio_interest interest, mio_io_operation operation,
                            void *context);

/* Whether the `len` bytes at `buffer` can be transferred; then mio_socket_handle_of has the handle. */
static inline bool mio_socket_can_transfer(const void *socket, const void *buffer, size_t len) {
  const mio_source *source = socket;
  return source != NULL && source->ops != NULL && (buffer != NULL || len == 0);
}

static inline mio_handle mio_socket_handle_of(const void *socket) {
  const mio_source *source = socket;
  return source->native.handle;
}

/* Transfers of streams, where no bytes at all is 0 whatever state the stream is in. */
ptrdiff_t mio_socket_read(void *socket, void *buffer, size_t len, mio_net_recv_mode mode);
ptrdiff_t mio_socket_readv(void *socket, const mio_iovec *buffers, size_t count);
ptrdiff_t mio_socket_write(void *socket, const void *buffer, size_t len);
ptrdiff_t mio_socket_writev(void *socket, const mio_iovec *buffers, size_t count);

/* The frame of readv and writev, for handles that are moved bytes through by other calls. */
typedef ptrdiff_t (*mio_socket_mover)(mio_handle handle, const mio_iovec *buffers, size_t count);
ptrdiff_t mio_socket_move(void *socket, mio_interest direction, const mio_iovec *buffers,
                          size_t count, mio_socket_mover mover);

/* Transfers of datagrams, which may be empty. The names may be NULL. */
ptrdiff_t mio_socket_recv(void *socket, void *buffer, size_t len, mio_net_recv_mode mode,
                          mio_net_name *out_from);
ptrdiff_t mio_socket_recv_vectored(void *socket, const mio_iovec *buffers, size_t count,
                                   mio_net_name *out_from);
ptrdiff_t mio_socket_send(void *socket, const void *buffer, size_t len, const mio_net_name *to);
ptrdiff_t mio_socket_send_vectored(void *socket, const mio_iovec *buffers, size_t count,
                                   const mio_net_name *to);

int mio_socket_connect(void *socket, const mio_net_name *name);
int mio_socket_shutdown(void *socket, mio_shutdown how);
int mio_socket_take_error(void *socket);

/* One end's address: `name_of` is mio_net_local_name or mio_net_peer_name. */
typedef int (*mio_socket_name_of)(mio_handle handle, mio_net_name *out_name);
int mio_socket_addr(const void *socket, mio_socket_name_of name_of, mio_addr *out_addr);
int mio_socket_unix_addr(const void *socket, mio_socket_name_of name_of, mio_unix_addr *out_addr);

#define MIO_SOCKET_TTL_MAX 255

/* Options; a number outside `min` to `max` is MIO_ERROR_INVALID_INPUT. */
int mio_socket_get_bool(const void *socket, mio_net_option option, bool *out_on);
int mio_socket_set_bool(void *socket, mio_net_option option, bool on);
int mio_socket_get_number(const void *socket, mio_net_option option, uint32_t *out_number);
int mio_socket_set_number(void *socket, mio_net_option option, uint32_t number, uint32_t min,
                          uint32_t max);

/* The addresses that a caller passes in: NULL is MIO_ERROR_INVALID_INPUT, and so is an unnamed Unix
 * address, as nobody can be reached there. */
int mio_socket_peer(const mio_addr *addr, mio_net_name *out_name);
int mio_socket_unix_peer(const mio_unix_addr *addr, mio_net_name *out_name);

/* The addresses that come back from accept and receive, after the fact: where the system did not
 * tell, an address of no family, or unnamed. `out_addr` may be NULL. */
void mio_socket_tell(const mio_net_name *name, mio_addr *out_addr);
void mio_socket_tell_unix(const mio_net_name *name, mio_unix_addr *out_addr);

#endif /* MIO_NET_SOCKET_H_ */
