#ifndef MIO_SYS_INET_NAME_H_
#define MIO_SYS_INET_NAME_H_

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mio/net/addr.h"
#include "mio/sys/net.h"

/* Inside the backends: Internet addresses. Their structs have the same names and members on every system,
 * but different layouts. This header includes no header of a system. A file must first include its system's
 * headers for struct sockaddr_in and _in6, htons and similar names.
 *
 * An address is assembled in such a struct field by field. Then the whole struct is copied. */

static inline void mio_inet_store(mio_net_name *out_name, const void *sockaddr, size_t len) {
  memset(out_name, 0, sizeof *out_name);
  memcpy(out_name->storage.bytes, sockaddr, len);
  out_name->len = (uint32_t)len;
}

static inline void mio_inet_store_v4(mio_net_name *out_name, const mio_addr *addr) {
  struct sockaddr_in in;
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_port = htons(addr->port);
  memcpy(&in.sin_addr, addr->ip, sizeof in.sin_addr);
  mio_inet_store(out_name, &in, sizeof in);
}

static inline void mio_inet_store_v6(mio_net_name *out_name, const mio_addr *addr) {
  struct sockaddr_in6 in6;
  memset(&in6, 0, sizeof in6);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(addr->port);
  in6.sin6_flowinfo = htonl(addr->flowinfo);
  memcpy(&in6.sin6_addr, addr->ip, sizeof in6.sin6_addr);
  in6.sin6_scope_id = addr->scope_id;
  mio_inet_store(out_name, &in6, sizeof in6);
}

/* Converts `addr`, without the length field that begins the names of some systems. Returns false if it has
 * no family. */
static inline bool mio_inet_name_from_addr(const mio_addr *addr, mio_net_name *out_name) {
  switch (addr->family) {
    case MIO_ADDR_V4:
      mio_inet_store_v4(out_name, addr);
      return true;
    case MIO_ADDR_V6:
      mio_inet_store_v6(out_name, addr);
      return true;
    case MIO_ADDR_NONE:
      break;
  }
  return false;
}

static inline void mio_inet_load_v4(const mio_net_name *name, mio_addr *out_addr) {
  struct sockaddr_in in;
  memcpy(&in, name->storage.bytes, sizeof in);
  out_addr->family = MIO_ADDR_V4;
  out_addr->port = ntohs(in.sin_port);
  memcpy(out_addr->ip, &in.sin_addr, sizeof in.sin_addr);
}

static inline void mio_inet_load_v6(const mio_net_name *name, mio_addr *out_addr) {
  struct sockaddr_in6 in6;
  memcpy(&in6, name->storage.bytes, sizeof in6);
  out_addr->family = MIO_ADDR_V6;
  out_addr->port = ntohs(in6.sin6_port);
  memcpy(out_addr->ip, &in6.sin6_addr, sizeof in6.sin6_addr);
  out_addr->flowinfo = ntohl(in6.sin6_flowinfo);
  out_addr->scope_id = in6.sin6_scope_id;
}

/* Converts a name of `family` to an address. Returns false, and writes nothing, if the family is not IPv4
 * or IPv6, or if the name is too short for it. */
static inline bool mio_inet_name_to_addr(const mio_net_name *name, int family, mio_addr *out_addr) {
  const bool is_v4 = family == AF_INET;
  if (!is_v4 && family != AF_INET6) return false;
  if (name->len < (is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6))) return false;
  memset(out_addr, 0, sizeof *out_addr);
  if (is_v4) {
    mio_inet_load_v4(name, out_addr);
  } else {
    mio_inet_load_v6(name, out_addr);
  }
  return true;
}

#endif /* MIO_SYS_INET_NAME_H_ */
