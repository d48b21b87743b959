#include "mio/net/udp_socket.h"

#include "testing/datagram_contract.h"
#include "testing/handle_contract.h"

namespace mio_test {
namespace {

enum : mio_token { kReceiver, kSender };

MIO_HANDLE_TRAITS(UdpSocket, mio_udp_socket) {
  const mio_addr addr = mio_addr_loopback_v4(0);
  return mio_udp_socket_bind(object, &addr);
}
INSTANTIATE_TYPED_TEST_SUITE_P(UdpSocket, HandleContract, UdpSocketTraits);

MIO_DATAGRAM_TRAITS(UdpSocket, mio_udp_socket) { return ConnectUdp(a, b); }
INSTANTIATE_TYPED_TEST_SUITE_P(UdpSocket, DatagramContract, UdpSocketPairTraits);

TEST(UdpSocket, AdoptsDatagramSocketsOnly) { ExpectAdoptsOnly<UdpSocketTraits>(true); }

mio_addr Bind(mio_udp_socket *socket, mio_addr addr = mio_addr_loopback_v4(0)) {
  EXPECT_OK(mio_udp_socket_bind(socket, &addr));
  EXPECT_OK(mio_udp_socket_local_addr(socket, &addr));
  return addr;
}

TEST(UdpBind, TakenAddressIsInUse) {
  UdpSocket first, second;
  const mio_addr addr = Bind(&first);
  const int before = CountHandles();
  EXPECT_NE(0, addr.port);
  EXPECT_ERROR(mio_udp_socket_bind(&second, &addr), MIO_ERROR_ADDR_IN_USE);
  EXPECT_EQ(before, CountHandles());
}

TEST(UdpBind, BadArgumentsKeepNothing) {
  UdpSocket socket;
  const mio_addr none = {}, foreign = mio_addr_v4(192, 0, 2, 1, 0);
  const int before = CountHandles();
  EXPECT_ERROR(mio_udp_socket_bind(&socket, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_bind(&socket, &none), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_bind(nullptr, &foreign), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

// 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
TEST(UdpBind, SomebodyElsesAddressIsNotAvailable) {
  UdpSocket socket;
  const mio_addr foreign = mio_addr_v4(192, 0, 2, 1, 0);
  {
    UdpSocket first; /* Windows opens handles of its own with a process's first socket */
    Bind(&first, mio_addr_loopback_v4(0));
  }
  const int before = CountHandles();
  const int result = mio_udp_socket_bind(&socket, &foreign);
  SKIP_IF_WINE(result == 0, "binds a datagram socket to any address");
  EXPECT_ERROR(result, MIO_ERROR_ADDR_NOT_AVAILABLE);
  EXPECT_EQ(before, CountHandles());
}

TEST(UdpBind, SeveralOnOneAddressIfAllWant) {
  const auto bind_two = [](mio_addr addr, const mio_udp_socket_options &options) {
    UdpSocket first, second;
    int result = mio_udp_socket_bind_with(&first, &addr, &options);
    if (result < 0) return result;
    result = mio_udp_socket_local_addr(&first, &addr);
    return result < 0 ? result : mio_udp_socket_bind_with(&second, &addr, &options);
  };
  const mio_addr alone = mio_addr_loopback_v4(0), group = mio_addr_v4(239, 255, 77, 77, 0);
  mio_udp_socket_options reuse_addr = {};
  reuse_addr.reuse_addr = true;
  mio_udp_socket_options reuse_port = {};
  reuse_port.reuse_port = true;
  int result = bind_two(alone, reuse_addr);
  if (mio_error_kind(result) == MIO_ERROR_ADDR_IN_USE) result = bind_two(group, reuse_addr);  // BSD
  EXPECT_OK(result);
  result = bind_two(alone, reuse_port);
  if (mio_error_kind(result) != MIO_ERROR_UNSUPPORTED) {
    EXPECT_OK(result);
  }
}

TEST(UdpBind, OnlyV6) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  const mio_addr addr = mio_addr_any_v6(0);
  bool on = false;
  for (const bool wanted : {true, false}) {
    UdpSocket socket;
    mio_udp_socket_options options = {};
    options.only_v6 = wanted ? MIO_ONLY_V6_ON : MIO_ONLY_V6_OFF;
    const int result = mio_udp_socket_bind_with(&socket, &addr, &options);
    if (mio_error_kind(result) == MIO_ERROR_UNSUPPORTED && !wanted) continue;
    ASSERT_OK(result);
    ASSERT_OK(mio_udp_socket_only_v6(&socket, &on));
    EXPECT_EQ(wanted, on);
  }
}

class Udp : public ::testing::Test {
 protected:
  void SetUp() override {
    receiver_addr_ = Bind(&receiver_);
    sender_addr_ = Bind(&sender_);
    ASSERT_OK(poll_.Register(&receiver_->source, kReceiver, MIO_READABLE));
  }

  Poll poll_;
  UdpSocket receiver_, sender_;
  mio_addr receiver_addr_ = {}, sender_addr_ = {};
  char buffer_[64] = {};
};

TEST_F(Udp, SendToAndReceiveFrom) {
  mio_addr from = {};
  ASSERT_EQ(5, mio_udp_socket_send_to(&sender_, "hello", 5, &receiver_addr_));
  poll_.WaitReadable(kReceiver);
  ASSERT_EQ(5, mio_udp_socket_peek_from(&receiver_, buffer_, sizeof buffer_, &from));
  EXPECT_TRUE(mio_addr_equal(&sender_addr_, &from)) << ToString(from);
  from = {};
  ASSERT_EQ(5, mio_udp_socket_recv_from(&receiver_, buffer_, sizeof buffer_, &from));
  EXPECT_STREQ("hello", buffer_);
  EXPECT_TRUE(mio_addr_equal(&sender_addr_, &from)) << ToString(from);
  from = {};
  EXPECT_ERROR(mio_udp_socket_recv_from(&receiver_, buffer_, sizeof buffer_, &from),
               MIO_ERROR_WOULD_BLOCK);
  EXPECT_EQ(MIO_ADDR_NONE, from.family) << "written on success only";
}

TEST_F(Udp, VectorsWithAddresses) {
  mio_addr from = {};
  char one[] = "one ", two[] = "two";
  const mio_iovec out[] = {{one, 4}, {two, 3}};
  const mio_iovec in[] = {{buffer_, 2}, {buffer_ + 2, 30}};
  ASSERT_EQ(7, mio_udp_socket_send_to_vectored(&sender_, out, 2, &receiver_addr_));
  poll_.WaitReadable(kReceiver);
  ASSERT_EQ(7, mio_udp_socket_recv_from_vectored(&receiver_, in, 2, &from));
  EXPECT_STREQ("one two", buffer_);
  EXPECT_TRUE(mio_addr_equal(&sender_addr_, &from)) << ToString(from);
  EXPECT_ERROR(mio_udp_socket_recv_from_vectored(&receiver_, in, 2, nullptr),
               MIO_ERROR_WOULD_BLOCK);
  ASSERT_EQ(7, mio_udp_socket_send_to_vectored(&sender_, out, 2, &receiver_addr_));
  EXPECT_TRUE(poll_.WaitReadable(kReceiver).readable) << "would-block has re-armed";
  EXPECT_EQ(7, mio_udp_socket_recv_from_vectored(&receiver_, in, 2, nullptr));
  EXPECT_ERROR(mio_udp_socket_send_to_vectored(&sender_, out, 2, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_send_to_vectored(&sender_, nullptr, 2, &receiver_addr_),
               MIO_ERROR_INVALID_INPUT);
}

TEST_F(Udp, SendToNowhere) {
  const mio_addr none = {};
  EXPECT_ERROR(mio_udp_socket_send_to(&sender_, "x", 1, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_send_to(&sender_, "x", 1, &none), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_send_to(&sender_, nullptr, 1, &receiver_addr_),
               MIO_ERROR_INVALID_INPUT);
}

TEST_F(Udp, SendWithoutAPeer) {
  const ptrdiff_t result = mio_udp_socket_send(&sender_, "x", 1);
  SKIP_IF_WINE(mio_error_kind(result) == MIO_ERROR_INVALID_INPUT,
               "calls a send without a receiver an invalid argument");
  EXPECT_ERROR(result, MIO_ERROR_NOT_CONNECTED);
}

TEST_F(Udp, TooLongForADatagramIsRefusedWhole) {
  const std::string huge(70000, 'x');
  EXPECT_ERROR(mio_udp_socket_send_to(&sender_, huge.data(), huge.size(), &receiver_addr_),
               MIO_ERROR_MESSAGE_TOO_LONG);
  EXPECT_TRUE(poll_.Quiet(kReceiver).None());
}

TEST_F(Udp, ConnectedHearsItsPeerOnly) {
  UdpSocket stranger;
  mio_addr addr = {};
  Bind(&stranger);
  EXPECT_ERROR(mio_udp_socket_peer_addr(&receiver_, &addr), MIO_ERROR_NOT_CONNECTED);
  ASSERT_OK(mio_udp_socket_connect(&receiver_, &sender_addr_));
  ASSERT_OK(mio_udp_socket_peer_addr(&receiver_, &addr));
  EXPECT_TRUE(mio_addr_equal(&sender_addr_, &addr));
  ASSERT_EQ(8, mio_udp_socket_send_to(&stranger, "stranger", 8, &receiver_addr_));
  ASSERT_EQ(4, mio_udp_socket_send_to(&sender_, "peer", 4, &receiver_addr_));
  poll_.WaitReadable(kReceiver);
  ASSERT_EQ(4, mio_udp_socket_recv(&receiver_, buffer_, sizeof buffer_));
  EXPECT_STREQ("peer", buffer_);
  EXPECT_ERROR(mio_udp_socket_recv(&receiver_, buffer_, 1), MIO_ERROR_WOULD_BLOCK);
}

TEST_F(Udp, ConnectedAgainHasAnotherPeer) {
  UdpSocket other;
  mio_addr addr = {};
  const mio_addr other_addr = Bind(&other);
  ASSERT_OK(mio_udp_socket_connect(&receiver_, &sender_addr_));
  ASSERT_OK(mio_udp_socket_connect(&receiver_, &other_addr));
  ASSERT_OK(mio_udp_socket_peer_addr(&receiver_, &addr));
  EXPECT_TRUE(mio_addr_equal(&other_addr, &addr));
  EXPECT_ERROR(mio_udp_socket_connect(&receiver_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST_F(Udp, APeerThatIsNotThereIsToldLater) {
  mio_udp_socket_close(&receiver_);
  ASSERT_OK(mio_udp_socket_connect(&sender_, &receiver_addr_));
  ASSERT_OK(poll_.Register(&sender_->source, kSender, MIO_READABLE));
  ASSERT_EQ(1, mio_udp_socket_send(&sender_, "x", 1));
  const Readiness soon = poll_.Quiet(kSender);
  SKIP_IF_WINE(soon.None(), "keeps a datagram socket's error from poll and receive");
  if (soon.None()) poll_.WaitFor(kSender, [](const Readiness &r) { return r.readable || r.error; });
  const mio_error kind = mio_error_kind(mio_udp_socket_recv(&sender_, buffer_, 1));
  EXPECT_TRUE(kind == MIO_ERROR_CONNECTION_REFUSED || kind == MIO_ERROR_CONNECTION_RESET)
      << mio_error_kind_name(kind);
}

TEST_F(Udp, BroadcastHasToBeAllowed) {
  const mio_addr everybody_here = mio_addr_v4(127, 255, 255, 255, receiver_addr_.port);
  bool on = true;
  ASSERT_OK(mio_udp_socket_broadcast(&sender_, &on));
  EXPECT_FALSE(on);
  const ptrdiff_t refused = mio_udp_socket_send_to(&sender_, "x", 1, &everybody_here);
  ASSERT_OK(mio_udp_socket_set_broadcast(&sender_, true));
  ASSERT_OK(mio_udp_socket_broadcast(&sender_, &on));
  EXPECT_TRUE(on);
  if (!LoopbackBroadcasts()) GTEST_SKIP() << "the loopback interface has no broadcast address";
  EXPECT_ERROR(refused, MIO_ERROR_PERMISSION_DENIED);
  EXPECT_EQ(1, mio_udp_socket_send_to(&sender_, "x", 1, &everybody_here));
}

TEST_F(Udp, Ttl) {
  uint32_t ttl = 0;
  for (const uint32_t value : {1u, 99u, 255u}) {
    ASSERT_OK(mio_udp_socket_set_ttl(&sender_, value));
    ASSERT_OK(mio_udp_socket_ttl(&sender_, &ttl));
    EXPECT_EQ(value, ttl);
  }
  EXPECT_ERROR(mio_udp_socket_set_ttl(&sender_, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_set_ttl(&sender_, 256), MIO_ERROR_INVALID_INPUT);
}

TEST_F(Udp, MulticastSettingsOfIpv4) {
  uint32_t ttl = 0;
  bool on = false;
  ASSERT_OK(mio_udp_socket_multicast_loop_v4(&sender_, &on));
  EXPECT_TRUE(on);
  ASSERT_OK(mio_udp_socket_set_multicast_loop_v4(&sender_, false));
  ASSERT_OK(mio_udp_socket_multicast_loop_v4(&sender_, &on));
  EXPECT_FALSE(on);
  ASSERT_OK(mio_udp_socket_multicast_ttl_v4(&sender_, &ttl));
  EXPECT_EQ(1u, ttl);
  EXPECT_ERROR(mio_udp_socket_set_multicast_ttl_v4(&sender_, 256), MIO_ERROR_INVALID_INPUT);
  for (const uint32_t value : {0u, 200u, 255u}) {
    if (value == 255 && IsEmulated()) GTEST_SKIP() << "qemu-user 7.2 answers 255 in four bytes";
    ASSERT_OK(mio_udp_socket_set_multicast_ttl_v4(&sender_, value));
    ASSERT_OK(mio_udp_socket_multicast_ttl_v4(&sender_, &ttl));
    EXPECT_EQ(value, ttl);
  }
}

TEST(UdpIpv6, MulticastSettingsAndHops) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  UdpSocket socket;
  uint32_t number = 0;
  bool on = false;
  Bind(&socket, mio_addr_loopback_v6(0));
  ASSERT_OK(mio_udp_socket_multicast_loop_v6(&socket, &on));
  EXPECT_TRUE(on);
  ASSERT_OK(mio_udp_socket_set_multicast_loop_v6(&socket, false));
  ASSERT_OK(mio_udp_socket_multicast_loop_v6(&socket, &on));
  EXPECT_FALSE(on);
  ASSERT_OK(mio_udp_socket_set_multicast_hops_v6(&socket, 17));
  ASSERT_OK(mio_udp_socket_multicast_hops_v6(&socket, &number));
  EXPECT_EQ(17u, number);
  EXPECT_ERROR(mio_udp_socket_set_multicast_hops_v6(&socket, 256), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(mio_udp_socket_set_ttl(&socket, 18));
  ASSERT_OK(mio_udp_socket_ttl(&socket, &number));
  EXPECT_EQ(18u, number);
  ASSERT_OK(mio_udp_socket_multicast_hops_v6(&socket, &number));
  EXPECT_EQ(17u, number) << "the two are independent";
}

// On loopback: the sender's own address picks the interface.
TEST_F(Udp, JoinedGroupsAreHeardUntilLeft) {
  UdpSocket member;
  const mio_addr addr = Bind(&member, mio_addr_any_v4(0));
  const mio_addr group = mio_addr_v4(239, 77, 13, 5, addr.port);
  const mio_addr loopback = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_udp_socket_join_multicast_v4(&member, &group, &loopback));
  ASSERT_OK(poll_.Register(&member->source, kSender, MIO_READABLE));
  const ptrdiff_t sent = mio_udp_socket_send_to(&sender_, "x", 1, &group);
  if (!LoopbackBroadcasts() && mio_error_kind(sent) == MIO_ERROR_NETWORK_UNREACHABLE)
    GTEST_SKIP() << "this system has no route for multicasts, whatever the sender's own address";
  ASSERT_EQ(1, sent);
  poll_.WaitReadable(kSender);
  EXPECT_EQ(1, mio_udp_socket_recv(&member, buffer_, sizeof buffer_));
  EXPECT_ERROR(mio_udp_socket_recv(&member, buffer_, sizeof buffer_), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_udp_socket_join_multicast_v4(&member, &group, &loopback), MIO_ERROR_ADDR_IN_USE);
  ASSERT_OK(mio_udp_socket_leave_multicast_v4(&member, &group, &loopback));
  mio_udp_socket_send_to(&sender_, "x", 1, &group);
  EXPECT_FALSE(poll_.Quiet(kSender).readable);
}

TEST_F(Udp, LeavingTwiceIsRefused) {
  UdpSocket member;
  const mio_addr addr = Bind(&member, mio_addr_any_v4(0));
  const mio_addr group = mio_addr_v4(239, 77, 13, 7, addr.port);
  const mio_addr loopback = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_udp_socket_join_multicast_v4(&member, &group, &loopback));
  ASSERT_OK(mio_udp_socket_leave_multicast_v4(&member, &group, &loopback));
  const int result = mio_udp_socket_leave_multicast_v4(&member, &group, &loopback);
  SKIP_IF_WINE(mio_error_kind(result) == MIO_ERROR_INVALID_INPUT,
               "calls an address that is not available an invalid argument");
  EXPECT_ERROR(result, MIO_ERROR_ADDR_NOT_AVAILABLE);
}

TEST_F(Udp, NotEverythingIsAGroup) {
  const mio_addr group = mio_addr_v4(239, 77, 13, 6, 0), single = mio_addr_v4(10, 0, 0, 1, 0);
  const mio_addr v6 = mio_addr_loopback_v6(0), none = {};
  for (const auto change : {mio_udp_socket_join_multicast_v4, mio_udp_socket_leave_multicast_v4}) {
    EXPECT_ERROR(change(&receiver_, nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &none, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &single, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &v6, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &group, &v6), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &group, &none), MIO_ERROR_INVALID_INPUT);
  }
  for (const auto change : {mio_udp_socket_join_multicast_v6, mio_udp_socket_leave_multicast_v6}) {
    EXPECT_ERROR(change(&receiver_, nullptr, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &group, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(change(&receiver_, &v6, 0), MIO_ERROR_INVALID_INPUT);
  }
}

// Loopback interfaces route no IPv6 multicast, so it is seen by what may not be done twice.
TEST(UdpIpv6, GroupsAreJoinedAndLeftOnce) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  const uint32_t loopback = LoopbackIndex();
  const mio_addr group = Addr("[ff01::4d4d]:0");
  UdpSocket member;
  Bind(&member, mio_addr_any_v6(0));
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(mio_udp_socket_join_multicast_v6(&member, &group, loopback));
    EXPECT_ERROR(mio_udp_socket_join_multicast_v6(&member, &group, loopback),
                 MIO_ERROR_ADDR_IN_USE);
    ASSERT_OK(mio_udp_socket_leave_multicast_v6(&member, &group, loopback));
    const int result = mio_udp_socket_leave_multicast_v6(&member, &group, loopback);
    SKIP_IF_WINE(mio_error_kind(result) == MIO_ERROR_INVALID_INPUT,
                 "calls an address that is not available an invalid argument");
    EXPECT_ERROR(result, MIO_ERROR_ADDR_NOT_AVAILABLE);
  }
}

TEST(UdpSocket, ClosedRefusesEverySetting) {
  mio_udp_socket closed = {};
  mio_addr addr = mio_addr_v4(239, 1, 1, 1, 0);
  uint32_t number = 0;
  bool on = false;
  EXPECT_ERROR(mio_udp_socket_connect(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_send_to(&closed, "x", 1, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_join_multicast_v4(&closed, &addr, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_local_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_peer_addr(&closed, &addr), MIO_ERROR_INVALID_INPUT);
  addr = Addr("[ff02::1]:0");
  EXPECT_ERROR(mio_udp_socket_join_multicast_v6(&closed, &addr, 0), MIO_ERROR_INVALID_INPUT);
  for (const auto get : {mio_udp_socket_broadcast, mio_udp_socket_only_v6,
                         mio_udp_socket_multicast_loop_v4, mio_udp_socket_multicast_loop_v6}) {
    EXPECT_ERROR(get(&closed, &on), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(get(&closed, nullptr), MIO_ERROR_INVALID_INPUT);
  }
  for (const auto set :
       {mio_udp_socket_set_broadcast, mio_udp_socket_set_only_v6,
        mio_udp_socket_set_multicast_loop_v4, mio_udp_socket_set_multicast_loop_v6}) {
    EXPECT_ERROR(set(&closed, true), MIO_ERROR_INVALID_INPUT);
  }
  for (const auto get :
       {mio_udp_socket_ttl, mio_udp_socket_multicast_ttl_v4, mio_udp_socket_multicast_hops_v6}) {
    EXPECT_ERROR(get(&closed, &number), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(get(&closed, nullptr), MIO_ERROR_INVALID_INPUT);
  }
  for (const auto set : {mio_udp_socket_set_ttl, mio_udp_socket_set_multicast_ttl_v4,
                         mio_udp_socket_set_multicast_hops_v6}) {
    EXPECT_ERROR(set(&closed, 1), MIO_ERROR_INVALID_INPUT);
  }
}

}  // namespace
}  // namespace mio_test
