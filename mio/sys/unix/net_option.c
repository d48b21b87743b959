#include "mio/sys/unix/os.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"
#include "mio/sys/unix/net_interface.h"

#if MIO_HOPS_MAY_BE_DEFAULT
#include <sys/sysctl.h>
#endif

/* An option in the form of setsockopt(2). */
typedef struct native_option {
  int level;
  int name;
  bool is_byte; /* unsigned char instead of int */
  int units;    /* number of the system's units in one unit of this library */
} native_option;

#if defined(SO_REUSEPORT_LB) /* FreeBSD 12; its SO_REUSEPORT does not distribute connections */
#define REUSE_PORT_NAME SO_REUSEPORT_LB
#else
#define REUSE_PORT_NAME SO_REUSEPORT
#endif

/* An option that no system has: ENOPROTOOPT, MIO_ERROR_UNSUPPORTED. */
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

/* Milliseconds on Linux. Apple's counts seconds and is rounded up in set_user_timeout. */
#if MIO_ON_LINUX
#define USER_TIMEOUT_NAME 18 /* TCP_USER_TIMEOUT, of Linux 2.6.37 */
#elif MIO_ON_APPLE
#define USER_TIMEOUT_NAME TCP_RXT_CONNDROPTIME
#else
#define USER_TIMEOUT_NAME NO_OPTION
#endif

/* The numbers are part of the kernels' interfaces, and older headers do not have them. */
#if MIO_ON_LINUX
#define FAST_OPEN_LISTEN_NAME  23 /* TCP_FASTOPEN, of Linux 3.7 */
#define FAST_OPEN_CONNECT_NAME 30 /* TCP_FASTOPEN_CONNECT, of Linux 4.11 */
#elif MIO_ON_APPLE || MIO_ON_FREEBSD
#define FAST_OPEN_LISTEN_NAME  TCP_FASTOPEN
#define FAST_OPEN_CONNECT_NAME NO_OPTION /* by other calls than connect(2) */
#else
#define FAST_OPEN_LISTEN_NAME  NO_OPTION
#define FAST_OPEN_CONNECT_NAME NO_OPTION
#endif

#if MIO_ON_LINUX
#define MARK_NAME SO_MARK
#else
#define MARK_NAME NO_OPTION
#endif

#if MIO_HAS_LINGER_SEC
#define LINGER_NAME SO_LINGER_SEC
#else
#define LINGER_NAME SO_LINGER
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
    /* The type is u_char according to the BSDs' ip(4). OpenBSD and NetBSD accept only that. Linux accepts
     * both. */
    case MIO_NET_MULTICAST_LOOP_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_LOOP, true, 1};
    case MIO_NET_MULTICAST_TTL_V4:
      return (native_option){IPPROTO_IP, IP_MULTICAST_TTL, true, 1};
    case MIO_NET_MULTICAST_LOOP_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_LOOP, false, 1};
    case MIO_NET_MULTICAST_HOPS_V6:
      return (native_option){IPPROTO_IPV6, IPV6_MULTICAST_HOPS, false, 1};
    case MIO_NET_USER_TIMEOUT_MS:
      return (native_option){IPPROTO_TCP, USER_TIMEOUT_NAME, false, 1};
    case MIO_NET_FAST_OPEN_LISTEN:
      return (native_option){IPPROTO_TCP, FAST_OPEN_LISTEN_NAME, false, 1};
    case MIO_NET_FAST_OPEN_CONNECT:
      return (native_option){IPPROTO_TCP, FAST_OPEN_CONNECT_NAME, false, 1};
    case MIO_NET_SEND_BUFFER:
      return (native_option){SOL_SOCKET, SO_SNDBUF, false, 1};
    case MIO_NET_RECV_BUFFER:
      return (native_option){SOL_SOCKET, SO_RCVBUF, false, 1};
    case MIO_NET_MARK:
      return (native_option){SOL_SOCKET, MARK_NAME, false, 1};
    case MIO_NET_TTL:
    case MIO_NET_TRAFFIC_CLASS:
    case MIO_NET_LINGER_S:
    case MIO_NET_INTERFACE:
      break; /* not a plain number; handled below */
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

/* An IPv6 socket has these two options twice, because it may also serve IPv4 peers. */
static const native_option ttl_v4 = {IPPROTO_IP, IP_TTL, false, 1};
static const native_option hops_v6 = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, false, 1};
static const native_option tos_v4 = {IPPROTO_IP, IP_TOS, false, 1};
static const native_option class_v6 = {IPPROTO_IPV6, IPV6_TCLASS, false, 1};

static int get_either(int fd, native_option v4, native_option v6, int *out_value) {
  bool is_six = false;
  const int result = is_v6(fd, &is_six);
  return result < 0 ? result : get_number(fd, is_six ? v6 : v4, out_value);
}

/* If an IPv6 socket does not serve IPv4, the system may refuse the other option, which then has no effect. */
static int set_both(int fd, native_option v4, native_option v6, int value) {
  bool is_six = false;
  const int result = is_v6(fd, &is_six);
  if (result < 0) return result;
  if (!is_six) return set_number(fd, v4, value);
  (void)set_number(fd, v4, value);
  return set_number(fd, v6, value);
}

/* The default hop limit, for a socket without its own. */
static int default_hops(void) {
  int hops = 64; /* RFC 1700, and the default of all these systems */
#if MIO_HOPS_MAY_BE_DEFAULT
  int name[] = {CTL_NET, PF_INET6, IPPROTO_IPV6, IPV6CTL_DEFHLIM};
  size_t len = sizeof hops;
  if (sysctl(name, sizeof name / sizeof name[0], &hops, &len, NULL, 0) != 0 || hops < 0) hops = 64;
#endif
  return hops;
}

static int get_ttl(int fd, int *out_value) {
  const int result = get_either(fd, ttl_v4, hops_v6, out_value);
  if (result == 0 && *out_value < 0) *out_value = default_hops();
  return result;
}

static int get_linger(int fd, int *out_value) {
  struct linger linger = {0, 0};
  socklen_t len = sizeof linger;
  if (getsockopt(fd, SOL_SOCKET, LINGER_NAME, &linger, &len) < 0) return -errno;
  *out_value = linger.l_onoff != 0 ? linger.l_linger : -1;
  return 0;
}

static int set_linger(int fd, int value) {
  const struct linger linger = {.l_onoff = value >= 0, .l_linger = value >= 0 ? value : 0};
  return mio_fd_result(setsockopt(fd, SOL_SOCKET, LINGER_NAME, &linger, sizeof linger));
}

/* A number of seconds on Apple's systems. */
static int set_user_timeout(int fd, int ms) {
  const int value = MIO_ON_APPLE ? ms / 1000 + (ms % 1000 != 0) : ms;
  return set_number(fd, native(MIO_NET_USER_TIMEOUT_MS), value);
}

static int get_user_timeout(int fd, int *out_ms) {
  const int result = get_number(fd, native(MIO_NET_USER_TIMEOUT_MS), out_ms);
  if (result == 0 && MIO_ON_APPLE) *out_ms = *out_ms < INT_MAX / 1000 ? *out_ms * 1000 : INT_MAX;
  return result;
}

int mio_net_get(mio_handle handle, mio_net_option option, int *out_value) {
  int result;
  switch (option) {
    case MIO_NET_TTL:
      return get_ttl(handle, out_value);
    case MIO_NET_TRAFFIC_CLASS:
      return get_either(handle, tos_v4, class_v6, out_value);
    case MIO_NET_LINGER_S:
      return get_linger(handle, out_value);
    case MIO_NET_INTERFACE:
      return mio_fd_bound_interface(handle, out_value);
    case MIO_NET_USER_TIMEOUT_MS:
      return get_user_timeout(handle, out_value);
    case MIO_NET_MULTICAST_HOPS_V6:
      result = get_number(handle, native(option), out_value);
      if (result == 0 && *out_value < 0) *out_value = 1; /* the default of RFC 3493, 5.2 */
      return result;
    default:
      return get_number(handle, native(option), out_value);
  }
}

int mio_net_set(mio_handle handle, mio_net_option option, int value) {
  switch (option) {
    case MIO_NET_TTL:
      return set_both(handle, ttl_v4, hops_v6, value);
    case MIO_NET_TRAFFIC_CLASS:
      return set_both(handle, tos_v4, class_v6, value);
    case MIO_NET_LINGER_S:
      return set_linger(handle, value);
    case MIO_NET_INTERFACE:
      return mio_fd_bind_to_interface(handle, (unsigned)value);
    case MIO_NET_USER_TIMEOUT_MS:
      return set_user_timeout(handle, value);
    default:
      return set_number(handle, native(option), value);
  }
}

bool mio_net_supports(mio_socket_feature feature) {
  switch (feature) {
    case MIO_SOCKET_DEVICE:
      return MIO_HAS_BIND_TO_DEVICE || MIO_HAS_BOUND_IF;
    case MIO_SOCKET_TRAFFIC_CLASS:
    case MIO_SOCKET_REUSE_PORT:
      return true;
    case MIO_SOCKET_MARK:
      return MARK_NAME != NO_OPTION;
    case MIO_SOCKET_MPTCP:
      return MIO_ON_LINUX;
    case MIO_SOCKET_FAST_OPEN_LISTEN:
      return FAST_OPEN_LISTEN_NAME != NO_OPTION;
    case MIO_SOCKET_FAST_OPEN_CONNECT:
      return FAST_OPEN_CONNECT_NAME != NO_OPTION;
    case MIO_SOCKET_USER_TIMEOUT:
      return USER_TIMEOUT_NAME != NO_OPTION;
    case MIO_SOCKET_MULTICAST_INDEX_V4:
      return MIO_HAS_MCAST_GROUP && (MIO_HAS_IP_MREQN || MIO_MULTICAST_IF_IS_INDEX);
    case MIO_SOCKET_MULTICAST_SOURCE:
      return MIO_HAS_MCAST_GROUP;
  }
  return false;
}

int mio_net_take_error(mio_handle handle) {
  int error = 0;
  socklen_t len = sizeof error;
  return getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -errno : -error;
}
