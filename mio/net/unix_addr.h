#ifndef MIO_NET_UNIX_ADDR_H_
#define MIO_NET_UNIX_ADDR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The address of a Unix socket: a path in the file system, a name that is in no file system
 * (abstract, Linux and Android), or none at all.
 *
 *   mio_unix_addr addr;
 *   mio_unix_addr_from_path("/run/echo.sock", &addr);
 *   mio_unix_addr_from_abstract_name("echo", 4, &addr);
 *   mio_unix_stream_connect_addr(&stream, &addr);
 *
 * A plain value: copied freely, nothing to close. Zeroed is the unnamed address, which clients and
 * pairs have. Binding to a path creates a file that stays when the socket is closed: removing it,
 * before or after, is the program's. Comes from Rust's `std::os::unix::net::SocketAddr`. */
typedef enum mio_unix_addr_kind {
  MIO_UNIX_ADDR_UNNAMED = 0,
  MIO_UNIX_ADDR_PATH = 1,
  MIO_UNIX_ADDR_ABSTRACT = 2
} mio_unix_addr_kind;

/* The longest name, in bytes, that any system can tell us. What can be asked for is less: 107 for a
 * path and for an abstract name on Linux and Windows, 103 for a path on the BSDs and on Apple's
 * systems. */
#define MIO_UNIX_ADDR_NAME_MAX 108

typedef struct mio_unix_addr {
  mio_unix_addr_kind kind;
  uint32_t name_len;                     /* bytes, without the NUL */
  char name[MIO_UNIX_ADDR_NAME_MAX + 1]; /* always followed by a NUL; all else is 0 */
} mio_unix_addr;

/* The address of the NUL-terminated `path`. MIO_ERROR_INVALID_INPUT, with `*out_addr` as before, if
 * it is NULL, empty or too long for this system. Any thread. */
MIO_API int mio_unix_addr_from_path(const char *path, mio_unix_addr *out_addr);

/* The same for the `path_len` bytes at `path`, which need no NUL and must not contain one. */
MIO_API int mio_unix_addr_from_path_bytes(const char *path, size_t path_len,
                                          mio_unix_addr *out_addr);

/* The abstract address of the `name_len` bytes at `name`, any bytes, NULs in it and at its end
 * being part of the name. MIO_ERROR_INVALID_INPUT if it is too long; MIO_ERROR_UNSUPPORTED where
 * there are none (everything but Linux and Android); `*out_addr` is as before then. Any thread. */
MIO_API int mio_unix_addr_from_abstract_name(const void *name, size_t name_len,
                                             mio_unix_addr *out_addr);

static inline bool mio_unix_addr_is_unnamed(const mio_unix_addr *addr) {
  return addr->kind == MIO_UNIX_ADDR_UNNAMED;
}

/* The path, NUL-terminated and as long as `addr` lives; NULL if the address is not a path. */
static inline const char *mio_unix_addr_path(const mio_unix_addr *addr) {
  return addr->kind == MIO_UNIX_ADDR_PATH ? addr->name : NULL;
}

/* The abstract name and its length in bytes, valid as long as `addr` lives; NULL if it is not
 * abstract. */
static inline const char *mio_unix_addr_abstract_name(const mio_unix_addr *addr, size_t *out_len) {
  if (addr->kind != MIO_UNIX_ADDR_ABSTRACT) return NULL;
  *out_len = addr->name_len;
  return addr->name;
}

/* Same kind and same name, byte by byte. Two unnamed addresses are equal, whosesoever they are. */
MIO_API bool mio_unix_addr_equal(const mio_unix_addr *a, const mio_unix_addr *b);

/* Room for the longest text of mio_unix_addr_format, with its NUL. */
#define MIO_UNIX_ADDR_FORMAT_MAX (4 * MIO_UNIX_ADDR_NAME_MAX + 2)

/* Writes the address for people: the path, "@name" for an abstract one, "unnamed" (also for NULL);
 * bytes that are not printable ASCII, and backslashes, as \xNN. `size` bytes at `out`, cut to fit,
 * NUL-terminated unless `size` is 0. Returns the length in bytes of the whole text, as snprintf
 * does. Any thread. */
MIO_API size_t mio_unix_addr_format(const mio_unix_addr *addr, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_UNIX_ADDR_H_ */
