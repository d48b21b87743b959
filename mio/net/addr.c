#include "mio/net/addr.h"

#include <string.h>

#include "mio/error.h"
#include "mio/sys/net.h"
#include "mio/text.h"

enum { V4_BYTES = 4, V6_BYTES = 16, V6_GROUPS = 8 };

mio_addr mio_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  const mio_addr addr = {MIO_ADDR_V4, port, {a, b, c, d}, 0, 0};
  return addr;
}

mio_addr mio_addr_v6(const uint8_t ip[16], uint16_t port) {
  mio_addr addr = {MIO_ADDR_V6, port, {0}, 0, 0};
  memcpy(addr.ip, ip, V6_BYTES);
  return addr;
}

mio_addr mio_addr_any_v4(uint16_t port) { return mio_addr_v4(0, 0, 0, 0, port); }

mio_addr mio_addr_any_v6(uint16_t port) {
  const uint8_t any[V6_BYTES] = {0};
  return mio_addr_v6(any, port);
}

mio_addr mio_addr_loopback_v4(uint16_t port) { return mio_addr_v4(127, 0, 0, 1, port); }

mio_addr mio_addr_loopback_v6(uint16_t port) {
  const uint8_t loopback[V6_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return mio_addr_v6(loopback, port);
}

bool mio_addr_equal(const mio_addr *a, const mio_addr *b) {
  if (a->family != b->family || a->port != b->port) return false;
  if (a->family == MIO_ADDR_V4) return memcmp(a->ip, b->ip, V4_BYTES) == 0;
  return memcmp(a->ip, b->ip, V6_BYTES) == 0 && a->flowinfo == b->flowinfo &&
         a->scope_id == b->scope_id;
}

/* Returns whether both have the same address. Ignores family and port. */
static bool has_ip_of(const mio_addr *addr, mio_addr other) {
  return memcmp(addr->ip, other.ip, addr->family == MIO_ADDR_V4 ? V4_BYTES : V6_BYTES) == 0;
}

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool mio_addr_is_v4_mapped(const mio_addr *addr) {
  return addr->family == MIO_ADDR_V6 && memcmp(addr->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

mio_addr mio_addr_to_v4_mapped(const mio_addr *addr) {
  if (addr->family != MIO_ADDR_V4) return *addr;
  mio_addr mapped = {MIO_ADDR_V6, addr->port, {0}, 0, 0};
  memcpy(mapped.ip, mapped_prefix, sizeof mapped_prefix);
  memcpy(mapped.ip + sizeof mapped_prefix, addr->ip, V4_BYTES);
  return mapped;
}

mio_addr mio_addr_unmapped(const mio_addr *addr) {
  if (!mio_addr_is_v4_mapped(addr)) return *addr;
  const uint8_t *ip = addr->ip + sizeof mapped_prefix;
  return mio_addr_v4(ip[0], ip[1], ip[2], ip[3], addr->port);
}

bool mio_addr_is_unspecified(const mio_addr *addr) {
  return addr->family != MIO_ADDR_NONE && has_ip_of(addr, mio_addr_any_v6(0));
}

bool mio_addr_is_loopback(const mio_addr *addr) {
  if (addr->family == MIO_ADDR_V4) return addr->ip[0] == 127;
  return addr->family == MIO_ADDR_V6 && has_ip_of(addr, mio_addr_loopback_v6(0));
}

bool mio_addr_is_multicast(const mio_addr *addr) {
  if (addr->family == MIO_ADDR_V4) return addr->ip[0] >> 4 == 0xe;
  return addr->family == MIO_ADDR_V6 && addr->ip[0] == 0xff;
}

/* The parser. Each function parses a prefix of `*text` and advances `*text`, or returns false.
 *
 *   address = v4 ":" port | "[" v6 [ "%" scope ] "]" ":" port
 *   scope   = number | name of an interface
 *   v4      = number 3("." number)
 *   v6      = groups [ "::" groups ], eight groups in all, where "::" is at least one group of zeros
 *   groups  = [ group *(":" group) ], the last two as v4 if they are the last of the address */

static bool take(const char **text, char wanted) {
  if (**text != wanted) return false;
  ++*text;
  return true;
}

static bool take_decimal(const char **text, uint32_t max, uint32_t *out_value) {
  const char *at = *text;
  uint64_t value = 0;
  if (*at == '0' && at[1] >= '0' && at[1] <= '9') return false;
  for (; *at >= '0' && *at <= '9'; ++at) {
    value = value * 10 + (uint64_t)(*at - '0');
    if (value > max) return false;
  }
  if (at == *text) return false;
  *text = at;
  *out_value = (uint32_t)value;
  return true;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool take_group(const char **text, uint8_t out_bytes[2]) {
  const char *at = *text;
  unsigned value = 0;
  while (at - *text < 4 && hex_digit(*at) >= 0) value = value << 4 | (unsigned)hex_digit(*at++);
  if (at == *text) return false;
  *text = at;
  out_bytes[0] = (uint8_t)(value >> 8);
  out_bytes[1] = (uint8_t)value;
  return true;
}

static bool take_v4(const char **text, uint8_t out_bytes[4]) {
  const char *at = *text;
  uint8_t bytes[V4_BYTES];
  for (int i = 0; i < V4_BYTES; ++i) {
    uint32_t number = 0;
    if (i > 0 && !take(&at, '.')) return false;
    if (!take_decimal(&at, UINT8_MAX, &number)) return false;
    bytes[i] = (uint8_t)number;
  }
  memcpy(out_bytes, bytes, sizeof bytes);
  *text = at;
  return true;
}

/* Parses groups up to the end of the address or a "::", at most `room` of them. Returns their number. */
static int take_groups(const char **text, uint8_t *out_bytes, int room) {
  int count = 0;
  const char *at = *text;
  while (count < room) {
    uint8_t *bytes = out_bytes + 2 * count;
    if (room - count >= 2 && take_v4(&at, bytes) && *at != ':') {
      *text = at;
      return count + 2;
    }
    if (!take_group(&at, bytes)) break;
    *text = at;
    ++count;
    if (*at != ':' || at[1] == ':') break;
    ++at;
  }
  return count;
}

static bool take_v6(const char **text, uint8_t out_bytes[16]) {
  uint8_t tail[V6_BYTES] = {0};
  memset(out_bytes, 0, V6_BYTES);
  const int head = take_groups(text, out_bytes, V6_GROUPS);
  if (head == V6_GROUPS) return true;
  if (!take(text, ':') || !take(text, ':')) return false;
  const int rest = take_groups(text, tail, V6_GROUPS - 1 - head);
  memcpy(out_bytes + V6_BYTES - 2 * rest, tail, (size_t)(2 * rest));
  return true;
}

/* Parses an index, or the name of an interface of this machine, up to the bracket. */
static bool take_scope(const char **text, uint32_t *out_scope) {
  const char *at = *text;
  if (take_decimal(&at, UINT32_MAX, out_scope) && *at == ']') {
    *text = at;
    return true;
  }
  const char *end = strchr(*text, ']');
  if (end == NULL || end == *text) return false;
  *out_scope = mio_net_interface_index(*text, (size_t)(end - *text));
  *text = end;
  return *out_scope != 0;
}

static bool take_bracketed(const char **text, mio_addr *out_addr) {
  out_addr->family = MIO_ADDR_V6;
  if (!take_v6(text, out_addr->ip)) return false;
  if (take(text, '%') && !take_scope(text, &out_addr->scope_id)) return false;
  return take(text, ']');
}

static bool take_address(const char **text, mio_addr *out_addr) {
  if (take(text, '[')) return take_bracketed(text, out_addr);
  out_addr->family = MIO_ADDR_V4;
  return take_v4(text, out_addr->ip);
}

int mio_addr_parse(const char *text, mio_addr *out_addr) {
  mio_addr addr = {MIO_ADDR_NONE, 0, {0}, 0, 0};
  uint32_t port = 0;
  if (text == NULL || out_addr == NULL || !take_address(&text, &addr) || !take(&text, ':') ||
      !take_decimal(&text, UINT16_MAX, &port) || *text != '\0') {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  addr.port = (uint16_t)port;
  *out_addr = addr;
  return 0;
}

static void put_v4(mio_text *text, const uint8_t *bytes) {
  for (int i = 0; i < V4_BYTES; ++i) {
    if (i > 0) mio_text_string(text, ".");
    mio_text_decimal(text, bytes[i]);
  }
}

static void put_group(mio_text *text, const uint8_t *bytes) {
  const unsigned value = (unsigned)bytes[0] << 8 | bytes[1];
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (value >> shift == 0 && shift > 0) continue;
    mio_text_bytes(text, &"0123456789abcdef"[value >> shift & 0xf], 1);
  }
}

/* Finds the first of the longest runs of two or more zero groups, which RFC 5952, 4.2, shortens. */
static int longest_zeros(const uint8_t *ip, int *out_start) {
  int longest = 0;
  for (int start = 0; start < V6_GROUPS; ++start) {
    int end = start;
    while (end < V6_GROUPS && ip[2 * end] == 0 && ip[2 * end + 1] == 0) ++end;
    if (end - start > longest) {
      longest = end - start;
      *out_start = start;
    }
  }
  return longest >= 2 ? longest : 0;
}

static void put_v6(mio_text *text, const uint8_t *ip) {
  if (memcmp(ip, mapped_prefix, sizeof mapped_prefix) == 0) { /* RFC 5952, 5 */
    mio_text_string(text, "::ffff:");
    put_v4(text, ip + sizeof mapped_prefix);
    return;
  }
  int zeros_at = V6_GROUPS;
  const int zeros = longest_zeros(ip, &zeros_at);
  for (int i = 0; i < V6_GROUPS; ++i) {
    if (zeros > 0 && i == zeros_at) {
      mio_text_string(text, "::");
      i += zeros - 1;
      continue;
    }
    if (i > 0 && !(zeros > 0 && i == zeros_at + zeros)) mio_text_string(text, ":");
    put_group(text, ip + 2 * i);
  }
}

static void put_scope(mio_text *text, uint32_t scope, bool by_name) {
  char name[MIO_NET_INTERFACE_NAME_MAX];
  if (scope == 0) return;
  mio_text_string(text, "%");
  if (by_name && mio_net_interface_name(scope, name)) {
    mio_text_string(text, name);
  } else {
    mio_text_decimal(text, scope);
  }
}

static size_t format(const mio_addr *addr, char *out, size_t size, bool scope_by_name) {
  mio_text text = mio_text_begin(out, size);
  if (addr == NULL || (addr->family != MIO_ADDR_V4 && addr->family != MIO_ADDR_V6)) {
    mio_text_string(&text, "none");
    return text.length;
  }
  if (addr->family == MIO_ADDR_V4) {
    put_v4(&text, addr->ip);
  } else {
    mio_text_string(&text, "[");
    put_v6(&text, addr->ip);
    put_scope(&text, addr->scope_id, scope_by_name);
    mio_text_string(&text, "]");
  }
  mio_text_string(&text, ":");
  mio_text_decimal(&text, addr->port);
  return text.length;
}

size_t mio_addr_format(const mio_addr *addr, char *out, size_t size) {
  return format(addr, out, size, false);
}

size_t mio_addr_format_named(const mio_addr *addr, char *out, size_t size) {
  return format(addr, out, size, true);
}
