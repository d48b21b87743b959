#include "mio/sys/unix/os.h"

#include "mio/sys/unix/net_udp_cmsg.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_cmsg.h"
#include "mio/sys/unix/net_udp_option.h"

#if MIO_USES_IP_RECVIF
#include <net/if_dl.h>
#endif

/* The largest set of each direction fits, with the padding of the systems whose padding is largest. */
_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)) <=
                   MIO_UDP_CMSG_SEND_ROOM,
               "the control messages of a sent datagram fit");
_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) + 3 * CMSG_SPACE(sizeof(int)) + 64 <=
                   MIO_UDP_CMSG_RECV_ROOM,
               "the control messages of a received datagram fit");
_Static_assert(CMSG_LEN(0) >= sizeof(struct cmsghdr), "data follows the header");

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const mio_addr *addr) {
  return addr->family == MIO_ADDR_V6 && memcmp(addr->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

/* Returns whether the datagram is sent as IPv4. */
static bool is_sent_as_v4(const mio_udp_batch *batch, const mio_udp_message *message) {
  if (!batch->is_v6) return true;
  if (message->peer.family == MIO_ADDR_NONE) return batch->is_connected_to_v4;
  return message->peer.family == MIO_ADDR_V4 || is_mapped(&message->peer);
}

/* The IPv4 address in either form. */
static const uint8_t *v4_bytes(const mio_addr *addr) {
  return addr->family == MIO_ADDR_V6 ? addr->ip + sizeof mapped_prefix : addr->ip;
}

/* Returns whether the address can be a source address, that is, not a group and not broadcast. */
static bool is_source(const mio_addr *addr, bool as_v4) {
  static const uint8_t broadcast[4] = {255, 255, 255, 255};
  if (addr->family == MIO_ADDR_NONE) return false;
  if (!as_v4) return addr->family == MIO_ADDR_V6 && addr->ip[0] != 0xff;
  if (addr->family == MIO_ADDR_V6 && !is_mapped(addr)) return false;
  const uint8_t *bytes = v4_bytes(addr);
  return bytes[0] >> 4 != 0xe && memcmp(bytes, broadcast, sizeof broadcast) != 0;
}

typedef struct writer {
  unsigned char *buffer;
  size_t used;
} writer;

static void put(writer *w, int level, int type, const void *data, size_t len) {
  if (w->used == 0) memset(w->buffer, 0, MIO_UDP_CMSG_SEND_ROOM);
  mio_cmsg_put(w->buffer, MIO_UDP_CMSG_SEND_ROOM, &w->used, level, type, data, len);
}

static void put_local_v6(writer *w, const mio_udp_message *message, bool has_local) {
  struct in6_pktinfo info;
  uint32_t index = message->interface_index;
  memset(&info, 0, sizeof info);
  if (has_local) {
    memcpy(&info.ipi6_addr, message->local.ip, sizeof info.ipi6_addr);
    if (index == 0) index = message->local.scope_id;
  }
  /* int in bionic, unsigned elsewhere. */
  memcpy(&info.ipi6_ifindex, &index, sizeof index);
  put(w, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

static void put_local_v4(writer *w, const mio_udp_batch *batch, const mio_udp_message *message,
                         bool has_local) {
#if MIO_HAS_IP_PKTINFO
  struct in_pktinfo info;
  memset(&info, 0, sizeof info);
  if (has_local) memcpy(&info.ipi_spec_dst, v4_bytes(&message->local), sizeof info.ipi_spec_dst);
  memcpy(&info.ipi_ifindex, &message->interface_index, sizeof info.ipi_ifindex);
  (void)batch;
  put(w, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
#else
  /* The kernels refuse it on a socket that is bound to one address. That address is the source anyway. */
  struct in_addr source;
  if (!has_local || batch->has_fixed_local_addr) return;
  memcpy(&source, v4_bytes(&message->local), sizeof source);
  put(w, IPPROTO_IP, IP_SENDSRCADDR, &source, sizeof source);
#endif
}

static void put_local(writer *w, const mio_udp_batch *batch, const mio_udp_message *message,
                      bool as_v4) {
  const bool has_local = is_source(&message->local, as_v4);
  if (!has_local && message->interface_index == 0) return;
  /* Linux accepts the IPv4 form on an IPv6 socket too. Other systems need an IPv4-mapped address. */
  if (as_v4 && (MIO_ON_LINUX || !batch->is_v6)) {
    put_local_v4(w, batch, message, has_local);
  } else {
    put_local_v6(w, message, has_local && message->local.family == MIO_ADDR_V6);
  }
}

/* The control message replaces the socket's whole byte, so the message repeats its upper six bits. For an
 * IPv4 peer it is IP_TOS even on an IPv6 socket, because kernels ignore IPV6_TCLASS for such a peer. */
static void put_ecn(writer *w, const mio_udp_batch *batch, mio_ecn ecn, bool as_v4) {
  const int value = (batch->traffic_class & 0xfc) | (int)ecn;
  const unsigned char byte = (unsigned char)value;
  if (!as_v4) {
    put(w, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
  } else if (MIO_IP_TOS_IS_BYTE) {
    put(w, IPPROTO_IP, IP_TOS, &byte, sizeof byte);
  } else if (MIO_HAS_IP_TOS_MESSAGE) {
    put(w, IPPROTO_IP, IP_TOS, &value, sizeof value);
  }
}

size_t mio_udp_cmsg_write(const mio_udp_batch *batch, uint32_t use, const mio_net_piece *piece,
                          unsigned char *buffer) {
  const mio_udp_message *message = piece->message;
  /* Most messages of large batches have no details. */
  if (piece->segment_len == 0 && message->local.family == MIO_ADDR_NONE &&
      message->interface_index == 0 && message->ecn == MIO_ECN_NOT_CAPABLE) {
    return 0;
  }
  const bool as_v4 = is_sent_as_v4(batch, message);
  writer w = {buffer, 0};
#if MIO_HAS_UDP_SEGMENT
  const uint16_t segment_len = (uint16_t)piece->segment_len;
  if (segment_len != 0) put(&w, IPPROTO_UDP, UDP_SEGMENT, &segment_len, sizeof segment_len);
#endif
  put_local(&w, batch, message, as_v4);
  if (message->ecn != MIO_ECN_NOT_CAPABLE && (use & MIO_UDP_SEND_ECN) != 0) {
    put_ecn(&w, batch, message->ecn, as_v4);
  }
  return w.used;
}

static void set_traffic_class(mio_udp_message *message, int value) {
  message->traffic_class = value & 0xff;
  message->ecn = (mio_ecn)(value & 3);
}

/* An int, or for IPv4 one byte (Linux, FreeBSD, Apple). */
static void read_traffic_class(const mio_cmsg *found, mio_udp_message *message) {
  int value = 0;
  if (mio_cmsg_read(found, &value, sizeof value)) {
    set_traffic_class(message, value);
  } else if (found->level == IPPROTO_IP && found->len == 1) {
    set_traffic_class(message, *found->data);
  }
}

static void read_v4(const mio_cmsg *found, mio_udp_message *message) {
#if MIO_HAS_IP_PKTINFO
  struct in_pktinfo info;
  if (found->type == IP_PKTINFO && mio_cmsg_read(found, &info, sizeof info)) {
    /* An IPv6 socket gets IPV6_PKTINFO too, with the address in the form of its other addresses. */
    if (message->local.family == MIO_ADDR_NONE) {
      message->local.family = MIO_ADDR_V4;
      memcpy(message->local.ip, &info.ipi_addr, sizeof info.ipi_addr);
    }
    message->arrival_index = (uint32_t)info.ipi_ifindex;
  }
#else
  struct in_addr to;
  if (found->type == IP_RECVDSTADDR && mio_cmsg_read(found, &to, sizeof to)) {
    message->local.family = MIO_ADDR_V4;
    memcpy(message->local.ip, &to, sizeof to);
  }
#endif
#if MIO_USES_IP_RECVIF
  /* struct sockaddr_dl, often with an incomplete name. */
  struct sockaddr_dl link;
  memset(&link, 0, sizeof link);
  if (found->type == IP_RECVIF && found->len >= offsetof(struct sockaddr_dl, sdl_type)) {
    memcpy(&link, found->data, found->len < sizeof link ? found->len : sizeof link);
    message->arrival_index = link.sdl_index;
  }
#endif
  if (found->type == IP_TOS) read_traffic_class(found, message);
#if defined(IP_RECVTOS)
  if (found->type == IP_RECVTOS) read_traffic_class(found, message);
#endif
}

static void read_v6(const mio_cmsg *found, mio_udp_message *message) {
  struct in6_pktinfo info;
  if (found->type == IPV6_PKTINFO && mio_cmsg_read(found, &info, sizeof info)) {
    message->local.family = MIO_ADDR_V6;
    memcpy(message->local.ip, &info.ipi6_addr, sizeof info.ipi6_addr);
    memcpy(&message->arrival_index, &info.ipi6_ifindex, sizeof message->arrival_index);
    const bool is_link_local =
        message->local.ip[0] == 0xfe && (message->local.ip[1] & 0xc0) == 0x80;
    message->local.scope_id = is_link_local ? message->arrival_index : 0;
  }
  if (found->type == IPV6_TCLASS) read_traffic_class(found, message);
}

void mio_udp_cmsg_read(const unsigned char *buffer, size_t size, mio_udp_message *message) {
  mio_cmsg found;
  size_t offset = 0;
  while (mio_cmsg_next(buffer, size, &offset, &found)) {
    if (found.level == IPPROTO_IP) read_v4(&found, message);
    if (found.level == IPPROTO_IPV6) read_v6(&found, message);
#if MIO_HAS_UDP_GRO
    int segment_len = 0;
    if (found.level == IPPROTO_UDP && found.type == UDP_GRO &&
        mio_cmsg_read(&found, &segment_len, sizeof segment_len) && segment_len > 0) {
      message->segment_len = (size_t)segment_len;
    }
#endif
  }
}
