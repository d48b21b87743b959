// Bugs that event libraries have shipped, each with a test that it is not here: those that need what
// only a Unix has. The others are in regressions_test.cc.

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo, kThree, kWake };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

struct Pipe {
  Pipe() { EXPECT_OK(mio_pipe_pair(&sender, &receiver)); }
  void Write() { EXPECT_EQ(1, mio_pipe_sender_write(&sender, "x", 1)); }
  ptrdiff_t Read() {
    char byte = 0;
    return mio_pipe_receiver_read(&receiver, &byte, 1);
  }
  mio_source *source() { return &receiver->source; }

  Sender sender;
  Receiver receiver;
};

struct TcpPair {
  TcpPair() { EXPECT_OK(ConnectTcp(&client, &server)); }
  TcpStream client, server;
};

// The open ones among the handles below a number that no test here reaches.
std::set<mio_handle> OpenHandles() {
  constexpr mio_handle kEnough = 512;
  std::set<mio_handle> open;
  for (mio_handle handle = 0; handle < kEnough; ++handle) {
    if (IsOpen(handle)) open.insert(handle);
  }
  return open;
}

// While it lives, the process can open so many handles and no more.
class HandleLimit {
 public:
  explicit HandleLimit(rlim_t limit) {
    EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &before_));
    rlimit now = before_;
    now.rlim_cur = limit;
    EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &now));
  }
  ~HandleLimit() { EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &before_)); }

 private:
  rlimit before_ = {};
};

// Handles.

TEST(RegressionsUnix, NothingIsInherited) {
  const std::set<mio_handle> before = OpenHandles();
  Poll poll;
  Registry clone;
  Waker waker;
  Pipe pipe;
  TcpPair tcp;
  UnixStream a, b;
  ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
  ASSERT_OK(mio_waker_init(&waker, &clone, kWake));
  ASSERT_OK(ConnectUnix(&a, &b));
  size_t made = 0;
  for (const mio_handle handle : OpenHandles()) {
    if (before.count(handle) != 0) continue;
    EXPECT_FALSE(IsInherited(handle)) << handle;
    ++made;
  }
  EXPECT_GE(made, 7u) << "a poll's, a pipe's two, and of two pairs of streams";
}

// Constructs `T` with room for no handle more, for one more, and so on, until it succeeds.
template <typename T>
void ExpectNothingLeaks(int (*construct)(T *), void (*close)(T *)) {
  const std::set<mio_handle> before = OpenHandles();
  int result = -1;
  for (rlim_t room = 0; result < 0 && room < 16; ++room) {
    T object = {};
    {
      const HandleLimit limit(static_cast<rlim_t>(*before.rbegin()) + 1 + room);
      result = construct(&object);
    }
    if (result < 0) {
      EXPECT_ERROR(result, MIO_ERROR_TOO_MANY_FILES);
      EXPECT_EQ(before, OpenHandles()) << "with room for " << room;
    }
    close(&object);
    EXPECT_EQ(before, OpenHandles());
  }
  EXPECT_OK(result);
}

struct Pair {
  mio_pipe_sender sender;
  mio_pipe_receiver receiver;
};

TEST(RegressionsUnix, ConstructorsThatFailKeepNoHandle) {
  // Handles below the highest that are free would be room too.
  std::vector<mio_handle> fill;
  for (mio_handle top = *OpenHandles().rbegin();;) {
    const mio_handle handle = NoSocket();
    if (handle > top) {
      CloseHandle(handle);
      break;
    }
    fill.push_back(handle);
  }
  ExpectNothingLeaks<mio_poll>([](mio_poll *poll) { return mio_poll_init(poll, nullptr); },
                               mio_poll_close);
  ExpectNothingLeaks<Pair>([](Pair *pair) { return mio_pipe_pair(&pair->sender, &pair->receiver); },
                           [](Pair *pair) {
                             mio_pipe_sender_close(&pair->sender);
                             mio_pipe_receiver_close(&pair->receiver);
                           });
  ExpectNothingLeaks<mio_tcp_listener>(
      [](mio_tcp_listener *listener) {
        const mio_addr addr = mio_addr_loopback_v4(0);
        return mio_tcp_listener_bind(listener, &addr);
      },
      mio_tcp_listener_close);
  for (const mio_handle handle : fill) CloseHandle(handle);
}

TEST(RegressionsUnix, ConstructorsThatFailLateKeepNoHandle) {
  const std::set<mio_handle> before = OpenHandles();
  mio_unix_listener unix_listener = {};
  mio_unix_stream unix_stream = {};
  TempFolder folder;
  const std::string nowhere = folder.Path("no/such");
  EXPECT_ERROR(mio_unix_listener_bind(&unix_listener, nowhere.c_str()), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_unix_stream_connect(&unix_stream, nowhere.c_str()), MIO_ERROR_NOT_FOUND);
  EXPECT_EQ(before, OpenHandles());
}

// Addresses.

TEST(RegressionsUnix, UnnamedUnixPeersAreUnnamed) {
  TempFolder folder;
  UnixListener listener;
  UnixStream client, server;
  UnixDatagram receiver, sender;
  mio_unix_addr from = {};
  const std::string path = folder.Path("listener"), box = folder.Path("box");
  ASSERT_OK(mio_unix_listener_bind(&listener, path.c_str()));
  ASSERT_OK(mio_unix_stream_connect(&client, path.c_str()));
  Poll poll;
  ASSERT_OK(poll.Register(&listener->source, kOne, MIO_READABLE));
  ASSERT_TRUE(poll.WaitReadable(kOne).readable);
  ASSERT_OK(mio_unix_addr_from_path("stale", &from));
  ASSERT_OK(mio_unix_listener_accept(&listener, &server, &from));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&from)) << ToString(from);
  ASSERT_OK(mio_unix_stream_local_addr(&client, &from));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&from)) << ToString(from);

  ASSERT_OK(mio_unix_datagram_bind(&receiver, box.c_str()));
  ASSERT_OK(mio_unix_datagram_unbound(&sender));
  ASSERT_EQ(1, mio_unix_datagram_send_to(&sender, "x", 1, box.c_str()));
  ASSERT_OK(poll.Register(&receiver->source, kTwo, MIO_READABLE));
  ASSERT_TRUE(poll.WaitReadable(kTwo).readable);
  char byte = 0;
  ASSERT_OK(mio_unix_addr_from_path("stale", &from));
  ASSERT_EQ(1, mio_unix_datagram_recv_from(&receiver, &byte, 1, &from));
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&from)) << ToString(from);
}

TEST(RegressionsUnix, UnixPathsHaveNoNulAndMayLackOne) {
  TempFolder folder;
  UnixListener listener;
  UnixDatagram full;
  mio_unix_addr addr = {}, expected = {};
  std::string path = folder.Path("listener");
  ASSERT_OK(mio_unix_listener_bind(&listener, path.c_str()));
  ASSERT_OK(mio_unix_listener_local_addr(&listener, &addr));
  ASSERT_OK(mio_unix_addr_from_path(path.c_str(), &expected));
  EXPECT_TRUE(mio_unix_addr_equal(&expected, &addr)) << ToString(addr);

  const mio_handle handle = RawUnixFullPath(folder, &path);
  ASSERT_OK(mio_unix_datagram_adopt(&full, handle));
  ASSERT_OK(mio_unix_datagram_local_addr(&full, &addr));
  ASSERT_NE(nullptr, mio_unix_addr_path(&addr));
  EXPECT_EQ(path, mio_unix_addr_path(&addr));
}

TEST(RegressionsUnix, UnixConnectTellsThatTheQueueIsFull) {
  TempFolder folder;
  UnixListener listener;
  mio_handle handle = MIO_HANDLE_NONE;
  const std::string path = folder.Path("full");
  ASSERT_OK(mio_unix_listener_bind(&listener, path.c_str()));
  ASSERT_OK(mio_unix_listener_handle(&listener, &handle));
  ShortenBacklog(handle);
  constexpr int kMore = 16;
  UnixStream clients[kMore];
  int result = 0, last = -1;
  while (result == 0 && ++last < kMore) {
    result = mio_unix_stream_connect(&clients[last], path.c_str());
  }
  ASSERT_LT(last, kMore) << "the queue takes no end";
  EXPECT_TRUE(mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK ||
              mio_error_kind(result) == MIO_ERROR_CONNECTION_REFUSED)
      << IsOk(result).message();
  EXPECT_FALSE(mio_source_is_open(&clients[last]->source)) << "it looks connected";
}

// Pipes, signals and descriptors.

// SIGPIPE ends the process, and with it the test.
TEST(RegressionsUnix, WritingToWhoHasGoneRaisesNoSignal) {
  struct sigaction fatal = {}, before = {};
  fatal.sa_handler = SIG_DFL;
  ASSERT_EQ(0, sigaction(SIGPIPE, &fatal, &before));
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  TcpStream client, accepted;
  UnixStream a, b;
  Pipe pipe;
  Poll poll;
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  ASSERT_OK(poll.Register(&listener->source, kOne, MIO_READABLE));
  ASSERT_TRUE(poll.WaitReadable(kOne).readable);
  ASSERT_OK(mio_tcp_listener_accept(&listener, &accepted, nullptr));
  ASSERT_OK(mio_tcp_stream_shutdown(&accepted, MIO_SHUTDOWN_WRITE));
  EXPECT_ERROR(mio_tcp_stream_write(&accepted, "x", 1), MIO_ERROR_BROKEN_PIPE);
  ASSERT_OK(mio_tcp_stream_shutdown(&client, MIO_SHUTDOWN_WRITE));
  EXPECT_ERROR(mio_tcp_stream_write(&client, "x", 1), MIO_ERROR_BROKEN_PIPE);
  ASSERT_OK(ConnectUnix(&a, &b));
  mio_unix_stream_close(&b);
  EXPECT_ERROR(mio_unix_stream_write(&a, "x", 1), MIO_ERROR_BROKEN_PIPE);
  mio_pipe_receiver_close(&pipe.receiver);
  EXPECT_ERROR(mio_pipe_sender_write(&pipe.sender, "x", 1), MIO_ERROR_BROKEN_PIPE);
  EXPECT_EQ(0, sigaction(SIGPIPE, &before, nullptr));
}

// kevent says EPIPE to it, and registers it.
TEST(RegressionsUnix, PipeWhoseReaderHasGoneCanBeRegistered) {
  Poll poll;
  Pipe pipe;
  mio_pipe_receiver_close(&pipe.receiver);
  ASSERT_OK(poll.Register(&pipe.sender->source, kOne, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitFor(kOne, [](const Readiness &r) { return r.write_closed; }).write_closed);
  EXPECT_OK(poll.Deregister(&pipe.sender->source));
}

TEST(RegressionsUnix, NoEventOfAPipeAfterDeregister) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
  ASSERT_OK(poll.Register(&pipe.sender->source, kTwo, MIO_WRITABLE));
  pipe.Write();
  ASSERT_OK(poll.Deregister(pipe.source()));
  ASSERT_OK(poll.Deregister(&pipe.sender->source));
  mio_pipe_sender_close(&pipe.sender);
  EXPECT_TRUE(poll.Quiet(kOne).None());
  EXPECT_TRUE(poll.Quiet(kTwo).None());
}

// A registration that fails, and one whose descriptor was closed behind its back.
TEST(RegressionsUnix, PollIsUsableAfterAnErrorInAnUpdate) {
  Poll poll;
  Pipe good, spare;
  SourceFd bad, gone;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(poll.Register(good.source(), kOne, MIO_READABLE));
  const mio_interest unsupported = Supports(MIO_FEATURE_AIO) ? MIO_PRIORITY : MIO_AIO;
  EXPECT_ERROR(poll.Register(spare.source(), kTwo, MIO_READABLE | unsupported),
               MIO_ERROR_UNSUPPORTED);
  EXPECT_ERROR(poll.Register(spare.source(), kTwo, 0), MIO_ERROR_INVALID_INPUT);

  const mio_handle stale = NoSocket();
  ASSERT_OK(mio_source_fd_init(&bad, stale));
  CloseHandle(stale);
  EXPECT_ERROR(poll.Register(&bad->source, kTwo, MIO_READABLE), MIO_ERROR_INVALID_INPUT);

  ASSERT_OK(mio_pipe_receiver_release(&spare.receiver, &handle));
  ASSERT_OK(mio_source_fd_init(&gone, handle));
  ASSERT_OK(poll.Register(&gone->source, kThree, MIO_READABLE));
  CloseHandle(handle);
  EXPECT_TRUE(poll.Quiet(kThree).None());

  good.Write();
  EXPECT_TRUE(poll.WaitReadable(kOne).readable);
  EXPECT_EQ(1, good.Read());
  EXPECT_OK(poll.Deregister(good.source()));
  EXPECT_OK(poll.Register(good.source(), kTwo, MIO_READABLE));
}

// Another process that shares the open file may make it blocking.
TEST(RegressionsUnix, SocketsDoNotBlockIfTheirOpenFileDoes) {
  UnixStream a, b;
  UnixDatagram c, d;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(mio_unix_datagram_pair(&c, &d));
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_stream_handle(&a, &handle));
  SetBlocking(handle);
  ASSERT_OK(mio_unix_datagram_handle(&c, &handle));
  SetBlocking(handle);
  std::vector<char> much(1 << 16);
  const mio_iovec one = {much.data(), much.size()};
  EXPECT_ERROR(mio_unix_stream_read(&a, much.data(), 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_unix_stream_peek(&a, much.data(), 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_unix_stream_readv(&a, &one, 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_unix_datagram_recv(&c, much.data(), 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_unix_datagram_recv_from(&c, much.data(), 1, nullptr), MIO_ERROR_WOULD_BLOCK);
  ptrdiff_t written;
  do {
    written = mio_unix_stream_write(&a, much.data(), much.size());
  } while (written > 0);
  EXPECT_ERROR(written, MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_unix_stream_writev(&a, &one, 1), MIO_ERROR_WOULD_BLOCK);
}

TEST(RegressionsUnix, AdoptLooksAtTheFamily) {
  TcpStream tcp;
  UnixStream local;
  UdpSocket udp;
  UnixDatagram datagram;
  const int handles = CountHandles();
  const int in = socket(AF_INET, SOCK_STREAM, 0), un = socket(AF_UNIX, SOCK_STREAM, 0);
  const int in_dgram = socket(AF_INET, SOCK_DGRAM, 0), un_dgram = socket(AF_UNIX, SOCK_DGRAM, 0);
  EXPECT_ERROR(mio_tcp_stream_adopt(&tcp, un), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_stream_adopt(&local, in), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_socket_adopt(&udp, un_dgram), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_adopt(&datagram, in_dgram), MIO_ERROR_INVALID_INPUT);
  EXPECT_FALSE(IsNonBlocking(un)) << "nothing was changed";
  EXPECT_OK(mio_tcp_stream_adopt(&tcp, in));
  EXPECT_OK(mio_unix_stream_adopt(&local, un));
  EXPECT_OK(mio_udp_socket_adopt(&udp, in_dgram));
  EXPECT_OK(mio_unix_datagram_adopt(&datagram, un_dgram));
  mio_tcp_stream_close(&tcp);
  mio_unix_stream_close(&local);
  mio_udp_socket_close(&udp);
  mio_unix_datagram_close(&datagram);
  EXPECT_EQ(handles, CountHandles());
}

// The kernel answers with the user -1 and the process 0.
TEST(RegressionsUnix, NoPeerHasNoCredentials) {
  UnixStream alone, a, b;
  mio_unix_credentials found = {7, 7, 7};
  ASSERT_OK(mio_unix_stream_adopt(&alone, socket(AF_UNIX, SOCK_STREAM, 0)));
  EXPECT_LT(mio_unix_stream_peer_credentials(&alone, &found), 0);
  EXPECT_EQ(7u, found.uid);
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(mio_unix_stream_peer_credentials(&a, &found));
  EXPECT_EQ(geteuid(), found.uid);
  EXPECT_NE(0, found.pid);
}

}  // namespace
}  // namespace mio_test
