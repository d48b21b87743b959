#ifndef TESTING_WINDOWS_RAW_SOCKET_H_
#define TESTING_WINDOWS_RAW_SOCKET_H_

#include <winsock2.h>
#include <ws2tcpip.h>

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "mio/windows/socket.h"
#include "testing/util.h"

// Sockets made by Winsock itself, as another library's would be. All traffic stays on loopback.
namespace mio_test {

using SocketSource = Closing<mio_windows_socket, mio_windows_socket_close>;

// Starts Winsock for this process.
inline void StartWinsock() {
  static const int result = [] {
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data);
  }();
  EXPECT_EQ(0, result);
}

// A SOCKET that is closed at the end.
class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(SOCKET socket) : socket_(socket) {}
  RawSocket(int type, int protocol) {
    StartWinsock();
    socket_ = ::socket(AF_INET, type, protocol);
    EXPECT_NE(INVALID_SOCKET, socket_) << WSAGetLastError();
  }
  ~RawSocket() { Close(); }
  RawSocket(RawSocket &&other) noexcept : socket_(other.socket_) { other.socket_ = INVALID_SOCKET; }
  RawSocket &operator=(RawSocket &&other) noexcept {
    Close();
    socket_ = other.socket_;
    other.socket_ = INVALID_SOCKET;
    return *this;
  }

  void Close() {
    if (socket_ != INVALID_SOCKET) {
      EXPECT_EQ(0, closesocket(socket_));
    }
    socket_ = INVALID_SOCKET;
  }

  SOCKET get() const { return socket_; }
  mio_handle handle() const { return static_cast<mio_handle>(socket_); }

  void SetNonBlocking() const {
    u_long on = 1;
    EXPECT_EQ(0, ioctlsocket(socket_, FIONBIO, &on));
  }

  // Binds to loopback and tells where.
  sockaddr_in Bind() const {
    sockaddr_in addr = {};
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int len = sizeof addr;
    EXPECT_EQ(0, bind(socket_, reinterpret_cast<sockaddr *>(&addr), len));
    EXPECT_EQ(0, getsockname(socket_, reinterpret_cast<sockaddr *>(&addr), &len));
    return addr;
  }

  int Connect(const sockaddr_in &addr) const {
    return connect(socket_, reinterpret_cast<const sockaddr *>(&addr), sizeof addr);
  }

  void Send(const std::string &bytes = "x") const {
    EXPECT_EQ(static_cast<int>(bytes.size()),
              send(socket_, bytes.data(), static_cast<int>(bytes.size()), 0));
  }

  void SendTo(const sockaddr_in &addr) const {
    EXPECT_EQ(1,
              sendto(socket_, "x", 1, 0, reinterpret_cast<const sockaddr *>(&addr), sizeof addr));
  }

  // What there is to read; empty if it would block or is at its end.
  std::string Receive() const {
    char buffer[256];
    const int got = recv(socket_, buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }

  // Closing it throws the connection away.
  void Reset() {
    linger off = {};
    off.l_onoff = 1;
    EXPECT_EQ(
        0, setsockopt(socket_, SOL_SOCKET, SO_LINGER, reinterpret_cast<char *>(&off), sizeof off));
    Close();
  }

 private:
  SOCKET socket_ = INVALID_SOCKET;
};

inline RawSocket RawTcpSocket() { return RawSocket(SOCK_STREAM, IPPROTO_TCP); }
inline RawSocket RawUdpSocket() { return RawSocket(SOCK_DGRAM, IPPROTO_UDP); }

// Two connected TCP sockets; `ours` does not block.
struct RawPair {
  RawPair() {
    RawSocket listener = RawTcpSocket();
    const sockaddr_in addr = listener.Bind();
    EXPECT_EQ(0, listen(listener.get(), 1));
    theirs = RawTcpSocket();
    EXPECT_EQ(0, theirs.Connect(addr));
    const SOCKET accepted = accept(listener.get(), nullptr, nullptr);
    EXPECT_NE(INVALID_SOCKET, accepted);
    ours = RawSocket(accepted);
    ours.SetNonBlocking();
  }

  RawSocket ours, theirs;
};

}  // namespace mio_test

#endif  // TESTING_WINDOWS_RAW_SOCKET_H_
