#include "mio/sys/windows/os.h"

#include <limits.h>
#include <mswsock.h>
#include <stddef.h>
#include <string.h>

#include "mio/sys/inet_name.h"
#include "mio/sys/net.h"
#include "mio/sys/net_batch.h"
#include "mio/sys/windows/net_winsock.h"

/* Batches of datagrams: one WSASendMsg or WSARecvMsg each. A message with segments is one call, and the
 * system splits it (USO). The library does not enable joined datagrams (URO), because Windows was seen to
 * deliver them without their length, so they could not be separated.
 *
 * Executed under Wine only, which has no segments and no ECN. */

/* From ws2ipdef.h, for Windows 10 and later. Some SDKs' headers lack them. */
#ifndef UDP_SEND_MSG_SIZE
#define UDP_SEND_MSG_SIZE 2
#endif
#ifndef IP_RECVTOS
#define IP_RECVTOS 40
#endif
#ifndef IPV6_RECVTCLASS
#define IPV6_RECVTCLASS 40
#endif
#ifndef IPV6_TCLASS
#define IPV6_TCLASS 39
#endif
/* IP_RECVECN and IPV6_RECVECN have the same number. */
#ifndef IP_ECN
#define IP_ECN 50
#endif
#ifndef IPV6_ECN
#define IPV6_ECN 50
#endif
#ifndef IP_MTU_DISCOVER
#define IP_MTU_DISCOVER 71
#endif
#ifndef IPV6_MTU_DISCOVER
#define IPV6_MTU_DISCOVER 71
#endif

enum {
  MODE_DO = 1, /* PMTUD_STATE of ws2ipdef.h */
  MODE_DONT = 2,
  MODE_PROBE = 3,
  SEGMENTS_MAX = 512, /* a value that is known to be accepted */
  ROOM = 192
};

/* A control message is a header, its data, and padding to the alignment of a header. */
enum { ALIGNMENT = sizeof(SIZE_T) };
_Static_assert(sizeof(WSACMSGHDR) % ALIGNMENT == 0, "data follows the header without padding");
_Static_assert(4 * (sizeof(WSACMSGHDR) + ALIGNMENT) + sizeof(IN6_PKTINFO) <= ROOM,
               "all control messages of one datagram fit");

typedef struct control {
  _Alignas(SIZE_T) char bytes[ROOM];
  size_t used;
} control;

static size_t padded(size_t len) { return (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static void put(control *c, int level, int type, const void *data, size_t len) {
  const WSACMSGHDR header = {sizeof header + len, level, type};
  memset(c->bytes + c->used, 0, sizeof header + padded(len));
  memcpy(c->bytes + c->used, &header, sizeof header);
  memcpy(c->bytes + c->used + sizeof header, data, len);
  c->used += sizeof header + padded(len);
}

static bool is_mapped(const mio_addr *addr) {
  static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return addr->family == MIO_ADDR_V6 && memcmp(addr->ip, prefix, sizeof prefix) == 0;
}

/* Returns whether the datagram is sent as IPv4. */
static bool is_sent_as_v4(const mio_udp_batch *batch, const mio_udp_message *message) {
  if (!batch->is_v6) return true;
  if (message->peer.family == MIO_ADDR_NONE) return batch->is_connected_to_v4;
  return is_mapped(&message->peer);
}

/* The IPv4 address in either form. */
static const uint8_t *v4_bytes(const mio_addr *addr) {
  return addr->family == MIO_ADDR_V6 ? addr->ip + 12 : addr->ip;
}

/* Returns whether the address can be a source address, that is, not a group and not broadcast. */
static bool is_source(const mio_addr *addr, bool as_v4) {
  static const uint8_t broadcast[4] = {255, 255, 255, 255};
  if (addr->family == MIO_ADDR_NONE) return false;
  if (!as_v4) return addr->family == MIO_ADDR_V6 && addr->ip[0] != 0xff;
  if (addr->family == MIO_ADDR_V6 && !is_mapped(addr)) return false;
  return v4_bytes(addr)[0] >> 4 != 0xe && memcmp(v4_bytes(addr), broadcast, 4) != 0;
}

static void put_local(control *c, const mio_udp_message *message, bool as_v4) {
  const bool has_local = is_source(&message->local, as_v4);
  if (!has_local && message->interface_index == 0) return;
  if (as_v4) {
    IN_PKTINFO info = {{{{0}}}, message->interface_index};
    if (has_local) memcpy(&info.ipi_addr, v4_bytes(&message->local), sizeof info.ipi_addr);
    put(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    return;
  }
  IN6_PKTINFO info;
  memset(&info, 0, sizeof info);
  info.ipi6_ifindex = message->interface_index;
  if (has_local) {
    memcpy(&info.ipi6_addr, message->local.ip, sizeof info.ipi6_addr);
    if (info.ipi6_ifindex == 0) info.ipi6_ifindex = message->local.scope_id;
  }
  put(c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

static ptrdiff_t send_piece(SOCKET s, const mio_udp_batch *batch, uint32_t use,
                            const mio_net_piece *piece) {
  const mio_udp_message *message = piece->message;
  const bool as_v4 = is_sent_as_v4(batch, message);
  const int ecn = (int)message->ecn;
  const DWORD segment_len = (DWORD)piece->segment_len;
  control c;
  mio_net_name to;
  c.used = 0;
  if (segment_len != 0) put(&c, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &segment_len, sizeof segment_len);
  put_local(&c, message, as_v4);
  if (ecn != MIO_ECN_NOT_CAPABLE && (use & MIO_UDP_SEND_ECN) != 0) {
    put(&c, as_v4 ? IPPROTO_IP : IPPROTO_IPV6, as_v4 ? IP_ECN : IPV6_ECN, &ecn, sizeof ecn);
  }
  const union {
    const void *ours;
    char *theirs;
  } bytes = {piece->bytes};
  WSABUF buffer = {(ULONG)piece->len, bytes.theirs};
  WSAMSG header;
  memset(&header, 0, sizeof header);
  if (mio_inet_name_from_addr(&message->peer, &to)) {
    header.name = (struct sockaddr *)(void *)to.storage.bytes;
    header.namelen = (INT)to.len;
  }
  header.lpBuffers = &buffer;
  header.dwBufferCount = 1;
  header.Control.len = (ULONG)c.used;
  header.Control.buf = c.used > 0 ? c.bytes : NULL;
  DWORD sent = 0;
  return mio_winsock_result(WSASendMsg(s, &header, 0, &sent, NULL, NULL));
}

ptrdiff_t mio_net_batch_send(mio_handle handle, const mio_udp_batch *batch, uint32_t use,
                             const mio_net_piece *pieces, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t result = send_piece(mio_winsock_of(handle), batch, use, &pieces[i]);
    if (result < 0) return i > 0 ? (ptrdiff_t)i : result;
  }
  return (ptrdiff_t)count;
}

bool mio_net_batch_is_refusal(ptrdiff_t result) {
  return result == -WSAEINVAL || result == -WSAEOPNOTSUPP;
}

/* One control message of `len` bytes of data. */
static void read_detail(int level, int type, const char *data, size_t len,
                        mio_udp_message *message) {
  IN_PKTINFO v4;
  IN6_PKTINFO v6;
  int value = 0;
  if (level == IPPROTO_IP && type == IP_PKTINFO && len >= sizeof v4) {
    memcpy(&v4, data, sizeof v4);
    message->local.family = MIO_ADDR_V4;
    memcpy(message->local.ip, &v4.ipi_addr, sizeof v4.ipi_addr);
    message->arrival_index = v4.ipi_ifindex;
  } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO && len >= sizeof v6) {
    memcpy(&v6, data, sizeof v6);
    message->local.family = MIO_ADDR_V6;
    memcpy(message->local.ip, &v6.ipi6_addr, sizeof v6.ipi6_addr);
    message->arrival_index = v6.ipi6_ifindex;
    const bool is_link_local =
        message->local.ip[0] == 0xfe && (message->local.ip[1] & 0xc0) == 0x80;
    message->local.scope_id = is_link_local ? v6.ipi6_ifindex : 0;
  } else if (len >= sizeof value) {
    memcpy(&value, data, sizeof value);
    const bool is_class =
        (level == IPPROTO_IP && type == IP_TOS) || (level == IPPROTO_IPV6 && type == IPV6_TCLASS);
    if (is_class) message->traffic_class = value & 0xff;
    if (is_class || type == IP_ECN) message->ecn = (mio_ecn)(value & 3);
  }
}

static void read_details(const char *bytes, size_t size, mio_udp_message *message) {
  size_t offset = 0;
  while (size - offset >= sizeof(WSACMSGHDR)) {
    WSACMSGHDR header;
    const size_t rest = size - offset;
    memcpy(&header, bytes + offset, sizeof header);
    if (header.cmsg_len < sizeof header) return;
    const size_t len = (header.cmsg_len < rest ? header.cmsg_len : rest) - sizeof header;
    read_detail(header.cmsg_level, header.cmsg_type, bytes + offset + sizeof header, len, message);
    const size_t space = sizeof header + padded(len);
    offset += space < rest ? space : rest;
  }
}

static int find_receiver(SOCKET s, LPFN_WSARECVMSG *out) {
  GUID id = WSAID_WSARECVMSG;
  DWORD bytes = 0;
  return mio_winsock_result(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, out,
                                     sizeof *out, &bytes, NULL, NULL));
}

static ptrdiff_t receive_message(SOCKET s, LPFN_WSARECVMSG receiver, mio_udp_message *message) {
  control c;
  mio_net_name from;
  char nothing;
  WSABUF buffer = {(ULONG)(message->capacity < LONG_MAX ? message->capacity : LONG_MAX),
                   message->capacity == 0 ? &nothing : message->buffer};
  WSAMSG header;
  DWORD received = 0;
  memset(&header, 0, sizeof header);
  memset(&from, 0, sizeof from);
  header.name = (struct sockaddr *)(void *)from.storage.bytes;
  header.namelen = sizeof from.storage.bytes;
  header.lpBuffers = &buffer;
  header.dwBufferCount = 1;
  header.Control.buf = c.bytes;
  header.Control.len = sizeof c.bytes;
  bool truncated = false;
  if (receiver(s, &header, &received, NULL, NULL) != 0) {
    if (WSAGetLastError() != WSAEMSGSIZE) return mio_winsock_error();
    truncated = true;
    received = buffer.len;
  }
  from.len = (uint32_t)header.namelen;
  message->len = message->segment_len = received;
  message->sent = 0;
  memset(&message->peer, 0, sizeof message->peer);
  memset(&message->local, 0, sizeof message->local);
  (void)mio_net_name_to_addr(&from, &message->peer);
  message->interface_index = message->arrival_index = 0;
  message->traffic_class = -1;
  message->ecn = MIO_ECN_NOT_CAPABLE;
  message->truncated = truncated || (header.dwFlags & MSG_TRUNC) != 0;
  const size_t control_len = header.Control.len;
  read_details(c.bytes, control_len < sizeof c.bytes ? control_len : sizeof c.bytes, message);
  return 1;
}

ptrdiff_t mio_net_batch_recv(mio_handle handle, mio_udp_batch *batch, mio_udp_message *messages,
                             size_t count) {
  const SOCKET s = mio_winsock_of(handle);
  LPFN_WSARECVMSG receiver = NULL;
  const int found = find_receiver(s, &receiver);
  if (found < 0) return found;
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t result = receive_message(s, receiver, &messages[i]);
    if (result > 0) continue;
    if (i == 0) return result;
    if (result != -WSAEWOULDBLOCK) batch->recv_error = (int)result;
    return (ptrdiff_t)i;
  }
  return (ptrdiff_t)count;
}

static bool get(SOCKET s, int level, int name, int *out_value) {
  int len = sizeof *out_value;
  *out_value = 0;
  return getsockopt(s, level, name, (char *)out_value, &len) == 0;
}

static int set(SOCKET s, int level, int name, int value) {
  return mio_winsock_result(setsockopt(s, level, name, (const char *)&value, sizeof value));
}

static bool has(SOCKET s, int level, int name) {
  int value;
  return get(s, level, name, &value);
}

int mio_net_batch_inspect(mio_handle handle, mio_udp_batch *out) {
  const SOCKET s = mio_winsock_of(handle);
  int family = AF_UNSPEC;
  mio_net_name peer;
  mio_addr peer_addr;
  memset(out, 0, sizeof *out);
  const int result = mio_winsock_family(s, &family);
  if (result < 0) return result;
  if (family != AF_INET && family != AF_INET6) return -WSAEINVAL;
  out->is_v6 = family == AF_INET6;
  const int level = out->is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  out->is_connected_to_v4 = out->is_v6 && mio_net_peer_name(handle, &peer) == 0 &&
                            mio_net_name_to_addr(&peer, &peer_addr) == 0 && is_mapped(&peer_addr);
  out->features = MIO_UDP_SEND_LOCAL_ADDR;
  if (has(s, level, IP_PKTINFO)) out->features |= MIO_UDP_RECV_LOCAL_ADDR;
  if (has(s, level, IP_RECVTOS)) out->features |= MIO_UDP_RECV_TRAFFIC_CLASS;
  if (has(s, level, IP_ECN)) out->features |= MIO_UDP_RECV_TRAFFIC_CLASS | MIO_UDP_SEND_ECN;
  if (has(s, level, IP_MTU_DISCOVER)) out->features |= MIO_UDP_NEVER_FRAGMENT;
  if (has(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE)) out->features |= MIO_UDP_SEND_SEGMENTS;
  return 0;
}

/* These options have the same number at both levels. An IPv6 socket also gets the details of IPv4 peers, if
 * it can have any. */
_Static_assert(IP_PKTINFO == IPV6_PKTINFO && IP_RECVTOS == IPV6_RECVTCLASS && IP_ECN == IPV6_ECN &&
                   IP_MTU_DISCOVER == IPV6_MTU_DISCOVER,
               "one number serves both families");

static int set_both(SOCKET s, bool is_v6, int name, int value) {
  const int result = set(s, IPPROTO_IP, name, value);
  return is_v6 ? set(s, IPPROTO_IPV6, name, value) : result;
}

int mio_net_batch_enable(mio_handle handle, const mio_udp_batch *batch, mio_udp_feature feature,
                         bool on) {
  const SOCKET s = mio_winsock_of(handle);
  if (feature == MIO_UDP_RECV_LOCAL_ADDR) return set_both(s, batch->is_v6, IP_PKTINFO, on);
  if (feature != MIO_UDP_RECV_TRAFFIC_CLASS) return -WSAEOPNOTSUPP;
  /* Either of them reports ECN; older versions have only the second. */
  const int result = set_both(s, batch->is_v6, IP_RECVTOS, on);
  return result == 0 ? 0 : set_both(s, batch->is_v6, IP_ECN, on);
}

size_t mio_net_batch_segments(void) { return SEGMENTS_MAX; }

int mio_net_batch_set_fragmentation(mio_handle handle, const mio_udp_batch *batch,
                                    mio_udp_fragmentation fragmentation) {
  static const int modes[] = {MODE_DONT, MODE_DO, MODE_PROBE};
  return set_both(mio_winsock_of(handle), batch->is_v6, IP_MTU_DISCOVER, modes[fragmentation]);
}
