#include "mio/net/unix_addr.h"

#include <string.h>

#include "mio/error.h"
#include "mio/sys/net.h"
#include "mio/text.h"

/* Returns 0 if the system has abstract names. */
static int check_abstract_names(void) {
  const mio_unix_addr empty = {MIO_UNIX_ADDR_ABSTRACT, 0, {0}};
  mio_net_name checked;
  return mio_net_name_from_unix_addr(&empty, &checked);
}

/* The system's code checks the length of the name. */
static int make(mio_unix_addr_kind kind, const void *name, size_t name_len,
                mio_unix_addr *out_addr) {
  if ((name == NULL && name_len > 0) || name_len > MIO_UNIX_ADDR_NAME_MAX || out_addr == NULL) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  mio_unix_addr addr = {kind, (uint32_t)name_len, {0}};
  mio_net_name checked;
  if (name_len > 0) memcpy(addr.name, name, name_len);
  const int result = mio_net_name_from_unix_addr(&addr, &checked);
  if (result == 0) *out_addr = addr;
  return result;
}

int mio_unix_addr_from_path(const char *path, mio_unix_addr *out_addr) {
  return mio_unix_addr_from_path_bytes(path, path == NULL ? 0 : strlen(path), out_addr);
}

int mio_unix_addr_from_path_bytes(const char *path, size_t path_len, mio_unix_addr *out_addr) {
  return make(MIO_UNIX_ADDR_PATH, path, path_len, out_addr);
}

int mio_unix_addr_from_abstract_name(const void *name, size_t name_len, mio_unix_addr *out_addr) {
  /* On a system without abstract names, MIO_ERROR_UNSUPPORTED comes before the check of the length. */
  const int result = check_abstract_names();
  return result < 0 ? result : make(MIO_UNIX_ADDR_ABSTRACT, name, name_len, out_addr);
}

bool mio_unix_addr_equal(const mio_unix_addr *a, const mio_unix_addr *b) {
  return a->kind == b->kind && a->name_len == b->name_len &&
         memcmp(a->name, b->name, a->name_len) == 0;
}

static void put_readable(mio_text *text, const char *name, size_t name_len) {
  for (size_t i = 0; i < name_len; ++i) {
    const unsigned char byte = (unsigned char)name[i];
    if (byte >= ' ' && byte <= '~' && byte != '\\') {
      mio_text_bytes(text, name + i, 1);
      continue;
    }
    mio_text_string(text, "\\x");
    mio_text_bytes(text, &"0123456789abcdef"[byte >> 4], 1);
    mio_text_bytes(text, &"0123456789abcdef"[byte & 0xf], 1);
  }
}

size_t mio_unix_addr_format(const mio_unix_addr *addr, char *out, size_t size) {
  mio_text text = mio_text_begin(out, size);
  if (addr == NULL || addr->kind == MIO_UNIX_ADDR_UNNAMED) {
    mio_text_string(&text, "unnamed");
    return text.length;
  }
  if (addr->kind == MIO_UNIX_ADDR_ABSTRACT) mio_text_string(&text, "@");
  put_readable(&text, addr->name, addr->name_len);
  return text.length;
}
