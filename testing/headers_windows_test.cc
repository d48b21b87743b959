// headers_test.cc for what only Windows has.

#include "gtest/gtest.h"
#include "mio/windows/named_pipe.h"
#include "mio/windows/socket.h"
#include "testing/headers.h"

namespace mio_test {
namespace {

TEST(HeadersWindows, FunctionsHaveCLinkage) {
  EXPECT_NE(&mio_named_pipe_create, nullptr);
  EXPECT_NE(&mio_windows_socket_init, nullptr);
}

TEST(HeadersWindows, TypesArePlain) {
  EXPECT_TRUE((ArePlain<mio_named_pipe, mio_named_pipe_options, mio_windows_socket>()));
}

TEST(HeadersWindows, BracesMakeClosedObjects) {
  ExpectClosed(mio_named_pipe_close, mio_named_pipe_handle);
  ExpectClosed(mio_windows_socket_close, mio_windows_socket_handle);
}

}  // namespace
}  // namespace mio_test
