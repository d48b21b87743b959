#include "mio/sys/unix/os.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "mio/sys/net_batch.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"
#include "mio/sys/unix/net_udp_option.h"

#if MIO_ON_LINUX
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#endif

/* The socket options behind mio_udp_feature. */

/* Returns whether the system has an option with a number as value. */
static bool get(int fd, int level, int name, int *out_value) {
  socklen_t len = sizeof *out_value;
  *out_value = 0;
  return getsockopt(fd, level, name, out_value, &len) == 0;
}

static bool has(int fd, int level, int name) {
  int value;
  return get(fd, level, name, &value);
}

static int set(int fd, int level, int name, int value) {
  return mio_fd_result(setsockopt(fd, level, name, &value, sizeof value));
}

#if MIO_ON_LINUX

/* Reads a decimal number and returns the character behind it. */
static const char *read_number(const char *text, int *out) {
  int number = 0;
  while (*text >= '0' && *text <= '9' && number < 1000) number = number * 10 + (*text++ - '0');
  *out = number;
  return text;
}

/* Before 5.12 the kernel could deliver chains of joined datagrams (GRO by fragment lists) to a socket with
 * UDP_GRO without the length of each. Only the version shows whether a kernel does this. */
static bool gro_is_sound(void) {
  struct utsname name;
  int major, minor = 0;
  if (uname(&name) < 0) return false;
  const char *rest = read_number(name.release, &major);
  if (*rest == '.') (void)read_number(rest + 1, &minor);
  return major > 5 || (major == 5 && minor >= 12);
}

static uint32_t linux_features(int fd) {
  uint32_t features = 0;
  if (has(fd, IPPROTO_UDP, UDP_SEGMENT)) features |= MIO_UDP_SEND_SEGMENTS;
  if (has(fd, IPPROTO_UDP, UDP_GRO) && gro_is_sound()) features |= MIO_UDP_RECV_COALESCED;
  /* Some sandboxes refuse the calls. EBADF means that the calls exist. */
  if (syscall(SYS_sendmmsg, -1, NULL, 0, 0) < 0 && errno != ENOSYS) features |= MIO_UDP_SEND_MANY;
  if (recvmmsg(-1, NULL, 0, 0, NULL) < 0 && errno != ENOSYS) features |= MIO_UDP_RECV_MANY;
  return features;
}

#endif

static bool can_forbid_fragments(int fd, bool is_v6) {
#if defined(IP_MTU_DISCOVER) && defined(IPV6_MTU_DISCOVER)
  return is_v6 ? has(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER) : has(fd, IPPROTO_IP, IP_MTU_DISCOVER);
#else
  if (is_v6) return has(fd, IPPROTO_IPV6, IPV6_DONTFRAG);
#if defined(IP_DONTFRAG)
  return has(fd, IPPROTO_IP, IP_DONTFRAG);
#else
  return false;
#endif
#endif
}

static uint32_t features_of(int fd, bool is_v6) {
  uint32_t features = MIO_UDP_SEND_LOCAL_ADDR;
  if (is_v6 || MIO_HAS_IP_TOS_MESSAGE) features |= MIO_UDP_SEND_ECN;
  if (is_v6 ? has(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) : has(fd, IPPROTO_IP, MIO_RECV_PKTINFO_V4)) {
    features |= MIO_UDP_RECV_LOCAL_ADDR;
  }
  if (is_v6 && has(fd, IPPROTO_IPV6, IPV6_RECVTCLASS)) features |= MIO_UDP_RECV_TRAFFIC_CLASS;
#if defined(IP_RECVTOS)
  /* Apple's headers have had it for longer than the kernel. */
  if (!is_v6 && has(fd, IPPROTO_IP, IP_RECVTOS)) features |= MIO_UDP_RECV_TRAFFIC_CLASS;
#endif
  if (can_forbid_fragments(fd, is_v6)) features |= MIO_UDP_NEVER_FRAGMENT;
#if MIO_ON_LINUX
  features |= linux_features(fd);
#elif MIO_HAS_SENDMMSG
  features |= MIO_UDP_SEND_MANY | MIO_UDP_RECV_MANY;
#endif
  return features;
}

/* The macros of <netinet/in.h> for these two cast const away in musl. */
static bool is_mapped(const struct in6_addr *addr) {
  static const unsigned char prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(addr, prefix, sizeof prefix) == 0;
}

static bool is_unspecified(const struct in6_addr *addr) {
  static const unsigned char zeros[sizeof *addr];
  return memcmp(addr, zeros, sizeof zeros) == 0;
}

typedef union socket_name {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_storage storage;
} socket_name;

static bool is_any(const socket_name *name) {
  if (name->any.sa_family == AF_INET) return name->v4.sin_addr.s_addr == INADDR_ANY;
  return is_unspecified(&name->v6.sin6_addr);
}

int mio_net_batch_inspect(mio_handle handle, mio_udp_batch *out) {
  socket_name local, peer;
  socklen_t len = sizeof local;
  int traffic_class = 0;
  memset(out, 0, sizeof *out);
  if (getsockname(handle, &local.any, &len) < 0) return -errno;
  out->is_v6 = local.any.sa_family == AF_INET6;
  if (!out->is_v6 && local.any.sa_family != AF_INET) return -EINVAL;
  out->has_fixed_local_addr = !is_any(&local);
  len = sizeof peer;
  out->is_connected_to_v4 =
      out->is_v6 && getpeername(handle, &peer.any, &len) == 0 && is_mapped(&peer.v6.sin6_addr);
  (void)(out->is_v6 ? get(handle, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class)
                    : get(handle, IPPROTO_IP, IP_TOS, &traffic_class));
  out->traffic_class = (uint8_t)(traffic_class > 0 ? traffic_class : 0);
  out->features = features_of(handle, out->is_v6);
  return 0;
}

static int enable_local_addr(int fd, bool is_v6, bool on) {
  const int result = is_v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on)
                           : set(fd, IPPROTO_IP, MIO_RECV_PKTINFO_V4, on);
#if MIO_USES_IP_RECVIF
  if (result == 0 && !is_v6) (void)set(fd, IPPROTO_IP, IP_RECVIF, on);
#endif
  return result;
}

/* An IPv6 socket also gets the byte of IPv4 peers, if it can have any. */
static int enable_traffic_class(int fd, bool is_v6, bool on) {
  int result = 0;
#if defined(IP_RECVTOS)
  result = set(fd, IPPROTO_IP, IP_RECVTOS, on);
#endif
  return is_v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, on) : result;
}

int mio_net_batch_enable(mio_handle handle, const mio_udp_batch *batch, mio_udp_feature feature,
                         bool on) {
  if (feature == MIO_UDP_RECV_LOCAL_ADDR) return enable_local_addr(handle, batch->is_v6, on);
  if (feature == MIO_UDP_RECV_TRAFFIC_CLASS) return enable_traffic_class(handle, batch->is_v6, on);
#if MIO_HAS_UDP_GRO
  if (feature == MIO_UDP_RECV_COALESCED) return set(handle, IPPROTO_UDP, UDP_GRO, on);
#endif
  return -EOPNOTSUPP;
}

/* UDP_MAX_SEGMENTS in <linux/udp.h> of the first kernels that have it; later ones allow 128. */
size_t mio_net_batch_segments(void) { return MIO_HAS_UDP_SEGMENT ? 64 : 1; }

#if defined(IP_MTU_DISCOVER) && defined(IPV6_MTU_DISCOVER)

/* IPV6_PMTUDISC_... have the same numbers. */
int mio_net_batch_set_fragmentation(mio_handle handle, const mio_udp_batch *batch,
                                    mio_udp_fragmentation fragmentation) {
  static const int modes[] = {IP_PMTUDISC_DONT, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE};
  const int mode = modes[fragmentation];
  if (!batch->is_v6) return set(handle, IPPROTO_IP, IP_MTU_DISCOVER, mode);
  (void)set(handle, IPPROTO_IP, IP_MTU_DISCOVER, mode); /* for IPv4 peers, if it can have any */
  return set(handle, IPPROTO_IPV6, IPV6_MTU_DISCOVER, mode);
}

#else

int mio_net_batch_set_fragmentation(mio_handle handle, const mio_udp_batch *batch,
                                    mio_udp_fragmentation fragmentation) {
  const int never = fragmentation != MIO_UDP_FRAGMENT_ALLOWED;
  int result = -EOPNOTSUPP;
#if defined(IP_DONTFRAG)
  result = set(handle, IPPROTO_IP, IP_DONTFRAG, never);
#endif
  return batch->is_v6 ? set(handle, IPPROTO_IPV6, IPV6_DONTFRAG, never) : result;
}

#endif
