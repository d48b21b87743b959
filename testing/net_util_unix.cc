#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "testing/net_util.h"

namespace mio_test {

bool LoopbackBroadcasts() {
  utsname system;
  return uname(&system) >= 0 && std::string(system.sysname) == "Linux";
}

bool IsOpen(mio_handle handle) { return fcntl(handle, F_GETFD) >= 0; }

bool IsNonBlocking(mio_handle handle) { return (fcntl(handle, F_GETFL) & O_NONBLOCK) != 0; }

bool IsInherited(mio_handle handle) { return (fcntl(handle, F_GETFD) & FD_CLOEXEC) == 0; }

void SetBlocking(mio_handle handle) {
  EXPECT_EQ(0, fcntl(handle, F_SETFL, fcntl(handle, F_GETFL) & ~O_NONBLOCK));
}

void CloseHandle(mio_handle handle) { EXPECT_EQ(0, close(handle)); }

void AwaitReadable(mio_handle socket) {
  pollfd entry = {socket, POLLIN, 0};
  EXPECT_EQ(1, poll(&entry, 1, static_cast<int>(kLong / kMillisecond)));
}

mio_handle Duplicate(mio_handle handle) { return fcntl(handle, F_DUPFD_CLOEXEC, 0); }

// Far above what is ever opened here, so that nobody opens it meanwhile.
mio_handle StaleHandle() { return 1000000; }

mio_handle NoSocket() { return open("/dev/null", O_RDWR | O_CLOEXEC); }

mio_handle RawTcp(bool v6) { return socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0); }

mio_handle RawUnixFullPath(const TempFolder &folder, std::string *path) {
  sockaddr_un addr = {};
  *path = folder.Path("");
  path->resize(sizeof addr.sun_path, 'p');
  addr.sun_family = AF_UNIX;
  std::memcpy(addr.sun_path, path->data(), sizeof addr.sun_path);
  const mio_handle handle = socket(AF_UNIX, SOCK_DGRAM, 0);
  EXPECT_EQ(0, bind(handle, reinterpret_cast<sockaddr *>(&addr), sizeof addr)) << errno;
  return handle;
}

uint32_t LoopbackIndex() {
  const unsigned linux_name = if_nametoindex("lo");
  return linux_name != 0 ? linux_name : if_nametoindex("lo0");
}

mio_unix_credentials OwnCredentials() { return {geteuid(), getegid(), getpid()}; }

void ShortenBacklog(mio_handle listener) { EXPECT_EQ(0, listen(listener, 0)); }

}  // namespace mio_test
