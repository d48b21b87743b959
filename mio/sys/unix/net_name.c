#include "mio/sys/unix/os.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "mio/sys/inet_name.h"
#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM   (sizeof((struct sockaddr_un *)NULL)->sun_path)

_Static_assert(sizeof(struct sockaddr_un) < sizeof((mio_net_name *)NULL)->storage.bytes &&
                   sizeof(struct sockaddr_in6) <= sizeof((mio_net_name *)NULL)->storage.bytes,
               "every address fits, and Linux's NUL behind a full path");
#if MIO_HAS_SA_LEN
_Static_assert(offsetof(struct sockaddr, sa_len) == 0 &&
                   sizeof(((struct sockaddr *)NULL)->sa_len) == 1 &&
                   sizeof(struct sockaddr_un) <= UCHAR_MAX,
               "names begin with their length, in a byte");
#endif
_Static_assert(PATH_ROOM <= MIO_UNIX_ADDR_NAME_MAX, "every path fits mio_unix_addr");

/* On systems whose names begin with their length, the first byte is the length. */
static int finish(mio_net_name *name) {
#if MIO_HAS_SA_LEN
  name->storage.bytes[0] = (unsigned char)name->len;
#else
  (void)name;
#endif
  return 0;
}

int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name) {
  return mio_inet_name_from_addr(addr, out_name) ? finish(out_name) : -EINVAL;
}

/* Returns the family of a name, or AF_UNSPEC if the kernel wrote none. */
static int family_of(const mio_net_name *name) {
  struct sockaddr any;
  const size_t end = offsetof(struct sockaddr, sa_family) + sizeof any.sa_family;
  if (name->len < end) return AF_UNSPEC;
  memcpy(&any, name->storage.bytes, end);
  return any.sa_family;
}

int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr) {
  return mio_inet_name_to_addr(name, family_of(name), out_addr) ? 0 : -EAFNOSUPPORT;
}

/* Returns the number of bytes of sun_path that `addr` needs, or an error. A path includes its NUL, because
 * some systems need it. */
static int path_len_of(const mio_unix_addr *addr) {
  if (addr->name_len >= PATH_ROOM) return -EINVAL;
  switch (addr->kind) {
    case MIO_UNIX_ADDR_UNNAMED:
      return 0;
    case MIO_UNIX_ADDR_PATH:
      if (addr->name_len == 0 || memchr(addr->name, '\0', addr->name_len) != NULL) return -EINVAL;
      return (int)addr->name_len + 1;
    case MIO_UNIX_ADDR_ABSTRACT:
      return MIO_HAS_ABSTRACT_NAMES ? (int)addr->name_len + 1 : -EOPNOTSUPP;
  }
  return -EINVAL;
}

int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name) {
  const int path_len = path_len_of(addr);
  if (path_len < 0) return path_len;
  struct sockaddr_un un;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  if (addr->kind == MIO_UNIX_ADDR_PATH) memcpy(un.sun_path, addr->name, addr->name_len);
  if (addr->kind == MIO_UNIX_ADDR_ABSTRACT) memcpy(un.sun_path + 1, addr->name, addr->name_len);
  mio_inet_store(out_name, &un, PATH_OFFSET + (size_t)path_len);
  return finish(out_name);
}

static void set_name(mio_unix_addr *out_addr, mio_unix_addr_kind kind, const char *name,
                     size_t name_len) {
  memset(out_addr, 0, sizeof *out_addr);
  out_addr->kind = kind;
  out_addr->name_len = (uint32_t)name_len;
  memcpy(out_addr->name, name, name_len);
}

/* The kernel may write no family (length 0), no path (length 2), a path with or without NULs after it, or a
 * path that fills the array. In the last case Linux counts a NUL that is beyond the struct. */
int mio_net_name_to_unix_addr(const mio_net_name *name, mio_unix_addr *out_addr) {
  const char *path = (const char *)name->storage.bytes + PATH_OFFSET;
  const size_t room = sizeof name->storage.bytes - PATH_OFFSET;
  const int family = family_of(name);
  if (family != AF_UNIX && family != AF_UNSPEC) return -EAFNOSUPPORT;
  size_t len = name->len <= PATH_OFFSET ? 0 : name->len - PATH_OFFSET;
  if (len > room) len = room;
  if (MIO_HAS_ABSTRACT_NAMES && len > 0 && path[0] == '\0') {
    if (len > MIO_UNIX_ADDR_NAME_MAX) len = MIO_UNIX_ADDR_NAME_MAX;
    set_name(out_addr, MIO_UNIX_ADDR_ABSTRACT, path + 1, len - 1);
    return 0;
  }
  const char *end = len == 0 ? NULL : memchr(path, '\0', len);
  if (end != NULL) len = (size_t)(end - path);
  if (len > MIO_UNIX_ADDR_NAME_MAX) len = MIO_UNIX_ADDR_NAME_MAX;
  set_name(out_addr, len == 0 ? MIO_UNIX_ADDR_UNNAMED : MIO_UNIX_ADDR_PATH, path, len);
  return 0;
}
