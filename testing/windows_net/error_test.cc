#include <winsock2.h>

#include "gtest/gtest.h"
#include "mio/error.h"

namespace {

TEST(Error, KindsOfTheSystemsCodes) {
  const struct {
    int code;
    mio_error kind;
  } cases[] = {{WSAEWOULDBLOCK, MIO_ERROR_WOULD_BLOCK},
               {WSAEALREADY, MIO_ERROR_IN_PROGRESS},
               {WSAEISCONN, MIO_ERROR_ALREADY_EXISTS},
               {WSAECONNABORTED, MIO_ERROR_CONNECTION_ABORTED},
               {WSAEDESTADDRREQ, MIO_ERROR_NOT_CONNECTED},
               {WSAESHUTDOWN, MIO_ERROR_BROKEN_PIPE},
               {WSAEFAULT, MIO_ERROR_INVALID_INPUT},
               {WSAENOBUFS, MIO_ERROR_OUT_OF_MEMORY},
               {WSAEMFILE, MIO_ERROR_TOO_MANY_FILES},
               {WSAEOPNOTSUPP, MIO_ERROR_UNSUPPORTED},
               {WSAENETUNREACH, MIO_ERROR_NETWORK_UNREACHABLE},
               {ERROR_NETWORK_UNREACHABLE, MIO_ERROR_NETWORK_UNREACHABLE},
               {WSAEHOSTUNREACH, MIO_ERROR_HOST_UNREACHABLE},
               {WSAEHOSTDOWN, MIO_ERROR_HOST_UNREACHABLE},
               {WSAENETDOWN, MIO_ERROR_NETWORK_DOWN},
               {WSAEMSGSIZE, MIO_ERROR_MESSAGE_TOO_LONG},
               {ERROR_DISK_FULL, MIO_ERROR_NO_SPACE},
               {ERROR_DEV_NOT_EXIST, MIO_ERROR_NO_DEVICE},
               {WSAEDQUOT, MIO_ERROR_LIMIT_REACHED},
               {WSAEPROCLIM, MIO_ERROR_LIMIT_REACHED},
               {WSAEAFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
               {WSAEPFNOSUPPORT, MIO_ERROR_ADDR_FAMILY_UNSUPPORTED},
               {ERROR_CRC, MIO_ERROR_OTHER}};
  for (const auto &one : cases) EXPECT_EQ(one.kind, mio_error_kind(-one.code)) << one.code;
}

}  // namespace
