#include "mio/net/unix_stream.h"

#include "testing/handle_contract.h"
#include "testing/stream_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kServer, kClient };

MIO_HANDLE_TRAITS(UnixStream, mio_unix_stream) {
  mio_unix_stream unused = {};
  const int result = ConnectUnix(object, &unused);
  mio_unix_stream_close(&unused);
  return result;
}
INSTANTIATE_TYPED_TEST_SUITE_P(UnixStream, HandleContract, UnixStreamTraits);

MIO_STREAM_TRAITS(UnixStream, mio_unix_stream) { return ConnectUnix(a, b); }
INSTANTIATE_TYPED_TEST_SUITE_P(UnixStream, StreamContract, UnixStreamPairTraits);

TEST(UnixStream, AdoptsStreamSocketsOnly) { ExpectAdoptsOnly<UnixStreamTraits>(false); }

class UnixConnect : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = mio_unix_listener_bind(&listener_, path_.c_str());
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&listener_->source, kServer, MIO_READABLE));
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("listener");
  Poll poll_;
  UnixListener listener_;
  UnixStream client_, server_;
};

TEST_F(UnixConnect, WritableThenNoErrorThenBothTalk) {
  char byte = 0;
  ASSERT_OK(mio_unix_stream_connect(&client_, path_.c_str()));
  ASSERT_OK(poll_.Register(&client_->source, kClient, MIO_READABLE | MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(kClient).writable);
  EXPECT_EQ(0, mio_unix_stream_take_error(&client_));
  poll_.WaitReadable(kServer);
  ASSERT_OK(mio_unix_listener_accept(&listener_, &server_, nullptr));
  ASSERT_EQ(1, mio_unix_stream_write(&server_, "x", 1));
  poll_.WaitReadable(kClient);
  EXPECT_EQ(1, mio_unix_stream_read(&client_, &byte, 1));
}

TEST_F(UnixConnect, Addresses) {
  mio_unix_addr addr = {};
  ASSERT_OK(mio_unix_stream_connect(&client_, path_.c_str()));
  poll_.WaitReadable(kServer);
  ASSERT_OK(mio_unix_listener_accept(&listener_, &server_, nullptr));
  ASSERT_OK(mio_unix_stream_peer_addr(&client_, &addr));
  EXPECT_EQ(path_, ToString(addr));
  ASSERT_OK(mio_unix_stream_local_addr(&server_, &addr));
  EXPECT_EQ(path_, ToString(addr));
  ASSERT_OK(mio_unix_stream_local_addr(&client_, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
  ASSERT_OK(mio_unix_stream_peer_addr(&server_, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
  EXPECT_ERROR(mio_unix_stream_local_addr(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_peer_addr(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(UnixConnect, NobodyThere) {
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_stream_connect(&client_, folder_.Path("other").c_str()),
               MIO_ERROR_NOT_FOUND);
  mio_unix_listener_close(&listener_);
  EXPECT_ERROR(mio_unix_stream_connect(&client_, path_.c_str()), MIO_ERROR_CONNECTION_REFUSED);
  EXPECT_EQ(before - 1, CountHandles());
}

TEST_F(UnixConnect, BadPathsAndAddressesKeepNothing) {
  const mio_unix_addr unnamed = {};
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_stream_connect(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_connect(&client_, ""), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_connect(&client_, std::string(108, 'p').c_str()),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_connect_addr(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_connect_addr(&client_, &unnamed), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_connect(nullptr, path_.c_str()), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

// Linux says EAGAIN then, which others swallowed, leaving a socket that never connects. Elsewhere the
// connection is refused.
TEST_F(UnixConnect, AFullQueueIsToldAndKeepsNothing) {
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_listener_handle(&listener_, &handle));
  ShortenBacklog(handle);
  constexpr int kMore = 16;
  UnixStream clients[kMore];
  int result = 0, connected = 0, handles = 0;
  for (; result == 0 && connected < kMore; connected += result == 0) {
    handles = CountHandles();
    result = mio_unix_stream_connect(&clients[connected], path_.c_str());
  }
  ASSERT_LT(connected, kMore) << "the queue takes no end";
  EXPECT_TRUE(mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK ||
              mio_error_kind(result) == MIO_ERROR_CONNECTION_REFUSED)
      << IsOk(result).message();
  EXPECT_EQ(handles, CountHandles());
  EXPECT_ERROR(mio_unix_stream_take_error(&clients[connected]), MIO_ERROR_INVALID_INPUT);
  poll_.WaitReadable(kServer);
  ASSERT_OK(mio_unix_listener_accept(&listener_, &server_, nullptr));
  EXPECT_OK(mio_unix_stream_connect(&clients[connected], path_.c_str())) << "there is room again";
}

TEST_F(UnixConnect, AbstractNames) {
  UnixListener listener;
  mio_unix_addr addr = {}, told = {};
  const std::string name = path_ + std::string("\0abstract\0", 10);
  const int result = mio_unix_addr_from_abstract_name(name.data(), name.size(), &addr);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  EXPECT_ERROR(mio_unix_stream_connect_addr(&client_, &addr), MIO_ERROR_CONNECTION_REFUSED);
  ASSERT_OK(mio_unix_listener_bind_addr(&listener, &addr));
  ASSERT_OK(mio_unix_stream_connect_addr(&client_, &addr));
  ASSERT_OK(mio_unix_stream_peer_addr(&client_, &told));
  EXPECT_TRUE(mio_unix_addr_equal(&addr, &told)) << ToString(told);
}

TEST(UnixPair, BothOrNone) {
  mio_unix_stream a = {}, b = {};
  const int result = mio_unix_stream_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  UnixStream other;
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_stream_pair(&a, &other), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_stream_pair(&other, &a), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_stream_pair(&other, &other), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_pair(&other, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_pair(nullptr, &other), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
  mio_unix_stream_close(&a);
  mio_unix_stream_close(&b);
}

TEST(UnixPair, IsUnnamedOnBothSides) {
  UnixStream a, b;
  mio_unix_addr addr = {};
  const int result = mio_unix_stream_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  ASSERT_OK(mio_unix_stream_local_addr(&a, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
  ASSERT_OK(mio_unix_stream_peer_addr(&a, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
}

TEST(UnixPair, CredentialsAreOurOwn) {
  UnixStream a, b;
  mio_unix_credentials found = {}, ours = OwnCredentials();
  const int paired = mio_unix_stream_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(paired);
  ASSERT_OK(paired);
  const int result = mio_unix_stream_peer_credentials(&a, &found);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  EXPECT_EQ(ours.uid, found.uid);
  EXPECT_EQ(ours.gid, found.gid);
  EXPECT_TRUE(found.pid == ours.pid || found.pid == -1) << found.pid;
  EXPECT_ERROR(mio_unix_stream_peer_credentials(&a, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(UnixStream, ClosedRefusesEverySetting) {
  mio_unix_stream closed = {};
  mio_unix_addr addr = {};
  mio_unix_credentials found = {};
  EXPECT_ERROR(mio_unix_stream_local_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_peer_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_peer_credentials(&closed, &found), MIO_ERROR_INVALID_INPUT);
}

}  // namespace
}  // namespace mio_test
