#include "mio/poll.h"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kWaker = 99 };

TEST(Poll, ZeroedIsClosedAndAnswers) {
  mio_poll poll = {};
  mio_events events = {};
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_events_init(&events, 4));
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, uint64_t{MIO_FOREVER}}) {
    EXPECT_ERROR(mio_poll_wait(&poll, &events, timeout_ns), MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_STREQ("closed", mio_poll_selector_name(&poll));
  EXPECT_FALSE(mio_poll_supports(&poll, MIO_FEATURE_LEVEL));
  EXPECT_ERROR(mio_poll_handle(&poll, &handle), MIO_ERROR_INVALID_INPUT);
  StreamPair pair;
  const mio_registry *registry = mio_poll_registry(&poll);
  EXPECT_ERROR(mio_registry_register(registry, pair.source(), 1, MIO_READABLE),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_registry_reregister(registry, pair.source(), 1, MIO_READABLE),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_registry_deregister(registry, pair.source()), MIO_ERROR_INVALID_INPUT);
  mio_poll_close(&poll);
  mio_poll_close(nullptr);
  mio_events_close(&events);
}

TEST(Poll, ClosedTwiceAndOpenedAgain) {
  mio_poll poll = {};
  for (int round = 0; round < 3; ++round) {
    ASSERT_OK(mio_poll_init(&poll, nullptr));
    EXPECT_STRNE("closed", mio_poll_selector_name(&poll));
    mio_poll_close(&poll);
    mio_poll_close(&poll);
    EXPECT_STREQ("closed", mio_poll_selector_name(&poll));
  }
  EXPECT_ERROR(mio_poll_init(nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(Poll, KeepsNoHandleBehind) {
  const int before = CountHandles();
  if (before < 0) GTEST_SKIP() << "handles cannot be counted on this system";
  for (int round = 0; round < 10; ++round) {
    Poll poll;
    Waker waker;
    Registry clone;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
    StreamPair pair;
    ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Wait(0));
  }
  EXPECT_EQ(before, CountHandles());
}

TEST(Poll, NamesItsSelector) {
  Poll poll;
  const std::set<std::string> known = {"epoll", "poll", "kqueue", "afd", "io_uring"};
  EXPECT_EQ(1u, known.count(mio_poll_selector_name(poll.get())))
      << mio_poll_selector_name(poll.get());
}

TEST(Poll, SupportsMeansAllOfThem) {
  Poll poll;
  unsigned both = 0;
  for (unsigned bit = 1; bit <= MIO_FEATURE_DIRECT_IO; bit <<= 1) {
    if (mio_poll_supports(poll.get(), static_cast<mio_feature>(bit))) both |= bit;
  }
  EXPECT_TRUE(mio_poll_supports(poll.get(), static_cast<mio_feature>(both)));
  EXPECT_FALSE(mio_poll_supports(poll.get(), static_cast<mio_feature>(both | 1u << 20)));
}

TEST(Poll, EventsWithoutRoomAreInvalid) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  ASSERT_OK(mio_waker_wake(&waker));
  mio_events none = {};
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, uint64_t{MIO_FOREVER}}) {
    EXPECT_ERROR(mio_poll_wait(poll.get(), &none, timeout_ns), MIO_ERROR_INVALID_INPUT);
    EXPECT_EQ(0u, mio_events_count(&none));
  }
  poll.WaitReadable(kWaker); /* nothing was lost by it */
}

TEST(Poll, AClosedPollEmptiesTheEvents) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_OK(poll.Wait());
  ASSERT_EQ(1u, mio_events_count(poll.events()));
  mio_poll closed = {};
  EXPECT_ERROR(mio_poll_wait(&closed, poll.events(), 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
}

TEST(Poll, MayBeMoved) {
  mio_poll before = {};
  ASSERT_OK(mio_poll_init(&before, nullptr));
  StreamPair pair;
  ASSERT_OK(
      mio_registry_register(mio_poll_registry(&before), pair.source(), kSource, MIO_READABLE));
  mio_poll after = before;
  before = {};
  mio_poll_close(&before);
  pair.Send();
  mio_events events = {};
  ASSERT_OK(mio_events_init(&events, 4));
  ASSERT_OK(mio_poll_wait(&after, &events, kLong));
  EXPECT_EQ(std::vector<mio_token>{kSource}, Tokens(&events));
  EXPECT_OK(mio_registry_deregister(mio_poll_registry(&after), pair.source()));
  mio_events_close(&events);
  mio_poll_close(&after);
}

// Events are the caller's: one room for several polls, and a new one at any time.
TEST(Poll, AnyEventsWillDo) {
  Poll first, second;
  Waker a, b;
  ASSERT_OK(mio_waker_init(&a, first.registry(), 1));
  ASSERT_OK(mio_waker_init(&b, second.registry(), 2));
  mio_events events = {};
  ASSERT_OK(mio_events_init(&events, 1));
  ASSERT_OK(mio_waker_wake(&a));
  ASSERT_OK(mio_waker_wake(&b));
  ASSERT_OK(mio_poll_wait(first.get(), &events, kLong));
  EXPECT_EQ(std::vector<mio_token>{1}, Tokens(&events));
  ASSERT_OK(mio_poll_wait(second.get(), &events, kLong));
  EXPECT_EQ(std::vector<mio_token>{2}, Tokens(&events));
  mio_events_close(&events);
}

TEST(Poll, RoomReservedIsNoLimit) {
  mio_poll_options options = {};
  for (const size_t reserve : {size_t{0}, size_t{1}, size_t{3}, size_t{1000}}) {
    options.reserve_sources = reserve;
    Poll poll(64, &options);
    std::vector<std::unique_ptr<StreamPair>> pairs;
    for (mio_token i = 0; i < 5; ++i) {
      pairs.push_back(std::make_unique<StreamPair>());
      ASSERT_OK(poll.Register(pairs.back()->source(), i, MIO_READABLE));
      pairs.back()->Send();
    }
    for (mio_token i = 0; i < 5; ++i) poll.WaitReadable(i);
  }
}

// Every kind of readiness in every mode that the selector has.
struct Mode {
  const char *name;
  mio_interest bits;
  bool repeats; /* while it lasts */
  bool ends;    /* after one event */
};

class PollModes : public ::testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    const mio_interest bits = GetParam().bits;
    if (mio_interest_has(bits, MIO_LEVEL) && !Supports(MIO_FEATURE_LEVEL)) {
      GTEST_SKIP() << "no levels with this selector";
    }
    if (mio_interest_has(bits, MIO_ONESHOT) && !Supports(MIO_FEATURE_ONESHOT)) {
      GTEST_SKIP() << "no one-shots with this selector";
    }
  }

  // Nothing new has happened: what does the mode say?
  void ExpectMore(Poll *poll, const char *what) {
    if (GetParam().repeats) {
      for (int i = 0; i < 3; ++i) {
        poll->WaitFor(kSource, [](const Readiness &r) { return r.events > 0; });
      }
    } else {
      EXPECT_TRUE(poll->Quiet(kSource).None()) << what;
    }
  }
};

TEST_P(PollModes, Readable) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | GetParam().bits));
  EXPECT_TRUE(poll.Now(kSource).None());
  pair.Send();
  EXPECT_FALSE(poll.WaitReadable(kSource).writable);
  ExpectMore(&poll, "unread");
  EXPECT_EQ("x", pair.Drain());
  EXPECT_TRUE(poll.Quiet(kSource).None()) << "drained";
  pair.Send();
  if (GetParam().ends) {
    EXPECT_TRUE(poll.Quiet(kSource).None()) << "told once";
    ASSERT_OK(poll.Reregister(pair.source(), kSource, MIO_READABLE | GetParam().bits));
  }
  poll.WaitReadable(kSource);
}

TEST_P(PollModes, Writable) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_WRITABLE | GetParam().bits));
  EXPECT_FALSE(poll.WaitWritable(kSource).readable);
  ExpectMore(&poll, "still writable");
  pair.Send();
  EXPECT_FALSE(poll.Quiet(kSource).readable) << "not asked for";
  ASSERT_OK(poll.Deregister(pair.source()));
  pair.FillForGood();
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_WRITABLE | GetParam().bits));
  EXPECT_TRUE(poll.Quiet(kSource).None()) << "full";
  pair.DrainTheirs();
  const uint64_t deadline = NowNs() + kLong;
  while (!poll.Now(kSource).writable && NowNs() < deadline) pair.DrainTheirs();
  EXPECT_LT(NowNs(), deadline);
}

TEST_P(PollModes, ReadableAndWritable) {
  Poll poll;
  StreamPair pair;
  pair.Deliver();
  const mio_interest interest = MIO_READABLE | MIO_WRITABLE | GetParam().bits;
  ASSERT_OK(poll.Register(pair.source(), kSource, interest));
  const Readiness readiness =
      poll.WaitFor(kSource, [](const Readiness &r) { return r.readable && r.writable; });
  EXPECT_FALSE(readiness.error || readiness.read_closed || readiness.write_closed) << readiness;
  ExpectMore(&poll, "as before");
  EXPECT_EQ("x", pair.Drain());
  pair.Deliver("y");
  if (GetParam().ends) {
    EXPECT_TRUE(poll.Quiet(kSource).None()) << "told once";
    ASSERT_OK(poll.Reregister(pair.source(), kSource, interest));
  }
  poll.WaitReadable(kSource);
}

TEST_P(PollModes, Listener) {
  Poll poll;
  TcpListener listener;
  const mio_addr addr = Listen(&listener);
  ASSERT_OK(poll.Register(&listener->source, kSource, MIO_READABLE | GetParam().bits));
  for (int round = 0; round < 3; ++round) {
    TcpStream client, server, none;
    ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
    poll.WaitReadable(kSource);
    EXPECT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
    EXPECT_ERROR(mio_tcp_listener_accept(&listener, &none, nullptr), MIO_ERROR_WOULD_BLOCK);
    if (GetParam().ends) {
      ASSERT_OK(poll.Reregister(&listener->source, kSource, MIO_READABLE | GetParam().bits));
    }
  }
}

TEST_P(PollModes, EndOfThePeer) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | GetParam().bits));
  mio_tcp_stream_close(pair.theirs());
  poll.WaitReadable(kSource);
  ExpectMore(&poll, "the end was told");
}

INSTANTIATE_TEST_SUITE_P(
    Modes, PollModes,
    ::testing::Values(Mode{"Edge", 0, false, false}, Mode{"Level", MIO_LEVEL, true, false},
                      Mode{"OneShot", MIO_ONESHOT, false, true},
                      Mode{"LevelOneShot", MIO_LEVEL | MIO_ONESHOT, false, true}),
    [](const ::testing::TestParamInfo<Mode> &test) { return test.param.name; });

// Each event goes to one of the threads that wait, and none is lost.
TEST(PollThreads, SeveralWaitOnOnePoll) {
  constexpr int kWaiters = 3;
  constexpr mio_token kSources = 8;
  constexpr int kRounds = 100;
  Poll poll;
  Waker end;
  ASSERT_OK(mio_waker_init(&end, poll.registry(), kWaker));
  std::vector<std::unique_ptr<StreamPair>> pairs;
  const mio_interest mode = Supports(MIO_FEATURE_ONESHOT) ? MIO_ONESHOT : 0;
  for (mio_token i = 0; i < kSources; ++i) {
    pairs.push_back(std::make_unique<StreamPair>());
    ASSERT_OK(poll.Register(pairs.back()->source(), i, MIO_READABLE | mode));
  }
  std::atomic<int> received{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kWaiters; ++i) {
    threads.emplace_back([&] {
      mio_events events = {};
      EXPECT_OK(mio_events_init(&events, 2));
      while (!over) {
        EXPECT_OK(mio_poll_wait(poll.get(), &events, MIO_FOREVER));
        for (const mio_token token : Tokens(&events)) {
          if (token == kWaker) continue;
          ASSERT_LT(token, kSources);
          received += static_cast<int>(pairs[token]->Drain().size());
          EXPECT_OK(poll.Reregister(pairs[token]->source(), token, MIO_READABLE | mode));
        }
      }
      EXPECT_OK(mio_waker_wake(&end));
      mio_events_close(&events);
    });
  }
  const uint64_t deadline = NowNs() + kLong;
  for (int round = 1; round <= kRounds; ++round) {
    for (const auto &pair : pairs) pair->Send();
    while (received < round * static_cast<int>(kSources) && NowNs() < deadline) {
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(kRounds * static_cast<int>(kSources), received);
  over = true;
  EXPECT_OK(mio_waker_wake(&end));
  for (std::thread &thread : threads) thread.join();
}

// Register, wait, wake, reregister and deregister all at once.
TEST(PollThreads, EverythingAtOnce) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  std::atomic<int> running{3};
  std::vector<std::thread> threads;
  for (mio_token i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      StreamPair pair;
      for (int round = 0; round < 200; ++round) {
        EXPECT_OK(poll.Register(pair.source(), i, MIO_READABLE));
        pair.Send();
        EXPECT_OK(poll.Reregister(pair.source(), i, MIO_READABLE | MIO_WRITABLE));
        pair.Drain();
        EXPECT_OK(mio_waker_wake(&waker));
        EXPECT_OK(poll.Deregister(pair.source()));
      }
      --running;
      EXPECT_OK(mio_waker_wake(&waker));
    });
  }
  while (running > 0) {
    ASSERT_OK(poll.Wait());
    for (const mio_token token : Tokens(poll.events())) {
      EXPECT_TRUE(token < 3 || token == kWaker) << token;
    }
  }
  for (std::thread &thread : threads) thread.join();
}

}  // namespace
}  // namespace mio_test
