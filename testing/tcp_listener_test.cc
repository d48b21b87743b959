#include "mio/net/tcp_listener.h"

#include "testing/handle_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kServer, kClient };

MIO_HANDLE_TRAITS(TcpListener, mio_tcp_listener) {
  const mio_addr addr = mio_addr_loopback_v4(0);
  return mio_tcp_listener_bind(object, &addr);
}
INSTANTIATE_TYPED_TEST_SUITE_P(TcpListener, HandleContract, TcpListenerTraits);

TEST(TcpListener, AdoptsStreamSocketsOnly) { ExpectAdoptsOnly<TcpListenerTraits>(false); }

TEST(TcpListenerBind, PortZeroLetsTheSystemChoose) {
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  EXPECT_NE(0, addr.port);
  EXPECT_TRUE(mio_addr_is_loopback(&addr));
  EXPECT_ERROR(mio_tcp_listener_local_addr(&listener, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(TcpListenerBind, TakenAddressIsInUse) {
  TcpListener first, second;
  const mio_addr addr = Listen(&first);
  const int before = CountHandles();
  EXPECT_ERROR(mio_tcp_listener_bind(&second, &addr), MIO_ERROR_ADDR_IN_USE);
  EXPECT_EQ(before, CountHandles());
}

// 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
TEST(TcpListenerBind, SomebodyElsesAddressIsNotAvailable) {
  TcpListener listener;
  const mio_addr addr = mio_addr_v4(192, 0, 2, 1, 0);
  EXPECT_ERROR(mio_tcp_listener_bind(&listener, &addr), MIO_ERROR_ADDR_NOT_AVAILABLE);
}

TEST(TcpListenerBind, BadArgumentsKeepNothing) {
  TcpListener listener;
  const mio_addr none = {}, good = mio_addr_loopback_v4(0);
  mio_tcp_listener_options negative = {};
  negative.backlog = -1;
  const int before = CountHandles();
  EXPECT_ERROR(mio_tcp_listener_bind(&listener, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_listener_bind(&listener, &none), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_listener_bind(nullptr, &good), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_listener_bind_with(&listener, &good, &negative), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
  EXPECT_OK(mio_tcp_listener_bind_with(&listener, &good, nullptr));
}

// A server that ended first leaves its connections lingering, and has to come back all the same.
TEST(TcpListenerBind, AgainWhileOldConnectionsLinger) {
  TcpListener listener;
  TcpStream client, server;
  Poll poll;
  const mio_addr addr = Listen(&listener);
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  ASSERT_OK(poll.Register(&listener->source, kServer, MIO_READABLE));
  ASSERT_OK(poll.Register(&client->source, kClient, MIO_READABLE));
  poll.WaitReadable(kServer);
  ASSERT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
  mio_tcp_stream_close(&server);
  poll.WaitReadable(kClient);
  mio_tcp_stream_close(&client);
  mio_tcp_listener_close(&listener);
  EXPECT_OK(mio_tcp_listener_bind(&listener, &addr));
}

TEST(TcpListenerBind, ReusePortLetsSeveralListen) {
  TcpListener first, second, third;
  mio_tcp_listener_options options = {};
  options.backlog = 8;
  options.reuse_port = true;
  mio_addr addr = mio_addr_loopback_v4(0);
  const int result = mio_tcp_listener_bind_with(&first, &addr, &options);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  ASSERT_OK(mio_tcp_listener_local_addr(&first, &addr));
  EXPECT_OK(mio_tcp_listener_bind_with(&second, &addr, &options));
  EXPECT_ERROR(mio_tcp_listener_bind(&third, &addr), MIO_ERROR_ADDR_IN_USE);
}

TEST(TcpListenerBind, OnlyV6) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  mio_addr addr = mio_addr_any_v6(0), v4 = {};
  mio_tcp_listener_options options = {};
  options.only_v6 = MIO_ONLY_V6_ON;
  TcpListener alone, both;
  TcpStream client, server;
  bool on = false;
  ASSERT_OK(mio_tcp_listener_bind_with(&alone, &addr, &options));
  ASSERT_OK(mio_tcp_listener_only_v6(&alone, &on));
  EXPECT_TRUE(on);
  ASSERT_OK(mio_tcp_listener_local_addr(&alone, &addr));
  v4 = mio_addr_any_v4(addr.port);
  EXPECT_OK(mio_tcp_listener_bind(&both, &v4)) << "the IPv4 side of the port is free";
  mio_tcp_listener_close(&both);

  options.only_v6 = MIO_ONLY_V6_OFF;
  addr = mio_addr_any_v6(0);
  const int result = mio_tcp_listener_bind_with(&both, &addr, &options);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  ASSERT_OK(mio_tcp_listener_only_v6(&both, &on));
  EXPECT_FALSE(on);
  ASSERT_OK(mio_tcp_listener_local_addr(&both, &addr));
  v4 = mio_addr_loopback_v4(addr.port);
  Poll poll;
  ASSERT_OK(poll.Register(&both->source, kServer, MIO_READABLE));
  ASSERT_OK(mio_tcp_stream_connect(&client, &v4));
  poll.WaitReadable(kServer);
  ASSERT_OK(mio_tcp_listener_accept(&both, &server, &addr));
  addr.port = 0;
  EXPECT_EQ("[::ffff:127.0.0.1]:0", ToString(addr));
}

TEST(TcpListener, SetOnlyV6BeforeBind) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  TcpListener listener;
  bool on = false;
  ASSERT_OK(mio_tcp_listener_adopt(&listener, RawTcp(true)));
  ASSERT_OK(mio_tcp_listener_set_only_v6(&listener, true));
  ASSERT_OK(mio_tcp_listener_only_v6(&listener, &on));
  EXPECT_TRUE(on);
  ASSERT_OK(mio_tcp_listener_set_only_v6(&listener, false));
  ASSERT_OK(mio_tcp_listener_only_v6(&listener, &on));
  EXPECT_FALSE(on);
}

class TcpAccept : public ::testing::Test {
 protected:
  void SetUp() override {
    addr_ = Listen(&listener_);
    ASSERT_OK(poll_.Register(&listener_->source, kServer, MIO_READABLE));
  }

  void Connect(mio_tcp_stream *client) {
    ASSERT_OK(mio_tcp_stream_connect(client, &addr_));
    EXPECT_TRUE(poll_.WaitReadable(kServer).readable);
  }

  Poll poll_;
  TcpListener listener_;
  mio_addr addr_ = {};
  TcpStream client_, server_;
};

TEST_F(TcpAccept, WouldBlockWhenNobodyConnects) {
  EXPECT_ERROR(mio_tcp_listener_accept(&listener_, &server_, nullptr), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_tcp_stream_take_error(&server_), MIO_ERROR_INVALID_INPUT) << "still closed";
}

TEST_F(TcpAccept, TellsWhoConnected) {
  mio_addr told = {}, local = {};
  Connect(&client_);
  ASSERT_OK(mio_tcp_listener_accept(&listener_, &server_, &told));
  ASSERT_OK(mio_tcp_stream_local_addr(&client_, &local));
  EXPECT_TRUE(mio_addr_equal(&local, &told)) << ToString(told);
}

TEST_F(TcpAccept, GivesNonBlockingStreamsThatAreNotInherited) {
  mio_handle handle = MIO_HANDLE_NONE;
  Connect(&client_);
  ASSERT_OK(mio_tcp_listener_accept(&listener_, &server_, nullptr));
  ASSERT_OK(mio_tcp_stream_handle(&server_, &handle));
  EXPECT_TRUE(IsNonBlocking(handle));
  EXPECT_FALSE(IsInherited(handle));
}

TEST_F(TcpAccept, IntoAnOpenStreamLosesNoConnection) {
  TcpStream open, other;
  Connect(&open);
  EXPECT_ERROR(mio_tcp_listener_accept(&listener_, &open, nullptr), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_tcp_listener_accept(&listener_, nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_OK(mio_tcp_listener_accept(&listener_, &other, nullptr));
  EXPECT_EQ(1, mio_tcp_stream_write(&open, "x", 1)) << "the open one is as it was";
}

// mio's own listener on poll(2) once forgot to: after would-block there has to be another event.
TEST_F(TcpAccept, WouldBlockRearms) {
  for (int round = 0; round < 4; ++round) {
    TcpStream client, server;
    ASSERT_ERROR(mio_tcp_listener_accept(&listener_, &server, nullptr), MIO_ERROR_WOULD_BLOCK);
    Connect(&client);
    ASSERT_OK(mio_tcp_listener_accept(&listener_, &server, nullptr)) << round;
  }
}

TEST_F(TcpAccept, ManyConnectionsByOneDrain) {
  constexpr int kMany = 50;
  TcpStream clients[kMany];
  int accepted = 0;
  for (TcpStream &client : clients) ASSERT_OK(mio_tcp_stream_connect(&client, &addr_));
  while (accepted < kMany) {
    poll_.WaitReadable(kServer);
    int result = 0;
    for (;;) {
      TcpStream server;
      result = mio_tcp_listener_accept(&listener_, &server, nullptr);
      if (result < 0) break;
      ++accepted;
    }
    ASSERT_ERROR(result, MIO_ERROR_WOULD_BLOCK);
  }
  EXPECT_EQ(kMany, accepted);
}

TEST_F(TcpAccept, SettingsAndErrors) {
  uint32_t ttl = 0;
  ASSERT_OK(mio_tcp_listener_set_ttl(&listener_, 42));
  ASSERT_OK(mio_tcp_listener_ttl(&listener_, &ttl));
  EXPECT_EQ(42u, ttl);
  EXPECT_ERROR(mio_tcp_listener_set_ttl(&listener_, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_listener_set_ttl(&listener_, 256), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(0, mio_tcp_listener_take_error(&listener_));
}

TEST(TcpListener, TtlOfIpv6IsTheHopLimit) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  TcpListener listener;
  uint32_t ttl = 0;
  const mio_addr addr = mio_addr_loopback_v6(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_set_ttl(&listener, 43));
  ASSERT_OK(mio_tcp_listener_ttl(&listener, &ttl));
  EXPECT_EQ(43u, ttl);
}

TEST(TcpListener, ClosedRefusesEverything) {
  mio_tcp_listener closed = {};
  mio_tcp_stream stream = {};
  mio_addr addr = {};
  uint32_t ttl = 0;
  bool on = false;
  for (mio_tcp_listener *listener : {&closed, static_cast<mio_tcp_listener *>(nullptr)}) {
    EXPECT_ERROR(mio_tcp_listener_accept(listener, &stream, &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_local_addr(listener, &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_ttl(listener, &ttl), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_set_ttl(listener, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_only_v6(listener, &on), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_set_only_v6(listener, on), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_tcp_listener_take_error(listener), MIO_ERROR_INVALID_INPUT);
  }
}

}  // namespace
}  // namespace mio_test
