#include "mio/sys/windows/os.h"

#include <afunix.h>
#include <stddef.h>
#include <string.h>
#include <ws2tcpip.h>

#include "mio/sys/net.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM   sizeof(((struct sockaddr_un *)NULL)->sun_path)

_Static_assert(sizeof(struct sockaddr_un) <= sizeof(((mio_net_name *)NULL)->storage.bytes) &&
                   sizeof(struct sockaddr_in6) <= sizeof(((mio_net_name *)NULL)->storage.bytes),
               "every address fits");
_Static_assert(PATH_ROOM <= MIO_UNIX_ADDR_NAME_MAX, "every path fits mio_unix_addr");

/* Addresses are put together in the system's own structs, and only whole ones are copied. */
static void put(mio_net_name *out_name, const void *sockaddr, size_t len) {
  memset(out_name, 0, sizeof *out_name);
  memcpy(out_name->storage.bytes, sockaddr, len);
  out_name->len = (uint32_t)len;
}

static void put_v4(const mio_addr *addr, mio_net_name *out_name) {
  struct sockaddr_in in;
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_port = htons(addr->port);
  memcpy(&in.sin_addr, addr->ip, sizeof in.sin_addr);
  put(out_name, &in, sizeof in);
}

static void put_v6(const mio_addr *addr, mio_net_name *out_name) {
  struct sockaddr_in6 in6;
  memset(&in6, 0, sizeof in6);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(addr->port);
  in6.sin6_flowinfo = htonl(addr->flowinfo);
  memcpy(&in6.sin6_addr, addr->ip, sizeof in6.sin6_addr);
  in6.sin6_scope_id = addr->scope_id;
  put(out_name, &in6, sizeof in6);
}

int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name) {
  switch (addr->family) {
    case MIO_ADDR_V4:
      put_v4(addr, out_name);
      return 0;
    case MIO_ADDR_V6:
      put_v6(addr, out_name);
      return 0;
    case MIO_ADDR_NONE:
      break;
  }
  return -WSAEINVAL;
}

static int get_v4(const mio_net_name *name, mio_addr *out_addr) {
  struct sockaddr_in in;
  if (name->len < sizeof in) return -WSAEAFNOSUPPORT;
  memcpy(&in, name->storage.bytes, sizeof in);
  memset(out_addr, 0, sizeof *out_addr);
  out_addr->family = MIO_ADDR_V4;
  out_addr->port = ntohs(in.sin_port);
  memcpy(out_addr->ip, &in.sin_addr, sizeof in.sin_addr);
  return 0;
}

static int get_v6(const mio_net_name *name, mio_addr *out_addr) {
  struct sockaddr_in6 in6;
  if (name->len < sizeof in6) return -WSAEAFNOSUPPORT;
  memcpy(&in6, name->storage.bytes, sizeof in6);
  memset(out_addr, 0, sizeof *out_addr);
  out_addr->family = MIO_ADDR_V6;
  out_addr->port = ntohs(in6.sin6_port);
  memcpy(out_addr->ip, &in6.sin6_addr, sizeof in6.sin6_addr);
  out_addr->flowinfo = ntohl(in6.sin6_flowinfo);
  out_addr->scope_id = in6.sin6_scope_id;
  return 0;
}

/* The family of a name, or AF_UNSPEC where the system wrote none. */
static int family_of(const mio_net_name *name) {
  ADDRESS_FAMILY family = AF_UNSPEC;
  if (name->len >= sizeof family) memcpy(&family, name->storage.bytes, sizeof family);
  return family;
}

int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr) {
  switch (family_of(name)) {
    case AF_INET:
      return get_v4(name, out_addr);
    case AF_INET6:
      return get_v6(name, out_addr);
    default:
      return -WSAEAFNOSUPPORT;
  }
}

int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name) {
  struct sockaddr_un un;
  if (addr->name_len >= PATH_ROOM) return -WSAEINVAL;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  switch (addr->kind) {
    case MIO_UNIX_ADDR_UNNAMED:
      put(out_name, &un, PATH_OFFSET);
      return 0;
    case MIO_UNIX_ADDR_PATH:
      if (addr->name_len == 0 || memchr(addr->name, '\0', addr->name_len) != NULL) break;
      memcpy(un.sun_path, addr->name, addr->name_len);
      put(out_name, &un, PATH_OFFSET + addr->name_len + 1);
      return 0;
    case MIO_UNIX_ADDR_ABSTRACT:
      return -WSAEOPNOTSUPP;
  }
  return -WSAEINVAL;
}

/* A peer without a name comes back as the family alone or as a struct full of zeros; a path may
 * fill its room without a NUL. */
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
