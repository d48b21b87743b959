#include "mio/sys/unix/os.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr) {
  struct ip_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.imr_multiaddr, group->ip, sizeof request.imr_multiaddr);
  memcpy(&request.imr_interface, interface_addr->ip, sizeof request.imr_interface);
  const int name = what == MIO_NET_JOIN ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
  const int result = mio_fd_result(setsockopt(handle, IPPROTO_IP, name, &request, sizeof request));
  /* Linux returns this if no interface has the address. Other systems return EADDRNOTAVAIL. */
  return result == -ENODEV && !mio_addr_is_unspecified(interface_addr) ? -EADDRNOTAVAIL : result;
}

int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index) {
  struct ipv6_mreq request;
  memset(&request, 0, sizeof request);
  memcpy(&request.ipv6mr_multiaddr, group->ip, sizeof request.ipv6mr_multiaddr);
  /* int in bionic, unsigned elsewhere. */
  memcpy(&request.ipv6mr_interface, &interface_index, sizeof interface_index);
  const int name = what == MIO_NET_JOIN ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  const int result =
      mio_fd_result(setsockopt(handle, IPPROTO_IPV6, name, &request, sizeof request));
  /* Linux returns this if no interface has the index. Other systems return EADDRNOTAVAIL or ENXIO. */
  return (result == -ENODEV || result == -ENXIO) && interface_index != 0 ? -EADDRNOTAVAIL : result;
}

#if MIO_HAS_MCAST_GROUP

static void store(struct sockaddr_storage *out, const mio_addr *addr) {
  mio_net_name name;
  if (mio_net_name_from_addr(addr, &name) == 0) memcpy(out, name.storage.bytes, name.len);
}

int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index) {
  const int level = mio_addr_is_v6(group) ? IPPROTO_IPV6 : IPPROTO_IP;
  if (source != NULL) {
    struct group_source_req request;
    memset(&request, 0, sizeof request);
    request.gsr_interface = interface_index;
    store(&request.gsr_group, group);
    store(&request.gsr_source, source);
    const int name = what == MIO_NET_JOIN ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP;
    return mio_fd_result(setsockopt(handle, level, name, &request, sizeof request));
  }
  struct group_req request;
  memset(&request, 0, sizeof request);
  request.gr_interface = interface_index;
  store(&request.gr_group, group);
  const int name = what == MIO_NET_JOIN ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
  return mio_fd_result(setsockopt(handle, level, name, &request, sizeof request));
}

#else

int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index) {
  if (source != NULL || !mio_addr_is_v6(group)) return -EOPNOTSUPP;
  return mio_net_membership_v6(handle, what, group, interface_index);
}

#endif

int mio_net_multicast_interface_v4(mio_handle handle, const mio_addr *interface_addr) {
  struct in_addr address;
  memcpy(&address, interface_addr->ip, sizeof address);
  return mio_fd_result(setsockopt(handle, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address));
}

static int set_interface_v4(int fd, uint32_t interface_index) {
#if MIO_HAS_IP_MREQN
  struct ip_mreqn request;
  memset(&request, 0, sizeof request);
  request.imr_ifindex = (int)interface_index;
  return mio_fd_result(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request));
#elif MIO_MULTICAST_IF_IS_INDEX
  struct in_addr address;
  if (interface_index > 0xffffff) return -EINVAL;
  address.s_addr = htonl(interface_index);
  return mio_fd_result(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address));
#else
  (void)fd, (void)interface_index;
  return -EOPNOTSUPP;
#endif
}

int mio_net_multicast_interface(mio_handle handle, bool is_v6, uint32_t interface_index) {
  if (!is_v6) return set_interface_v4(handle, interface_index);
  return mio_fd_result(setsockopt(handle, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface_index,
                                  sizeof interface_index));
}
