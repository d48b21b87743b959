// The examples, run as processes: those that end by themselves to their end, and the servers against
// clients of ours.

#include <string>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/runfile.h"
#include "testing/subprocess.h"

namespace mio_test {
namespace {

enum : mio_token { kClient = 1 };

// The address that a server prints on its first line.
mio_addr BoundAddress(Subprocess *server) {
  const std::string line = server->ReadLine();
  const std::string prefix = "listening on ";
  EXPECT_EQ(prefix, line.substr(0, prefix.size()));
  return Addr(line.size() > prefix.size() ? line.substr(prefix.size()).c_str() : "");
}

class Ends : public ::testing::TestWithParam<const char *> {};

TEST_P(Ends, ByItselfAndWithSuccess) {
  Subprocess program({Runfile(std::string("mio/examples/") + GetParam())});
  EXPECT_NE("", program.ReadAll());
  EXPECT_EQ(0, program.Wait());
}

INSTANTIATE_TEST_SUITE_P(Examples, Ends, ::testing::Values("quickstart", "custom_source", "waker"),
                         [](const auto &program) { return std::string(program.param); });

TEST(Examples, TcpServerSendsBackWhatItGets) {
  Subprocess server({Runfile("mio/examples/tcp_server")});
  const mio_addr addr = BoundAddress(&server);
  Poll poll;
  for (int round = 0; round < 3; ++round) {
    TcpStream client;
    ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
    ASSERT_OK(poll.Register(&client->source, kClient, MIO_READABLE | MIO_WRITABLE));
    ASSERT_TRUE(poll.WaitWritable(kClient).writable);
    std::string sent(300000, '\0'), received;
    for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 + i / 257);
    size_t written = 0;
    while (received.size() < sent.size()) {
      char block[8192];
      ptrdiff_t moved = 0;
      while (written < sent.size() &&
             (moved = mio_tcp_stream_write(&client, &sent[written], sent.size() - written)) > 0) {
        written += static_cast<size_t>(moved);
      }
      while ((moved = mio_tcp_stream_read(&client, block, sizeof block)) > 0) {
        received.append(block, static_cast<size_t>(moved));
      }
      ASSERT_ERROR(moved, MIO_ERROR_WOULD_BLOCK);
      if (received.size() < sent.size()) {
        ASSERT_OK(poll.Wait());
        ASSERT_FALSE(mio_events_is_empty(poll.events())) << received.size();
      }
    }
    EXPECT_TRUE(sent == received);
    ASSERT_OK(mio_tcp_stream_shutdown(&client, MIO_SHUTDOWN_WRITE));
    char byte = 0;
    ptrdiff_t end = mio_tcp_stream_read(&client, &byte, 1);
    while (mio_error_kind(end) == MIO_ERROR_WOULD_BLOCK && poll.WaitReadable(kClient).readable) {
      end = mio_tcp_stream_read(&client, &byte, 1);
    }
    EXPECT_EQ(0, end) << "the server closes after the client";
  }
}

TEST(Examples, UdpServerSendsBackWhatItGets) {
  Subprocess server({Runfile("mio/examples/udp_server")});
  const mio_addr addr = BoundAddress(&server), any_port = mio_addr_loopback_v4(0);
  UdpSocket client;
  Poll poll;
  ASSERT_OK(mio_udp_socket_bind(&client, &any_port));
  ASSERT_OK(poll.Register(&client->source, kClient, MIO_READABLE));
  for (const std::string &text : {std::string("one"), std::string(), std::string(1000, 'x')}) {
    char buffer[2000];
    mio_addr from = {};
    ASSERT_EQ(static_cast<ptrdiff_t>(text.size()),
              mio_udp_socket_send_to(&client, text.data(), text.size(), &addr));
    ASSERT_TRUE(poll.WaitReadable(kClient).readable);
    const ptrdiff_t got = mio_udp_socket_recv_from(&client, buffer, sizeof buffer, &from);
    ASSERT_OK(got);
    EXPECT_EQ(text, std::string(buffer, static_cast<size_t>(got)));
    EXPECT_EQ(ToString(addr), ToString(from));
    EXPECT_ERROR(mio_udp_socket_recv(&client, buffer, 1), MIO_ERROR_WOULD_BLOCK);
  }
}

TEST(Examples, WhatIsNoAddressIsRefused) {
  for (const char *name : {"tcp_server", "udp_server"}) {
    Subprocess server({Runfile(std::string("mio/examples/") + name), "localhost:http"});
    EXPECT_NE(0, server.Wait()) << name;
  }
}

}  // namespace
}  // namespace mio_test
