#include <cerrno>

#include "gtest/gtest.h"
#include "mio/error.h"

namespace {

TEST(Error, KindsOfTheSystemsCodes) {
  const struct {
    int code;
    mio_error kind;
  } cases[] = {
      {EWOULDBLOCK, MIO_ERROR_WOULD_BLOCK},    {EALREADY, MIO_ERROR_IN_PROGRESS},
      {EISCONN, MIO_ERROR_ALREADY_EXISTS},     {ECONNABORTED, MIO_ERROR_CONNECTION_ABORTED},
      {EDESTADDRREQ, MIO_ERROR_NOT_CONNECTED}, {EPIPE, MIO_ERROR_BROKEN_PIPE},
      {EBADF, MIO_ERROR_INVALID_INPUT},        {EFAULT, MIO_ERROR_INVALID_INPUT},
      {ENOTSOCK, MIO_ERROR_INVALID_INPUT},     {EMSGSIZE, MIO_ERROR_INVALID_INPUT},
      {ENAMETOOLONG, MIO_ERROR_INVALID_INPUT}, {EPERM, MIO_ERROR_PERMISSION_DENIED},
      {ENOBUFS, MIO_ERROR_OUT_OF_MEMORY},      {ENFILE, MIO_ERROR_TOO_MANY_FILES},
      {EOPNOTSUPP, MIO_ERROR_UNSUPPORTED},     {ENOSYS, MIO_ERROR_UNSUPPORTED},
      {EAFNOSUPPORT, MIO_ERROR_UNSUPPORTED},   {ERANGE, MIO_ERROR_OTHER}};
  for (const auto &one : cases) EXPECT_EQ(one.kind, mio_error_kind(-one.code)) << one.code;
}

}  // namespace
