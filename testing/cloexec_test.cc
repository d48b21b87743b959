// Every handle that the library makes is non-blocking and closed on exec: asked of the system, and
// seen in a child after fork and exec.

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using PipeSender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using PipeReceiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

constexpr char kHandlesVariable[] = "MIO_CLOEXEC_TEST_HANDLES";
constexpr int kExecFailed = 255;

// The other side of CountInherited: this program again, before main, with handles to look for. Its
// exit code is how many of them are open.
const bool is_parent = [] {
  const char *handles = getenv(kHandlesVariable);
  if (handles == nullptr) return true;
  int open = 0;
  while (*handles != '\0') {
    char *end;
    const long handle = strtol(handles, &end, 10);
    if (fcntl(static_cast<int>(handle), F_GETFD) >= 0) ++open;
    handles = *end == ',' ? end + 1 : end;
  }
  _exit(open);
}();

// How many of `handles` a program that is started now finds open.
int CountInherited(const std::vector<int> &handles) {
  std::string list;
  for (const int handle : handles) list += std::to_string(handle) + ",";
  if (!list.empty()) list.pop_back();
  const std::string variable = std::string(kHandlesVariable) + "=" + list;
  char name[] = "/proc/self/exe";
  char *arguments[] = {name, nullptr, nullptr};
  // Under an emulator that file is the emulator's, or the kernel cannot run it.
  char itself[4096] = {};
  if (char *emulator = getenv("MIO_EMULATOR")) {
    EXPECT_GT(readlink(name, itself, sizeof itself - 1), 0);
    arguments[0] = emulator;
    arguments[1] = itself;
  }
  std::vector<char *> environment;
  for (char **entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(const_cast<char *>(variable.c_str()));
  environment.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    execve(arguments[0], arguments, environment.data());
    _exit(kExecFailed);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Cloexec : public ::testing::Test {
 protected:
  // Looks at whatever was opened since the test began.
  void ExpectAllPrivate(size_t at_least) {
    std::vector<int> made;
    for (const int handle : OpenDescriptors()) {
      if (!std::binary_search(before_.begin(), before_.end(), handle)) made.push_back(handle);
    }
    EXPECT_GE(made.size(), at_least);
    for (const int handle : made) {
      EXPECT_NE(fcntl(handle, F_GETFD) & FD_CLOEXEC, 0) << "handle " << handle << " is inherited";
    }
    EXPECT_EQ(CountInherited(made), 0);
  }

  template <typename T>
  static void ExpectNonblocking(T &object) {
    const int handle = object->source.native.handle;
    EXPECT_NE(fcntl(handle, F_GETFL) & O_NONBLOCK, 0) << "handle " << handle << " blocks";
  }

  const std::vector<int> before_ = OpenDescriptors();
};

// The control: what is not marked is seen in the child.
TEST_F(Cloexec, InheritedHandleIsSeen) {
  ASSERT_TRUE(is_parent);
  const int handle = dup(STDERR_FILENO);
  ASSERT_GE(handle, 0);
  EXPECT_EQ(CountInherited({handle}), 1);
  ASSERT_EQ(fcntl(handle, F_SETFD, FD_CLOEXEC), 0);
  EXPECT_EQ(CountInherited({handle}), 0);
  close(handle);
}

TEST_F(Cloexec, Poll) {
  Poll poll;
  Waker waker;
  Registry clone;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 1));
  ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
  ExpectAllPrivate(1);
  // A wait with timeout 0 must never block, so the poll's own handles need no flag for that; the
  // waker's do, or a thread that wakes could hang.
  for (const int handle : OpenDescriptors()) {
    char target[64] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(handle);
    if (std::binary_search(before_.begin(), before_.end(), handle)) continue;
    if (readlink(link.c_str(), target, sizeof target - 1) < 0) continue;
    if (std::string(target) == "anon_inode:[eventpoll]") continue;
    EXPECT_NE(fcntl(handle, F_GETFL) & O_NONBLOCK, 0) << target << " blocks";
  }
}

TEST_F(Cloexec, Tcp) {
  TcpListener listener;
  mio_addr addr = mio_addr_loopback_v4(0);
  TcpStream client, server;
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  {
    Poll poll;
    ASSERT_OK(poll.Register(&listener->source, 1, MIO_READABLE));
    ASSERT_TRUE(poll.WaitReadable(1).readable);
    ASSERT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
  }
  ExpectNonblocking(listener);
  ExpectNonblocking(client);
  ExpectNonblocking(server);
  ExpectAllPrivate(3);
}

TEST_F(Cloexec, Udp) {
  UdpSocket socket;
  const mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_udp_socket_bind(&socket, &addr));
  ExpectNonblocking(socket);
  ExpectAllPrivate(1);
}

TEST_F(Cloexec, Unix) {
  UnixListener listener;
  UnixStream client, server, a, b;
  UnixDatagram bound, unbound, c, d;
  mio_unix_addr addr = {};
  ASSERT_OK(mio_unix_listener_bind_addr(&listener, &addr));
  ASSERT_OK(mio_unix_listener_local_addr(&listener, &addr));
  ASSERT_OK(mio_unix_stream_connect_addr(&client, &addr));
  ASSERT_OK(mio_unix_listener_accept(&listener, &server, nullptr));
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  addr = {};
  ASSERT_OK(mio_unix_datagram_bind_addr(&bound, &addr));
  ASSERT_OK(mio_unix_datagram_unbound(&unbound));
  ASSERT_OK(mio_unix_datagram_pair(&c, &d));
  ExpectNonblocking(listener);
  ExpectNonblocking(client);
  ExpectNonblocking(server);
  ExpectNonblocking(a);
  ExpectNonblocking(b);
  ExpectNonblocking(bound);
  ExpectNonblocking(unbound);
  ExpectNonblocking(c);
  ExpectNonblocking(d);
  ExpectAllPrivate(9);
}

TEST_F(Cloexec, Pipe) {
  PipeSender sender;
  PipeReceiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ExpectNonblocking(sender);
  ExpectNonblocking(receiver);
  ExpectAllPrivate(2);
}

// Adopted handles become non-blocking; whether a child inherits them stays as the program chose.
TEST_F(Cloexec, AdoptedHandle) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  PipeSender sender;
  PipeReceiver receiver;
  ASSERT_OK(mio_pipe_receiver_adopt(&receiver, ends[0]));
  ASSERT_OK(mio_pipe_sender_adopt(&sender, ends[1]));
  ExpectNonblocking(sender);
  ExpectNonblocking(receiver);
  EXPECT_EQ(CountInherited({ends[0], ends[1]}), 2);
}

}  // namespace
}  // namespace mio_test
