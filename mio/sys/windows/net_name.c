#include "mio/sys/windows/os.h"

#include <afunix.h>
#include <netioapi.h>
#include <stddef.h>
#include <string.h>
#include <ws2tcpip.h>

#include "mio/sys/inet_name.h"
#include "mio/sys/net.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM   sizeof(((struct sockaddr_un *)NULL)->sun_path)

_Static_assert(sizeof(struct sockaddr_un) <= sizeof(((mio_net_name *)NULL)->storage.bytes) &&
                   sizeof(struct sockaddr_in6) <= sizeof(((mio_net_name *)NULL)->storage.bytes),
               "every address fits");
_Static_assert(PATH_ROOM <= MIO_UNIX_ADDR_NAME_MAX, "every path fits mio_unix_addr");

int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name) {
  return mio_inet_name_from_addr(addr, out_name) ? 0 : -WSAEINVAL;
}

/* Returns the family of a name, or AF_UNSPEC if the system wrote none. */
static int family_of(const mio_net_name *name) {
  ADDRESS_FAMILY family = AF_UNSPEC;
  if (name->len >= sizeof family) memcpy(&family, name->storage.bytes, sizeof family);
  return family;
}

int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr) {
  return mio_inet_name_to_addr(name, family_of(name), out_addr) ? 0 : -WSAEAFNOSUPPORT;
}

int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name) {
  struct sockaddr_un un;
  if (addr->name_len >= PATH_ROOM) return -WSAEINVAL;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  switch (addr->kind) {
    case MIO_UNIX_ADDR_UNNAMED:
      mio_inet_store(out_name, &un, PATH_OFFSET);
      return 0;
    case MIO_UNIX_ADDR_PATH:
      if (addr->name_len == 0 || memchr(addr->name, '\0', addr->name_len) != NULL) break;
      memcpy(un.sun_path, addr->name, addr->name_len);
      mio_inet_store(out_name, &un, PATH_OFFSET + addr->name_len + 1);
      return 0;
    case MIO_UNIX_ADDR_ABSTRACT:
      return -WSAEOPNOTSUPP;
  }
  return -WSAEINVAL;
}

/* For a peer without a name the system writes only the family or a struct full of zeros. A path may fill
 * its array without a NUL. */
int mio_net_name_to_unix_addr(const mio_net_name *name, mio_unix_addr *out_addr) {
  const char *path = (const char *)name->storage.bytes + PATH_OFFSET;
  const int family = family_of(name);
  if (family != AF_UNIX && family != AF_UNSPEC) return -WSAEAFNOSUPPORT;
  size_t len = name->len <= PATH_OFFSET ? 0 : name->len - PATH_OFFSET;
  if (len > PATH_ROOM) len = PATH_ROOM;
  const char *end = len == 0 ? NULL : memchr(path, '\0', len);
  if (end != NULL) len = (size_t)(end - path);
  memset(out_addr, 0, sizeof *out_addr);
  out_addr->kind = len == 0 ? MIO_UNIX_ADDR_UNNAMED : MIO_UNIX_ADDR_PATH;
  out_addr->name_len = (uint32_t)len;
  memcpy(out_addr->name, path, len);
  return 0;
}

uint32_t mio_net_interface_index(const char *name, size_t len) {
  char terminated[MIO_NET_INTERFACE_NAME_MAX];
  if (len >= sizeof terminated) return 0;
  memcpy(terminated, name, len);
  terminated[len] = '\0';
  const DWORD saved = GetLastError();
  const NET_IFINDEX index = if_nametoindex(terminated);
  SetLastError(saved);
  return index;
}

bool mio_net_interface_name(uint32_t index, char out_name[MIO_NET_INTERFACE_NAME_MAX]) {
  char name[IF_MAX_STRING_SIZE + 1];
  const DWORD saved = GetLastError();
  const bool found = if_indextoname(index, name) != NULL;
  SetLastError(saved);
  if (!found || strlen(name) >= MIO_NET_INTERFACE_NAME_MAX) return false;
  memcpy(out_name, name, strlen(name) + 1);
  return true;
}
