// Bugs that event libraries have shipped, each with a test that it is not here. What needs a
// mechanism of another system is tested there, and there alone:
//
//   Windows   a named pipe's memory freed, or first referred to, after its operation was submitted;
//             ERROR_MORE_DATA on message pipes; close events that AFD does not tell; AFD's ABORT;
//             the base handle behind a layered service provider
//   Android   accept4 on x86, which the seccomp filter of apps does not let through
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <set>
#include <string>
#include <thread>
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

// Wakers.

TEST(Regressions, WakersEventIsReadable) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_OK(poll.Wait());
  ASSERT_EQ(1u, mio_events_count(poll.events()));
  const mio_event *event = mio_events_get(poll.events(), 0);
  EXPECT_EQ(mio_token{kWake}, mio_event_token(event));
  EXPECT_TRUE(mio_event_is_readable(event));
  EXPECT_FALSE(mio_event_is_writable(event));
  EXPECT_FALSE(mio_event_is_error(event));
  EXPECT_FALSE(mio_event_is_read_closed(event));
}

// A waker that writes to the end it should read from wakes nobody who sleeps. Whether the other
// thread sleeps already cannot be seen, so there are many rounds.
TEST(Regressions, WakersTwoEndsAreNotSwapped) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  for (int round = 0; round < 100; ++round) {
    std::atomic<bool> waits{false};
    std::thread thread([&] {
      while (!waits.load()) std::this_thread::yield();
      EXPECT_OK(mio_waker_wake(&waker));
    });
    waits = true;
    const Readiness woken = poll.WaitReadable(kWake);
    thread.join();
    ASSERT_TRUE(woken.readable) << round;
    ASSERT_TRUE(poll.Now(kWake).None()) << "it was told before";
  }
}

TEST(Regressions, WakeThenRegisterThenWaitKeepsTheWake) {
  Poll poll;
  Pipe pipe;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  for (int round = 0; round < 10; ++round) {
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
    ASSERT_TRUE(poll.WaitReadable(kWake).readable) << round;
    ASSERT_OK(poll.Deregister(pipe.source()));
  }
}

// Edges.

TEST(Regressions, AcceptThatWouldBlockRearms) {
  Poll poll;
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  ASSERT_OK(poll.Register(&listener->source, kOne, MIO_READABLE));
  for (int round = 0; round < 3; ++round) {
    TcpStream client, server, nobody;
    ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
    ASSERT_TRUE(poll.WaitReadable(kOne).readable) << round;
    ASSERT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
    ASSERT_ERROR(mio_tcp_listener_accept(&listener, &nobody, nullptr), MIO_ERROR_WOULD_BLOCK);
  }
}

// Each round drains the stream with reads that succeed: only the peek says would-block.
TEST(Regressions, PeekThatWouldBlockRearms) {
  Poll poll;
  TcpPair pair;
  char byte = 0;
  ASSERT_OK(poll.Register(&pair.server->source, kOne, MIO_READABLE));
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(1, mio_tcp_stream_write(&pair.client, "x", 1));
    ASSERT_TRUE(poll.WaitReadable(kOne).readable) << round;
    ASSERT_EQ(1, mio_tcp_stream_read(&pair.server, &byte, 1));
    ASSERT_ERROR(mio_tcp_stream_peek(&pair.server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  }
}

TEST(Regressions, PeekOfADatagramThatWouldBlockRearms) {
  Poll poll;
  UdpSocket a, b;
  mio_addr from = {};
  char byte = 0;
  ASSERT_OK(ConnectUdp(&a, &b));
  ASSERT_OK(poll.Register(&b->source, kOne, MIO_READABLE));
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(1, mio_udp_socket_send(&a, "x", 1));
    ASSERT_TRUE(poll.WaitReadable(kOne).readable) << round;
    ASSERT_EQ(1, mio_udp_socket_recv(&b, &byte, 1));
    const ptrdiff_t peeked = round % 2 == 0 ? mio_udp_socket_peek(&b, &byte, 1)
                                            : mio_udp_socket_peek_from(&b, &byte, 1, &from);
    ASSERT_ERROR(peeked, MIO_ERROR_WOULD_BLOCK);
  }
}

// Time.

// Waits for `timeout_ns` with a wake that comes after it was seen that nothing else ends the wait.
void ExpectOnlyTheWakeEnds(uint64_t timeout_ns, const mio_poll_options *options = nullptr) {
  Poll poll(1, options);
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  std::thread thread([&waker] {
    Poll clock;
    EXPECT_TRUE(clock.Quiet(0).None());
    EXPECT_OK(mio_waker_wake(&waker));
  });
  EXPECT_OK(poll.Wait(timeout_ns));
  EXPECT_EQ(1u, mio_events_count(poll.events())) << timeout_ns << " ns were over too soon";
  thread.join();
}

// An int has 31 bits of milliseconds. What is left after 32 of them were cut off is 1 ms.
TEST(Regressions, TimeoutBeyondAnIntOfMillisecondsIsNotTruncated) {
  ExpectOnlyTheWakeEnds(((uint64_t{1} << 32) + 1) * kMillisecond);
  ExpectOnlyTheWakeEnds((uint64_t{1} << 31) * kMillisecond);
}

// The end of these, as a point in time, is beyond what 64 bits hold. Spinning has to know it first.
TEST(Regressions, LongestTimeoutsDoNotOverflow) {
  const mio_poll_options spinning = {0, 1};
  for (const uint64_t timeout : {UINT64_MAX, UINT64_MAX - 1, (uint64_t{1} << 63) + 1,
                                 uint64_t{1} << 63, (uint64_t{1} << 63) - 1}) {
    ExpectOnlyTheWakeEnds(timeout);
    ExpectOnlyTheWakeEnds(timeout, &spinning);
  }
}

TEST(Regressions, TimeoutBelowAMillisecondIsNotZero) {
  Poll poll;
  for (const uint64_t timeout : {uint64_t{300000}, uint64_t{1000}, uint64_t{1}, kMillisecond - 1}) {
    const uint64_t start = NowNs();
    ASSERT_OK(poll.Wait(timeout));
    EXPECT_GE(NowNs() - start, timeout);
  }
}

// On poll(2), each change from another thread takes the wait out of the system and back. Were the
// whole timeout waited for again, it would be so from the last change on.
TEST(Regressions, TimeoutDoesNotBeginAnewAfterAnInternalWake) {
  constexpr uint64_t kTimeout = 30 * kQuiet;
  Poll poll;
  Pipe pipe;
  uint64_t last_change = 0;
  const uint64_t start = NowNs();
  std::thread changing([&] {
    do {
      EXPECT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
      EXPECT_OK(poll.Deregister(pipe.source()));
      last_change = NowNs();
    } while (last_change - start < kTimeout / 5 * 4);
  });
  EXPECT_OK(poll.Wait(kTimeout));
  const uint64_t end = NowNs();
  changing.join();
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
  EXPECT_GE(end, start + kTimeout);
  EXPECT_LT(end, last_change + kTimeout);
}

// Handles.

TEST(Regressions, NothingIsInherited) {
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

TEST(Regressions, ConstructorsThatFailKeepNoHandle) {
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

TEST(Regressions, ConstructorsThatFailLateKeepNoHandle) {
  TcpListener listener;
  const mio_addr taken = Listen(&listener);
  const std::set<mio_handle> before = OpenHandles();
  mio_tcp_listener second = {};
  mio_udp_socket udp = {};
  mio_unix_listener unix_listener = {};
  mio_unix_stream unix_stream = {};
  const mio_addr nobodys = mio_addr_v4(192, 0, 2, 1, 0);  // RFC 5737
  EXPECT_ERROR(mio_tcp_listener_bind(&second, &taken), MIO_ERROR_ADDR_IN_USE);
  EXPECT_ERROR(mio_udp_socket_bind(&udp, &nobodys), MIO_ERROR_ADDR_NOT_AVAILABLE);
  TempFolder folder;
  const std::string nowhere = folder.Path("no/such");
  EXPECT_ERROR(mio_unix_listener_bind(&unix_listener, nowhere.c_str()), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_unix_stream_connect(&unix_stream, nowhere.c_str()), MIO_ERROR_NOT_FOUND);
  EXPECT_EQ(before, OpenHandles());
}

// Addresses.

TEST(Regressions, UnnamedUnixPeersAreUnnamed) {
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

TEST(Regressions, UnixPathsHaveNoNulAndMayLackOne) {
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

// What goes to the system and comes back is the same only if both know where its parts are.
TEST(Regressions, SocketAddressesAreNotGuessedAt) {
  std::vector<mio_addr> addrs = {mio_addr_v4(127, 0, 0, 1, 0)};
  if (HasIpv6()) addrs.push_back(mio_addr_loopback_v6(0));
  for (const mio_addr &any_port : addrs) {
    UdpSocket bound, sender;
    mio_addr local = {}, ours = {}, from = {};
    Poll poll;
    char byte = 0;
    ASSERT_OK(mio_udp_socket_bind(&bound, &any_port));
    ASSERT_OK(mio_udp_socket_bind(&sender, &any_port));
    ASSERT_OK(mio_udp_socket_local_addr(&bound, &local));
    ASSERT_OK(mio_udp_socket_local_addr(&sender, &ours));
    ASSERT_NE(local.port, ours.port);
    ASSERT_EQ(1, mio_udp_socket_send_to(&sender, "x", 1, &local));
    ASSERT_OK(poll.Register(&bound->source, kOne, MIO_READABLE));
    ASSERT_TRUE(poll.WaitReadable(kOne).readable);
    ASSERT_EQ(1, mio_udp_socket_recv_from(&bound, &byte, 1, &from));
    EXPECT_EQ(ToString(ours), ToString(from));
    local.port = 0;
    EXPECT_TRUE(mio_addr_equal(&any_port, &local)) << ToString(local);
  }
}

TEST(Regressions, UnixConnectTellsThatTheQueueIsFull) {
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

// Closing.

// SIGPIPE ends the process, and with it the test.
TEST(Regressions, WritingToWhoHasGoneRaisesNoSignal) {
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
TEST(Regressions, PipeWhoseReaderHasGoneCanBeRegistered) {
  Poll poll;
  Pipe pipe;
  mio_pipe_receiver_close(&pipe.receiver);
  ASSERT_OK(poll.Register(&pipe.sender->source, kOne, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitFor(kOne, [](const Readiness &r) { return r.write_closed; }).write_closed);
  EXPECT_OK(poll.Deregister(&pipe.sender->source));
}

TEST(Regressions, HalfCloseOfThePeerIsNoHangUp) {
  Poll poll;
  TcpPair pair;
  ASSERT_OK(poll.Register(&pair.server->source, kOne, MIO_READABLE | MIO_WRITABLE));
  ASSERT_OK(mio_tcp_stream_shutdown(&pair.client, MIO_SHUTDOWN_WRITE));
  const Readiness seen = poll.WaitFor(kOne, [](const Readiness &r) { return r.read_closed; });
  EXPECT_FALSE(seen.write_closed) << "we can write on";
  EXPECT_EQ(1, mio_tcp_stream_write(&pair.server, "x", 1));
  // Who does not read is not told that there is nothing to read.
  ASSERT_OK(poll.Reregister(&pair.server->source, kTwo, MIO_WRITABLE));
  EXPECT_FALSE(poll.WaitWritable(kTwo).read_closed);
}

TEST(Regressions, DeregisterAfterHangUpSucceeds) {
  Poll poll;
  Pipe pipe;
  TcpPair pair;
  ASSERT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
  ASSERT_OK(poll.Register(&pair.server->source, kTwo, MIO_READABLE | MIO_WRITABLE));
  mio_pipe_sender_close(&pipe.sender);
  ASSERT_OK(mio_tcp_stream_shutdown(&pair.server, MIO_SHUTDOWN_WRITE));
  mio_tcp_stream_close(&pair.client);
  poll.WaitFor(kOne, [](const Readiness &r) { return r.read_closed; });
  poll.WaitFor(kTwo, [](const Readiness &r) { return r.read_closed && r.write_closed; });
  EXPECT_EQ(0, pipe.Read());
  EXPECT_OK(poll.Deregister(pipe.source()));
  EXPECT_OK(poll.Deregister(&pair.server->source));
  EXPECT_OK(poll.Register(pipe.source(), kThree, MIO_READABLE)) << "it is free";
}

TEST(Regressions, NoEventOfAPipeAfterDeregister) {
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

// Room for events, and errors in between.

TEST(Regressions, EventsDoNotGrowPastTheirCapacity) {
  constexpr size_t kPipes = 5, kRoom = 2;
  Poll poll;
  Pipe pipes[kPipes];
  Waker waker;
  mio_event room[kRoom + 1];
  mio_native_event_set_token(&room[kRoom], 4711);
  mio_events events = {};
  ASSERT_OK(mio_events_init_with_buffer(&events, room, kRoom));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kPipes));
  for (size_t i = 0; i < kPipes; ++i) {
    ASSERT_OK(poll.Register(pipes[i].source(), i, MIO_READABLE));
    pipes[i].Write();
  }
  ASSERT_OK(mio_waker_wake(&waker));
  std::set<mio_token> seen;
  const uint64_t deadline = NowNs() + kLong;
  while (seen.size() < kPipes + 1 && NowNs() < deadline) {
    ASSERT_OK(mio_poll_wait(poll.get(), &events, kLong));
    ASSERT_LE(mio_events_count(&events), kRoom);
    ASSERT_EQ(kRoom, mio_events_capacity(&events));
    ASSERT_EQ(mio_token{4711}, mio_event_token(&room[kRoom])) << "written past the end";
    for (size_t i = 0; i < mio_events_count(&events); ++i) {
      seen.insert(mio_event_token(mio_events_get(&events, i)));
    }
  }
  EXPECT_EQ(kPipes + 1, seen.size()) << "some got lost";
  mio_events_close(&events);
}

// A registration that fails, and one whose descriptor was closed behind its back.
TEST(Regressions, PollIsUsableAfterAnErrorInAnUpdate) {
  Poll poll;
  Pipe good, spare;
  SourceFd bad, gone;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(poll.Register(good.source(), kOne, MIO_READABLE));
  EXPECT_ERROR(poll.Register(spare.source(), kTwo, MIO_READABLE | MIO_AIO), MIO_ERROR_UNSUPPORTED);
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

TEST(Regressions, FailedSecondRegisterLeavesTheFirst) {
  Poll poll, other;
  Pipe pipe;
  ASSERT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
  EXPECT_ERROR(poll.Register(pipe.source(), kTwo, MIO_WRITABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Register(pipe.source(), kThree, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(poll.Reregister(pipe.source(), kTwo, 0), MIO_ERROR_INVALID_INPUT);
  for (int round = 0; round < 2; ++round) {
    pipe.Write();
    ASSERT_TRUE(poll.WaitReadable(kOne).readable);
    ASSERT_EQ(1, pipe.Read());
    ASSERT_ERROR(pipe.Read(), MIO_ERROR_WOULD_BLOCK);
  }
  EXPECT_TRUE(poll.Quiet(kTwo).None());
  EXPECT_TRUE(other.Quiet(kThree).None());
  EXPECT_OK(poll.Deregister(pipe.source()));
  EXPECT_ERROR(poll.Deregister(pipe.source()), MIO_ERROR_NOT_FOUND);
}

}  // namespace
}  // namespace mio_test
