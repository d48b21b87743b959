#include "mio/net/tcp_stream.h"

#include <climits>

#include "testing/handle_contract.h"
#include "testing/stream_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kServer, kClient };

MIO_HANDLE_TRAITS(TcpStream, mio_tcp_stream) {
  static TcpListener listener;
  static const mio_addr addr = Listen(&listener);
  return mio_tcp_stream_connect(object, &addr);
}
INSTANTIATE_TYPED_TEST_SUITE_P(TcpStream, HandleContract, TcpStreamTraits);

MIO_STREAM_TRAITS(TcpStream, mio_tcp_stream) { return ConnectTcp(a, b); }
INSTANTIATE_TYPED_TEST_SUITE_P(TcpStream, StreamContract, TcpStreamPairTraits);

TEST(TcpStream, AdoptsStreamSocketsOnly) { ExpectAdoptsOnly<TcpStreamTraits>(false); }

class TcpStreamTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(ConnectTcp(&client_, &server_)); }
  TcpStream client_, server_;
};

TEST(TcpStreamConnect, WritableThenNoErrorThenPeerAddr) {
  Poll poll;
  TcpListener listener;
  TcpStream stream;
  mio_addr peer = {}, local = {};
  const mio_addr addr = Listen(&listener);
  ASSERT_OK(mio_tcp_stream_connect(&stream, &addr));
  ASSERT_OK(poll.Register(&stream->source, kClient, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  EXPECT_EQ(0, mio_tcp_stream_take_error(&stream));
  ASSERT_OK(mio_tcp_stream_peer_addr(&stream, &peer));
  EXPECT_EQ(ToString(addr), ToString(peer));
  ASSERT_OK(mio_tcp_stream_local_addr(&stream, &local));
  EXPECT_TRUE(mio_addr_is_loopback(&local));
  EXPECT_NE(0, local.port);
}

TEST(TcpStreamConnect, OverIpv6) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  TcpListener listener;
  TcpStream stream;
  Poll poll;
  mio_addr addr = mio_addr_loopback_v6(0), peer = {};
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  ASSERT_OK(mio_tcp_stream_connect(&stream, &addr));
  ASSERT_OK(poll.Register(&stream->source, kClient, MIO_WRITABLE));
  poll.WaitWritable(kClient);
  ASSERT_OK(mio_tcp_stream_peer_addr(&stream, &peer));
  EXPECT_TRUE(mio_addr_equal(&addr, &peer)) << ToString(peer);
}

TEST(TcpStreamConnect, RefusedIsToldAtOnceOrByAnEvent) {
  SKIP_UNDER_QEMU_WITHOUT_SO_ERROR();
  mio_addr addr = {}, peer = {};
  {
    TcpListener listener;
    addr = Listen(&listener);
  }
  Poll poll;
  TcpStream stream;
  int result = mio_tcp_stream_connect(&stream, &addr);
  if (result == 0) {
    ASSERT_OK(poll.Register(&stream->source, kClient, MIO_READABLE | MIO_WRITABLE));
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
    EXPECT_ERROR(mio_tcp_stream_peer_addr(&stream, &peer), MIO_ERROR_NOT_CONNECTED);
    result = mio_tcp_stream_take_error(&stream);
  }
  EXPECT_ERROR(result, MIO_ERROR_CONNECTION_REFUSED);
}

TEST(TcpStreamConnect, AnErrorIsTakenOnce) {
  SKIP_UNDER_QEMU_WITHOUT_SO_ERROR();
  mio_addr addr = {};
  {
    TcpListener listener;
    addr = Listen(&listener);
  }
  Poll poll;
  TcpStream stream;
  if (mio_tcp_stream_connect(&stream, &addr) < 0) GTEST_SKIP() << "told at once";
  ASSERT_OK(poll.Register(&stream->source, kClient, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  EXPECT_ERROR(mio_tcp_stream_take_error(&stream), MIO_ERROR_CONNECTION_REFUSED);
  const int second = mio_tcp_stream_take_error(&stream);
  SKIP_IF_WINE(second != 0, "keeps the error of a failed connect");
  EXPECT_EQ(0, second);
}

TEST(TcpStreamConnect, BadAddressesKeepNothing) {
  TcpStream stream;
  mio_handle handle = MIO_HANDLE_NONE;
  const mio_addr none = {};
  mio_addr strange = mio_addr_loopback_v4(1);
  strange.family = static_cast<mio_addr_family>(5);
  const int before = CountHandles();
  EXPECT_ERROR(mio_tcp_stream_connect(&stream, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_connect(&stream, &none), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_connect(&stream, &strange), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_connect(nullptr, &none), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_handle(&stream, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

TEST_F(TcpStreamTest, BothEndsKnowEachOther) {
  mio_addr client = {}, server = {}, client_seen = {}, server_seen = {};
  ASSERT_OK(mio_tcp_stream_local_addr(&client_, &client));
  ASSERT_OK(mio_tcp_stream_local_addr(&server_, &server));
  ASSERT_OK(mio_tcp_stream_peer_addr(&server_, &client_seen));
  ASSERT_OK(mio_tcp_stream_peer_addr(&client_, &server_seen));
  EXPECT_TRUE(mio_addr_equal(&client, &client_seen));
  EXPECT_TRUE(mio_addr_equal(&server, &server_seen));
  EXPECT_ERROR(mio_tcp_stream_local_addr(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_peer_addr(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(TcpStreamTest, Nodelay) {
  bool on = true;
  ASSERT_OK(mio_tcp_stream_nodelay(&client_, &on));
  EXPECT_FALSE(on);
  ASSERT_OK(mio_tcp_stream_set_nodelay(&client_, true));
  ASSERT_OK(mio_tcp_stream_nodelay(&client_, &on));
  EXPECT_TRUE(on);
  ASSERT_OK(mio_tcp_stream_set_nodelay(&client_, false));
  ASSERT_OK(mio_tcp_stream_nodelay(&client_, &on));
  EXPECT_FALSE(on);
  EXPECT_ERROR(mio_tcp_stream_nodelay(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(TcpStreamTest, Ttl) {
  uint32_t ttl = 0;
  for (const uint32_t value : {1u, 77u, 255u}) {
    ASSERT_OK(mio_tcp_stream_set_ttl(&client_, value));
    ASSERT_OK(mio_tcp_stream_ttl(&client_, &ttl));
    EXPECT_EQ(value, ttl);
  }
  for (const uint32_t value : {0u, 256u, UINT32_MAX}) {
    EXPECT_ERROR(mio_tcp_stream_set_ttl(&client_, value), MIO_ERROR_INVALID_INPUT);
  }
  ASSERT_OK(mio_tcp_stream_ttl(&client_, &ttl));
  EXPECT_EQ(255u, ttl);
  EXPECT_ERROR(mio_tcp_stream_ttl(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(TcpStreamTest, Linger) {
  int seconds = 99;
  ASSERT_OK(mio_tcp_stream_linger(&client_, &seconds));
  EXPECT_EQ(MIO_LINGER_OFF, seconds);
  for (const int value : {7, 0, MIO_LINGER_OFF}) {
    ASSERT_OK(mio_tcp_stream_set_linger(&client_, value));
    ASSERT_OK(mio_tcp_stream_linger(&client_, &seconds));
    EXPECT_EQ(value, seconds);
  }
  EXPECT_ERROR(mio_tcp_stream_set_linger(&client_, -2), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_linger(&client_, INT_MIN), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_linger(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(TcpStreamTest, LingerOfZeroResetsTheConnection) {
  Poll poll;
  char byte = 0;
  ASSERT_OK(poll.Register(&server_->source, kServer, MIO_READABLE));
  ASSERT_ERROR(mio_tcp_stream_read(&server_, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  ASSERT_OK(mio_tcp_stream_set_linger(&client_, 0));
  mio_tcp_stream_close(&client_);
  poll.WaitReadable(kServer);
  const ptrdiff_t result = mio_tcp_stream_read(&server_, &byte, 1);
  SKIP_IF_WINE(result == 0, "reads the end where the connection was reset");
  EXPECT_ERROR(result, MIO_ERROR_CONNECTION_RESET);
}

TEST_F(TcpStreamTest, Keepalive) {
  mio_tcp_keepalive found = {};
  ASSERT_OK(mio_tcp_stream_keepalive(&client_, &found));
  EXPECT_FALSE(found.on);
  const bool tells = found.idle_s != 0;  // NetBSD does not
  const mio_tcp_keepalive wanted = {true, 30, 4, 5};
  const int result = mio_tcp_stream_set_keepalive(&client_, &wanted);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  ASSERT_OK(mio_tcp_stream_keepalive(&client_, &found));
  EXPECT_TRUE(found.on);
  EXPECT_EQ(tells ? 30u : 0u, found.idle_s);
  EXPECT_EQ(tells ? 4u : 0u, found.interval_s);
  EXPECT_EQ(tells ? 5u : 0u, found.count);
  const mio_tcp_keepalive off = {};
  ASSERT_OK(mio_tcp_stream_set_keepalive(&client_, &off));
  ASSERT_OK(mio_tcp_stream_keepalive(&client_, &found));
  EXPECT_FALSE(found.on);
  EXPECT_EQ(tells ? 30u : 0u, found.idle_s) << "0 leaves what is set";
}

TEST_F(TcpStreamTest, KeepaliveRefusesNonsense) {
  const mio_tcp_keepalive endless = {true, UINT32_MAX, 0, 0};
  EXPECT_ERROR(mio_tcp_stream_set_keepalive(&client_, &endless), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_keepalive(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_keepalive(&client_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(TcpStream, ClosedRefusesEverySetting) {
  mio_tcp_stream closed = {};
  mio_addr addr = {};
  mio_tcp_keepalive keepalive = {};
  uint32_t ttl = 0;
  int seconds = 0;
  bool on = false;
  EXPECT_ERROR(mio_tcp_stream_local_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_peer_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_nodelay(&closed, &on), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_nodelay(&closed, true), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_ttl(&closed, &ttl), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_ttl(&closed, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_linger(&closed, &seconds), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_linger(&closed, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_keepalive(&closed, &keepalive), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_keepalive(&closed, &keepalive), MIO_ERROR_INVALID_INPUT);
}

}  // namespace
}  // namespace mio_test
