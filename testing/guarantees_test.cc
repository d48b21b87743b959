// What mio/poll.h promises, a test for each line, numbered as the promises are. What only a Unix
// has (signals, descriptors) is in guarantees_unix_test.cc: numbers 9 and 18, and parts of 17, 19.

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2, kWaker = 99 };

TEST(Guarantees, G01_AnOperationAfterAnEventMayStillSayWouldBlock) {
  Poll poll;
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  ASSERT_OK(poll.Register(&listener->source, kSource, MIO_READABLE));
  TcpStream client, accepted;
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  poll.WaitReadable(kSource);
  EXPECT_OK(mio_tcp_listener_accept(&listener, &accepted, nullptr));
  TcpStream none;
  EXPECT_ERROR(mio_tcp_listener_accept(&listener, &none, nullptr), MIO_ERROR_WOULD_BLOCK);
  // And the source goes on as if the event had never been wrong.
  TcpStream second;
  ASSERT_OK(mio_tcp_stream_connect(&second, &addr));
  poll.WaitReadable(kSource);
  EXPECT_OK(mio_tcp_listener_accept(&listener, &none, nullptr));
}

TEST(Guarantees, G02_NoFurtherEdgeUntilDrained) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  pair.Send("ab");
  poll.WaitReadable(kSource);
  EXPECT_TRUE(poll.Quiet(kSource).None()) << "nothing has changed";
  char one;
  EXPECT_EQ(1, mio_tcp_stream_read(pair.ours(), &one, 1));
  EXPECT_TRUE(poll.Quiet(kSource).None()) << "not drained to would-block";
  EXPECT_EQ("b", pair.Drain());
  pair.Send("c");
  poll.WaitReadable(kSource);
  EXPECT_EQ("c", pair.Drain());
}

TEST(Guarantees, G03_AfterWouldBlockNewReadinessYieldsAnEvent) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
  for (int round = 0; round < 20; ++round) {
    char byte;
    mio_iovec vector = {&byte, 1};
    switch (round % 3) {
      case 0:
        EXPECT_ERROR(mio_tcp_stream_read(pair.ours(), &byte, 1), MIO_ERROR_WOULD_BLOCK);
        break;
      case 1:
        EXPECT_ERROR(mio_tcp_stream_peek(pair.ours(), &byte, 1), MIO_ERROR_WOULD_BLOCK);
        break;
      default:
        EXPECT_ERROR(mio_tcp_stream_readv(pair.ours(), &vector, 1), MIO_ERROR_WOULD_BLOCK);
    }
    pair.Send();
    poll.WaitReadable(kSource);
    EXPECT_EQ("x", pair.Drain());
  }
  for (int round = 0; round < 3; ++round) {
    pair.Fill();
    const char byte = 0;
    do {
      pair.DrainTheirs();
      poll.WaitWritable(kSource);
    } while (mio_tcp_stream_write(pair.ours(), &byte, 1) < 0);
  }
}

TEST(Guarantees, G03_TryIoThatSaysWouldBlockCounts) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  for (int round = 0; round < 5; ++round) {
    pair.Send();
    poll.WaitReadable(kSource);
    EXPECT_EQ(1, mio_tcp_stream_try_io(
                     pair.ours(), MIO_READABLE,
                     [](void *context) -> ptrdiff_t {
                       char byte;
                       return mio_tcp_stream_read(static_cast<mio_tcp_stream *>(context), &byte, 1);
                     },
                     pair.ours()));
    EXPECT_ERROR(mio_tcp_stream_try_io(
                     pair.ours(), MIO_READABLE,
                     [](void *) -> ptrdiff_t { return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK); },
                     nullptr),
                 MIO_ERROR_WOULD_BLOCK);
  }
}

TEST(Guarantees, G04_HintsAreNeverFalse) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
  Readiness readiness = poll.WaitWritable(kSource);
  EXPECT_FALSE(readiness.readable) << readiness;
  EXPECT_FALSE(readiness.error) << readiness;
  EXPECT_FALSE(readiness.read_closed) << readiness;
  EXPECT_FALSE(readiness.write_closed) << readiness;
  EXPECT_FALSE(readiness.priority) << readiness;
  pair.Send();
  readiness = poll.WaitReadable(kSource);
  EXPECT_FALSE(readiness.error) << readiness;
  EXPECT_FALSE(readiness.read_closed) << readiness;
  EXPECT_FALSE(readiness.write_closed) << readiness;
  EXPECT_EQ("x", pair.Drain());
  // The peer stops sending; we still may.
  EXPECT_OK(mio_tcp_stream_shutdown(pair.theirs(), MIO_SHUTDOWN_WRITE));
  readiness = poll.WaitReadable(kSource);
  EXPECT_FALSE(readiness.write_closed) << readiness;
  EXPECT_FALSE(readiness.error) << readiness;
  char byte = 0;
  EXPECT_EQ(0, mio_tcp_stream_read(pair.ours(), &byte, 1));
  EXPECT_EQ(1, mio_tcp_stream_write(pair.ours(), &byte, 1));
}

TEST(Guarantees, G04_HalfClosedIsNotReportedToWritersAsReadClosed) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(mio_tcp_stream_shutdown(pair.ours(), MIO_SHUTDOWN_WRITE));
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_WRITABLE));
  const Readiness readiness = poll.WaitWritable(kSource);
  EXPECT_FALSE(readiness.read_closed) << readiness << ": the peer has not stopped sending";
}

TEST(Guarantees, G05_ErrorYieldsAnEventWhateverTheInterest) {
  SKIP_UNDER_QEMU_WITHOUT_SO_ERROR();
  std::vector<mio_interest> modes = {0};
  if (Supports(MIO_FEATURE_LEVEL)) modes.push_back(MIO_LEVEL);
  if (Supports(MIO_FEATURE_ONESHOT)) modes.push_back(MIO_ONESHOT);
  std::vector<mio_interest> kinds = {MIO_READABLE, MIO_WRITABLE, MIO_READABLE | MIO_WRITABLE};
  if (Supports(MIO_FEATURE_PRIORITY)) kinds.push_back(MIO_PRIORITY);
  for (const mio_interest mode : modes) {
    for (const mio_interest kind : kinds) {
      SCOPED_TRACE(kind | mode);
      Poll poll;
      StreamPair pair;
      pair.FillForGood(); /* or it would be writable anyway */
      ASSERT_OK(poll.Register(pair.source(), kSource, kind | mode));
      EXPECT_TRUE(poll.Now(kSource).None());
      pair.Reset();
      poll.WaitFor(kSource, [](const Readiness &r) { return r.events > 0; });
      // Winsock keeps a reset for the next operation.
      const int error = mio_tcp_stream_take_error(pair.ours());
      EXPECT_ERROR(error,
                   error == 0 && SelectorName() == "afd" ? MIO_OK : MIO_ERROR_CONNECTION_RESET);
    }
  }
}

TEST(Guarantees, G05_EndOfThePeerYieldsAnEvent) {
  for (const mio_interest interest : {MIO_READABLE, MIO_READABLE | MIO_WRITABLE}) {
    Poll poll;
    StreamPair pair;
    ASSERT_OK(poll.Register(pair.source(), kSource, interest));
    EXPECT_FALSE(poll.Now(kSource).readable);
    mio_tcp_stream_close(pair.theirs());
    poll.WaitReadable(kSource);
    char byte;
    EXPECT_EQ(0, mio_tcp_stream_read(pair.ours(), &byte, 1));
  }
}

TEST(Guarantees, G06_EventsAreReplacedNeverExceededAndNeverLost) {
  constexpr size_t kSources = 10;
  for (const size_t capacity : {size_t{1}, size_t{3}, size_t{64}}) {
    SCOPED_TRACE(capacity);
    Poll poll(capacity);
    std::vector<std::unique_ptr<StreamPair>> pairs;
    for (size_t i = 0; i < kSources; ++i) {
      pairs.push_back(std::make_unique<StreamPair>());
      ASSERT_OK(poll.Register(pairs[i]->source(), i, MIO_READABLE));
      pairs[i]->Send();
    }
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    ASSERT_OK(mio_waker_wake(&waker));
    std::set<mio_token> seen;
    while (seen.size() < kSources + 1) {
      ASSERT_OK(poll.Wait());
      ASSERT_GT(mio_events_count(poll.events()), 0u) << "lost: only " << seen.size();
      ASSERT_LE(mio_events_count(poll.events()), capacity);
      for (const mio_token token : Tokens(poll.events())) {
        EXPECT_TRUE(seen.insert(token).second) << token << " comes from the wait before";
      }
    }
    ASSERT_OK(poll.Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll.events())) << "the contents were not replaced";
  }
}

TEST(Guarantees, G07_OneMergedEventOrTwo) {
  Poll poll;
  StreamPair pair;
  pair.Send();
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
  const Readiness readiness =
      poll.WaitFor(kSource, [](const Readiness &r) { return r.readable && r.writable; });
  EXPECT_GE(readiness.events, 1);
  EXPECT_LE(readiness.events, 2);
}

TEST(Guarantees, G08_TimeoutsAreNeverCutShort) {
  Poll poll;
  for (const uint64_t timeout_ns :
       {uint64_t{1}, uint64_t{1000}, uint64_t{999999}, kMillisecond + 1, 20 * kMillisecond}) {
    const uint64_t start = NowNs();
    ASSERT_OK(poll.Wait(timeout_ns));
    EXPECT_GE(NowNs() - start, timeout_ns);
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
  }
}

TEST(Guarantees, G08_ZeroAsksTheSystem) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  pair.Send();
  const uint64_t deadline = NowNs() + kLong;
  Readiness readiness;
  while (!readiness.readable && NowNs() < deadline) readiness = poll.Now(kSource);
  EXPECT_TRUE(readiness.readable);
}

// What happens inside, without an event for the caller, does not end a wait, nor begins it anew.
TEST(Guarantees, G08_WhatGoesOnInsideDoesNotChangeTheTimeout) {
  Poll poll;
  StreamPair pair;
  std::atomic<bool> over{false};
  std::thread busy([&] {
    while (!over) {
      Waker waker;
      EXPECT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
      EXPECT_OK(mio_waker_wake(&waker));
      mio_waker_close(&waker);
      EXPECT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
      EXPECT_OK(poll.Deregister(pair.source()));
      std::this_thread::yield();
    }
  });
  const uint64_t timeout_ns = 20 * kMillisecond;
  for (int rounds = 0, whole = 0; whole < 3 && rounds < 100000; ++rounds) {
    const uint64_t start = NowNs();
    const int result = poll.Wait(timeout_ns);
    EXPECT_OK(result);
    if (!mio_events_is_empty(poll.events())) {
      EXPECT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
      continue;
    }
    EXPECT_GE(NowNs() - start, timeout_ns);
    ++whole;
  }
  over = true;
  busy.join();
}

TEST(Guarantees, G10_ReregisterReplacesTokenInterestAndMode) {
  Poll poll;
  StreamPair pair;
  pair.Send();
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  poll.WaitReadable(kSource);
  ASSERT_OK(poll.Reregister(pair.source(), kOther, MIO_WRITABLE));
  Readiness readiness = poll.WaitWritable(kOther);
  EXPECT_FALSE(readiness.readable) << "not asked for any more";
  EXPECT_TRUE(poll.Quiet(kSource).None()) << "the token of before";
  EXPECT_TRUE(poll.Quiet(kOther).None()) << "edges";
  if (Supports(MIO_FEATURE_LEVEL)) {
    ASSERT_OK(poll.Reregister(pair.source(), kSource, MIO_READABLE | MIO_LEVEL));
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(poll.WaitReadable(kSource).writable);
    ASSERT_OK(poll.Reregister(pair.source(), kSource, MIO_READABLE));
    poll.WaitReadable(kSource);
    EXPECT_TRUE(poll.Quiet(kSource).None()) << "levels are gone";
  }
  if (Supports(MIO_FEATURE_ONESHOT)) {
    ASSERT_OK(poll.Reregister(pair.source(), kOther, MIO_READABLE | MIO_ONESHOT));
    poll.WaitReadable(kOther);
    EXPECT_EQ("x", pair.Drain());
    pair.Send();
    EXPECT_TRUE(poll.Quiet(kOther).None()) << "once";
    ASSERT_OK(poll.Reregister(pair.source(), kOther, MIO_READABLE));
    poll.WaitReadable(kOther);
    EXPECT_EQ("x", pair.Drain());
    pair.Send();
    poll.WaitReadable(kOther);
  }
}

TEST(Guarantees, G11_ADeregisteredTokenIsNotSeenAgain) {
  Poll poll;
  StreamPair pair;
  for (int round = 0; round < 20; ++round) {
    ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
    pair.Send();
    ASSERT_OK(poll.Deregister(pair.source()));
    EXPECT_TRUE(poll.Now(kSource).None());
  }
  EXPECT_TRUE(poll.Quiet(kSource).None());
}

TEST(Guarantees, G11_AlsoWhenAnotherThreadDeregistered) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int round = 0; round < 50; ++round) {
    StreamPair pair;
    ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
    std::thread other([&] {
      EXPECT_OK(poll.Deregister(pair.source()));
      EXPECT_OK(mio_waker_wake(&waker));
    });
    pair.Send();
    bool woken = false;
    while (!woken) {
      ASSERT_OK(poll.Wait());
      for (const mio_token token : Tokens(poll.events())) woken |= token == kWaker;
    }
    ASSERT_OK(poll.Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
    other.join();
  }
}

TEST(Guarantees, G12_OnePollAtATimeAnyPollAfterwards) {
  Poll first, second;
  StreamPair pair;
  pair.Send();
  ASSERT_OK(first.Register(pair.source(), kSource, MIO_READABLE));
  EXPECT_ERROR(second.Register(pair.source(), kOther, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(second.Reregister(pair.source(), kOther, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(second.Deregister(pair.source()), MIO_ERROR_NOT_FOUND);
  EXPECT_OK(first.Reregister(pair.source(), kSource, MIO_READABLE));
  first.WaitReadable(kSource);
  ASSERT_OK(first.Deregister(pair.source()));
  ASSERT_OK(second.Register(pair.source(), kOther, MIO_READABLE));
  second.WaitReadable(kOther);
  EXPECT_TRUE(first.Now(kSource).None());
  ASSERT_OK(second.Deregister(pair.source()));
  ASSERT_OK(first.Register(pair.source(), kSource, MIO_READABLE));
  first.WaitReadable(kSource);
}

TEST(Guarantees, G13_ChangesFromOtherThreadsReachABlockedWait) {
  Poll poll;
  StreamPair pair;
  for (int round = 0; round < 50; ++round) {
    std::atomic<bool> begun{false};
    std::thread changer([&] {
      while (!begun) std::this_thread::yield();
      EXPECT_OK(poll.Register(pair.source(), kOther, MIO_READABLE));
      EXPECT_OK(poll.Reregister(pair.source(), kSource, MIO_WRITABLE));
    });
    begun = true;
    poll.WaitWritable(kSource);
    changer.join();
    EXPECT_OK(poll.Deregister(pair.source()));
  }
}

TEST(Guarantees, G13_DeregisteringReachesABlockedWait) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int round = 0; round < 50; ++round) {
    StreamPair pair;
    ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
    std::thread other([&] {
      EXPECT_OK(poll.Deregister(pair.source()));
      pair.Send();
      EXPECT_OK(mio_waker_wake(&waker));
    });
    ASSERT_OK(poll.Wait());
    EXPECT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
    other.join();
  }
}

TEST(Guarantees, G14_ACloneSharesTheSelectorAndKeepsItAlive) {
  mio_poll poll = {};
  mio_events events = {};
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  ASSERT_OK(mio_events_init(&events, 8));
  Registry clone;
  ASSERT_OK(mio_registry_clone(mio_poll_registry(&poll), &clone));
  StreamPair pair;
  pair.Send();
  ASSERT_OK(mio_registry_register(&clone, pair.source(), kSource, MIO_READABLE));
  ASSERT_OK(mio_poll_wait(&poll, &events, kLong));
  EXPECT_EQ(std::vector<mio_token>{kSource}, Tokens(&events));
  mio_poll_close(&poll);
  // Still registered, with what the clone keeps alive.
  Poll other;
  EXPECT_ERROR(other.Register(pair.source(), kSource, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_OK(mio_registry_reregister(&clone, pair.source(), kOther, MIO_READABLE));
  EXPECT_OK(mio_registry_deregister(&clone, pair.source()));
  EXPECT_OK(mio_registry_register(&clone, pair.source(), kOther, MIO_READABLE));
  mio_registry_close(&clone);
  EXPECT_OK(other.Register(pair.source(), kSource, MIO_READABLE));
  mio_events_close(&events);
}

TEST(Guarantees, G15_AWakeBeforeDuringOrBetweenWaitsMakesOneWaitReturn) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  const auto expect_one = [&] {
    ASSERT_OK(poll.Wait());
    ASSERT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
    EXPECT_TRUE(mio_event_is_readable(mio_events_begin(poll.events())));
    ASSERT_OK(poll.Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll.events())) << "wakes coalesce";
  };
  ASSERT_OK(mio_waker_wake(&waker)); /* before */
  expect_one();
  ASSERT_OK(mio_waker_wake(&waker)); /* between, and twice */
  ASSERT_OK(mio_waker_wake(&waker));
  expect_one();
  for (int round = 0; round < 100; ++round) { /* during, or nearly */
    std::thread other([&] { EXPECT_OK(mio_waker_wake(&waker)); });
    expect_one();
    other.join();
  }
  StreamPair pair; /* wake; register; wait */
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  expect_one();
}

TEST(Guarantees, G16_NothingRegisteredBlocksForTheTimeout) {
  Poll poll;
  const uint64_t start = NowNs();
  ASSERT_OK(poll.Wait(10 * kMillisecond));
  EXPECT_GE(NowNs() - start, 10 * kMillisecond);
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
}

TEST(Guarantees, G17_ClosingASourceDeregistersIt) {
  Poll poll;
  for (int round = 0; round < 10; ++round) {
    StreamPair pair;
    pair.Send();
    ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
    mio_tcp_stream_close(pair.ours());
    EXPECT_TRUE(poll.Now(kSource).None());
    EXPECT_ERROR(poll.Deregister(pair.source()), MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_TRUE(poll.Quiet(kSource).None());
}

TEST(Guarantees, G17_ClosingAPollLeavesSourcesUsable) {
  StreamPair pair;
  {
    Poll first;
    ASSERT_OK(first.Register(pair.source(), kSource, MIO_READABLE));
  }
  pair.Deliver();
  EXPECT_EQ("x", pair.Drain());
  Poll second;
  ASSERT_OK(second.Register(pair.source(), kOther, MIO_READABLE));
  pair.Send("y");
  second.WaitReadable(kOther);
  EXPECT_EQ("y", pair.Drain());
}

TEST(Guarantees, G19_EveryHandleIsNonBlockingAndNotInherited) {
  std::vector<mio_handle> handles;
  const auto expect_tame = [](mio_handle handle, const char *what) {
    EXPECT_TRUE(IsNonBlocking(handle)) << what;
    EXPECT_FALSE(IsInherited(handle)) << what;
  };
  mio_handle handle = MIO_HANDLE_NONE;
  TcpListener listener;
  Listen(&listener);
  ASSERT_OK(mio_tcp_listener_handle(&listener, &handle));
  expect_tame(handle, "listener");
  StreamPair pair;
  ASSERT_OK(mio_tcp_stream_handle(pair.theirs(), &handle));
  expect_tame(handle, "connected");
  ASSERT_OK(mio_tcp_stream_handle(pair.ours(), &handle));
  expect_tame(handle, "accepted");
  UdpSocket udp, peer;
  ASSERT_OK(ConnectUdp(&udp, &peer));
  ASSERT_OK(mio_udp_socket_handle(&udp, &handle));
  expect_tame(handle, "datagrams");
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  ASSERT_OK(mio_tcp_stream_handle(&a, &handle));
  expect_tame(handle, "pair");
  ASSERT_OK(mio_tcp_stream_handle(&b, &handle));
  expect_tame(handle, "pair");
}

TEST(Guarantees, G19_NoSigpipe) {
  StreamPair pair;
  pair.Reset();
  const char byte = 0;
  mio_iovec vector = {const_cast<char *>(&byte), 1};
  // A signal would end the process.
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(mio_tcp_stream_write(pair.ours(), &byte, 1), 0);
    EXPECT_LT(mio_tcp_stream_writev(pair.ours(), &vector, 1), 0);
  }
}

TEST(Guarantees, G20_ConnectIsWritableThenTakeErrorThenPeerAddr) {
  Poll poll;
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  TcpStream client;
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  ASSERT_OK(poll.Register(&client->source, kSource, MIO_READABLE | MIO_WRITABLE));
  poll.WaitWritable(kSource);
  EXPECT_OK(mio_tcp_stream_take_error(&client));
  mio_addr peer = {};
  EXPECT_OK(mio_tcp_stream_peer_addr(&client, &peer));
  EXPECT_TRUE(mio_addr_equal(&addr, &peer)) << ToString(peer);
}

// 23. Wakes never keep a ready source back for long: a wait that begins more than 100 us after the OS was
// last asked asks it, however many wakes there are.
TEST(Guarantees, G23_WakesDoNotStarveSources) {
  for (const size_t capacity : {size_t{64}, size_t{1}}) {
    Poll poll(capacity);
    Waker waker;
    TcpStream a, b;
    ASSERT_OK(ConnectLocal(&a, &b));
    ASSERT_OK(poll.Register(&a->source, kSource, MIO_READABLE));
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    for (int round = 0; round < 30; ++round) {
      char byte;
      ASSERT_EQ(1, mio_tcp_stream_write(&b, "x", 1));
      bool found = false;
      size_t waits = 0;
      while (!found && waits < 20) {
        const uint64_t work_until = NowNs() + 200000;
        while (NowNs() < work_until) {
        }
        ASSERT_OK(mio_waker_wake(&waker));
        ASSERT_OK(mio_poll_wait(poll.get(), poll.events(), MIO_FOREVER));
        ++waits;
        for (const mio_token token : Tokens(poll.events())) found = found || token == kSource;
      }
      EXPECT_LE(waits, capacity == 1 ? 2u : 1u) << "with room for " << capacity;
      ASSERT_EQ(1, mio_tcp_stream_read(&a, &byte, 1));
      ASSERT_ERROR(mio_tcp_stream_read(&a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
    }
  }
}

// 24. A wait with timeout 0 returns something if something is ready, whatever the capacity (1 included),
// wakes or notifications under way.
TEST(Guarantees, G24_ZeroTimeoutFindsWhatIsReady) {
  Poll poll(1);
  Waker waker;
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  ASSERT_OK(poll.Register(&a->source, kSource, MIO_READABLE));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int round = 0; round < 50; ++round) {
    // A wake that comes while this thread may sleep leaves a notification behind.
    std::thread thread([&] { EXPECT_OK(mio_waker_wake(&waker)); });
    ASSERT_OK(poll.Wait());
    thread.join();
    EXPECT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
    char byte;
    ASSERT_EQ(1, mio_tcp_stream_write(&b, "x", 1));
    ASSERT_OK(mio_poll_wait(poll.get(), poll.events(), 0));
    EXPECT_EQ(std::vector<mio_token>{kSource}, Tokens(poll.events()));
    ASSERT_EQ(1, mio_tcp_stream_read(&a, &byte, 1));
    ASSERT_ERROR(mio_tcp_stream_read(&a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  }
}

}  // namespace
}  // namespace mio_test
