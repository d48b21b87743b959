#include "testing/net_util.h"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <utility>

namespace mio_test {

std::string ToString(const mio_addr &addr) {
  char text[MIO_ADDR_FORMAT_MAX];
  mio_addr_format(&addr, text, sizeof text);
  return text;
}

std::string ToString(const mio_unix_addr &addr) {
  char text[MIO_UNIX_ADDR_FORMAT_MAX];
  mio_unix_addr_format(&addr, text, sizeof text);
  return text;
}

mio_addr Addr(const char *text) {
  mio_addr addr = {};
  EXPECT_OK(mio_addr_parse(text, &addr)) << text;
  return addr;
}

bool HasIpv6() {
  UdpSocket probe;
  const mio_addr addr = mio_addr_loopback_v6(0);
  return mio_udp_socket_bind(&probe, &addr) == 0;
}

mio_addr Listen(mio_tcp_listener *listener) {
  mio_addr addr = mio_addr_loopback_v4(0);
  EXPECT_OK(mio_tcp_listener_bind(listener, &addr));
  EXPECT_OK(mio_tcp_listener_local_addr(listener, &addr));
  return addr;
}

namespace {

// Waits for the connection that `client` has begun, on both sides.
template <typename Listener, typename Stream>
int Finish(Listener *listener, Stream *client, Stream *server,
           int (*accept)(Listener *, Stream *)) {
  enum { kListener, kClient };
  Poll poll;
  int result = poll.Register(&listener->source, kListener, MIO_READABLE);
  if (result == 0) result = poll.Register(&client->source, kClient, MIO_WRITABLE);
  if (result < 0) return result;
  poll.WaitReadable(kListener);
  poll.WaitWritable(kClient);
  result = accept(listener, server);
  return result < 0 ? result : poll.Deregister(&client->source);
}

}  // namespace

int ConnectTcp(mio_tcp_stream *client, mio_tcp_stream *server) {
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  const int result = mio_tcp_stream_connect(client, &addr);
  if (result < 0) return result;
  return Finish<mio_tcp_listener, mio_tcp_stream>(
      &listener, client, server, [](mio_tcp_listener *from, mio_tcp_stream *to) {
        return mio_tcp_listener_accept(from, to, nullptr);
      });
}

int ConnectUnix(mio_unix_stream *client, mio_unix_stream *server) {
  int result = mio_unix_stream_pair(client, server);
  if (!IsUnsupported(result)) return result;
  TempFolder folder;
  UnixListener listener;
  const std::string path = folder.Path("pair");
  result = mio_unix_listener_bind(&listener, path.c_str());
  if (result == 0) result = mio_unix_stream_connect(client, path.c_str());
  if (result < 0) return result;
  return Finish<mio_unix_listener, mio_unix_stream>(
      &listener, client, server, [](mio_unix_listener *from, mio_unix_stream *to) {
        return mio_unix_listener_accept(from, to, nullptr);
      });
}

// Both types are their source, and this one is not registered.
void DressAsTcp(mio_unix_stream *from, mio_tcp_stream *to) {
  to->source = from->source;
  from->source = mio_source{};
}

int ConnectLocal(mio_tcp_stream *client, mio_tcp_stream *server) {
  UnixStream a, b;
  int result = mio_unix_stream_pair(&a, &b);
  if (IsUnsupported(result)) {
    result = ConnectTcp(client, server);
    // A small write is not to wait for the acknowledgement of the one before.
    if (result == 0) result = mio_tcp_stream_set_nodelay(client, true);
    return result < 0 ? result : mio_tcp_stream_set_nodelay(server, true);
  }
  if (result < 0) return result;
  DressAsTcp(&a, client);
  DressAsTcp(&b, server);
  return 0;
}

int ConnectUdp(mio_udp_socket *a, mio_udp_socket *b) {
  const mio_addr any_port = mio_addr_loopback_v4(0);
  mio_addr a_addr = {}, b_addr = {};
  int result = mio_udp_socket_bind(a, &any_port);
  if (result == 0) result = mio_udp_socket_bind(b, &any_port);
  if (result == 0) result = mio_udp_socket_local_addr(a, &a_addr);
  if (result == 0) result = mio_udp_socket_local_addr(b, &b_addr);
  if (result == 0) result = mio_udp_socket_connect(a, &b_addr);
  if (result == 0) result = mio_udp_socket_connect(b, &a_addr);
  return result;
}

// A test runner's own folder may be too long for the path of a Unix socket.
TempFolder::TempFolder() {
  constexpr size_t kLongest = 60;
  const char *given = std::getenv("TEST_TMPDIR");
  std::filesystem::path base = given == nullptr ? "" : given;
  if (base.empty() || base.string().size() > kLongest) {
    base = std::filesystem::temp_directory_path();
  }
  if (base.string().size() > kLongest) base = "/tmp";
  std::random_device random;
  do {
    folder_ = (base / ("mio" + std::to_string(random()))).generic_string();
  } while (!std::filesystem::create_directory(folder_));
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace mio_test
