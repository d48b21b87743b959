#include "mio/sys/windows/os.h"

#include <limits.h>
#include <string.h>
#include <ws2tcpip.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/net_winsock.h"

/* Of ws2ipdef.h since Windows 10, version 1709; older SDKs' headers lack them. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 16
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif

typedef struct native_option {
  int level;
  int name;
} native_option;

/* One that the system does not have: WSAENOPROTOOPT, MIO_ERROR_UNSUPPORTED. */
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
    case MIO_NET_REUSE_PORT: /* there is none: SO_REUSEADDR is not told from taking a port away */
    case MIO_NET_REBIND:     /* always so */
    case MIO_NET_TTL:        /* one of two */
    case MIO_NET_LINGER_S:   /* a struct */
      break;
  }
  return (native_option){SOL_SOCKET, NO_OPTION};
}

/* All of these are a BOOL or a DWORD, but some answer with one byte. */
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

/* An IPv6 socket that serves IPv4 peers too has both; where it does not, the second is nobody's
 * loss. */
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

int mio_net_get(mio_handle handle, mio_net_option option, int *out_value) {
  const SOCKET s = mio_winsock_of(handle);
  switch (option) {
    case MIO_NET_TTL:
      return get_ttl(s, out_value);
    case MIO_NET_LINGER_S:
      return get_linger(s, out_value);
    case MIO_NET_REBIND:
      *out_value = 1;
      return 0;
    default:
      return get_number(s, native(option), out_value);
  }
}

/* MIO_NET_REBIND: connections that linger on a port keep nobody from binding to it here, while
 * SO_REUSEADDR would let others take it away ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" of the
 * Winsock manual). */
int mio_net_set(mio_handle handle, mio_net_option option, int value) {
  const SOCKET s = mio_winsock_of(handle);
  switch (option) {
    case MIO_NET_TTL:
      return set_ttl(s, value);
    case MIO_NET_LINGER_S:
      return set_linger(s, value);
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

/* Windows tells a process id at most (SIO_AF_UNIX_GETPEERPID), and has no user numbers. */
int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  (void)handle;
  (void)out_uid;
  (void)out_gid;
  (void)out_pid;
  return -WSAEOPNOTSUPP;
}
