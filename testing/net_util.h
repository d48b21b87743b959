#ifndef TESTING_NET_UTIL_H_
#define TESTING_NET_UTIL_H_

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "mio/net/addr.h"
#include "mio/net/tcp_listener.h"
#include "mio/net/tcp_stream.h"
#include "mio/net/udp_socket.h"
#include "mio/net/unix_addr.h"
#include "mio/net/unix_datagram.h"
#include "mio/net/unix_listener.h"
#include "mio/net/unix_stream.h"
#include "testing/util.h"

// What the suites of sockets need beyond testing/util.h. All traffic stays on loopback.
namespace mio_test {

using TcpListener = Closing<mio_tcp_listener, mio_tcp_listener_close>;
using TcpStream = Closing<mio_tcp_stream, mio_tcp_stream_close>;
using UdpSocket = Closing<mio_udp_socket, mio_udp_socket_close>;
using UnixListener = Closing<mio_unix_listener, mio_unix_listener_close>;
using UnixStream = Closing<mio_unix_stream, mio_unix_stream_close>;
using UnixDatagram = Closing<mio_unix_datagram, mio_unix_datagram_close>;

// Skips the test where the system says that it has no such thing.
#define SKIP_IF_UNSUPPORTED(result)                              \
  do {                                                           \
    if (::mio_test::IsUnsupported(result)) {                     \
      GTEST_SKIP() << #result << ": unsupported on this system"; \
    }                                                            \
  } while (false)

// As text, for failure messages and comparisons.
std::string ToString(const mio_addr &addr);
std::string ToString(const mio_unix_addr &addr);

// The address of `text`, which has to be one.
mio_addr Addr(const char *text);

// False on a machine that has no IPv6, not even loopback.
bool HasIpv6();

// Makes a listener on loopback and tells where it listens.
mio_addr Listen(mio_tcp_listener *listener);

// Makes two TCP streams that are connected to each other.
int ConnectTcp(mio_tcp_stream *client, mio_tcp_stream *server);

// Makes two Unix streams that are connected to each other, also where there are no ready-made pairs.
int ConnectUnix(mio_unix_stream *client, mio_unix_stream *server);

// Makes two streams that are connected to each other by the cheapest way that the system has, for
// suites that do not look at what kind they are: Unix sockets in the dress of TCP's where there are
// any.
int ConnectLocal(mio_tcp_stream *client, mio_tcp_stream *server);

// Moves the handle of a Unix stream that is not registered to a closed mio_tcp_stream, which would not
// adopt it.
void DressAsTcp(mio_unix_stream *from, mio_tcp_stream *to);

// Makes two UDP sockets on loopback that are connected to each other.
int ConnectUdp(mio_udp_socket *a, mio_udp_socket *b);

// A folder of its own with a short name, removed with all that is in it at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder &) = delete;
  TempFolder &operator=(const TempFolder &) = delete;

  std::string Path(const std::string &name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

// What only the system can tell or do: net_util_unix.cc, net_util_windows.cc.

// Whether the loopback interface sends to 127.255.255.255, and to groups from a sender that is bound to
// 127.0.0.1. The BSDs and Apple's systems need another interface, or a route, for both.
bool LoopbackBroadcasts();

bool IsOpen(mio_handle handle);
bool IsNonBlocking(mio_handle handle);
bool IsInherited(mio_handle handle);
void SetBlocking(mio_handle handle);
void CloseHandle(mio_handle handle);

// Waits by other means than the library's until a read of the socket would not block.
void AwaitReadable(mio_handle socket);

// Another handle of the same open socket, not inherited.
mio_handle Duplicate(mio_handle handle);

// A number that no open handle of this process has.
mio_handle StaleHandle();

// An open handle that is no socket.
mio_handle NoSocket();

// A TCP socket, IPv6 or IPv4, neither bound nor connected; it blocks.
mio_handle RawTcp(bool v6);

// A Unix datagram socket, bound to a path that fills all the room there is, without a NUL; the name
// is in `folder`. Its length in bytes is written to `*path`.
mio_handle RawUnixFullPath(const TempFolder &folder, std::string *path);

// The number of the loopback interface.
uint32_t LoopbackIndex();

// Who this process is.
mio_unix_credentials OwnCredentials();

// Makes the queue of a listener as short as possible.
void ShortenBacklog(mio_handle listener);

}  // namespace mio_test

#endif  // TESTING_NET_UTIL_H_
