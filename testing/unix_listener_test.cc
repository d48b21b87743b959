#include "mio/net/unix_listener.h"

#include "testing/handle_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kServer };

MIO_HANDLE_TRAITS(UnixListener, mio_unix_listener) {
  static TempFolder folder;
  static int count = 0;
  return mio_unix_listener_bind(object, folder.Path(std::to_string(count++)).c_str());
}
INSTANTIATE_TYPED_TEST_SUITE_P(UnixListener, HandleContract, UnixListenerTraits);

TEST(UnixListener, AdoptsStreamSocketsOnly) { ExpectAdoptsOnly<UnixListenerTraits>(false); }

class UnixListen : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = mio_unix_listener_bind(&listener_, path_.c_str());
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&listener_->source, kServer, MIO_READABLE));
  }

  void Connect(mio_unix_stream *client) {
    ASSERT_OK(mio_unix_stream_connect(client, path_.c_str()));
    EXPECT_TRUE(poll_.WaitReadable(kServer).readable);
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("listener");
  Poll poll_;
  UnixListener listener_, other_;
  UnixStream client_, server_;
};

TEST_F(UnixListen, KnowsItsPath) {
  mio_unix_addr addr = {};
  ASSERT_OK(mio_unix_listener_local_addr(&listener_, &addr));
  ASSERT_NE(nullptr, mio_unix_addr_path(&addr));
  EXPECT_EQ(path_, mio_unix_addr_path(&addr));
  EXPECT_EQ(0, mio_unix_listener_take_error(&listener_));
  EXPECT_ERROR(mio_unix_listener_local_addr(&listener_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(UnixListen, APathThatExistsIsInUse) {
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_listener_bind(&other_, path_.c_str()), MIO_ERROR_ADDR_IN_USE);
  mio_unix_listener_close(&listener_);
  EXPECT_ERROR(mio_unix_listener_bind(&other_, path_.c_str()), MIO_ERROR_ADDR_IN_USE)
      << "it stays when the listener is closed";
  EXPECT_EQ(before - 1, CountHandles());
}

TEST_F(UnixListen, BadPathsKeepNothing) {
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_listener_bind(&other_, folder_.Path("no/where").c_str()),
               MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_unix_listener_bind(&other_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_listener_bind(&other_, ""), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_listener_bind(&other_, std::string(108, 'p').c_str()),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_listener_bind(nullptr, folder_.Path("x").c_str()), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_listener_bind_addr(&other_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

TEST_F(UnixListen, UnnamedIsANameOfTheSystemsOrRefused) {
  mio_unix_addr addr = {};
  const int result = mio_unix_listener_bind_addr(&other_, &addr);
  if (result < 0) {
    EXPECT_ERROR(result, MIO_ERROR_INVALID_INPUT);
    return;
  }
  ASSERT_OK(mio_unix_listener_local_addr(&other_, &addr));
  EXPECT_EQ(MIO_UNIX_ADDR_ABSTRACT, addr.kind);
  EXPECT_OK(mio_unix_stream_connect_addr(&client_, &addr));
}

TEST_F(UnixListen, WouldBlockWhenNobodyConnectsAndRearms) {
  for (int round = 0; round < 4; ++round) {
    UnixStream client, server;
    ASSERT_ERROR(mio_unix_listener_accept(&listener_, &server, nullptr), MIO_ERROR_WOULD_BLOCK);
    EXPECT_ERROR(mio_unix_stream_take_error(&server), MIO_ERROR_INVALID_INPUT) << "still closed";
    Connect(&client);
    ASSERT_OK(mio_unix_listener_accept(&listener_, &server, nullptr)) << round;
  }
}

TEST_F(UnixListen, PeersWithoutANameAreUnnamed) {
  mio_unix_addr addr = {};
  Connect(&client_);
  ASSERT_OK(mio_unix_addr_from_path("/x", &addr));
  ASSERT_OK(mio_unix_listener_accept(&listener_, &server_, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr)) << ToString(addr);
  EXPECT_EQ(0u, addr.name_len);
}

TEST_F(UnixListen, GivesNonBlockingStreamsThatAreNotInherited) {
  mio_handle handle = MIO_HANDLE_NONE;
  Connect(&client_);
  ASSERT_OK(mio_unix_listener_accept(&listener_, &server_, nullptr));
  ASSERT_OK(mio_unix_stream_handle(&server_, &handle));
  EXPECT_TRUE(IsNonBlocking(handle));
  EXPECT_FALSE(IsInherited(handle));
}

TEST_F(UnixListen, IntoAnOpenStreamLosesNoConnection) {
  Connect(&client_);
  EXPECT_ERROR(mio_unix_listener_accept(&listener_, &client_, nullptr), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_listener_accept(&listener_, nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_OK(mio_unix_listener_accept(&listener_, &server_, nullptr));
  EXPECT_EQ(1, mio_unix_stream_write(&client_, "x", 1));
}

TEST(UnixListener, ClosedRefusesEverything) {
  mio_unix_listener closed = {};
  mio_unix_stream stream = {};
  mio_unix_addr addr = {};
  for (mio_unix_listener *listener : {&closed, static_cast<mio_unix_listener *>(nullptr)}) {
    EXPECT_ERROR(mio_unix_listener_accept(listener, &stream, &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_listener_local_addr(listener, &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_listener_take_error(listener), MIO_ERROR_INVALID_INPUT);
  }
}

}  // namespace
}  // namespace mio_test
