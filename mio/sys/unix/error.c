/* strerror_r has two forms. Without _GNU_SOURCE every C library has the form of POSIX, which returns int.
 * The BSDs and Apple's systems always have this form. They hide EHOSTDOWN and others if only POSIX is
 * requested. */
#undef _GNU_SOURCE
#if defined(__linux__)
#define _DEFAULT_SOURCE 1
#define _POSIX_C_SOURCE 200809L
#endif

#include "mio/sys/error.h"

#include <errno.h>
#include <string.h>

/* The first code of a kind represents it. */
static const struct {
  int code;
  mio_error kind;
} codes[] = {
    {EAGAIN, MIO_ERROR_WOULD_BLOCK},
    {EWOULDBLOCK, MIO_ERROR_WOULD_BLOCK},
    {EINTR, MIO_ERROR_INTERRUPTED},
    {EINPROGRESS, MIO_ERROR_IN_PROGRESS},
    {EALREADY, MIO_ERROR_IN_PROGRESS},
    {EEXIST, MIO_ERROR_ALREADY_EXISTS},
    {EISCONN, MIO_ERROR_ALREADY_EXISTS},
    {ENOENT, MIO_ERROR_NOT_FOUND},
    {ECONNREFUSED, MIO_ERROR_CONNECTION_REFUSED},
    {ECONNRESET, MIO_ERROR_CONNECTION_RESET},
    {ENETRESET, MIO_ERROR_CONNECTION_RESET},
    {ECONNABORTED, MIO_ERROR_CONNECTION_ABORTED},
    {ECANCELED, MIO_ERROR_CONNECTION_ABORTED},
    {ENOTCONN, MIO_ERROR_NOT_CONNECTED},
    {EDESTADDRREQ, MIO_ERROR_NOT_CONNECTED}, /* a datagram without a receiver */
    {EADDRINUSE, MIO_ERROR_ADDR_IN_USE},
    {EADDRNOTAVAIL, MIO_ERROR_ADDR_NOT_AVAILABLE},
    {EPIPE, MIO_ERROR_BROKEN_PIPE},
    {ESHUTDOWN, MIO_ERROR_BROKEN_PIPE},
    {ETIMEDOUT, MIO_ERROR_TIMED_OUT},
    {EINVAL, MIO_ERROR_INVALID_INPUT},
    {EBADF, MIO_ERROR_INVALID_INPUT},
    {EFAULT, MIO_ERROR_INVALID_INPUT},
    {ENOTSOCK, MIO_ERROR_INVALID_INPUT},
    {EDOM, MIO_ERROR_INVALID_INPUT},
    {ENAMETOOLONG, MIO_ERROR_INVALID_INPUT},
    {EPROTOTYPE, MIO_ERROR_INVALID_INPUT},
    {ENOTDIR, MIO_ERROR_INVALID_INPUT},
    {ELOOP, MIO_ERROR_INVALID_INPUT},
    {EACCES, MIO_ERROR_PERMISSION_DENIED},
    {EPERM, MIO_ERROR_PERMISSION_DENIED},
    {EROFS, MIO_ERROR_PERMISSION_DENIED},
    {ENOMEM, MIO_ERROR_OUT_OF_MEMORY},
    {ENOBUFS, MIO_ERROR_OUT_OF_MEMORY},
    {EMFILE, MIO_ERROR_TOO_MANY_FILES},
    {ENFILE, MIO_ERROR_TOO_MANY_FILES},
    {ENOTSUP, MIO_ERROR_UNSUPPORTED},
    {EOPNOTSUPP, MIO_ERROR_UNSUPPORTED},
    {ENOSYS, MIO_ERROR_UNSUPPORTED},
    {EPROTONOSUPPORT, MIO_ERROR_UNSUPPORTED},
    {ENOPROTOOPT, MIO_ERROR_UNSUPPORTED},
    {ENETUNREACH, MIO_ERROR_NETWORK_UNREACHABLE},
    {EHOSTUNREACH, MIO_ERROR_HOST_UNREACHABLE},
    {EHOSTDOWN, MIO_ERROR_HOST_UNREACHABLE},
    {ENETDOWN, MIO_ERROR_NETWORK_DOWN},
#if defined(ENONET) /* Linux */
    {ENONET, MIO_ERROR_NETWORK_DOWN},
#endif
    {EMSGSIZE, MIO_ERROR_MESSAGE_TOO_LONG},
    {ENOSPC, MIO_ERROR_NO_SPACE},
    {ENODEV, MIO_ERROR_NO_DEVICE},
    {ENXIO, MIO_ERROR_NO_DEVICE},
    {EDQUOT, MIO_ERROR_LIMIT_REACHED},
    {EUSERS, MIO_ERROR_LIMIT_REACHED},
    {ETOOMANYREFS,
     MIO_ERROR_LIMIT_REACHED}, /* too many descriptors in flight through Unix sockets */
    {EAFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
    {EPFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
    {EIO, MIO_ERROR_OTHER},
};

enum { CODE_COUNT = sizeof codes / sizeof codes[0] };

mio_error mio_sys_error_kind(int code) {
  for (size_t i = 0; i < CODE_COUNT; ++i) {
    if (codes[i].code == code) return codes[i].kind;
  }
  return MIO_ERROR_OTHER;
}

int mio_sys_error_code(mio_error kind) {
  for (size_t i = 0; i < CODE_COUNT; ++i) {
    if (codes[i].kind == kind) return codes[i].code;
  }
  return EIO;
}

void mio_sys_error_message(int code, char *out, size_t size) {
  const int saved = errno;
  out[0] = '\0';
  if (strerror_r(code, out, size) != 0 && out[0] == '\0') strncpy(out, "unknown error", size - 1);
  out[size - 1] = '\0';
  errno = saved;
}
