#include "mio/net/unix_datagram.h"

#include "testing/datagram_contract.h"
#include "testing/handle_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kReceiver, kSender };

MIO_HANDLE_TRAITS(UnixDatagram, mio_unix_datagram) { return mio_unix_datagram_unbound(object); }
INSTANTIATE_TYPED_TEST_SUITE_P(UnixDatagram, HandleContract, UnixDatagramTraits);

MIO_DATAGRAM_TRAITS(UnixDatagram, mio_unix_datagram) { return mio_unix_datagram_pair(a, b); }
INSTANTIATE_TYPED_TEST_SUITE_P(UnixDatagram, DatagramContract, UnixDatagramPairTraits);

TEST(UnixDatagram, AdoptsDatagramSocketsOnly) { ExpectAdoptsOnly<UnixDatagramTraits>(true); }

class UnixDgram : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = mio_unix_datagram_bind(&receiver_, path_.c_str());
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(result);
    ASSERT_OK(mio_unix_datagram_unbound(&sender_));
    ASSERT_OK(poll_.Register(&receiver_->source, kReceiver, MIO_READABLE));
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("receiver");
  Poll poll_;
  UnixDatagram receiver_, sender_, other_;
  char buffer_[64] = {};
};

TEST_F(UnixDgram, SendToAPath) {
  mio_unix_addr from = {};
  ASSERT_OK(mio_unix_addr_from_path("/x", &from));
  ASSERT_EQ(5, mio_unix_datagram_send_to(&sender_, "hello", 5, path_.c_str()));
  poll_.WaitReadable(kReceiver);
  ASSERT_EQ(5, mio_unix_datagram_recv_from(&receiver_, buffer_, sizeof buffer_, &from));
  EXPECT_STREQ("hello", buffer_);
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&from)) << ToString(from);
}

TEST_F(UnixDgram, SendersWithANameAreTold) {
  mio_unix_addr from = {}, to = {};
  const std::string name = folder_.Path("sender");
  ASSERT_OK(mio_unix_datagram_bind(&other_, name.c_str()));
  ASSERT_OK(mio_unix_addr_from_path(path_.c_str(), &to));
  ASSERT_EQ(5, mio_unix_datagram_send_to_addr(&other_, "hello", 5, &to));
  poll_.WaitReadable(kReceiver);
  ASSERT_EQ(2, mio_unix_datagram_peek_from(&receiver_, buffer_, 2, &from));
  EXPECT_EQ(name, ToString(from));
  from = {};
  ASSERT_EQ(5, mio_unix_datagram_recv_from(&receiver_, buffer_, sizeof buffer_, &from));
  EXPECT_EQ(name, ToString(from));
  EXPECT_ERROR(mio_unix_datagram_recv_from(&receiver_, buffer_, 1, &from), MIO_ERROR_WOULD_BLOCK);
  EXPECT_EQ(name, ToString(from)) << "written on success only";
}

TEST_F(UnixDgram, ConnectNamesOnePeer) {
  mio_unix_addr addr = {};
  EXPECT_ERROR(mio_unix_datagram_send(&sender_, "x", 1), MIO_ERROR_NOT_CONNECTED);
  EXPECT_ERROR(mio_unix_datagram_peer_addr(&sender_, &addr), MIO_ERROR_NOT_CONNECTED);
  ASSERT_OK(mio_unix_datagram_connect(&sender_, path_.c_str()));
  ASSERT_OK(mio_unix_datagram_peer_addr(&sender_, &addr));
  EXPECT_EQ(path_, ToString(addr));
  ASSERT_OK(mio_unix_datagram_local_addr(&sender_, &addr));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
  ASSERT_EQ(1, mio_unix_datagram_send(&sender_, "x", 1));
  poll_.WaitReadable(kReceiver);
  EXPECT_EQ(1, mio_unix_datagram_recv(&receiver_, buffer_, sizeof buffer_));
}

TEST_F(UnixDgram, AbstractNames) {
  mio_unix_addr addr = {}, told = {};
  const int result = mio_unix_addr_from_abstract_name(path_.data(), path_.size(), &addr);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  EXPECT_ERROR(mio_unix_datagram_send_to_addr(&sender_, "x", 1, &addr),
               MIO_ERROR_CONNECTION_REFUSED);
  ASSERT_OK(mio_unix_datagram_bind_addr(&other_, &addr));
  ASSERT_OK(mio_unix_datagram_connect_addr(&sender_, &addr));
  ASSERT_OK(mio_unix_datagram_peer_addr(&sender_, &told));
  EXPECT_TRUE(mio_unix_addr_equal(&addr, &told)) << ToString(told);
  ASSERT_EQ(1, mio_unix_datagram_send(&sender_, "x", 1));
  ASSERT_OK(poll_.Register(&other_->source, kSender, MIO_READABLE));
  poll_.WaitReadable(kSender);
  EXPECT_EQ(1, mio_unix_datagram_recv(&other_, buffer_, sizeof buffer_));
}

TEST_F(UnixDgram, NobodyThere) {
  EXPECT_ERROR(mio_unix_datagram_connect(&sender_, folder_.Path("other").c_str()),
               MIO_ERROR_NOT_FOUND);
  ASSERT_OK(mio_unix_datagram_connect(&sender_, path_.c_str()));
  mio_unix_datagram_close(&receiver_);
  const mio_error kind = mio_error_kind(mio_unix_datagram_send(&sender_, "x", 1));
  EXPECT_TRUE(kind == MIO_ERROR_CONNECTION_REFUSED || kind == MIO_ERROR_CONNECTION_RESET)
      << mio_error_kind_name(kind);
}

TEST_F(UnixDgram, BadPathsAndAddresses) {
  const mio_unix_addr unnamed = {};
  const std::string too_long(108, 'p');
  const int before = CountHandles();
  for (const char *path : {static_cast<const char *>(nullptr), "", too_long.c_str()}) {
    EXPECT_ERROR(mio_unix_datagram_bind(&other_, path), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_datagram_connect(&sender_, path), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_datagram_send_to(&sender_, "x", 1, path), MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_ERROR(mio_unix_datagram_bind_addr(&other_, nullptr), MIO_ERROR_INVALID_INPUT);
  for (const mio_unix_addr *addr : {static_cast<const mio_unix_addr *>(nullptr), &unnamed}) {
    EXPECT_ERROR(mio_unix_datagram_connect_addr(&sender_, addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_datagram_send_to_addr(&sender_, "x", 1, addr), MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_ERROR(mio_unix_datagram_bind(&other_, path_.c_str()), MIO_ERROR_ADDR_IN_USE);
  EXPECT_EQ(before, CountHandles());
}

// Datagrams of this kind are not lost: the sender is told to wait, and when to go on.
TEST(UnixDatagramPair, FullIsWouldBlockThenWritable) {
  UnixDatagram a, b;
  const int result = mio_unix_datagram_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  Poll poll;
  ASSERT_OK(poll.Register(&a->source, kSender, MIO_WRITABLE));
  std::string block(1024, 'x');
  const mio_iovec part = {&block[0], block.size()};
  for (int round = 0; round < 4; ++round) {
    const auto send = [&] {
      return round % 2 == 0 ? mio_unix_datagram_send(&a, block.data(), block.size())
                            : mio_unix_datagram_send_vectored(&a, &part, 1);
    };
    ptrdiff_t sent = 0;
    while ((sent = send()) > 0) EXPECT_EQ(1024, sent);
    if (mio_error_kind(sent) == MIO_ERROR_OUT_OF_MEMORY) GTEST_SKIP() << "ENOBUFS on this system";
    ASSERT_ERROR(sent, MIO_ERROR_WOULD_BLOCK);
    while (mio_unix_datagram_recv(&b, &block[0], block.size()) > 0) {
    }
    do {
      ASSERT_TRUE(poll.WaitWritable(kSender).writable) << round;
      sent = send();
    } while (mio_error_kind(sent) == MIO_ERROR_WOULD_BLOCK);
    EXPECT_EQ(1024, sent);
  }
}

TEST(UnixDatagramPair, Shutdown) {
  UnixDatagram a, b;
  const int result = mio_unix_datagram_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  EXPECT_ERROR(mio_unix_datagram_shutdown(&a, static_cast<mio_shutdown>(-1)),
               MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(mio_unix_datagram_shutdown(&a, MIO_SHUTDOWN_WRITE));
  EXPECT_ERROR(mio_unix_datagram_send(&a, "x", 1), MIO_ERROR_BROKEN_PIPE);
  EXPECT_EQ(1, mio_unix_datagram_send(&b, "x", 1));
}

TEST(UnixDatagramPair, BothOrNone) {
  UnixDatagram a, b, other;
  const int result = mio_unix_datagram_pair(&a, &b);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  const int before = CountHandles();
  EXPECT_ERROR(mio_unix_datagram_pair(&a, &other), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_datagram_pair(&other, &a), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_datagram_pair(&other, &other), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_pair(nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_unbound(nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

TEST(UnixDatagram, ClosedRefusesEverySetting) {
  mio_unix_datagram closed = {};
  mio_unix_addr addr = {};
  EXPECT_ERROR(mio_unix_datagram_local_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_peer_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_connect(&closed, "/x"), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_send_to(&closed, "x", 1, "/x"), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_shutdown(&closed, MIO_SHUTDOWN_BOTH), MIO_ERROR_INVALID_INPUT);
}

}  // namespace
}  // namespace mio_test
