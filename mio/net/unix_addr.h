#ifndef MIO_NET_UNIX_ADDR_H_
#define MIO_NET_UNIX_ADDR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The address of a Unix socket: a path in the file system, a name that is in no file system (abstract,
 * Linux and Android), or none at all.
 *
 *   mio_unix_addr addr;
 *   mio_unix_addr_from_path("/run/echo.sock", &addr);
 *   mio_unix_addr_from_abstract_name("echo", 4, &addr);
 *   mio_unix_stream_connect_addr(&stream, &addr);
 *
 * It is a plain value that can be copied and need not be closed. A zeroed struct is the unnamed address,
 * which clients and pairs have. Binding to a path creates a file that stays when the socket is closed. The
 * program must remove it, before the bind or after the close. Comes from Rust's
 * `std::os::unix::net::SocketAddr`. */
typedef enum mio_unix_addr_kind {
  MIO_UNIX_ADDR_UNNAMED = 0,
  MIO_UNIX_ADDR_PATH = 1,
  MIO_UNIX_ADDR_ABSTRACT = 2
} mio_unix_addr_kind;

/* The longest name in bytes that any system reports. A program can use shorter names only: at most 107
 * bytes for a path and for an abstract name on Linux and Windows, 103 for a path on the BSDs and on Apple's
 * systems. */
#define MIO_UNIX_ADDR_NAME_MAX 108

typedef struct mio_unix_addr {
  mio_unix_addr_kind kind;
  uint32_t name_len; /* bytes, without the NUL */
  char name[MIO_UNIX_ADDR_NAME_MAX +
            1]; /* always followed by a NUL; the bytes after the name are 0 */
} mio_unix_addr;

/* Writes the address of the NUL-terminated `path` to `*out_addr`. Returns 0; MIO_ERROR_INVALID_INPUT,
 * without a change of `*out_addr`, if `path` is NULL, empty or too long for this system. May be called from
 * any thread. */
MIO_API int mio_unix_addr_from_path(const char *path, mio_unix_addr *out_addr);

/* Like mio_unix_addr_from_path, for the `path_len` bytes at `path`. They need no final NUL and must not
 * contain a NUL. */
MIO_API int mio_unix_addr_from_path_bytes(const char *path, size_t path_len,
                                          mio_unix_addr *out_addr);

/* Writes the abstract address with the `name_len` bytes at `name` to `*out_addr`. Any byte is allowed, and
 * NULs are part of the name. Returns 0; MIO_ERROR_INVALID_INPUT if the name is too long;
 * MIO_ERROR_UNSUPPORTED on all systems except Linux and Android. On failure `*out_addr` does not change.
 * May be called from any thread. */
MIO_API int mio_unix_addr_from_abstract_name(const void *name, size_t name_len,
                                             mio_unix_addr *out_addr);

/* Returns whether `addr` is the unnamed address. */
static inline bool mio_unix_addr_is_unnamed(const mio_unix_addr *addr) {
  return addr->kind == MIO_UNIX_ADDR_UNNAMED;
}

/* Returns the NUL-terminated path, or NULL if the address is not a path. The result points into `*addr`. */
static inline const char *mio_unix_addr_path(const mio_unix_addr *addr) {
  return addr->kind == MIO_UNIX_ADDR_PATH ? addr->name : NULL;
}

/* Returns the abstract name and writes its length in bytes to `*out_len`. Returns NULL, and writes nothing,
 * if the address is not abstract. The result points into `*addr` and is not NUL-terminated text. */
static inline const char *mio_unix_addr_abstract_name(const mio_unix_addr *addr, size_t *out_len) {
  if (addr->kind != MIO_UNIX_ADDR_ABSTRACT) return NULL;
  *out_len = addr->name_len;
  return addr->name;
}

/* Returns whether `a` and `b` have the same kind and the same name, byte by byte. Two unnamed addresses are
 * equal, even if they belong to different sockets. */
MIO_API bool mio_unix_addr_equal(const mio_unix_addr *a, const mio_unix_addr *b);

/* Size in bytes of a buffer that fits every text of mio_unix_addr_format, including the NUL. */
#define MIO_UNIX_ADDR_FORMAT_MAX (4 * MIO_UNIX_ADDR_NAME_MAX + 2)

/* Writes the address as text for logs: the path, "@name" for an abstract address, or "unnamed" (also for
 * NULL). Backslashes and bytes that are not printable ASCII are written as \xNN. Writes at most `size`
 * bytes to `out`. A longer text is cut. It is NUL-terminated unless `size` is 0. Returns the length in
 * bytes of the whole text without the NUL, like snprintf. May be called from any thread. */
MIO_API size_t mio_unix_addr_format(const mio_unix_addr *addr, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_ADDR_H_ */
