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
 * These are plain functions on handles. The build links one definition of each (//mio/sys). mio/net
 * implements the parts that all systems share: the ownership of handles, the checks of arguments, the order
 * of steps that creates a socket, the cleanup when a step fails, and the calls that rearm the selector.
 * Each function here makes one system call or a few, and keeps no state.
 *
 * These rules hold for all of them:
 *
 * - They return 0, a count, or a negative native error code, and write outputs only on success.
 * - Arguments are valid: handles open, pointers and lengths checked, enums in range.
 * - Every handle that they create is non-blocking, and child processes do not inherit it. These properties
 *   are set atomically with the creation if the system can, because another thread may fork at any time.
 * - None raises a signal. A signal does not end any of them early: EINTR is retried, except in connect and
 *   close, where a retry would be wrong.
 * - Would-block is an error like any other, of kind MIO_ERROR_WOULD_BLOCK.
 * - They may be called from any thread, for the same handle too.
 *
 * If a system lacks a feature, the function returns an error of kind MIO_ERROR_UNSUPPORTED. It uses
 * mio_error_from_kind if the system's own error has another kind. */

typedef enum mio_net_family { MIO_NET_V4, MIO_NET_V6, MIO_NET_UNIX } mio_net_family;

typedef enum mio_net_type {
  MIO_NET_STREAM,
  MIO_NET_DATAGRAM,
  MIO_NET_SEQPACKET /* Unix sockets only, and only on systems that have mio/unix */
} mio_net_type;

/* An address in the form of the system's calls, a struct sockaddr of some family. Only the functions below
 * create and read it. */
typedef struct mio_net_name {
  union {
    uint64_t alignment;
    unsigned char bytes[128];
  } storage;
  uint32_t len;
} mio_net_name;

/* Convert an address to the system's form. MIO_ERROR_INVALID_INPUT for an address of no family, and for a
 * path or name that is too long for this system or for the struct, because programs fill in the struct;
 * MIO_ERROR_UNSUPPORTED for an abstract name on a system without abstract names. */
int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name);
int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name);

/* Convert an address from the system's form. The kernel wrote `name->len` and the bytes. A Unix name may be
 * empty, consist of the family only, or fill its array without a NUL. MIO_ERROR_ADDR_FAMILY_UNSUPPORTED if
 * the address has another family, which is possible for an adopted handle. */
int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr);
int mio_net_name_to_unix_addr(const mio_net_name *name, mio_unix_addr *out_addr);

/* Creates a socket that is neither bound nor connected. */
int mio_net_open(mio_net_family family, mio_net_type type, mio_handle *out_handle);

/* Opens a TCP socket that uses Multipath TCP if the peer does too. Fails if the system lacks it. */
int mio_net_open_mptcp(mio_net_family family, mio_handle *out_handle);

/* Returns whether the system has `feature`. */
bool mio_net_supports(mio_socket_feature feature);

/* Creates two Unix sockets that are connected to each other. */
int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]);

/* Gives a handle that was created elsewhere the properties of mio_net_open: non-blocking and without
 * SIGPIPE. `handle` may be any value. MIO_ERROR_INVALID_INPUT, without a change, if it is not an open
 * socket of `type` and of the right family, which is Unix if `is_unix`, else IPv4 or IPv6. A stream that is
 * shut down in both directions is accepted. */
int mio_net_adopt(mio_handle handle, mio_net_type type, bool is_unix);

/* Closes a handle, whether it is a socket or not. It must not be called again after an error or an
 * interruption, because the number may belong to another file by then. */
void mio_net_close(mio_handle handle);

int mio_net_bind(mio_handle handle, const mio_net_name *name);

int mio_net_listen(mio_handle handle, int backlog);

/* Accepts a connection of a listener. `out_peer` may be NULL. */
int mio_net_accept(mio_handle handle, mio_handle *out_handle, mio_net_name *out_peer);

/* Returns 0 if the socket is connected or the connect is in progress. The socket becomes writable when the
 * connect ends. An interrupted connect is in progress too, and a second call would be an error. Returns
 * would-block if the queue of a Unix listener is full. */
int mio_net_connect(mio_handle handle, const mio_net_name *name);

/* Ends the association of a datagram socket with its peer. It keeps its local address. */
int mio_net_disconnect(mio_handle handle);

int mio_net_shutdown(mio_handle handle, mio_shutdown how);

int mio_net_local_name(mio_handle handle, mio_net_name *out_name);
int mio_net_peer_name(mio_handle handle, mio_net_name *out_name);

/* Whether a receive removes the bytes from the socket. */
typedef enum mio_net_recv_mode {
  MIO_NET_RECV, /* removes them */
  MIO_NET_PEEK  /* keeps them */
} mio_net_recv_mode;

/* Transfers of 1 to MIO_IOVEC_COUNT_MAX buffers, under the rules of mio/sys/transfer.h, which has the
 * transfers of one buffer. The names may be NULL. `*out_truncated`, unless NULL, becomes true if the
 * datagram was longer than the buffers. */
ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to);
ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from, bool *out_truncated);

/* Settings with a number as value. On is 1 and off is 0. */
typedef enum mio_net_option {
  MIO_NET_REUSE_ADDR, /* UDP: several sockets on one address */
  MIO_NET_REUSE_PORT, /* the system distributes connections and datagrams among several sockets */
  /* TCP: allow a bind while old connections of the port linger; no effect on systems that always
   * allow it */
  MIO_NET_REBIND,
  MIO_NET_ONLY_V6,              /* IPv6 sockets */
  MIO_NET_TTL,                  /* IPv4 time to live and IPv6 hop limit of all sent packets */
  MIO_NET_NODELAY,              /* TCP */
  MIO_NET_LINGER_S,             /* seconds, or -1 for off */
  MIO_NET_KEEPALIVE,            /* TCP */
  MIO_NET_KEEPALIVE_IDLE_S,     /* seconds */
  MIO_NET_KEEPALIVE_INTERVAL_S, /* seconds */
  MIO_NET_KEEPALIVE_COUNT,
  MIO_NET_USER_TIMEOUT_MS,   /* TCP; 0 for the system's default */
  MIO_NET_FAST_OPEN_CONNECT, /* TCP, before connect */
  MIO_NET_FAST_OPEN_LISTEN,  /* TCP listener: the length of the queue */
  MIO_NET_SEND_BUFFER,       /* bytes */
  MIO_NET_RECV_BUFFER,
  MIO_NET_TRAFFIC_CLASS, /* IPv4 type of service and IPv6 traffic class of all sent packets */
  MIO_NET_INTERFACE,     /* index of the interface that the socket is bound to; 0 for none */
  MIO_NET_MARK,          /* Linux */
  MIO_NET_BROADCAST,     /* UDP, like all below */
  MIO_NET_MULTICAST_LOOP_V4,
  MIO_NET_MULTICAST_TTL_V4,
  MIO_NET_MULTICAST_LOOP_V6,
  MIO_NET_MULTICAST_HOPS_V6
} mio_net_option;

/* Get and set an option. The system refuses invalid values with an error of kind MIO_ERROR_INVALID_INPUT. */
int mio_net_get(mio_handle handle, mio_net_option option, int *out_value);
int mio_net_set(mio_handle handle, mio_net_option option, int value);

/* Returns the socket's pending error (SO_ERROR) as a negative code and clears it. Returns 0 if there is
 * none, and a negative code if the call itself fails. */
int mio_net_take_error(mio_handle handle);

typedef enum mio_net_membership { MIO_NET_JOIN, MIO_NET_LEAVE } mio_net_membership;

/* Join or leave a multicast group on the interface with an address (IPv4; 0.0.0.0 for any) or an index
 * (IPv6; 0 for any). The caller has checked the families of the addresses. */
int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr);
int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index);

/* Like the two functions above, by the index of an interface for both families. If `source` is not NULL,
 * only for the datagrams of that source. */
int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index);

/* Set the interface that sends multicast datagrams. */
int mio_net_multicast_interface_v4(mio_handle handle, const mio_addr *interface_addr);
int mio_net_multicast_interface(mio_handle handle, bool is_v6, uint32_t interface_index);

/* Return the index of the interface with the name of `len` bytes at `name`, or 0; and write the name of the
 * interface `index`, which has at most MIO_NET_INTERFACE_NAME_MAX bytes including the NUL. The second
 * returns false if no such interface exists. */
#define MIO_NET_INTERFACE_NAME_MAX 256
uint32_t mio_net_interface_index(const char *name, size_t len);
bool mio_net_interface_name(uint32_t index, char out_name[MIO_NET_INTERFACE_NAME_MAX]);

/* Writes the user, group and process of the peer of a Unix stream. `*out_pid` is -1 if the system does not
 * report it, or if the process is in another PID namespace. Fails if there is no peer. */
int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_NET_H_ */
