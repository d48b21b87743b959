// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
// clang-format on

#include <thread>

#include "testing/net_util.h"

namespace mio_test {
namespace {

SOCKET SocketOf(mio_handle handle) { return static_cast<SOCKET>(handle); }

HANDLE HandleOf(mio_handle handle) { return reinterpret_cast<HANDLE>(handle); }

int Option(mio_handle handle, int name) {
  int value = 0, len = sizeof value;
  return getsockopt(SocketOf(handle), SOL_SOCKET, name, reinterpret_cast<char *>(&value), &len) == 0
             ? value
             : -1;
}

void SetReceiveTimeout(mio_handle handle, DWORD timeout_ms) {
  EXPECT_EQ(0, setsockopt(SocketOf(handle), SOL_SOCKET, SO_RCVTIMEO,
                          reinterpret_cast<const char *>(&timeout_ms), sizeof timeout_ms));
}

void AwaitConnected(mio_handle handle) {
  fd_set connected;
  FD_ZERO(&connected);
  FD_SET(SocketOf(handle), &connected);
  timeval timeout = {static_cast<long>(kLong / kSecond), 0};
  EXPECT_EQ(1, select(0, nullptr, &connected, nullptr, &timeout));
}

// A listener knows no time after which an accept gives up: it is another thread that blocks, or does
// not, and that is helped out of it by a client.
bool IsListenerNonBlocking(mio_handle handle) {
  int error = 0;
  HANDLE over = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  std::thread thread([&] {
    const SOCKET accepted = accept(SocketOf(handle), nullptr, nullptr);
    error = accepted == INVALID_SOCKET ? WSAGetLastError() : 0;
    if (accepted != INVALID_SOCKET) closesocket(accepted);
    SetEvent(over);
  });
  constexpr DWORD kBlockedMs = 2000;
  if (WaitForSingleObject(over, kBlockedMs) != WAIT_OBJECT_0) {
    sockaddr_storage addr = {};
    int len = sizeof addr;
    EXPECT_EQ(0, getsockname(SocketOf(handle), reinterpret_cast<sockaddr *>(&addr), &len));
    const SOCKET client = socket(addr.ss_family, SOCK_STREAM, 0);
    EXPECT_EQ(0, connect(client, reinterpret_cast<sockaddr *>(&addr), len));
    WaitForSingleObject(over, INFINITE);
    closesocket(client);
  }
  thread.join();
  ::CloseHandle(over);
  return error == WSAEWOULDBLOCK;
}

}  // namespace

bool LoopbackBroadcasts() { return true; }

bool IsOpen(mio_handle handle) {
  DWORD flags = 0;
  return GetHandleInformation(HandleOf(handle), &flags) != 0;
}

// Windows does not tell: a receive is given a moment, which one that does not block does not take.
bool IsNonBlocking(mio_handle handle) {
  if (Option(handle, SO_ACCEPTCONN) == 1) return IsListenerNonBlocking(handle);
  if (Option(handle, SO_TYPE) == SOCK_STREAM) AwaitConnected(handle);
  char byte;
  SetReceiveTimeout(handle, 1);
  const int received = recv(SocketOf(handle), &byte, 1, MSG_PEEK);
  const int error = received < 0 ? WSAGetLastError() : 0;
  SetReceiveTimeout(handle, 0);
  EXPECT_TRUE(error == WSAEWOULDBLOCK || error == WSAETIMEDOUT) << error;
  return error == WSAEWOULDBLOCK;
}

bool IsInherited(mio_handle handle) {
  DWORD flags = 0;
  EXPECT_TRUE(GetHandleInformation(HandleOf(handle), &flags));
  return (flags & HANDLE_FLAG_INHERIT) != 0;
}

void SetBlocking(mio_handle handle) {
  u_long off = 0;
  EXPECT_EQ(0, ioctlsocket(SocketOf(handle), static_cast<long>(FIONBIO), &off));
}

void CloseHandle(mio_handle handle) {
  if (Option(handle, SO_TYPE) >= 0) {
    EXPECT_EQ(0, closesocket(SocketOf(handle)));
  } else {
    EXPECT_TRUE(::CloseHandle(HandleOf(handle)));
  }
}

void AwaitReadable(mio_handle socket) {
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(SocketOf(socket), &readable);
  timeval timeout = {static_cast<long>(kLong / kSecond), 0};
  EXPECT_EQ(1, select(0, &readable, nullptr, nullptr, &timeout));
}

mio_handle Duplicate(mio_handle handle) {
  WSAPROTOCOL_INFOW info;
  EXPECT_EQ(0, WSADuplicateSocketW(SocketOf(handle), GetCurrentProcessId(), &info));
  return WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

// Far above what is ever opened here, so that nobody opens it meanwhile.
mio_handle StaleHandle() { return 4000000; }

mio_handle NoSocket() {
  return reinterpret_cast<mio_handle>(
      CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
}

mio_handle RawTcp(bool v6) {
  WSADATA data;
  EXPECT_EQ(0, WSAStartup(MAKEWORD(2, 2), &data));
  return socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
}

// There are no Unix datagrams.
mio_handle RawUnixFullPath(const TempFolder &, std::string *) { return MIO_HANDLE_NONE; }

uint32_t LoopbackIndex() {
  sockaddr_in loopback = {};
  DWORD index = 0;
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const DWORD error = GetBestInterfaceEx(reinterpret_cast<sockaddr *>(&loopback), &index);
  // Wine has no routes without its network service. Loopback is the first interface there too.
  if (UnderWine() && error == ERROR_FILE_NOT_FOUND) return 1;
  EXPECT_EQ(static_cast<DWORD>(NO_ERROR), error);
  return index;
}

// Nobody is told by such numbers.
mio_unix_credentials OwnCredentials() { return {0, 0, -1}; }

void ShortenBacklog(mio_handle listener) { EXPECT_EQ(0, listen(SocketOf(listener), 0)); }

}  // namespace mio_test
