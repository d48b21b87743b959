// headers_test.cc for what only a Unix has.

#include "gtest/gtest.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/headers.h"

namespace mio_test {
namespace {

TEST(HeadersUnix, FunctionsHaveCLinkage) {
  EXPECT_NE(&mio_pipe_pair, nullptr);
  EXPECT_NE(&mio_source_fd_init, nullptr);
}

TEST(HeadersUnix, TypesArePlain) {
  EXPECT_TRUE((ArePlain<mio_pipe_sender, mio_pipe_receiver, mio_source_fd>()));
}

TEST(HeadersUnix, BracesMakeClosedObjects) {
  ExpectClosed(mio_pipe_sender_close, mio_pipe_sender_handle);
  ExpectClosed(mio_pipe_receiver_close, mio_pipe_receiver_handle);
  ExpectClosed(mio_source_fd_close, mio_source_fd_handle);
}

}  // namespace
}  // namespace mio_test
