#include <cerrno>

#include "gtest/gtest.h"
#include "mio/error.h"

namespace {

TEST(Error, KindsOfTheSystemsCodes) {
  const struct {
    int code;
    mio_error kind;
  } cases[] = {{EWOULDBLOCK, MIO_ERROR_WOULD_BLOCK},
               {EALREADY, MIO_ERROR_IN_PROGRESS},
               {EISCONN, MIO_ERROR_ALREADY_EXISTS},
               {ECONNABORTED, MIO_ERROR_CONNECTION_ABORTED},
               {EDESTADDRREQ, MIO_ERROR_NOT_CONNECTED},
               {EPIPE, MIO_ERROR_BROKEN_PIPE},
               {EBADF, MIO_ERROR_INVALID_INPUT},
               {EFAULT, MIO_ERROR_INVALID_INPUT},
               {ENOTSOCK, MIO_ERROR_INVALID_INPUT},
               {ENETUNREACH, MIO_ERROR_NETWORK_UNREACHABLE},
               {ENAMETOOLONG, MIO_ERROR_INVALID_INPUT},
               {EPERM, MIO_ERROR_PERMISSION_DENIED},
               {ENOBUFS, MIO_ERROR_OUT_OF_MEMORY},
               {ENFILE, MIO_ERROR_TOO_MANY_FILES},
               {EOPNOTSUPP, MIO_ERROR_UNSUPPORTED},
               {ENOSYS, MIO_ERROR_UNSUPPORTED},
               {EHOSTUNREACH, MIO_ERROR_HOST_UNREACHABLE},
               {EHOSTDOWN, MIO_ERROR_HOST_UNREACHABLE},
               {ENETDOWN, MIO_ERROR_NETWORK_DOWN},
               {EMSGSIZE, MIO_ERROR_MESSAGE_TOO_LONG},
               {ENOSPC, MIO_ERROR_NO_SPACE},
               {ENODEV, MIO_ERROR_NO_DEVICE},
               {ENXIO, MIO_ERROR_NO_DEVICE},
               {EDQUOT, MIO_ERROR_LIMIT_REACHED},
               {EUSERS, MIO_ERROR_LIMIT_REACHED},
               {ETOOMANYREFS, MIO_ERROR_LIMIT_REACHED},
               {EAFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
               {EPFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
               {ENETRESET, MIO_ERROR_CONNECTION_RESET},
               {ECANCELED, MIO_ERROR_CONNECTION_ABORTED},
               {ESHUTDOWN, MIO_ERROR_BROKEN_PIPE},
               {EROFS, MIO_ERROR_PERMISSION_DENIED},
               {ERANGE, MIO_ERROR_OTHER}};
  for (const auto &one : cases) EXPECT_EQ(one.kind, mio_error_kind(-one.code)) << one.code;
}

}  // namespace
