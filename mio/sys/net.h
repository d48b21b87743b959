#ifndef MIO_SYS_NET_H_
#define MIO_SYS_NET_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/net/addr.h"
#include "mio/net/iovec.h"
#include "mio/net/options.h"
#include "mio/net/shutdown.h"
#include "mio/net/unix_addr.h"
#include "mio/sys/native.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The porting contract: what an operating system must supply for sockets.
 *
 * These are plain functions on handles; the build links one definition of each (//mio/sys). Above
 * this line, in mio/net, is everything that is the same everywhere: which object owns which handle,
 * arguments that make no sense, in which order a socket is made, what is undone when a step fails,
 * and telling the selector about a would-block. Below it is one system call, or a few, a function,
 * and no state.
 *
 * What holds for all of them:
 *
 * - They return 0, a count, or a negative native error code, and write outputs only on success.
 * - Arguments are valid: handles open, pointers and lengths checked, enums in range.
 * - Every handle they make is non-blocking and not inherited by child processes; from its birth
 * where the system can, as another thread may fork at any time.
 * - None raises a signal, and none is ended early by one: EINTR is retried, but in connect and
 * close, where that would be wrong.
 * - Would-block is an error like any other, of kind MIO_ERROR_WOULD_BLOCK.
 * - They may be called from any thread, for the same handle too.
 *
 * Where a system has no such thing, the answer is MIO_ERROR_UNSUPPORTED (of mio_error_from_kind, if
 * its own error for it is of another kind). */

typedef enum mio_net_family { MIO_NET_V4, MIO_NET_V6, MIO_NET_UNIX } mio_net_family;

typedef enum mio_net_type {
  MIO_NET_STREAM,
  MIO_NET_DATAGRAM,
  MIO_NET_SEQPACKET /* Unix sockets, and only where mio/unix is */
} mio_net_type;

/* An address as the system's calls take it, struct sockaddr something: made, read and understood by
 * the functions below only. */
typedef struct mio_net_name {
  union {
    uint64_t alignment;
    unsigned char bytes[128];
  } storage;
  uint32_t len;
} mio_net_name;

/* Translates an address. MIO_ERROR_INVALID_INPUT for an address of no family, or a path or name
 * that is too long for this system (or, as they are filled in by the caller, longer than their
 * struct); MIO_ERROR_UNSUPPORTED for an abstract name where there are none. */
int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name);
int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name);

/* And back. `name->len` and the bytes are what the kernel wrote: a Unix name may be empty, consist
 * of the family only, or fill its room without a NUL. MIO_ERROR_ADDR_FAMILY_UNSUPPORTED if it is of
 * another family, as that of an adopted handle can be. */
int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr);
int mio_net_name_to_unix_addr(const mio_net_name *name, mio_unix_addr *out_addr);

/* Makes a socket, neither bound nor connected. */
int mio_net_open(mio_net_family family, mio_net_type type, mio_handle *out_handle);

/* Opens a TCP socket that uses Multipath TCP if the peer does too. Fails where the system has none. */
int mio_net_open_mptcp(mio_net_family family, mio_handle *out_handle);

/* Whether the system has `feature`. */
bool mio_net_supports(mio_socket_feature feature);

/* Makes two Unix sockets that are connected to each other. */
int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]);

/* Makes a foreign handle, any value, like one of mio_net_open: non-blocking, and silent about SIGPIPE.
 * MIO_ERROR_INVALID_INPUT, and nothing changed, if it is not an open socket of this type and of the
 * right family: Unix if `is_unix`, else IPv4 or IPv6. A stream that is shut in both directions is
 * accepted. */
int mio_net_adopt(mio_handle handle, mio_net_type type, bool is_unix);

/* Closes a handle, whether it is a socket or not. It must not be called again after an error or an
 * interruption, because the number may belong to another file by then. */
void mio_net_close(mio_handle handle);

int mio_net_bind(mio_handle handle, const mio_net_name *name);

int mio_net_listen(mio_handle handle, int backlog);

/* Takes a connection from a listener; `out_peer` may be NULL. */
int mio_net_accept(mio_handle handle, mio_handle *out_handle, mio_net_name *out_peer);

/* 0 also when the connection is under way, and becomes writable when done. An interrupted connect
 * is under way too: to call again would be an error. A Unix listener's full queue is would-block.
 */
int mio_net_connect(mio_handle handle, const mio_net_name *name);

/* Ends the association of a datagram socket with its peer. It keeps its local address. */
int mio_net_disconnect(mio_handle handle);

int mio_net_shutdown(mio_handle handle, mio_shutdown how);

int mio_net_local_name(mio_handle handle, mio_net_name *out_name);
int mio_net_peer_name(mio_handle handle, mio_net_name *out_name);

/* Whether a receive takes the bytes away. */
typedef enum mio_net_recv_mode {
  MIO_NET_RECV, /* takes them */
  MIO_NET_PEEK  /* leaves them */
} mio_net_recv_mode;

/* Transfers of 1 to MIO_IOVEC_COUNT_MAX buffers, under the rules of mio/sys/transfer.h, which has the
 * transfers of one buffer. The names may be NULL. `*out_truncated`, unless NULL, becomes true if the
 * datagram was longer than the buffers. */
ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to);
ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from, bool *out_truncated);

/* Settings that are a number; on and off are 1 and 0. */
typedef enum mio_net_option {
  MIO_NET_REUSE_ADDR, /* UDP: several sockets on one address */
  MIO_NET_REUSE_PORT, /* the system spreads connections and datagrams over several sockets */
  MIO_NET_REBIND,     /* TCP: bind although old connections of that port linger; setting does
                       * nothing where that is so anyway */
  MIO_NET_ONLY_V6,    /* IPv6 sockets */
  MIO_NET_TTL,        /* IPv4 time to live, and IPv6 hop limit: of whatever the socket sends */
  MIO_NET_NODELAY,    /* TCP */
  MIO_NET_LINGER_S,   /* seconds, or -1 for off */
  MIO_NET_KEEPALIVE,  /* TCP */
  MIO_NET_KEEPALIVE_IDLE_S,     /* seconds */
  MIO_NET_KEEPALIVE_INTERVAL_S, /* seconds */
  MIO_NET_KEEPALIVE_COUNT,
  MIO_NET_USER_TIMEOUT_MS,   /* TCP; 0 for the system's own */
  MIO_NET_FAST_OPEN_CONNECT, /* TCP, before connect */
  MIO_NET_FAST_OPEN_LISTEN,  /* TCP listener: the length of the queue */
  MIO_NET_SEND_BUFFER,       /* bytes */
  MIO_NET_RECV_BUFFER,
  MIO_NET_TRAFFIC_CLASS, /* IPv4 type of service, IPv6 traffic class: of all that the socket sends */
  MIO_NET_INTERFACE,     /* index of the interface that the socket is bound to; 0 for none */
  MIO_NET_MARK,          /* Linux */
  MIO_NET_BROADCAST,     /* UDP, as all below */
  MIO_NET_MULTICAST_LOOP_V4,
  MIO_NET_MULTICAST_TTL_V4,
  MIO_NET_MULTICAST_LOOP_V6,
  MIO_NET_MULTICAST_HOPS_V6
} mio_net_option;

/* Values that the system does not like are its error, of kind MIO_ERROR_INVALID_INPUT. */
int mio_net_get(mio_handle handle, mio_net_option option, int *out_value);
int mio_net_set(mio_handle handle, mio_net_option option, int value);

/* Takes the error that the socket holds (SO_ERROR): 0 or negative, like a failure of the call. */
int mio_net_take_error(mio_handle handle);

typedef enum mio_net_membership { MIO_NET_JOIN, MIO_NET_LEAVE } mio_net_membership;

/* Joins or leaves a multicast group on the interface that has an address (IPv4; 0.0.0.0: any) or an
 * index (IPv6; 0: any). The addresses' families are checked. */
int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr);
int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index);

/* Like these, by the index of an interface for both families, and for the datagrams of one `source`
 * alone unless that is NULL. */
int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index);

/* Sets the interface that multicast datagrams leave by. */
int mio_net_multicast_interface_v4(mio_handle handle, const mio_addr *interface_addr);
int mio_net_multicast_interface(mio_handle handle, bool is_v6, uint32_t interface_index);

/* The index of the interface named by the `len` bytes at `name`, or 0; and the name of an index, of at
 * most MIO_NET_INTERFACE_NAME_MAX bytes with its NUL. False if there is none. */
#define MIO_NET_INTERFACE_NAME_MAX 256
uint32_t mio_net_interface_index(const char *name, size_t len);
bool mio_net_interface_name(uint32_t index, char out_name[MIO_NET_INTERFACE_NAME_MAX]);

/* The user, group and process at the other end of a Unix stream. `pid` is -1 where the system does not
 * report it, or where the process is in another PID namespace. Fails if there is no peer. */
int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_NET_H_ */
