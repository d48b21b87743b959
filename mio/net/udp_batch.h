#ifndef MIO_NET_UDP_BATCH_H_
#define MIO_NET_UDP_BATCH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mio_udp_socket;

/* Many datagrams in one call, each with the details that QUIC, DNS and VPN servers need: the local address,
 * the interface, ECN, and whether it was cut.
 *
 *   mio_udp_batch batch;
 *   mio_udp_message messages[16] = {{0}};               with buffers of 64 KiB each
 *   const uint32_t wanted = MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_RECV_TRAFFIC_CLASS;
 *   mio_udp_batch_init(&batch, &socket, wanted & mio_udp_batch_supports(&socket));
 *
 *   case UDP:                                           readable: receive until would-block
 *     while ((n = mio_udp_batch_recv(&batch, messages, 16)) > 0) {
 *       mio_udp_batch_send(&batch, messages, (size_t)n);     echoes: see mio_udp_message
 *     }
 *
 * Two features make this fast. The system may send or receive several messages in one call (sendmmsg,
 * recvmmsg). And one message may hold several datagrams of equal length, its segments, which pass through
 * the system as one (GSO and GRO on Linux, USO on Windows). If the system lacks one of them, the library
 * loops, so a program needs no second version. mio_udp_batch_supports returns the features of the system.
 *
 * Nothing here allocates. */

/* Features of a system or of one socket, as bits of a set. */
typedef enum mio_udp_feature {
  /* Details of received messages. mio_udp_batch_init turns them on. */
  MIO_UDP_RECV_LOCAL_ADDR = 1 << 0,    /* `local`, and `arrival_index` if the system reports it */
  MIO_UDP_RECV_TRAFFIC_CLASS = 1 << 1, /* `traffic_class` and `ecn` */
  /* The system may join datagrams of one sender into one message (GRO). See mio_udp_batch_init. */
  MIO_UDP_RECV_COALESCED = 1 << 2,

  /* Details of sent messages. They need not be turned on. */
  MIO_UDP_SEND_LOCAL_ADDR = 1 << 3, /* obeys `local` and `interface_index` */
  MIO_UDP_SEND_ECN = 1 << 4,        /* obeys `ecn` */
  /* The system splits a message into its segments. Without it the library splits the message. */
  MIO_UDP_SEND_SEGMENTS = 1 << 5,

  /* One system call moves many messages. Without it the library loops. */
  MIO_UDP_SEND_MANY = 1 << 6,
  MIO_UDP_RECV_MANY = 1 << 7,

  MIO_UDP_NEVER_FRAGMENT = 1 << 8 /* mio_udp_batch_set_fragmentation */
} mio_udp_feature;

/* Explicit congestion notification: the two low bits of the traffic class (RFC 3168). */
typedef enum mio_ecn {
  MIO_ECN_NOT_CAPABLE = 0,
  MIO_ECN_CAPABLE_1 = 1, /* ECT(1) */
  MIO_ECN_CAPABLE_0 = 2, /* ECT(0) */
  MIO_ECN_CONGESTED = 3  /* CE */
} mio_ecn;

/* One message: one datagram, or several of equal length from or to one peer.
 *
 * The same struct serves both directions. A received message that is sent again goes to its sender, from
 * the local address at which it arrived, in the same segments and with the same ECN bits. A server that is
 * bound to a wildcard address must answer from that local address, because its clients drop other answers.
 * A zeroed struct is an empty datagram to the connected peer. */
typedef struct mio_udp_message {
  void *buffer;    /* the caller's memory; sending only reads it */
  size_t capacity; /* bytes at `buffer`; only receiving uses it */
  size_t len;      /* bytes to send, or received */

  /* The length of each datagram in the message; the last one may be shorter. Sending: 0, or `len`
   * or more, is one datagram. Receiving: `len` if there was one datagram. */
  size_t segment_len;

  /* Sending: number of the `len` bytes that were sent already. The call begins there and advances it. Set
   * it to 0 for a new message. Receiving sets it to 0. */
  size_t sent;

  mio_addr peer; /* receiver or sender; an address of no family means the connected peer */

  /* Sending: the source address. Receiving: the destination address, which can also be a group or broadcast
   * address. The port is ignored and received as 0. An address of no family means the system's choice when
   * sending, and unknown when receiving. A group address, and 255.255.255.255, count as no family when
   * sending. The scope of a link-local address is its interface. */
  mio_addr local;

  uint32_t interface_index; /* sending: index of the sending interface; 0 lets the route choose */
  uint32_t arrival_index;   /* receiving: index of the receiving interface; 0 if unknown */

  /* Receiving: the IPv4 TOS byte or the IPv6 traffic class, or -1 if unknown. Sending ignores it. It uses
   * the socket's upper six bits (DSCP), and `ecn` replaces the lower two. */
  int traffic_class;
  mio_ecn ecn; /* sending: MIO_ECN_NOT_CAPABLE leaves the socket's bits as they are */

  bool truncated; /* receiving: the buffer was too small, and the rest is lost */
} mio_udp_message;

/* Returns the number of datagrams in `message`, at least 1. */
static inline size_t mio_udp_message_datagrams(const mio_udp_message *message) {
  const size_t len = message->len, segment_len = message->segment_len;
  if (segment_len == 0 || segment_len >= len) return 1;
  return len / segment_len + (len % segment_len != 0);
}

/* State of the batches of one socket. It owns no memory and no handle, so it need not be closed. The socket
 * must outlive it and must not move.
 *
 * One thread may send while another receives. */
typedef struct mio_udp_batch {
  struct mio_udp_socket *socket;
  uint32_t features; /* bits of mio_udp_feature that the system has, except the next two fields' */
  uint32_t enabled;  /* the receive features that mio_udp_batch_init turned on */
  uint32_t refused;  /* send features that the system refused; written by the sending thread */
  int recv_error;    /* an error to return from the next receive; the receiving thread's */
  uint8_t traffic_class;     /* the socket's own, whose upper six bits are kept */
  bool is_v6;                /* the socket's family */
  bool is_connected_to_v4;   /* the peer of a connected IPv6 socket is IPv4-mapped */
  bool has_fixed_local_addr; /* the socket is bound to one address */
} mio_udp_batch;

/* Returns the features that the system has for this socket, as bits of mio_udp_feature. Returns 0 for a
 * closed socket or NULL. Makes a few system calls. Support for segments also depends on the route, so the
 * system may still refuse a send. The library then sends the datagrams one by one. */
MIO_API uint32_t mio_udp_batch_supports(const struct mio_udp_socket *socket);

/* Initializes `*batch` for `socket`, and turns on the receive features of `wanted` (the first three bits of
 * mio_udp_feature) on the socket. Other bits of `wanted` must be supported and have no further effect. Call
 * it again after the socket was connected or its traffic class was changed.
 *
 * MIO_UDP_RECV_COALESCED changes the socket. After this call mio_udp_socket_recv and the similar functions
 * may return several joined datagrams, so use only mio_udp_batch_recv. Every buffer must have room for the
 * longest coalesced message, 64 KiB. In a smaller buffer the message is cut, and whole datagrams are lost.
 * It is not supported on Linux before 5.12, which can join datagrams without reporting their length. It is
 * not supported on Windows, where the same was observed.
 *
 * MIO_ERROR_UNSUPPORTED if the system lacks a wanted feature, MIO_ERROR_INVALID_INPUT for NULL or a closed
 * socket. Neither the socket nor `*batch` changes if it fails. */
MIO_API int mio_udp_batch_init(mio_udp_batch *batch, struct mio_udp_socket *socket,
                               uint32_t wanted);

/* Returns the features in use. These are the features of mio_udp_batch_supports, except receive features
 * that were not wanted and send features that the system has refused since. */
MIO_API uint32_t mio_udp_batch_features(const mio_udp_batch *batch);

/* Returns the number of segments beyond which a longer message brings no gain. It is 64 on Linux, 512 on
 * Windows, and 1 if the library splits the message. Longer messages are allowed. */
MIO_API size_t mio_udp_batch_segments(const mio_udp_batch *batch);

/* The greatest number of messages that one system call moves. One call of the library may move more. */
#define MIO_UDP_BATCH_COUNT 64

/* Sends `count` messages in order. Returns how many were sent completely. Fewer than `count` means that the
 * next message was not sent, or that only its first `sent` bytes were sent. Call again with the remaining
 * messages to get the reason. So send until all messages are sent or the result is negative.
 *
 * MIO_ERROR_WOULD_BLOCK if there is no room; the errors of mio_udp_socket_send_to; MIO_ERROR_INVALID_INPUT
 * for NULL, `count` 0, a closed socket, a `buffer` of NULL with a length, or a message that is sent already
 * (`sent` not reset). MIO_ERROR_UNSUPPORTED for `local` or `interface_index` if the system cannot use them.
 *
 * If the system refuses segments on this route (Linux: EIO or EINVAL), the same call sends the datagrams
 * one by one, and the batch no longer tries. ECN bits that the system refuses are left out in the same way. */
MIO_API ptrdiff_t mio_udp_batch_send(mio_udp_batch *batch, mio_udp_message *messages, size_t count);

/* Receives up to `count` messages into the buffers of `messages` and fills in the other fields. Returns the
 * number of messages, at least 1. Fewer than `count` means that the socket was drained, so new datagrams
 * yield an event.
 *
 * MIO_ERROR_WOULD_BLOCK if there are none; the errors of mio_udp_socket_recv; MIO_ERROR_INVALID_INPUT for
 * NULL, `count` 0, a closed socket or a `buffer` of NULL with a capacity. */
MIO_API ptrdiff_t mio_udp_batch_recv(mio_udp_batch *batch, mio_udp_message *messages, size_t count);

/* Treatment of a datagram that is longer than the path's MTU. */
typedef enum mio_udp_fragmentation {
  MIO_UDP_FRAGMENT_ALLOWED = 0, /* it travels in fragments */
  /* it is sent with "don't fragment", or refused if the system knows that the path's MTU is less
   * (MIO_ERROR_MESSAGE_TOO_LONG) */
  MIO_UDP_FRAGMENT_NEVER = 1,
  /* like NEVER, but ignores the system's knowledge of the path, for programs that find the MTU
   * themselves. Linux and Windows; elsewhere it acts like NEVER */
  MIO_UDP_FRAGMENT_PROBE = 2
} mio_udp_fragmentation;

/* Sets `fragmentation` for all datagrams of the socket. Returns 0; MIO_ERROR_UNSUPPORTED on OpenBSD, which
 * lacks it; MIO_ERROR_INVALID_INPUT for another value or a closed socket. */
MIO_API int mio_udp_batch_set_fragmentation(mio_udp_batch *batch,
                                            mio_udp_fragmentation fragmentation);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UDP_BATCH_H_ */
