#include "mio/net/options.h"

#include <string>
#include <vector>

#include "testing/net_util.h"

// Options that are set before a socket is bound or connects, and what can be set and read afterwards.
namespace mio_test {
namespace {

enum : mio_token { kListener, kStream };

// What a system without the option answers.
mio_error Expected(mio_socket_feature feature) {
  return mio_socket_supports(feature) ? MIO_OK : MIO_ERROR_UNSUPPORTED;
}

uint32_t LoopbackIndex() {
  mio_addr addr = {};
  for (const char *name : {"lo", "lo0", "loopback_0"}) {
    const std::string text = std::string("[fe80::1%") + name + "]:1";
    if (mio_addr_parse(text.c_str(), &addr) == 0) return addr.scope_id;
  }
  return 0;
}

TEST(ConnectOptions, ConnectsFromALocalAddress) {
  TcpListener listener;
  TcpStream client, server;
  const mio_addr at = Listen(&listener);
  const mio_addr local = mio_addr_loopback_v4(0);
  mio_addr from = {}, seen = {};
  mio_tcp_connect_options options = {};
  options.local = &local;
  ASSERT_OK(mio_tcp_stream_connect_with(&client, &at, &options));
  Poll poll;
  ASSERT_OK(poll.Register(&client->source, kStream, MIO_WRITABLE));
  ASSERT_TRUE(poll.WaitWritable(kStream).writable);
  ASSERT_OK(mio_tcp_stream_take_error(&client));
  ASSERT_OK(mio_tcp_stream_local_addr(&client, &from));
  EXPECT_TRUE(mio_addr_is_loopback(&from));
  AwaitReadable([&listener] {
    mio_handle handle = MIO_HANDLE_NONE;
    EXPECT_OK(mio_tcp_listener_handle(&listener, &handle));
    return handle;
  }());
  ASSERT_OK(mio_tcp_listener_accept(&listener, &server, &seen));
  EXPECT_TRUE(mio_addr_equal(&from, &seen));
  bool is_self = true;
  EXPECT_OK(mio_tcp_stream_is_self_connected(&client, &is_self));
  EXPECT_FALSE(is_self);
}

TEST(ConnectOptions, FailuresKeepNothing) {
  TcpListener listener;
  const mio_addr at = Listen(&listener);
  const mio_addr foreign = mio_addr_v4(192, 0, 2, 1, 0), other_family = mio_addr_loopback_v6(0);
  const mio_addr none = {};
  TcpStream client;
  const int handles = CountHandles();
  mio_tcp_connect_options options = {};
  options.local = &foreign;
  EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_ADDR_NOT_AVAILABLE);
  options.local = &other_family;
  EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_INVALID_INPUT);
  options.local = &none;
  EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_INVALID_INPUT);
  options = {};
  options.socket.traffic_class = 256;
  EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_INVALID_INPUT);
  options = {};
  options.socket.device = "no such device";
  EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_NO_DEVICE);
  options = {};
  options.fast_open = true;
  if (Expected(MIO_SOCKET_FAST_OPEN_CONNECT) != MIO_OK) {
    EXPECT_ERROR(mio_tcp_stream_connect_with(&client, &at, &options), MIO_ERROR_UNSUPPORTED);
  }
  EXPECT_FALSE(mio_source_is_open(&client->source));
  EXPECT_EQ(handles, CountHandles());
}

TEST(ConnectOptions, AreSetBeforeTheConnect) {
  TcpListener listener;
  TcpStream client;
  const mio_addr at = Listen(&listener);
  mio_tcp_connect_options options = {};
  options.mptcp = true;  // or TCP
  options.socket.send_buffer_bytes = 32768;
  options.socket.recv_buffer_bytes = 32768;
  if (Expected(MIO_SOCKET_TRAFFIC_CLASS) == MIO_OK) options.socket.traffic_class = 0x20;
  ASSERT_OK(mio_tcp_stream_connect_with(&client, &at, &options));
  uint32_t bytes = 0, traffic_class = 0;
  ASSERT_OK(mio_tcp_stream_send_buffer(&client, &bytes));
  EXPECT_GE(bytes, 32768u);
  EXPECT_LE(bytes, 65536u);
  ASSERT_OK(mio_tcp_stream_recv_buffer(&client, &bytes));
  EXPECT_GE(bytes, 32768u);
  EXPECT_LE(bytes, 65536u);
  if (Expected(MIO_SOCKET_TRAFFIC_CLASS) == MIO_OK) {
    ASSERT_OK(mio_tcp_stream_traffic_class(&client, &traffic_class));
    EXPECT_EQ(0x20u, traffic_class);
  }
}

TEST(BindOptions, OfListeners) {
  mio_tcp_listener_options options = {};
  options.backlog = 1;
  options.mptcp = true;
  options.socket.recv_buffer_bytes = 16384;
  if (Expected(MIO_SOCKET_FAST_OPEN_LISTEN) == MIO_OK) options.fast_open = 16;
  TcpListener listener;
  TcpStream client, server;
  mio_addr at = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind_with(&listener, &at, &options));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &at));
  ASSERT_OK(mio_tcp_stream_connect(&client, &at));
  Poll poll;
  ASSERT_OK(poll.Register(&listener->source, kListener, MIO_READABLE));
  ASSERT_TRUE(poll.WaitReadable(kListener).readable);
  ASSERT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
  const int handles = CountHandles();
  TcpListener refused;
  options.socket.device = "no such device";
  EXPECT_ERROR(mio_tcp_listener_bind_with(&refused, &at, &options), MIO_ERROR_NO_DEVICE);
  options = {};
  options.socket.send_buffer_bytes = UINT32_MAX;
  EXPECT_ERROR(mio_tcp_listener_bind_with(&refused, &at, &options), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(handles, CountHandles());
}

TEST(BindOptions, ToADevice) {
  const uint32_t index = LoopbackIndex();
  if (index == 0) GTEST_SKIP() << "the loopback's name is not known here";
  mio_udp_socket_options options = {};
  options.socket.interface_index = index;
  UdpSocket socket;
  const mio_addr at = mio_addr_any_v4(0);
  const int result = mio_udp_socket_bind_with(&socket, &at, &options);
  if (mio_error_kind(result) == MIO_ERROR_PERMISSION_DENIED) GTEST_SKIP() << "not allowed here";
  ASSERT_ERROR(result, Expected(MIO_SOCKET_DEVICE));
  if (result < 0) return;
  uint32_t bound = 0;
  ASSERT_OK(mio_udp_socket_interface(&socket, &bound));
  EXPECT_EQ(index, bound);
  EXPECT_ERROR(mio_udp_socket_set_device(&socket, "no such device"), MIO_ERROR_NO_DEVICE);
  ASSERT_OK(mio_udp_socket_set_device(&socket, nullptr));
  ASSERT_OK(mio_udp_socket_interface(&socket, &bound));
  EXPECT_EQ(0u, bound);
}

TEST(UnixListenerOptions, Backlog) {
  mio_unix_listener_options options = {};
  UnixListener listener;
  mio_unix_addr addr = {};
  const TempFolder folder;
  const std::string path = folder.Path("backlog");
  ASSERT_OK(mio_unix_addr_from_path(path.c_str(), &addr));
  options.backlog = -1;
  EXPECT_ERROR(mio_unix_listener_bind_with(&listener, &addr, &options), MIO_ERROR_INVALID_INPUT);
  options.backlog = 1;
  const int result = mio_unix_listener_bind_with(&listener, &addr, &options);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  // Systems differ in what a connect to a full queue returns.
  std::vector<UnixStream> clients(8);
  int last = 0;
  for (size_t i = 0; i < clients.size() && last == 0; ++i) {
    last = mio_unix_stream_connect_addr(&clients[i], &addr);
  }
  if (last < 0) {
    EXPECT_TRUE(mio_error_kind(last) == MIO_ERROR_WOULD_BLOCK ||
                mio_error_kind(last) == MIO_ERROR_CONNECTION_REFUSED)
        << last;
  }
}

TEST(LaterOptions, BuffersAndTimeouts) {
  TcpStream client, server;
  ASSERT_OK(ConnectTcp(&client, &server));
  uint32_t bytes = 0, ms = 7;
  ASSERT_OK(mio_tcp_stream_set_send_buffer(&client, 20000));
  ASSERT_OK(mio_tcp_stream_send_buffer(&client, &bytes));
  EXPECT_GE(bytes, 20000u);
  EXPECT_ERROR(mio_tcp_stream_set_send_buffer(&client, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_recv_buffer(&client, UINT32_MAX), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_tcp_stream_set_user_timeout(&client, 30000), Expected(MIO_SOCKET_USER_TIMEOUT));
  if (mio_socket_supports(MIO_SOCKET_USER_TIMEOUT)) {
    ASSERT_OK(mio_tcp_stream_user_timeout(&client, &ms));
    EXPECT_EQ(30000u, ms);
  }
  EXPECT_ERROR(mio_tcp_stream_set_traffic_class(&client, 0x40), Expected(MIO_SOCKET_TRAFFIC_CLASS));
  UdpSocket a, b;
  ASSERT_OK(ConnectUdp(&a, &b));
  ASSERT_OK(mio_udp_socket_set_recv_buffer(&a, 20000));
  ASSERT_OK(mio_udp_socket_recv_buffer(&a, &bytes));
  EXPECT_GE(bytes, 20000u);
}

TEST(LaterOptions, KeepaliveIsAllOrNothing) {
  TcpStream client, server;
  ASSERT_OK(ConnectTcp(&client, &server));
  mio_tcp_keepalive before = {}, after = {};
  ASSERT_OK(mio_tcp_stream_keepalive(&client, &before));
  const mio_tcp_keepalive bad = {true, 77, 33, 200};  // more questions than systems ask
  const int result = mio_tcp_stream_set_keepalive(&client, &bad);
  if (result == 0) GTEST_SKIP() << "this system takes any number";
  ASSERT_OK(mio_tcp_stream_keepalive(&client, &after));
  EXPECT_EQ(before.on, after.on);
  EXPECT_EQ(before.idle_s, after.idle_s);
  EXPECT_EQ(before.interval_s, after.interval_s);
  EXPECT_EQ(before.count, after.count);
}

class Datagrams : public ::testing::Test {
 protected:
  void SetUp() override {
    const mio_addr any_port = mio_addr_loopback_v4(0);
    for (int i = 0; i < 3; ++i) {
      ASSERT_OK(mio_udp_socket_bind(&sockets_[i], &any_port));
      ASSERT_OK(mio_udp_socket_local_addr(&sockets_[i], &addrs_[i]));
    }
  }

  UdpSocket sockets_[3];
  mio_addr addrs_[3] = {};
};

TEST_F(Datagrams, DisconnectedHearEverybodyAtTheSamePort) {
  Poll poll;
  char byte = 0;
  mio_addr now = {};
  const mio_addr none = {};
  ASSERT_OK(poll.Register(&sockets_[0]->source, kStream, MIO_READABLE));
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(mio_udp_socket_connect(&sockets_[0], &addrs_[1]));
    ASSERT_OK(round == 0 ? mio_udp_socket_disconnect(&sockets_[0])
                         : mio_udp_socket_connect(&sockets_[0], &none));
    EXPECT_ERROR(mio_udp_socket_peer_addr(&sockets_[0], &now), MIO_ERROR_NOT_CONNECTED);
    ASSERT_OK(mio_udp_socket_local_addr(&sockets_[0], &now));
    EXPECT_EQ(addrs_[0].port, now.port);
    ASSERT_EQ(1, mio_udp_socket_send_to(&sockets_[2], "x", 1, &addrs_[0]));
    ASSERT_TRUE(poll.WaitReadable(kStream).readable);
    ASSERT_EQ(1, mio_udp_socket_recv(&sockets_[0], &byte, 1));
    ASSERT_ERROR(mio_udp_socket_recv(&sockets_[0], &byte, 1), MIO_ERROR_WOULD_BLOCK);
  }
  ASSERT_OK(mio_udp_socket_disconnect(&sockets_[0])) << "once more";
  mio_udp_socket closed = {};
  EXPECT_ERROR(mio_udp_socket_disconnect(&closed), MIO_ERROR_INVALID_INPUT);
}

TEST_F(Datagrams, TruncationIsReported) {
  char room[4];
  const mio_iovec parts[] = {{room, 2}, {room + 2, 2}};
  for (const size_t len : {size_t{3}, size_t{4}, size_t{5}, size_t{0}}) {
    ASSERT_EQ(static_cast<ptrdiff_t>(len),
              mio_udp_socket_send_to(&sockets_[1], "12345", len, &addrs_[0]));
    mio_handle handle = MIO_HANDLE_NONE;
    ASSERT_OK(mio_udp_socket_handle(&sockets_[0], &handle));
    AwaitReadable(handle);
    bool truncated = len < 5;
    mio_addr from = {};
    EXPECT_EQ(static_cast<ptrdiff_t>(len < 4 ? len : 4),
              mio_udp_socket_recv_message(&sockets_[0], parts, 2, &from, &truncated));
    EXPECT_EQ(len == 5, truncated) << len;
    EXPECT_TRUE(mio_addr_equal(&addrs_[1], &from));
  }
  EXPECT_ERROR(mio_udp_socket_recv_message(&sockets_[0], parts, 2, nullptr, nullptr),
               MIO_ERROR_WOULD_BLOCK);
}

TEST_F(Datagrams, GroupsByIndexAndBySource) {
  const uint32_t index = LoopbackIndex();
  if (index == 0) GTEST_SKIP() << "the loopback's name is not known here";
  const mio_addr group = mio_addr_v4(232, 1, 2, 3, addrs_[0].port);
  const mio_addr source = mio_addr_loopback_v4(0), other = mio_addr_loopback_v6(0);
  mio_udp_socket *socket = &sockets_[0];
  EXPECT_ERROR(mio_udp_socket_join_multicast_v4_index(socket, &source, index),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_join_multicast_source(socket, &group, &other, index),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_join_multicast_v4_index(socket, &group, index),
               Expected(MIO_SOCKET_MULTICAST_INDEX_V4));
  if (mio_socket_supports(MIO_SOCKET_MULTICAST_INDEX_V4)) {
    EXPECT_OK(mio_udp_socket_leave_multicast_v4_index(socket, &group, index));
    EXPECT_LT(mio_udp_socket_leave_multicast_v4_index(socket, &group, index), 0) << "twice";
    EXPECT_OK(mio_udp_socket_set_multicast_interface_v4_index(socket, index));
  }
  EXPECT_ERROR(mio_udp_socket_join_multicast_source(socket, &group, &source, index),
               Expected(MIO_SOCKET_MULTICAST_SOURCE));
  if (mio_socket_supports(MIO_SOCKET_MULTICAST_SOURCE)) {
    EXPECT_OK(mio_udp_socket_leave_multicast_source(socket, &group, &source, index));
  }
  const mio_addr loopback = mio_addr_loopback_v4(0), foreign = mio_addr_v4(192, 0, 2, 1, 0);
  EXPECT_OK(mio_udp_socket_set_multicast_interface_v4(socket, &loopback));
  EXPECT_LT(mio_udp_socket_set_multicast_interface_v4(socket, &foreign), 0);
  EXPECT_ERROR(mio_udp_socket_set_multicast_interface_v4(socket, &other), MIO_ERROR_INVALID_INPUT);
}

}  // namespace
}  // namespace mio_test
