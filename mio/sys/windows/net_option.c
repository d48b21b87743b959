#include "mio/sys/windows/os.h"

#include <limits.h>
#include <string.h>
#include <ws2tcpip.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/net_winsock.h"

/* From ws2ipdef.h since Windows 10, version 1709. The headers of older SDKs lack them. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 16
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif

#ifndef TCP_FASTOPEN
#define TCP_FASTOPEN 15
#endif
#ifndef TCP_MAXRTMS
#define TCP_MAXRTMS 14
#endif
#ifndef IPV6_TCLASS
#define IPV6_TCLASS 39
#endif

typedef struct native_option {
  int level;
  int name;
} native_option;

/* An option that the system lacks: WSAENOPROTOOPT, MIO_ERROR_UNSUPPORTED. */
#define NO_OPTION (-1)

static native_option native(mio_net_option option) {
  switch (option) {
    case MIO_NET_REUSE_ADDR:
      return (native_option){SOL_SOCKET, SO_REUSEADDR};
    case MIO_NET_ONLY_V6:
      return (native_option){IPPROTO_IPV6, IPV6_V6ONLY};
    case MIO_NET_NODELAY:
      return (native_option){IPPROTO_TCP, TCP_NODELAY};
    case MIO_NET_KEEPALIVE:
      return (native_option){SOL_SOCKET, SO_KEEPALIVE};
    case MIO_NET_KEEPALIVE_IDLE_S:
      return (native_option){IPPROTO_TCP, TCP_KEEPIDLE};
    case MIO_NET_KEEPALIVE_INTERVAL_S:
      return (native_option){IPPROTO_TCP, TCP_KEEPINTVL};
    case MIO_NET_KEEPALIVE_COUNT:
      return (native_option){IPPROTO_TCP, TCP_KEEPCNT};
    case MIO_NET_BROADCAST:
      return (native_option){SOL_SOCKET, SO_BROADCAST};
    case MIO_NET_MULTICAST_LOOP_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_LOOP};
    case MIO_NET_MULTICAST_TTL_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_TTL};
    case MIO_NET_MULTICAST_LOOP_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_LOOP};
    case MIO_NET_MULTICAST_HOPS_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_HOPS};
    case MIO_NET_USER_TIMEOUT_MS: /* retransmission ends after so long, from Windows 10 1809 on */
      return (native_option){IPPROTO_TCP, TCP_MAXRTMS};
    case MIO_NET_FAST_OPEN_LISTEN: /* since Windows 10 1607; on or off */
      return (native_option){IPPROTO_TCP, TCP_FASTOPEN};
    case MIO_NET_SEND_BUFFER:
      return (native_option){SOL_SOCKET, SO_SNDBUF};
    case MIO_NET_RECV_BUFFER:
      return (native_option){SOL_SOCKET, SO_RCVBUF};
    case MIO_NET_FAST_OPEN_CONNECT: /* by ConnectEx, which connects another way */
    case MIO_NET_MARK:
    case MIO_NET_TRAFFIC_CLASS: /* the system ignores IP_TOS, and has qWAVE instead */
    case MIO_NET_INTERFACE:     /* one of two, one of them in network order */
    case MIO_NET_REUSE_PORT: /* none: SO_REUSEADDR cannot be distinguished from taking over a port */
    case MIO_NET_REBIND:     /* always so */
    case MIO_NET_TTL:        /* one of two */
    case MIO_NET_LINGER_S:   /* a struct */
      break;
  }
  return (native_option){SOL_SOCKET, NO_OPTION};
}

/* All of these are a BOOL or a DWORD, but the system writes only one byte for some. */
static int get_number(SOCKET s, native_option option, int *out_value) {
  int value = 0;
  int len = sizeof value;
  if (option.name == NO_OPTION) return -WSAENOPROTOOPT;
  if (getsockopt(s, option.level, option.name, (char *)&value, &len) != 0) {
    return mio_winsock_error();
  }
  *out_value = value;
  return 0;
}

static int set_number(SOCKET s, native_option option, int value) {
  if (option.name == NO_OPTION) return -WSAENOPROTOOPT;
  return mio_winsock_result(
      setsockopt(s, option.level, option.name, (const char *)&value, sizeof value));
}

static const native_option ttl_v4 = {IPPROTO_IP, IP_TTL};
static const native_option hops_v6 = {IPPROTO_IPV6, IPV6_UNICAST_HOPS};

static int get_ttl(SOCKET s, int *out_value) {
  int family = AF_UNSPEC;
  const int result = mio_winsock_family(s, &family);
  return result < 0 ? result : get_number(s, family == AF_INET6 ? hops_v6 : ttl_v4, out_value);
}

/* An IPv6 socket that also serves IPv4 peers needs both options. On other IPv6 sockets the failure of the
 * second has no effect. */
static int set_ttl(SOCKET s, int value) {
  int family = AF_UNSPEC;
  const int result = mio_winsock_family(s, &family);
  if (result < 0) return result;
  if (family != AF_INET6) return set_number(s, ttl_v4, value);
  (void)set_number(s, ttl_v4, value);
  return set_number(s, hops_v6, value);
}

static int get_linger(SOCKET s, int *out_value) {
  struct linger linger = {0, 0};
  int len = sizeof linger;
  if (getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &len) != 0) return mio_winsock_error();
  *out_value = linger.l_onoff != 0 ? linger.l_linger : -1;
  return 0;
}

static int set_linger(SOCKET s, int value) {
  if (value > USHRT_MAX) return -WSAEINVAL;
  const struct linger linger = {.l_onoff = value >= 0,
                                .l_linger = (u_short)(value >= 0 ? value : 0)};
  return mio_winsock_result(
      setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof linger));
}

/* This affects sent traffic and not received traffic. IPv4's index is in network byte order (MSDN on
 * IP_UNICAST_IF). */
static int get_interface(SOCKET s, int *out_index) {
  int family = AF_UNSPEC, index = 0;
  int result = mio_winsock_family(s, &family);
  if (result < 0) return result;
  const bool v6 = family == AF_INET6;
  result = get_number(
      s, (native_option){v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_IF : IP_UNICAST_IF},
      &index);
  if (result == 0) *out_index = v6 ? index : (int)ntohl((u_long)index);
  return result;
}

static int set_interface(SOCKET s, int index) {
  int family = AF_UNSPEC;
  const int result = mio_winsock_family(s, &family);
  if (result < 0) return result;
  if (family == AF_INET6)
    return set_number(s, (native_option){IPPROTO_IPV6, IPV6_UNICAST_IF}, index);
  return set_number(s, (native_option){IPPROTO_IP, IP_UNICAST_IF}, (int)htonl((u_long)index));
}

/* Asks the running system for an option that came with an update of Windows 10. */
static bool is_known(mio_net_option option) {
  mio_handle handle = MIO_HANDLE_NONE;
  int value = 0;
  if (mio_net_open(MIO_NET_V4, MIO_NET_STREAM, &handle) < 0) return false;
  const int result = mio_net_get(handle, option, &value);
  (void)closesocket(mio_winsock_of(handle));
  return result == 0;
}

bool mio_net_supports(mio_socket_feature feature) {
  switch (feature) {
    case MIO_SOCKET_FAST_OPEN_LISTEN:
      return is_known(MIO_NET_FAST_OPEN_LISTEN);
    case MIO_SOCKET_USER_TIMEOUT:
      return is_known(MIO_NET_USER_TIMEOUT_MS);
    case MIO_SOCKET_DEVICE:
    case MIO_SOCKET_MULTICAST_INDEX_V4:
    case MIO_SOCKET_MULTICAST_SOURCE:
      return true;
    case MIO_SOCKET_TRAFFIC_CLASS:
    case MIO_SOCKET_MARK:
    case MIO_SOCKET_REUSE_PORT:
    case MIO_SOCKET_MPTCP:
    case MIO_SOCKET_FAST_OPEN_CONNECT:
      break;
  }
  return false;
}

int mio_net_get(mio_handle handle, mio_net_option option, int *out_value) {
  const SOCKET s = mio_winsock_of(handle);
  switch (option) {
    case MIO_NET_TTL:
      return get_ttl(s, out_value);
    case MIO_NET_LINGER_S:
      return get_linger(s, out_value);
    case MIO_NET_INTERFACE:
      return get_interface(s, out_value);
    case MIO_NET_REBIND:
      *out_value = 1;
      return 0;
    default:
      return get_number(s, native(option), out_value);
  }
}

/* MIO_NET_REBIND has no effect here. Old connections of a port do not prevent a bind on Windows, but
 * SO_REUSEADDR would let other processes take over the port ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"
 * of the Winsock manual). */
int mio_net_set(mio_handle handle, mio_net_option option, int value) {
  const SOCKET s = mio_winsock_of(handle);
  switch (option) {
    case MIO_NET_TTL:
      return set_ttl(s, value);
    case MIO_NET_LINGER_S:
      return set_linger(s, value);
    case MIO_NET_INTERFACE:
      return set_interface(s, value);
    case MIO_NET_REBIND:
      return 0;
    default:
      return set_number(s, native(option), value);
  }
}

int mio_net_take_error(mio_handle handle) {
  int error = 0;
  int len = sizeof error;
  const int result = getsockopt(mio_winsock_of(handle), SOL_SOCKET, SO_ERROR, (char *)&error, &len);
  return result != 0 ? mio_winsock_error() : -error;
}

int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr) {
  struct ip_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.imr_multiaddr, group->ip, sizeof request.imr_multiaddr);
  memcpy(&request.imr_interface, interface_addr->ip, sizeof request.imr_interface);
  const int name = what == MIO_NET_JOIN ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
  return mio_winsock_result(
      setsockopt(mio_winsock_of(handle), IPPROTO_IP, name, (const char *)&request, sizeof request));
}

int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index) {
  struct ipv6_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.ipv6mr_multiaddr, group->ip, sizeof request.ipv6mr_multiaddr);
  request.ipv6mr_interface = interface_index;
  const int name = what == MIO_NET_JOIN ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP;
  return mio_winsock_result(setsockopt(mio_winsock_of(handle), IPPROTO_IPV6, name,
                                       (const char *)&request, sizeof request));
}

static void store(SOCKADDR_STORAGE *out, const mio_addr *addr) {
  mio_net_name name;
  if (mio_net_name_from_addr(addr, &name) == 0) memcpy(out, name.storage.bytes, name.len);
}

int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index) {
  const SOCKET s = mio_winsock_of(handle);
  const int level = mio_addr_is_v6(group) ? IPPROTO_IPV6 : IPPROTO_IP;
  if (source != NULL) {
    GROUP_SOURCE_REQ request;
    memset(&request, 0, sizeof request);
    request.gsr_interface = interface_index;
    store(&request.gsr_group, group);
    store(&request.gsr_source, source);
    const int name = what == MIO_NET_JOIN ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP;
    return mio_winsock_result(setsockopt(s, level, name, (const char *)&request, sizeof request));
  }
  GROUP_REQ request;
  memset(&request, 0, sizeof request);
  request.gr_interface = interface_index;
  store(&request.gr_group, group);
  const int name = what == MIO_NET_JOIN ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
  return mio_winsock_result(setsockopt(s, level, name, (const char *)&request, sizeof request));
}

int mio_net_multicast_interface_v4(mio_handle handle, const mio_addr *interface_addr) {
  return mio_winsock_result(setsockopt(mio_winsock_of(handle), IPPROTO_IP, IP_MULTICAST_IF,
                                       (const char *)interface_addr->ip, 4));
}

/* An IPv4 address of 0.x.x.x is an index (MSDN on IP_MULTICAST_IF). */
int mio_net_multicast_interface(mio_handle handle, bool is_v6, uint32_t interface_index) {
  const DWORD v4 = htonl(interface_index), v6 = interface_index;
  if (!is_v6 && interface_index > 0xffffff) return -WSAEINVAL;
  return mio_winsock_result(is_v6 ? setsockopt(mio_winsock_of(handle), IPPROTO_IPV6,
                                               IPV6_MULTICAST_IF, (const char *)&v6, sizeof v6)
                                  : setsockopt(mio_winsock_of(handle), IPPROTO_IP, IP_MULTICAST_IF,
                                               (const char *)&v4, sizeof v4));
}

/* Windows reports at most a process id (SIO_AF_UNIX_GETPEERPID), and has no user numbers. */
int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  (void)handle;
  (void)out_uid;
  (void)out_gid;
  (void)out_pid;
  return -WSAEOPNOTSUPP;
}
