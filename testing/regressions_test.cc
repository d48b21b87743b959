// Bugs that event libraries have shipped, each with a test that it is not here. What needs a
// mechanism of another system is tested there, and there alone:
//
//   Unix      handles that run out, unnamed and unterminated addresses, SIGPIPE, what epoll, kevent and
//             poll(2) say of pipes: regressions_unix_test.cc
//   Windows   a named pipe's memory freed, or first referred to, after its operation was submitted;
//             ERROR_MORE_DATA on message pipes; close events that AFD does not tell; AFD's ABORT;
//             the base handle behind a layered service provider
//   Android   accept4 on x86, which the seccomp filter of apps does not let through
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "mio/mio.h"
#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo, kThree, kWake };

struct TcpPair {
  TcpPair() { EXPECT_OK(ConnectTcp(&client, &server)); }
  TcpStream client, server;
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
  LocalPipe pipe;
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

// No round meets a would-block: a read that got less than it asked for has drained the stream.
TEST(Regressions, ShortReadRearms) {
  Poll poll;
  TcpPair pair;
  char room[64];
  mio_iovec rooms[] = {{room, 32}, {room + 32, 32}};
  ASSERT_OK(poll.Register(&pair.server->source, kOne, MIO_READABLE));
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(1, mio_tcp_stream_write(&pair.client, "x", 1));
    ASSERT_TRUE(poll.WaitReadable(kOne).readable) << round;
    ASSERT_EQ(1, round % 2 == 0 ? mio_tcp_stream_read(&pair.server, room, sizeof room)
                                : mio_tcp_stream_readv(&pair.server, rooms, 2));
  }
}

TEST(Regressions, ShortWriteRearms) {
  Poll poll;
  StreamPair pair;
  std::vector<char> much(1 << 24);
  ASSERT_OK(poll.Register(pair.source(), kOne, MIO_WRITABLE));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(poll.WaitWritable(kOne).writable) << round;
    const ptrdiff_t written = mio_tcp_stream_write(pair.ours(), much.data(), much.size());
    ASSERT_GT(written, 0);
    ASSERT_LT(written, static_cast<ptrdiff_t>(much.size()));
    for (ptrdiff_t left = written; left > 0;) {
      const ptrdiff_t got = mio_tcp_stream_read(pair.theirs(), much.data(), much.size());
      if (got > 0) {
        left -= got;
      } else {
        ASSERT_ERROR(got, MIO_ERROR_WOULD_BLOCK);
      }
    }
  }
}

// Connects a socket to a peer that is closed then.
void ConnectToAGonePeer(mio_udp_socket *socket) {
  UdpSocket peer;
  ASSERT_OK(ConnectUdp(socket, &peer));
}

// Whether an event reports that the peer is gone.
bool GonePeersAreReported() {
  Poll poll;
  UdpSocket socket;
  ConnectToAGonePeer(&socket);
  EXPECT_OK(poll.Register(&socket->source, kOne, MIO_READABLE));
  EXPECT_EQ(1, mio_udp_socket_send(&socket, "x", 1));
  return !poll.Quiet(kOne).None();
}

// A datagram that is shorter than the room says nothing of the next one.
TEST(Regressions, ErrorsOfADatagramSocketRearm) {
  Poll poll;
  UdpSocket socket;
  SKIP_IF_WINE(!GonePeersAreReported(), "keeps a datagram socket's error from poll and receive");
  ConnectToAGonePeer(&socket);
  ASSERT_OK(poll.Register(&socket->source, kOne, MIO_READABLE));
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(1, mio_udp_socket_send(&socket, "x", 1)) << round;
    poll.WaitFor(kOne, [](const Readiness &found) { return found.error || found.readable; });
    char byte = 0;
    const ptrdiff_t taken = round % 2 == 0 ? mio_udp_socket_take_error(&socket)
                                           : mio_udp_socket_recv(&socket, &byte, 1);
    ASSERT_LT(taken, 0) << round;
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
  LocalPipe pipe;
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

TEST(Regressions, ConstructorsThatFailLateKeepNoHandle) {
  TcpListener listener;
  UdpSocket first;
  const mio_addr taken = Listen(&listener), any_port = mio_addr_loopback_v4(0);
  mio_addr udp_taken = {};
  ASSERT_OK(mio_udp_socket_bind(&first, &any_port));
  ASSERT_OK(mio_udp_socket_local_addr(&first, &udp_taken));
  const int before = CountHandles();
  mio_tcp_listener second = {};
  mio_udp_socket udp = {};
  const mio_addr nobodys = mio_addr_v4(192, 0, 2, 1, 0);  // RFC 5737
  EXPECT_ERROR(mio_tcp_listener_bind(&second, &taken), MIO_ERROR_ADDR_IN_USE);
  EXPECT_ERROR(mio_tcp_listener_bind(&second, &nobodys), MIO_ERROR_ADDR_NOT_AVAILABLE);
  EXPECT_ERROR(mio_udp_socket_bind(&udp, &udp_taken), MIO_ERROR_ADDR_IN_USE);
  EXPECT_EQ(before, CountHandles());
}

// Addresses.

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

// Closing.

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
  LocalPipe pipe;
  TcpPair pair;
  ASSERT_OK(poll.Register(pipe.source(), kOne, MIO_READABLE));
  ASSERT_OK(poll.Register(&pair.server->source, kTwo, MIO_READABLE | MIO_WRITABLE));
  mio_tcp_stream_close(&pipe.sender);
  ASSERT_OK(mio_tcp_stream_shutdown(&pair.server, MIO_SHUTDOWN_WRITE));
  mio_tcp_stream_close(&pair.client);
  poll.WaitFor(kOne, [](const Readiness &r) { return r.read_closed; });
  // AFD tells of the peer's end only; that a connection is over both ways is a hint of the others.
  const bool tells_all = SelectorName() != "afd";
  poll.WaitFor(kTwo,
               [=](const Readiness &r) { return r.read_closed && (r.write_closed || !tells_all); });
  EXPECT_EQ(0, pipe.Read());
  EXPECT_OK(poll.Deregister(pipe.source()));
  EXPECT_OK(poll.Deregister(&pair.server->source));
  EXPECT_OK(poll.Register(pipe.source(), kThree, MIO_READABLE)) << "it is free";
}

// Room for events, and errors in between.

TEST(Regressions, EventsDoNotGrowPastTheirCapacity) {
  constexpr size_t kPipes = 5, kRoom = 2;
  Poll poll;
  LocalPipe pipes[kPipes];
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

TEST(Regressions, FailedSecondRegisterLeavesTheFirst) {
  Poll poll, other;
  LocalPipe pipe;
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
