#include "mio/sys/unix/os.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

/* An option as setsockopt(2) has it. */
typedef struct native_option {
  int level;
  int name;
  bool is_byte; /* unsigned char instead of int */
  int units;    /* of the system's value in one of ours */
} native_option;

#if defined(SO_REUSEPORT_LB) /* FreeBSD 12: SO_REUSEPORT does not spread connections there */
#define REUSE_PORT_NAME SO_REUSEPORT_LB
#else
#define REUSE_PORT_NAME SO_REUSEPORT
#endif

/* One that no system has: ENOPROTOOPT, MIO_ERROR_UNSUPPORTED. */
#define NO_OPTION (-1)

#if !MIO_HAS_KEEPALIVE_TIMES
#define KEEPALIVE_IDLE_NAME     NO_OPTION
#define KEEPALIVE_INTERVAL_NAME NO_OPTION
#define KEEPALIVE_COUNT_NAME    NO_OPTION
#else
#if MIO_KEEPALIVE_IDLE_IS_TCP_KEEPALIVE
#define KEEPALIVE_IDLE_NAME TCP_KEEPALIVE
#else
#define KEEPALIVE_IDLE_NAME TCP_KEEPIDLE
#endif
#define KEEPALIVE_INTERVAL_NAME TCP_KEEPINTVL
#define KEEPALIVE_COUNT_NAME    TCP_KEEPCNT
#endif

enum { KEEPALIVE_UNITS = MIO_KEEPALIVE_UNITS_PER_SECOND };

static native_option native(mio_net_option option) {
  switch (option) {
    case MIO_NET_REUSE_ADDR:
    case MIO_NET_REBIND:
      return (native_option){SOL_SOCKET, SO_REUSEADDR, false, 1};
    case MIO_NET_REUSE_PORT:
      return (native_option){SOL_SOCKET, REUSE_PORT_NAME, false, 1};
    case MIO_NET_ONLY_V6:
      return (native_option){IPPROTO_IPV6, IPV6_V6ONLY, false, 1};
    case MIO_NET_NODELAY:
      return (native_option){IPPROTO_TCP, TCP_NODELAY, false, 1};
    case MIO_NET_KEEPALIVE:
      return (native_option){SOL_SOCKET, SO_KEEPALIVE, false, 1};
    case MIO_NET_KEEPALIVE_IDLE_S:
      return (native_option){IPPROTO_TCP, KEEPALIVE_IDLE_NAME, false, KEEPALIVE_UNITS};
    case MIO_NET_KEEPALIVE_INTERVAL_S:
      return (native_option){IPPROTO_TCP, KEEPALIVE_INTERVAL_NAME, false, KEEPALIVE_UNITS};
    case MIO_NET_KEEPALIVE_COUNT:
      return (native_option){IPPROTO_TCP, KEEPALIVE_COUNT_NAME, false, 1};
    case MIO_NET_BROADCAST:
      return (native_option){SOL_SOCKET, SO_BROADCAST, false, 1};
    /* u_char by the BSDs' ip(4), and OpenBSD and NetBSD take nothing else; Linux takes both. */
    case MIO_NET_MULTICAST_LOOP_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_LOOP, true, 1};
    case MIO_NET_MULTICAST_TTL_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_TTL, true, 1};
    case MIO_NET_MULTICAST_LOOP_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_LOOP, false, 1};
    case MIO_NET_MULTICAST_HOPS_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_HOPS, false, 1};
    case MIO_NET_TTL:
    case MIO_NET_LINGER_S:
      break; /* not just a number: below */
  }
  return (native_option){SOL_SOCKET, NO_OPTION, false, 1};
}

static int get_number(int fd, native_option option, int *out_value) {
  int value = 0;
  unsigned char byte = 0;
  socklen_t len = option.is_byte ? sizeof byte : sizeof value;
  if (option.name == NO_OPTION) return -ENOPROTOOPT;
  if (getsockopt(fd, option.level, option.name, option.is_byte ? (void *)&byte : &value, &len) < 0)
    return -errno;
  *out_value = (option.is_byte ? byte : value) / option.units;
  return 0;
}

static int set_number(int fd, native_option option, int value) {
  const int scaled = value * option.units;
  const unsigned char byte = (unsigned char)value;
  if (option.name == NO_OPTION) return -ENOPROTOOPT;
  return mio_fd_result(option.is_byte
                           ? setsockopt(fd, option.level, option.name, &byte, sizeof byte)
                           : setsockopt(fd, option.level, option.name, &scaled, sizeof scaled));
}

static int is_v6(int fd, bool *out_is_v6) {
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  if (getsockname(fd, (struct sockaddr *)&name, &len) < 0) return -errno;
  *out_is_v6 = name.ss_family == AF_INET6;
  return 0;
}

static const native_option ttl_v4 = {IPPROTO_IP, IP_TTL, false, 1};
static const native_option hops_v6 = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, false, 1};

static int get_ttl(int fd, int *out_value) {
  bool v6 = false;
  const int result = is_v6(fd, &v6);
  return result < 0 ? result : get_number(fd, v6 ? hops_v6 : ttl_v4, out_value);
}

/* An IPv6 socket that serves IPv4 peers too has both; where it does not, the second is nobody's
 * loss. */
static int set_ttl(int fd, int value) {
  bool v6 = false;
  const int result = is_v6(fd, &v6);
  if (result < 0) return result;
  if (!v6) return set_number(fd, ttl_v4, value);
  (void)set_number(fd, ttl_v4, value);
  return set_number(fd, hops_v6, value);
}

static int get_linger(int fd, int *out_value) {
  struct linger linger = {0, 0};
  socklen_t len = sizeof linger;
  if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len) < 0) return -errno;
  *out_value = linger.l_onoff != 0 ? linger.l_linger : -1;
  return 0;
}

static int set_linger(int fd, int value) {
  const struct linger linger = {.l_onoff = value >= 0, .l_linger = value >= 0 ? value : 0};
  return mio_fd_result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

int mio_net_get(mio_handle handle, mio_net_option option, int *out_value) {
  if (option == MIO_NET_TTL) return get_ttl(handle, out_value);
  if (option == MIO_NET_LINGER_S) return get_linger(handle, out_value);
  return get_number(handle, native(option), out_value);
}

int mio_net_set(mio_handle handle, mio_net_option option, int value) {
  if (option == MIO_NET_TTL) return set_ttl(handle, value);
  if (option == MIO_NET_LINGER_S) return set_linger(handle, value);
  return set_number(handle, native(option), value);
}

int mio_net_take_error(mio_handle handle) {
  int error = 0;
  socklen_t len = sizeof error;
  return getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -errno : -error;
}

int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr) {
  struct ip_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.imr_multiaddr, group->ip, sizeof request.imr_multiaddr);
  memcpy(&request.imr_interface, interface_addr->ip, sizeof request.imr_interface);
  const int name = what == MIO_NET_JOIN ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
  return mio_fd_result(setsockopt(handle, IPPROTO_IP, name, &request, sizeof request));
}

int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index) {
  struct ipv6_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.ipv6mr_multiaddr, group->ip, sizeof request.ipv6mr_multiaddr);
  /* int in bionic, unsigned elsewhere. */
  memcpy(&request.ipv6mr_interface, &interface_index, sizeof interface_index);
  const int name = what == MIO_NET_JOIN ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  return mio_fd_result(setsockopt(handle, IPPROTO_IPV6, name, &request, sizeof request));
}

int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
#if MIO_HAS_PEERCRED
  struct ucred peer = {0, 0, 0};
  socklen_t len = sizeof peer;
  if (getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) return -errno;
  *out_uid = peer.uid;
  *out_gid = peer.gid;
  *out_pid = peer.pid;
  return 0;
#elif MIO_HAS_GETPEEREID
  uid_t uid = 0;
  gid_t gid = 0;
  if (getpeereid(handle, &uid, &gid) < 0) return -errno;
  *out_uid = uid;
  *out_gid = gid;
  *out_pid = -1;
  return 0;
#else
  (void)handle;
  (void)out_uid;
  (void)out_gid;
  (void)out_pid;
  return -EOPNOTSUPP;
#endif
}
