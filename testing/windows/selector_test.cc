// The selector over AFD: groups, polls that end early, threads, capacity and time.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include "testing/windows/raw_socket.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2 };

// Many datagram sockets, each a source with its index as the token.
class Sockets {
 public:
  explicit Sockets(size_t count) : sockets_(count) {
    for (One &one : sockets_) {
      one.socket = RawUdpSocket();
      one.socket.SetNonBlocking();
      one.addr = one.socket.Bind();
      EXPECT_OK(mio_windows_socket_init(&one.source, one.socket.handle()));
    }
  }
  ~Sockets() {
    for (One &one : sockets_) mio_windows_socket_close(&one.source);
  }

  size_t count() const { return sockets_.size(); }
  mio_source *source(size_t i) { return &sockets_[i].source.source; }
  RawSocket &socket(size_t i) { return sockets_[i].socket; }

  void RegisterAll(Poll *poll, mio_interest interest) {
    for (size_t i = 0; i < count(); ++i) ASSERT_OK(poll->Register(source(i), i, interest));
  }
  void DeregisterAll(Poll *poll) {
    for (size_t i = 0; i < count(); ++i) ASSERT_OK(poll->Deregister(source(i)));
  }
  void SendTo(size_t i) { sender_.SendTo(sockets_[i].addr); }
  void SendToAll() {
    for (size_t i = 0; i < count(); ++i) SendTo(i);
  }
  void ReceiveAll() {
    for (One &one : sockets_) EXPECT_EQ("x", one.socket.Receive());
  }

 private:
  struct One {
    RawSocket socket;
    sockaddr_in addr;
    mio_windows_socket source = {};
  };
  std::vector<One> sockets_;
  RawSocket sender_ = RawUdpSocket();
};

// Waits until each of `count` tokens had an event, and counts them.
std::map<mio_token, int> CollectAll(Poll *poll, size_t count) {
  std::map<mio_token, int> seen;
  const uint64_t end = NowNs() + kLong;
  while (seen.size() < count && NowNs() < end) {
    EXPECT_OK(poll->Wait(kSecond));
    EXPECT_LE(mio_events_count(poll->events()), mio_events_capacity(poll->events()));
    for (size_t i = 0; i < mio_events_count(poll->events()); ++i) {
      const mio_event *event = mio_events_get(poll->events(), i);
      EXPECT_TRUE(mio_event_is_readable(event));
      ++seen[mio_event_token(event)];
    }
  }
  EXPECT_EQ(count, seen.size());
  return seen;
}

DWORD HandleCount() {
  DWORD count = 0;
  EXPECT_TRUE(GetProcessHandleCount(GetCurrentProcess(), &count));
  return count;
}

class SelectorGroups : public ::testing::TestWithParam<size_t> {};

TEST_P(SelectorGroups, EachSocketIsToldOnce) {
  Poll poll(GetParam());
  Sockets sockets(GetParam());
  sockets.RegisterAll(&poll, MIO_READABLE);
  ASSERT_OK(poll.Wait(0));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
  sockets.SendToAll();
  for (const auto &[token, count] : CollectAll(&poll, sockets.count())) {
    EXPECT_EQ(1, count) << token;
  }
  ASSERT_OK(poll.Wait(kQuiet));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
}

TEST_P(SelectorGroups, EverySecondPlaceIsUsedAgain) {
  Poll poll(GetParam());
  Sockets sockets(GetParam());
  for (int round = 0; round < 3; ++round) {
    sockets.RegisterAll(&poll, MIO_READABLE | MIO_LEVEL);
    ASSERT_OK(poll.Wait(0));
    for (size_t i = 0; i < sockets.count(); i += 2) {
      ASSERT_OK(poll.Deregister(sockets.source(i)));
    }
    for (size_t i = 0; i < sockets.count(); i += 2) {
      ASSERT_OK(poll.Register(sockets.source(i), i, MIO_READABLE));
    }
    sockets.SendToAll();
    CollectAll(&poll, sockets.count());
    sockets.ReceiveAll();
    sockets.DeregisterAll(&poll);
    ASSERT_OK(poll.Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SelectorGroups, ::testing::Values(1, 32, 33, 64, 200));

TEST(SelectorCapacity, IsNeverExceededAndNothingIsLost) {
  const size_t capacities[] = {1, 7, 49};
  for (const size_t capacity : capacities) {
    Poll poll(capacity);
    Sockets sockets(50);
    sockets.RegisterAll(&poll, MIO_READABLE);
    sockets.SendToAll();
    for (const auto &[token, count] : CollectAll(&poll, sockets.count())) {
      EXPECT_EQ(1, count) << token;
    }
  }
}

TEST(SelectorCapacity, AWakeAmongManyIsNotLost) {
  Poll poll(1);
  Sockets sockets(10);
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 99));
  sockets.RegisterAll(&poll, MIO_READABLE);
  sockets.SendToAll();
  ASSERT_OK(mio_waker_wake(&waker));
  CollectAll(&poll, sockets.count() + 1);
}

TEST(SelectorLevel, NobodyIsStarvedByOthers) {
  Poll poll(4);
  Sockets sockets(40);
  sockets.RegisterAll(&poll, MIO_READABLE | MIO_LEVEL);
  sockets.SendToAll();
  for (int round = 0; round < 3; ++round) CollectAll(&poll, sockets.count());
}

TEST(SelectorClose, PollsUnderWayGoWithIt) {
  Sockets sockets(70);
  {
    Poll poll;
    sockets.RegisterAll(&poll, MIO_READABLE);
    ASSERT_OK(poll.Wait(0));
  }
  const DWORD before = HandleCount();
  for (int round = 0; round < 50; ++round) {
    Poll poll;
    sockets.RegisterAll(&poll, MIO_READABLE);
    if (round % 2 == 0) {
      ASSERT_OK(poll.Wait(0));
    }
    if (round % 3 == 0) sockets.SendTo(static_cast<size_t>(round));
  }
  EXPECT_GE(before, HandleCount());
  Poll poll(128);
  sockets.RegisterAll(&poll, MIO_READABLE);
  sockets.SendToAll();
  CollectAll(&poll, sockets.count());
}

TEST(SelectorClose, ASocketClosedJustBeforeIsNoMatter) {
  for (int round = 0; round < 50; ++round) {
    Poll poll;
    Sockets sockets(5);
    sockets.RegisterAll(&poll, MIO_READABLE);
    ASSERT_OK(poll.Wait(0));
    for (size_t i = 0; i < sockets.count(); ++i) sockets.socket(i).Close();
  }
}

// A thread that waits for one event, and says when it is about to.
class Waiter {
 public:
  explicit Waiter(Poll *poll) : thread_([this, poll] { token_ = Run(poll); }) {
    while (!waiting_) std::this_thread::yield();
  }

  // The token of its event.
  mio_token Join() {
    thread_.join();
    return token_;
  }

 private:
  mio_token Run(Poll *poll) {
    waiting_ = true;
    EXPECT_OK(poll->Wait(kLong));
    const mio_event *event = mio_events_get(poll->events(), 0);
    EXPECT_NE(nullptr, event) << "the time is up";
    return event == nullptr ? 0 : mio_event_token(event);
  }

  std::atomic<bool> waiting_{false};
  mio_token token_ = 0;
  std::thread thread_;
};

TEST(SelectorThreads, RegisteringTakesEffectInAWait) {
  for (int round = 0; round < 20; ++round) {
    Poll poll;
    RawPair pair;
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
    pair.theirs.Send();
    Waiter waiter(&poll);
    ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE));
    EXPECT_EQ(mio_token{kSource}, waiter.Join());
  }
}

TEST(SelectorThreads, AWiderInterestTakesEffectInAWait) {
  for (int round = 0; round < 20; ++round) {
    Poll poll;
    RawPair pair;
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
    ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE));
    ASSERT_OK(poll.Wait(0));
    Waiter waiter(&poll);
    ASSERT_OK(poll.Reregister(&source->source, kOther, MIO_READABLE | MIO_WRITABLE));
    EXPECT_EQ(mio_token{kOther}, waiter.Join());
  }
}

// Requests can end with the thread that made them.
TEST(SelectorThreads, WhoRegisteredMayBeGone) {
  for (int round = 0; round < 10; ++round) {
    Poll poll;
    RawPair pair;
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
    Waiter waiter(&poll);
    std::thread([&] { EXPECT_OK(poll.Register(&source->source, kSource, MIO_READABLE)); }).join();
    pair.theirs.Send();
    EXPECT_EQ(mio_token{kSource}, waiter.Join());
  }
}

TEST(SelectorThreads, WhoWaitedMayBeGone) {
  for (int round = 0; round < 10; ++round) {
    Poll poll;
    RawPair pair;
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
    ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE));
    std::thread([&] { EXPECT_OK(poll.Wait(0)); }).join();
    pair.theirs.Send();
    EXPECT_TRUE(poll.WaitReadable(kSource).readable);
  }
}

TEST(SelectorThreads, EachEventGoesToOneOfThoseWhoWait) {
  enum { kThreads = 4, kSockets = 60 };
  Poll poll;
  Sockets sockets(kSockets);
  sockets.RegisterAll(&poll, MIO_READABLE | MIO_ONESHOT);
  std::vector<std::atomic<int>> told(kSockets);
  std::atomic<int> all{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      mio_events events = {};
      ASSERT_OK(mio_events_init(&events, 3));
      const uint64_t end = NowNs() + kLong;
      while (all < kSockets && NowNs() < end) {
        EXPECT_OK(mio_poll_wait(poll.get(), &events, 20 * kMillisecond));
        for (size_t e = 0; e < mio_events_count(&events); ++e) {
          ++told[mio_event_token(mio_events_get(&events, e))];
          ++all;
        }
      }
      mio_events_close(&events);
    });
  }
  sockets.SendToAll();
  for (std::thread &thread : threads) thread.join();
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(1, told[i]) << i;
}

// Ends the program if it lives longer than kLong: for what would otherwise hang.
class Watchdog {
 public:
  explicit Watchdog(const char *what)
      : thread_([this, what] {
          const uint64_t end = NowNs() + kLong;
          while (!done_ && NowNs() < end) Sleep(10);
          if (done_) return;
          std::fprintf(stderr, "%s does not end\n", what);
          std::_Exit(1);
        }) {}
  ~Watchdog() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

// All slots are in use or wait for the packet of a cancelled poll, which threads that wait dequeue, among
// those of many sockets that stay ready.
TEST(SelectorThreads, SlotsAreReusedWhileOthersWait) {
  enum { kReady = 62, kChurned = 2, kRounds = 3000 };
  mio_poll_options options = {};
  options.reserve_sources = kReady + kChurned;
  Poll poll(4, &options);
  Sockets ready(kReady), churned(kChurned);
  ready.RegisterAll(&poll, MIO_READABLE | MIO_LEVEL);
  ready.SendToAll();
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      mio_events events = {};
      ASSERT_OK(mio_events_init(&events, 4));
      while (!done) EXPECT_OK(mio_poll_wait(poll.get(), &events, kMillisecond));
      mio_events_close(&events);
    });
  }
  {
    Watchdog watchdog("registering");
    for (int round = 0; round < kRounds; ++round) {
      churned.RegisterAll(&poll, MIO_READABLE);
      churned.DeregisterAll(&poll);
    }
  }
  done = true;
  for (std::thread &thread : threads) thread.join();
}

// The slot of a deregistered socket whose poll is still in flight serves the next socket, and nothing
// of the old one is reported under the new token.
TEST(SelectorGroups, ASlotInUseByTheKernelServesTheNextSocket) {
  mio_poll_options options = {};
  options.reserve_sources = 32;
  Poll poll(64, &options);
  Sockets first(32), second(32);
  for (int round = 0; round < 5; ++round) {
    first.RegisterAll(&poll, MIO_READABLE);
    ASSERT_OK(poll.Wait(0)); /* begins the polls */
    first.SendToAll();
    first.DeregisterAll(&poll);
    second.RegisterAll(&poll, MIO_READABLE);
    EXPECT_TRUE(poll.Quiet(0).None());
    second.SendToAll();
    for (const auto &[token, count] : CollectAll(&poll, second.count())) {
      EXPECT_EQ(1, count) << token;
    }
    second.ReceiveAll();
    first.ReceiveAll();
    second.DeregisterAll(&poll);
  }
}

// Each of them waits once, so that none but those who were told make polls for the others.
TEST(SelectorThreads, ALevelIsToldToAllWhoWait) {
  enum { kThreads = 3 };
  for (int round = 0; round < 10; ++round) {
    Poll poll;
    RawPair pair;
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
    ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE | MIO_LEVEL));
    std::atomic<int> begun{0}, told{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        mio_events events = {};
        ASSERT_OK(mio_events_init(&events, 4));
        ++begun;
        EXPECT_OK(mio_poll_wait(poll.get(), &events, kLong));
        told += static_cast<int>(mio_events_count(&events));
        mio_events_close(&events);
      });
    }
    while (begun < kThreads) std::this_thread::yield();
    pair.theirs.Send();
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(int{kThreads}, told);
  }
}

// Cancelled polls have packets, which end a wait of the system's but not ours.
TEST(SelectorTime, IsNotCutShortByPollsThatAreCancelled) {
  const uint64_t timeout_ns = 100 * kMillisecond;
  Poll poll;
  RawPair pair;
  SocketSource source;
  ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
  ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE));
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (int round = 0; !done; ++round) {
      const mio_interest interest = round % 2 == 0 ? MIO_READABLE : MIO_PRIORITY;
      EXPECT_OK(poll.Reregister(&source->source, kSource, interest));
      std::this_thread::yield();
    }
  });
  const uint64_t start = NowNs();
  EXPECT_OK(poll.Wait(timeout_ns));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
  EXPECT_GE(NowNs() - start, timeout_ns);
  done = true;
  other.join();
  pair.theirs.Send();
  ASSERT_OK(poll.Reregister(&source->source, kOther, MIO_READABLE));
  EXPECT_TRUE(poll.WaitReadable(kOther).readable);
}

TEST(SelectorTime, IsNeverEarly) {
  Poll poll;
  RawPair pair;
  SocketSource source;
  ASSERT_OK(mio_windows_socket_init(&source, pair.ours.handle()));
  ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE));
  for (const uint64_t timeout_ns :
       {1ull, 99ull, 101ull, 50000ull, 999999ull, 1000001ull, 3333333ull, 15600000ull}) {
    const uint64_t start = NowNs();
    EXPECT_OK(poll.Wait(timeout_ns));
    EXPECT_GE(NowNs() - start, timeout_ns);
  }
}

TEST(SelectorScale, ThousandsOfSockets) {
  const size_t count = 5000;
  Poll poll(1024);
  Sockets sockets(count);
  sockets.RegisterAll(&poll, MIO_READABLE);
  ASSERT_OK(poll.Wait(0));
  sockets.SendToAll();
  CollectAll(&poll, count);
  sockets.ReceiveAll();
  sockets.DeregisterAll(&poll);
  ASSERT_OK(poll.Wait(0));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
}

}  // namespace
}  // namespace mio_test
