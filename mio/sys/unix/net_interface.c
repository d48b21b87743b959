#include "mio/sys/unix/os.h"

#include "mio/sys/unix/net_interface.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

_Static_assert(IF_NAMESIZE <= MIO_NET_INTERFACE_NAME_MAX, "every interface's name fits");

uint32_t mio_net_interface_index(const char *name, size_t len) {
  char terminated[IF_NAMESIZE];
  if (len >= sizeof terminated) return 0;
  memcpy(terminated, name, len);
  terminated[len] = '\0';
  const int saved = errno;
  const unsigned index = if_nametoindex(terminated);
  errno = saved;
  return index;
}

bool mio_net_interface_name(uint32_t index, char out_name[MIO_NET_INTERFACE_NAME_MAX]) {
  const int saved = errno;
  const bool found = if_indextoname(index, out_name) != NULL;
  errno = saved;
  return found;
}

#if MIO_HAS_BIND_TO_DEVICE

int mio_fd_bind_to_interface(int fd, unsigned index) {
  char name[MIO_NET_INTERFACE_NAME_MAX] = "";
  if (index != 0 && !mio_net_interface_name(index, name)) return -ENODEV;
  return mio_fd_result(
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1));
}

int mio_fd_bound_interface(int fd, int *out_index) {
  char name[IF_NAMESIZE] = "";
  socklen_t len = sizeof name;
  if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len) < 0) return -errno;
  *out_index = len == 0 ? 0 : (int)mio_net_interface_index(name, strnlen(name, sizeof name - 1));
  return 0;
}

#elif MIO_HAS_BOUND_IF

static int family_of(int fd) {
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(fd, (struct sockaddr *)&name, &len) < 0) return -errno;
  return name.ss_family;
}

int mio_fd_bind_to_interface(int fd, unsigned index) {
  const int family = family_of(fd);
  if (family < 0) return family;
  return mio_fd_result(family == AF_INET6
                           ? setsockopt(fd, IPPROTO_IPV6, IPV6_BOUND_IF, &index, sizeof index)
                           : setsockopt(fd, IPPROTO_IP, IP_BOUND_IF, &index, sizeof index));
}

int mio_fd_bound_interface(int fd, int *out_index) {
  socklen_t len = sizeof *out_index;
  const int family = family_of(fd);
  if (family < 0) return family;
  return mio_fd_result(family == AF_INET6
                           ? getsockopt(fd, IPPROTO_IPV6, IPV6_BOUND_IF, out_index, &len)
                           : getsockopt(fd, IPPROTO_IP, IP_BOUND_IF, out_index, &len));
}

#else

int mio_fd_bind_to_interface(int fd, unsigned index) {
  (void)fd, (void)index;
  return -EOPNOTSUPP;
}

int mio_fd_bound_interface(int fd, int *out_index) {
  (void)fd, (void)out_index;
  return -EOPNOTSUPP;
}

#endif
