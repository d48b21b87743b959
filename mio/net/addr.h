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
 * It is a plain value. It can be copied, need not be closed and has the same layout on every system. A
 * zeroed struct is an address of no family, which no socket call accepts. Comes from Rust's `SocketAddr`. */
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

/* Returns the address a.b.c.d:port. `port` is in host byte order. This and the other functions that return
 * an mio_addr cannot fail and may be called from any thread. */
MIO_API mio_addr mio_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

/* Returns the IPv6 address of the 16 bytes at `ip` with `port`. The flow and the scope are 0. */
MIO_API mio_addr mio_addr_v6(const uint8_t ip[16], uint16_t port);

/* Return 0.0.0.0 and [::] with `port`. A bind to them receives from all interfaces. */
MIO_API mio_addr mio_addr_any_v4(uint16_t port);
MIO_API mio_addr mio_addr_any_v6(uint16_t port);

/* Return the loopback addresses 127.0.0.1 and [::1] with `port`. They are addresses of this machine only. */
MIO_API mio_addr mio_addr_loopback_v4(uint16_t port);
MIO_API mio_addr mio_addr_loopback_v6(uint16_t port);

/* Parses the NUL-terminated `text`, which must look like "1.2.3.4:5", "[2001:db8::1]:80", "[fe80::1%3]:80"
 * or "[fe80::1%eth0]:80" (RFC 4007). Host names, spaces, leading zeros in decimal numbers and a missing
 * port are errors. The scope is an index, or the name of an interface of this machine, which the system
 * looks up. Returns 0, or MIO_ERROR_INVALID_INPUT without a change of `*out_addr`. May be called from any
 * thread. */
MIO_API int mio_addr_parse(const char *text, mio_addr *out_addr);

/* Size in bytes of a buffer that fits every text of mio_addr_format, including the NUL. */
#define MIO_ADDR_FORMAT_MAX 72

/* Writes `addr` as text that mio_addr_parse accepts, IPv6 in its canonical short form (RFC 5952). For NULL
 * or no family the text is "none". Writes at most `size` bytes to `out`. A longer text is cut. It is
 * NUL-terminated unless `size` is 0. Returns the length in bytes of the whole text without the NUL, like
 * snprintf. May be called from any thread. */
MIO_API size_t mio_addr_format(const mio_addr *addr, char *out, size_t size);

/* Like mio_addr_format, but writes the name of the scope's interface instead of its index if it has a name:
 * "[fe80::1%eth0]:80". The name may change while the machine runs. Makes at least one system call. */
MIO_API size_t mio_addr_format_named(const mio_addr *addr, char *out, size_t size);

/* Returns whether `a` and `b` have the same family, address and port and, for IPv6, the same flow and
 * scope. */
MIO_API bool mio_addr_equal(const mio_addr *a, const mio_addr *b);

/* Return whether `addr` is an IPv4 address or an IPv6 address. An IPv4-mapped address is IPv6. */
static inline bool mio_addr_is_v4(const mio_addr *addr) { return addr->family == MIO_ADDR_V4; }
static inline bool mio_addr_is_v6(const mio_addr *addr) { return addr->family == MIO_ADDR_V6; }

/* IPv4-mapped addresses have the form ::ffff:a.b.c.d. An IPv6 socket that also serves IPv4 peers reports
 * their addresses in this form. To send to an IPv4 peer from such a socket, systems other than Linux
 * require this form. to_v4_mapped and unmapped convert between the two forms. They return an address that
 * needs no conversion unchanged. */
MIO_API bool mio_addr_is_v4_mapped(const mio_addr *addr);
MIO_API mio_addr mio_addr_to_v4_mapped(const mio_addr *addr);
MIO_API mio_addr mio_addr_unmapped(const mio_addr *addr);

/* Return whether `addr` is unspecified (0.0.0.0 or ::), loopback (127.0.0.0/8 or ::1) or multicast
 * (224.0.0.0/4 or ff00::/8). They return false for an address of no family. */
MIO_API bool mio_addr_is_unspecified(const mio_addr *addr);
MIO_API bool mio_addr_is_loopback(const mio_addr *addr);
MIO_API bool mio_addr_is_multicast(const mio_addr *addr);

/* Whether an IPv6 socket serves only IPv6 peers, or also IPv4 peers (as ::ffff:a.b.c.d). The default
 * differs. On Windows such a socket serves IPv6 only. On Linux it serves IPv6 and IPv4, unless the
 * administrator changed the default. On OpenBSD it never serves IPv4. */
typedef enum mio_only_v6 {
  MIO_ONLY_V6_DEFAULT = 0, /* the system's default */
  MIO_ONLY_V6_ON = 1,      /* IPv6 only */
  MIO_ONLY_V6_OFF = 2      /* both */
} mio_only_v6;

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_ADDR_H_ */
