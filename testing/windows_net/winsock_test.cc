// What is peculiar to Winsock, seen through the library.

// clang-format off
#include <winsock2.h>
#include <windows.h>
// clang-format on

#include <string>
#include <thread>
#include <vector>

#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1 };

// In this order: it has to be the first test of the process that opens a socket.
TEST(Winsock, AStartIsNobodyElsesBusiness) {
  TcpListener first;
  Listen(&first);  // the library starts Winsock by itself
  WSADATA data;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(0, WSAStartup(MAKEWORD(2, 2), &data));
    StreamPair pair;
    ASSERT_EQ(0, WSACleanup());
    pair.Send("still there");
    Poll poll;
    ASSERT_OK(poll.Register(pair.source(), kOne, MIO_READABLE));
    EXPECT_TRUE(poll.WaitReadable(kOne).readable);
    EXPECT_EQ("still there", pair.Drain());
  }
}

TEST(Winsock, StartsOnceFromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      UdpSocket socket;
      const mio_addr addr = mio_addr_loopback_v4(0);
      EXPECT_OK(mio_udp_socket_bind(&socket, &addr));
    });
  }
  for (std::thread &thread : threads) thread.join();
}

TEST(Winsock, OnlySocketsAreAdopted) {
  const auto as_handle = [](HANDLE handle) { return reinterpret_cast<mio_handle>(handle); };
  HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  HANDLE read_end = nullptr, write_end = nullptr;
  ASSERT_TRUE(CreatePipe(&read_end, &write_end, nullptr, 0));
  const mio_handle file = NoSocket();
  for (const mio_handle handle :
       {as_handle(event), as_handle(port), as_handle(read_end), file, StaleHandle(), mio_handle{0},
        as_handle(GetCurrentProcess()), MIO_HANDLE_NONE}) {
    TcpStream stream;
    TcpListener listener;
    UdpSocket udp;
    EXPECT_ERROR(mio_tcp_stream_adopt(&stream, handle), MIO_ERROR_INVALID_INPUT) << handle;
    EXPECT_ERROR(mio_tcp_listener_adopt(&listener, handle), MIO_ERROR_INVALID_INPUT) << handle;
    EXPECT_ERROR(mio_udp_socket_adopt(&udp, handle), MIO_ERROR_INVALID_INPUT) << handle;
    EXPECT_FALSE(mio_source_is_open(&stream->source));
  }
  for (HANDLE handle : {event, port, read_end, write_end}) {
    EXPECT_TRUE(::CloseHandle(handle)) << "it was left alone";
  }
  CloseHandle(file);
}

// The system calls it an error, WSAEMSGSIZE, and has filled the room; here it counts as received, as
// on Unix, with the sender's address.
TEST(Winsock, ACutDatagramCounts) {
  UdpSocket sender, receiver;
  mio_addr addr = mio_addr_loopback_v4(0), sender_addr = {}, from = {};
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_udp_socket_bind(&sender, &addr));
  ASSERT_OK(mio_udp_socket_local_addr(&sender, &sender_addr));
  ASSERT_OK(mio_udp_socket_bind(&receiver, &addr));
  ASSERT_OK(mio_udp_socket_local_addr(&receiver, &addr));
  ASSERT_OK(mio_udp_socket_handle(&receiver, &handle));
  Poll poll;
  ASSERT_OK(poll.Register(&receiver->source, kOne, MIO_READABLE));
  ASSERT_EQ(8, mio_udp_socket_send_to(&sender, "datagram", 8, &addr));
  ASSERT_TRUE(poll.WaitReadable(kOne).readable);

  char room[4] = {};
  EXPECT_EQ(-1, recv(static_cast<SOCKET>(handle), room, sizeof room, MSG_PEEK));
  EXPECT_EQ(WSAEMSGSIZE, WSAGetLastError());
  EXPECT_EQ(4, mio_udp_socket_peek_from(&receiver, room, sizeof room, &from));
  EXPECT_EQ(ToString(sender_addr), ToString(from));
  from = {};
  const mio_iovec parts[] = {{room, 1}, {room + 1, 2}};
  EXPECT_EQ(3, mio_udp_socket_recv_from_vectored(&receiver, parts, 2, &from));
  EXPECT_EQ(ToString(sender_addr), ToString(from));
  EXPECT_EQ("dat", std::string(room, 3));
  EXPECT_ERROR(mio_udp_socket_recv(&receiver, room, sizeof room), MIO_ERROR_WOULD_BLOCK)
      << "the rest is gone";
}

// Windows would let a receive fail because of a datagram that was sent to somebody else, and had
// nobody there to take it.
TEST(Winsock, OneWhoIsNotThereIsNoErrorForOthers) {
  UdpSocket socket, friendly;
  mio_addr any_port = mio_addr_loopback_v4(0), gone = {}, addr = {};
  {
    UdpSocket closed;
    ASSERT_OK(mio_udp_socket_bind(&closed, &any_port));
    ASSERT_OK(mio_udp_socket_local_addr(&closed, &gone));
  }
  ASSERT_OK(mio_udp_socket_bind(&socket, &any_port));
  ASSERT_OK(mio_udp_socket_bind(&friendly, &any_port));
  ASSERT_OK(mio_udp_socket_local_addr(&socket, &addr));
  ASSERT_EQ(1, mio_udp_socket_send_to(&socket, "x", 1, &gone));
  ASSERT_EQ(1, mio_udp_socket_send_to(&friendly, "y", 1, &addr));
  Poll poll;
  ASSERT_OK(poll.Register(&socket->source, kOne, MIO_READABLE));
  ASSERT_TRUE(poll.WaitReadable(kOne).readable);
  char byte = 0;
  EXPECT_EQ(1, mio_udp_socket_recv(&socket, &byte, 1));
  EXPECT_EQ('y', byte);
}

// Before a stream is writable its settings may be refused, but not believed and then lost.
TEST(Winsock, SettingsBeforeAndAfterAStreamIsWritable) {
  Poll poll;
  TcpListener listener;
  TcpStream stream;
  const mio_addr addr = Listen(&listener);
  bool on = false;
  uint32_t ttl = 0;
  ASSERT_OK(mio_tcp_stream_connect(&stream, &addr));
  const int early_nodelay = mio_tcp_stream_set_nodelay(&stream, true);
  const int early_ttl = mio_tcp_stream_set_ttl(&stream, 77);
  ASSERT_OK(poll.Register(&stream->source, kOne, MIO_WRITABLE));
  ASSERT_TRUE(poll.WaitWritable(kOne).writable);
  ASSERT_OK(mio_tcp_stream_nodelay(&stream, &on));
  EXPECT_EQ(early_nodelay == 0, on);
  ASSERT_OK(mio_tcp_stream_ttl(&stream, &ttl));
  EXPECT_EQ(early_ttl == 0, ttl == 77);
  ASSERT_OK(mio_tcp_stream_set_nodelay(&stream, true));
  ASSERT_OK(mio_tcp_stream_set_ttl(&stream, 78));
  ASSERT_OK(mio_tcp_stream_nodelay(&stream, &on));
  ASSERT_OK(mio_tcp_stream_ttl(&stream, &ttl));
  EXPECT_TRUE(on);
  EXPECT_EQ(78u, ttl);
}

TEST(Winsock, LingerIsSixteenBits) {
  StreamPair pair;
  int seconds = 0;
  ASSERT_OK(mio_tcp_stream_set_linger(pair.ours(), 65535));
  ASSERT_OK(mio_tcp_stream_linger(pair.ours(), &seconds));
  EXPECT_EQ(65535, seconds);
  EXPECT_ERROR(mio_tcp_stream_set_linger(pair.ours(), 65536), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(mio_tcp_stream_set_linger(pair.ours(), 0));
}

// SO_REUSEADDR would take a port away from who has it, so a listener does not set it, and neither
// does it mean what SO_REUSEPORT means elsewhere.
TEST(Winsock, PortsAreNotShared) {
  TcpListener first, second;
  UdpSocket udp;
  const mio_addr addr = Listen(&first), any_port = mio_addr_loopback_v4(0);
  mio_tcp_listener_options spread = {};
  spread.reuse_port = true;
  mio_udp_socket_options spread_udp = {};
  spread_udp.reuse_port = true;
  EXPECT_ERROR(mio_tcp_listener_bind(&second, &addr), MIO_ERROR_ADDR_IN_USE);
  EXPECT_ERROR(mio_tcp_listener_bind_with(&second, &any_port, &spread), MIO_ERROR_UNSUPPORTED);
  EXPECT_ERROR(mio_udp_socket_bind_with(&udp, &any_port, &spread_udp), MIO_ERROR_UNSUPPORTED);
}

TEST(Winsock, ReadingAfterShutdownIsTheEnd) {
  StreamPair pair;
  char bytes[2] = {};
  const mio_iovec parts[] = {{bytes, 1}, {bytes + 1, 1}};
  ASSERT_OK(mio_tcp_stream_shutdown(pair.ours(), MIO_SHUTDOWN_READ));
  EXPECT_EQ(0, mio_tcp_stream_read(pair.ours(), bytes, 1));
  EXPECT_EQ(0, mio_tcp_stream_readv(pair.ours(), parts, 2));
  EXPECT_EQ(0, mio_tcp_stream_peek(pair.ours(), bytes, 1));
}

}  // namespace
}  // namespace mio_test
