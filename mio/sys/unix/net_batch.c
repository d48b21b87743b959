#include "mio/sys/unix/os.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "mio/sys/net_batch.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_cmsg.h"
#include "mio/sys/unix/net_fd.h"
#include "mio/sys/unix/net_udp_cmsg.h"

#if MIO_ON_LINUX
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* Batches of datagrams: many in one call if the system has such a call, else one after the other.
 *
 * The system's structs are built on the stack, MIO_NET_BATCH_MAX of each at most: 20 KB. */

/* MSG_DONTWAIT: another process that shares the open file may have made it block. */
#if MIO_HAS_MSG_NOSIGNAL
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#else
#define SEND_FLAGS MSG_DONTWAIT
#endif

#if MIO_HAS_SENDMMSG
typedef struct mmsghdr system_message;
#else
typedef struct system_message {
  struct msghdr msg_hdr;
  unsigned msg_len;
} system_message;
#endif

typedef union socket_name {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} socket_name;

/* The memory that a message points to. */
typedef struct send_slot {
  struct iovec buffer;
  socket_name peer;
  MIO_CMSG_ROOM(control, MIO_UDP_CMSG_SEND_ROOM);
} send_slot;

typedef struct recv_slot {
  struct iovec buffer;
  socket_name peer;
  MIO_CMSG_ROOM(control, MIO_UDP_CMSG_RECV_ROOM);
} recv_slot;

/* Returns the length of the name; 0 for an address of no family. */
static socklen_t put_name(const mio_addr *addr, socket_name *out) {
  if (addr->family == MIO_ADDR_V4) {
    memset(&out->v4, 0, sizeof out->v4);
#if MIO_HAS_SA_LEN
    out->v4.sin_len = sizeof out->v4;
#endif
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(addr->port);
    memcpy(&out->v4.sin_addr, addr->ip, sizeof out->v4.sin_addr);
    return sizeof out->v4;
  }
  if (addr->family != MIO_ADDR_V6) return 0;
  memset(&out->v6, 0, sizeof out->v6);
#if MIO_HAS_SA_LEN
  out->v6.sin6_len = sizeof out->v6;
#endif
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons(addr->port);
  out->v6.sin6_flowinfo = htonl(addr->flowinfo);
  memcpy(&out->v6.sin6_addr, addr->ip, sizeof out->v6.sin6_addr);
  out->v6.sin6_scope_id = addr->scope_id;
  return sizeof out->v6;
}

static void get_name(const socket_name *name, socklen_t len, mio_addr *out) {
  memset(out, 0, sizeof *out);
  if (len >= sizeof name->v6 && name->v6.sin6_family == AF_INET6) {
    out->family = MIO_ADDR_V6;
    out->port = ntohs(name->v6.sin6_port);
    out->flowinfo = ntohl(name->v6.sin6_flowinfo);
    out->scope_id = name->v6.sin6_scope_id;
    memcpy(out->ip, &name->v6.sin6_addr, sizeof name->v6.sin6_addr);
  } else if (len >= sizeof name->v4 && name->v4.sin_family == AF_INET) {
    out->family = MIO_ADDR_V4;
    out->port = ntohs(name->v4.sin_port);
    memcpy(out->ip, &name->v4.sin_addr, sizeof name->v4.sin_addr);
  }
}

static void prepare_send(const mio_udp_batch *batch, uint32_t use, const mio_net_piece *piece,
                         send_slot *slot, struct msghdr *out) {
  /* A field of the system's struct points to memory that is not const, but these calls only read it. */
  const union {
    const void *ours;
    void *theirs;
  } bytes = {piece->bytes};
  slot->buffer.iov_base = bytes.theirs;
  slot->buffer.iov_len = piece->len;
  memset(out, 0, sizeof *out);
  out->msg_namelen = put_name(&piece->message->peer, &slot->peer);
  if (out->msg_namelen > 0) out->msg_name = &slot->peer;
  out->msg_iov = &slot->buffer;
  out->msg_iovlen = 1;
  const size_t control_len = mio_udp_cmsg_write(batch, use, piece, slot->control);
  if (control_len == 0) return; /* NetBSD requires a null pointer then */
  out->msg_control = slot->control;
  /* size_t or socklen_t. */
  out->msg_controllen = (socklen_t)control_len;
}

static ptrdiff_t send_one(int fd, const struct msghdr *message) {
  ptrdiff_t sent;
  MIO_RETRY(sent, sendmsg(fd, message, SEND_FLAGS));
  return mio_fd_transfer(sent);
}

/* One system call for all of them. */
static ptrdiff_t send_many(int fd, system_message *messages, size_t count) {
#if MIO_ON_LINUX
  /* musl's sendmmsg(3) loops on 64-bit systems, because the structs of POSIX have other types than those of
   * the kernel. With zeroed padding the layouts are equal. */
  long sent;
  MIO_RETRY(sent, syscall(SYS_sendmmsg, fd, messages, (unsigned)count, SEND_FLAGS));
  return mio_fd_transfer(sent);
#elif MIO_HAS_SENDMMSG
  int sent;
  MIO_RETRY(sent, sendmmsg(fd, messages, (unsigned)count, SEND_FLAGS));
  return mio_fd_transfer(sent);
#else
  (void)fd, (void)messages, (void)count;
  return -ENOSYS;
#endif
}

static ptrdiff_t send_each(int fd, const system_message *messages, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t result = send_one(fd, &messages[i].msg_hdr);
    if (result < 0) return i > 0 ? (ptrdiff_t)i : result;
  }
  return (ptrdiff_t)count;
}

static ptrdiff_t send_pieces(mio_handle handle, const mio_udp_batch *batch, uint32_t use,
                             const mio_net_piece *pieces, size_t count) {
  send_slot slots[MIO_NET_BATCH_MAX];
  system_message messages[MIO_NET_BATCH_MAX];
  for (size_t i = 0; i < count; ++i) {
    prepare_send(batch, use, &pieces[i], &slots[i], &messages[i].msg_hdr);
    messages[i].msg_len = 0;
  }
  return (use & MIO_UDP_SEND_MANY) != 0 ? send_many(handle, messages, count)
                                        : send_each(handle, messages, count);
}

ptrdiff_t mio_net_batch_send(mio_handle handle, const mio_udp_batch *batch, uint32_t use,
                             const mio_net_piece *pieces, size_t count) {
  if (count > 1) return send_pieces(handle, batch, use, pieces, count);
  send_slot slot;
  struct msghdr message;
  prepare_send(batch, use, pieces, &slot, &message);
  const ptrdiff_t result = send_one(handle, &message);
  return result < 0 ? result : 1;
}

/* UDP_SEGMENT: EIO without checksum offload, EINVAL from some drivers and for segments beyond the
 * path's MTU. IP_TOS: EINVAL on Linux before 3.13, EIO on some Android kernels. */
bool mio_net_batch_is_refusal(ptrdiff_t result) { return result == -EIO || result == -EINVAL; }

static void prepare_recv(const mio_udp_message *message, recv_slot *slot, struct msghdr *out) {
  slot->buffer.iov_base = message->buffer;
  slot->buffer.iov_len = message->capacity;
  memset(out, 0, sizeof *out);
  out->msg_name = &slot->peer;
  out->msg_namelen = sizeof slot->peer;
  out->msg_iov = &slot->buffer;
  out->msg_iovlen = 1;
  out->msg_control = slot->control;
  out->msg_controllen = sizeof slot->control;
}

static void finish_recv(mio_udp_message *message, const recv_slot *slot, const struct msghdr *from,
                        size_t len) {
  message->len = len;
  message->segment_len = len;
  message->sent = 0;
  get_name(&slot->peer, from->msg_namelen, &message->peer);
  memset(&message->local, 0, sizeof message->local);
  message->interface_index = message->arrival_index = 0;
  message->traffic_class = -1;
  message->ecn = MIO_ECN_NOT_CAPABLE;
  message->truncated = (from->msg_flags & MSG_TRUNC) != 0;
  size_t control_len = (size_t)from->msg_controllen;
  if (control_len > sizeof slot->control) control_len = sizeof slot->control;
  mio_udp_cmsg_read(slot->control, control_len, message);
}

static ptrdiff_t recv_one(int fd, mio_udp_message *message) {
  recv_slot slot;
  struct msghdr header;
  ptrdiff_t received;
  do {
    prepare_recv(message, &slot, &header);
    received = recvmsg(fd, &header, MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  finish_recv(message, &slot, &header, (size_t)received);
  return 1;
}

/* One system call for all of them. */
static ptrdiff_t recv_many(int fd, mio_udp_message *messages, size_t count) {
#if MIO_HAS_SENDMMSG
  recv_slot slots[MIO_NET_BATCH_MAX];
  system_message headers[MIO_NET_BATCH_MAX];
  int received;
  do {
    for (size_t i = 0; i < count; ++i) {
      prepare_recv(&messages[i], &slots[i], &headers[i].msg_hdr);
      headers[i].msg_len = 0;
    }
    received = recvmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT, NULL);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  for (int i = 0; i < received; ++i) {
    finish_recv(&messages[i], &slots[i], &headers[i].msg_hdr, headers[i].msg_len);
  }
  return received;
#else
  (void)fd, (void)messages, (void)count;
  return -ENOSYS;
#endif
}

static ptrdiff_t recv_each(int fd, mio_udp_batch *batch, mio_udp_message *messages, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t result = recv_one(fd, &messages[i]);
    if (result > 0) continue;
    if (i == 0) return result;
    if (result != -EAGAIN && result != -EWOULDBLOCK) batch->recv_error = (int)result;
    return (ptrdiff_t)i;
  }
  return (ptrdiff_t)count;
}

ptrdiff_t mio_net_batch_recv(mio_handle handle, mio_udp_batch *batch, mio_udp_message *messages,
                             size_t count) {
  if (count == 1) return recv_one(handle, messages);
  return (batch->features & MIO_UDP_RECV_MANY) != 0 ? recv_many(handle, messages, count)
                                                    : recv_each(handle, batch, messages, count);
}
