#ifndef MIO_NET_ADDR_H_
#define MIO_NET_ADDR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The address of an Internet socket: an IPv4 or IPv6 address and a port.
 *
 *   mio_addr addr;
 *   char text[MIO_ADDR_FORMAT_MAX];
 *   mio_addr_parse("[::1]:8080", &addr);               from text, without DNS
 *   addr = mio_addr_v4(127, 0, 0, 1, 8080);            from numbers
 *   mio_addr_format(&addr, text, sizeof text);         "127.0.0.1:8080"
 *
 * A plain value: copied freely, nothing to close, the same layout on every system. Zeroed is an
 * address of no family, which no socket call accepts. Comes from Rust's `SocketAddr`. */
typedef enum mio_addr_family {
  MIO_ADDR_NONE = 0,
  MIO_ADDR_V4 = 4,
  MIO_ADDR_V6 = 6
} mio_addr_family;

typedef struct mio_addr {
  mio_addr_family family;
  uint16_t port;     /* host byte order; 0 in a bind lets the system choose */
  uint8_t ip[16];    /* as written, from left to right; IPv4 takes the first four, the rest are 0 */
  uint32_t flowinfo; /* IPv6 flow information, host byte order */
  uint32_t scope_id; /* IPv6: index of the interface that a link-local address belongs to, or 0 */
} mio_addr;

/* a.b.c.d:port. Cannot fail, as none of the constructors by value. */
MIO_API mio_addr mio_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

/* The IPv6 address of the 16 bytes at `ip`, flow and scope 0. */
MIO_API mio_addr mio_addr_v6(const uint8_t ip[16], uint16_t port);

/* 0.0.0.0 and [::]: to bind to all interfaces. */
MIO_API mio_addr mio_addr_any_v4(uint16_t port);
MIO_API mio_addr mio_addr_any_v6(uint16_t port);

/* 127.0.0.1 and [::1]: this machine. */
MIO_API mio_addr mio_addr_loopback_v4(uint16_t port);
MIO_API mio_addr mio_addr_loopback_v6(uint16_t port);

/* Parses "1.2.3.4:5", "[2001:db8::1]:80", "[fe80::1%3]:80" or "[fe80::1%eth0]:80" (RFC 4007) and nothing
 * else: no host names, no spaces, no leading zeros in decimal numbers, no missing port. The scope is an
 * index, or the name of an interface of this machine, which the system looks up. Otherwise
 * MIO_ERROR_INVALID_INPUT, and `*out_addr` is unchanged. Any thread. */
MIO_API int mio_addr_parse(const char *text, mio_addr *out_addr);

/* Room for the longest text of mio_addr_format, with its NUL. */
#define MIO_ADDR_FORMAT_MAX 72

/* Writes the address as mio_addr_parse reads it, IPv6 in its canonical short form (RFC 5952),
 * "none" for no family or NULL. `size` bytes at `out`, cut to fit, NUL-terminated unless `size` is
 * 0. Returns the length in bytes of the whole text, as snprintf does. Any thread. */
MIO_API size_t mio_addr_format(const mio_addr *addr, char *out, size_t size);

/* Like mio_addr_format, with the name of the interface in place of the scope's index if there is one:
 * "[fe80::1%eth0]:80". It may change while the machine runs. A system call or more. */
MIO_API size_t mio_addr_format_named(const mio_addr *addr, char *out, size_t size);

/* Same family, address and port, and for IPv6 the same flow and scope. */
MIO_API bool mio_addr_equal(const mio_addr *a, const mio_addr *b);

static inline bool mio_addr_is_v4(const mio_addr *addr) { return addr->family == MIO_ADDR_V4; }
static inline bool mio_addr_is_v6(const mio_addr *addr) { return addr->family == MIO_ADDR_V6; }

/* IPv4-mapped addresses, ::ffff:a.b.c.d: an IPv6 socket that serves IPv4 peers too reports those this way,
 * and systems other than Linux require an IPv4 receiver to be mapped when such a socket sends to it.
 * to_v4_mapped and unmapped return addresses that they have nothing to change in as they are. */
MIO_API bool mio_addr_is_v4_mapped(const mio_addr *addr);
MIO_API mio_addr mio_addr_to_v4_mapped(const mio_addr *addr);
MIO_API mio_addr mio_addr_unmapped(const mio_addr *addr);

/* What kind of address it is: 0.0.0.0 or ::, 127.0.0.0/8 or ::1, 224.0.0.0/4 or ff00::/8. False for
 * no family. */
MIO_API bool mio_addr_is_unspecified(const mio_addr *addr);
MIO_API bool mio_addr_is_loopback(const mio_addr *addr);
MIO_API bool mio_addr_is_multicast(const mio_addr *addr);

/* Whether an IPv6 socket also serves IPv4 peers, as ::ffff:a.b.c.d. Systems differ in the default
 * (on Windows it does not; on Linux, where it does, the administrator may change it), and OpenBSD
 * never does. */
typedef enum mio_only_v6 {
  MIO_ONLY_V6_DEFAULT = 0, /* as the system likes */
  MIO_ONLY_V6_ON = 1,      /* IPv6 alone */
  MIO_ONLY_V6_OFF = 2      /* both */
} mio_only_v6;

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_ADDR_H_ */
