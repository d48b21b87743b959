#include "mio/waker.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kWaker = 99 };

TEST(Waker, EventIsReadableAndNothingElse) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  ASSERT_OK(mio_waker_wake(&waker));
  const Readiness readiness = poll.WaitReadable(kWaker);
  EXPECT_EQ(1, readiness.events);
  EXPECT_FALSE(readiness.writable || readiness.error || readiness.read_closed ||
               readiness.write_closed || readiness.priority)
      << readiness;
}

TEST(Waker, WakesCoalesce) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int i = 0; i < 1000; ++i) ASSERT_OK(mio_waker_wake(&waker));
  EXPECT_EQ(1, poll.WaitReadable(kWaker).events);
  EXPECT_TRUE(poll.Quiet(kWaker).None());
}

TEST(Waker, AWakeIsSeenByWaitsOfEveryTimeout) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, kSecond, uint64_t{MIO_FOREVER}}) {
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Wait(timeout_ns));
    EXPECT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
  }
}

TEST(Waker, AnyToken) {
  Poll poll;
  for (const mio_token token : {mio_token{0}, mio_token{1}, UINTPTR_MAX, UINTPTR_MAX - 1}) {
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), token));
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Wait());
    EXPECT_EQ(std::vector<mio_token>{token}, Tokens(poll.events()));
  }
}

// Several for one poll, each with its own token; no more than there is room for.
TEST(Waker, AsManyAsThereIsRoomForAndNoMore) {
  Poll poll;
  std::vector<std::unique_ptr<Waker>> wakers;
  for (mio_token i = 0; i < MIO_WAKERS_PER_POLL; ++i) {
    wakers.push_back(std::make_unique<Waker>());
    ASSERT_OK(mio_waker_init(&*wakers.back(), poll.registry(), i));
  }
  Waker one_more;
  EXPECT_ERROR(mio_waker_init(&one_more, poll.registry(), kWaker), MIO_ERROR_TOO_MANY_FILES);
  EXPECT_ERROR(mio_waker_wake(&one_more), MIO_ERROR_INVALID_INPUT);
  for (const auto &waker : wakers) ASSERT_OK(mio_waker_wake(&*waker));
  ASSERT_OK(poll.Wait());
  std::vector<mio_token> tokens = Tokens(poll.events());
  std::sort(tokens.begin(), tokens.end());
  ASSERT_EQ(size_t{MIO_WAKERS_PER_POLL}, tokens.size());
  for (mio_token i = 0; i < MIO_WAKERS_PER_POLL; ++i) EXPECT_EQ(i, tokens[i]);
  // A place that has become free is used again, with the new token.
  mio_waker_close(&*wakers[13]);
  ASSERT_OK(mio_waker_init(&one_more, poll.registry(), kWaker));
  ASSERT_OK(mio_waker_wake(&one_more));
  ASSERT_OK(poll.Wait());
  EXPECT_EQ(std::vector<mio_token>{kWaker}, Tokens(poll.events()));
  // Another poll has room of its own.
  Poll other;
  Waker elsewhere;
  EXPECT_OK(mio_waker_init(&elsewhere, other.registry(), kWaker));
}

TEST(Waker, ClosedBeforeItsWakeWasDeliveredItIsNotSeen) {
  Poll poll;
  for (int round = 0; round < 3; ++round) {
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    ASSERT_OK(mio_waker_wake(&waker));
    mio_waker_close(&waker);
    mio_waker_close(&waker);
    EXPECT_ERROR(mio_waker_wake(&waker), MIO_ERROR_INVALID_INPUT);
    EXPECT_TRUE(poll.Now(kWaker).None());
    // Nor under the token of who has its place now.
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kSource));
    EXPECT_TRUE(poll.Now(kSource).None());
  }
  EXPECT_TRUE(poll.Quiet(kWaker).None());
}

TEST(Waker, MisuseIsAnswered) {
  Poll poll;
  Waker waker;
  mio_registry closed = {};
  EXPECT_ERROR(mio_waker_init(nullptr, poll.registry(), kWaker), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_waker_init(&waker, nullptr, kWaker), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_waker_init(&waker, &closed, kWaker), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_waker_wake(&waker), MIO_ERROR_INVALID_INPUT);
  mio_waker_close(&waker);
  mio_waker_close(nullptr);
}

TEST(Waker, OutlivesItsPoll) {
  Waker waker;
  {
    Poll poll;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  }
  EXPECT_OK(mio_waker_wake(&waker));
  EXPECT_OK(mio_waker_wake(&waker));
}

TEST(Waker, ThroughACloneOfTheRegistry) {
  Poll poll;
  Registry clone;
  ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, &clone, kWaker));
  mio_registry_close(&clone);
  ASSERT_OK(mio_waker_wake(&waker));
  poll.WaitReadable(kWaker);
}

// A program that wakes itself all the time goes on to hear of its sources, whatever fits.
TEST(Waker, DoesNotStarveSources) {
  for (const size_t capacity : {size_t{1}, size_t{2}, size_t{64}}) {
    for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{MIO_FOREVER}}) {
      Poll poll(capacity);
      StreamPair pair;
      ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
      Waker waker;
      ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
      pair.Send();
      poll.WaitReadable(kSource);
      ASSERT_OK(poll.Reregister(pair.source(), kSource, MIO_READABLE));
      bool seen = false;
      for (int turns = 0; turns < 1000 && !seen; ++turns) {
        ASSERT_OK(mio_waker_wake(&waker));
        ASSERT_OK(poll.Wait(timeout_ns));
        for (const mio_token token : Tokens(poll.events())) seen |= token == kSource;
      }
      EXPECT_TRUE(seen) << "room for " << capacity << ", timeout " << timeout_ns;
    }
  }
}

// And the other way round: always more ready sources than fit.
TEST(Waker, IsNotStarvedBySources) {
  if (!Supports(MIO_FEATURE_LEVEL)) GTEST_SKIP() << "sources cannot stay ready here";
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{MIO_FOREVER}}) {
    Poll poll(1);
    StreamPair pairs[3];
    for (mio_token i = 0; i < 3; ++i) {
      pairs[i].Send();
      ASSERT_OK(poll.Register(pairs[i].source(), i, MIO_READABLE | MIO_LEVEL));
      poll.WaitReadable(i);
    }
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    for (int round = 0; round < 10; ++round) {
      ASSERT_OK(mio_waker_wake(&waker));
      bool seen = false;
      for (int turns = 0; turns < 100 && !seen; ++turns) {
        ASSERT_OK(poll.Wait(timeout_ns));
        for (const mio_token token : Tokens(poll.events())) seen |= token == kWaker;
      }
      EXPECT_TRUE(seen);
    }
  }
}

TEST(Waker, WithRoomForOneEventAllAreSeen) {
  Poll poll(1);
  Waker wakers[5];
  for (mio_token i = 0; i < 5; ++i) ASSERT_OK(mio_waker_init(&wakers[i], poll.registry(), i));
  for (Waker &waker : wakers) ASSERT_OK(mio_waker_wake(&waker));
  std::vector<int> seen(5);
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(poll.Wait());
    ASSERT_EQ(1u, mio_events_count(poll.events()));
    ++seen[mio_event_token(mio_events_begin(poll.events()))];
  }
  EXPECT_EQ(std::vector<int>(5, 1), seen);
}

// What was written before a wake is there for who receives its event.
TEST(Waker, PublishesWhatWasWrittenBefore) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  constexpr int kRounds = 2000;
  int plain = 0; /* not atomic: the wake has to order it */
  std::atomic<int> taken{0};
  std::thread writer([&] {
    for (int round = 1; round <= kRounds; ++round) {
      plain = round;
      EXPECT_OK(mio_waker_wake(&waker));
      while (taken < round) std::this_thread::yield();
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    poll.WaitReadable(kWaker);
    EXPECT_EQ(round, plain);
    taken = round;
  }
  writer.join();
}

// Each thread wakes only once its last wake has been answered: one lost wake, and this stands
// still.
void AnswerEveryWake(Poll *poll, int waiters, int wakers, int rounds) {
  std::vector<std::unique_ptr<Waker>> all;
  std::vector<std::atomic<int>> answers(static_cast<size_t>(wakers));
  std::atomic<int> running{wakers};
  Waker end;
  ASSERT_OK(mio_waker_init(&end, poll->registry(), kWaker));
  std::vector<std::thread> threads;
  for (int i = 0; i < wakers; ++i) {
    all.push_back(std::make_unique<Waker>());
    ASSERT_OK(mio_waker_init(&*all.back(), poll->registry(), static_cast<mio_token>(i)));
  }
  for (int i = 0; i < wakers; ++i) {
    threads.emplace_back([&, i] {
      const uint64_t deadline = NowNs() + kLong;
      for (int round = 1; round <= rounds; ++round) {
        EXPECT_OK(mio_waker_wake(&*all[static_cast<size_t>(i)]));
        while (answers[static_cast<size_t>(i)] < round) {
          if (NowNs() > deadline) {
            ADD_FAILURE() << "wake " << round << " of waker " << i << " was lost";
            round = rounds;
            break;
          }
          std::this_thread::yield();
        }
      }
      --running;
      EXPECT_OK(mio_waker_wake(&end));
    });
  }
  for (int i = 0; i < waiters; ++i) {
    threads.emplace_back([&] {
      mio_events events = {};
      EXPECT_OK(mio_events_init(&events, 2));
      while (running > 0) {
        EXPECT_OK(mio_poll_wait(poll->get(), &events, MIO_FOREVER));
        EXPECT_FALSE(mio_events_is_empty(&events)) << "a wait without end has ended";
        for (const mio_token token : Tokens(&events)) {
          if (token == kWaker) continue;
          ASSERT_LT(token, static_cast<mio_token>(wakers)) << "a token of nobody's";
          ++answers[token];
        }
      }
      EXPECT_OK(mio_waker_wake(&end)); /* the next one, please */
      mio_events_close(&events);
    });
  }
  for (std::thread &thread : threads) thread.join();
}

TEST(WakerThreads, OneWaiter) {
  Poll poll;
  AnswerEveryWake(&poll, 1, 2, 2000);
}

TEST(WakerThreads, SeveralWaiters) {
  Poll poll;
  AnswerEveryWake(&poll, 3, 3, 1000);
}

TEST(WakerThreads, SeveralWaitersThatSpin) {
  mio_poll_options options = {};
  options.spin_ns = 20000;
  Poll poll(8, &options);
  AnswerEveryWake(&poll, 2, 2, 1000);
}

// Looking once, without waiting, takes nothing away from who waits.
TEST(WakerThreads, ALookerDoesNotStealWakes) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  std::atomic<int> seen{0};
  std::atomic<bool> over{false};
  const auto look = [&](uint64_t timeout_ns) {
    mio_events events = {};
    EXPECT_OK(mio_events_init(&events, 2));
    while (!over) {
      EXPECT_OK(mio_poll_wait(poll.get(), &events, timeout_ns));
      for (const mio_token token : Tokens(&events)) {
        EXPECT_EQ(kWaker, token);
        ++seen;
      }
    }
    mio_events_close(&events);
  };
  std::thread waiter(look, MIO_FOREVER), looker(look, 0);
  const uint64_t deadline = NowNs() + kLong;
  for (int round = 1; round <= 500; ++round) {
    ASSERT_OK(mio_waker_wake(&waker));
    while (seen < round && NowNs() < deadline) std::this_thread::yield();
  }
  EXPECT_GE(seen, 500);
  over = true;
  EXPECT_OK(mio_waker_wake(&waker));
  looker.join();
  EXPECT_OK(mio_waker_wake(&waker));
  waiter.join();
}

// Wakers come and go while others wake and wait.
TEST(WakerThreads, MadeAndClosedMeanwhile) {
  Poll poll;
  Waker steady;
  ASSERT_OK(mio_waker_init(&steady, poll.registry(), kWaker));
  std::atomic<int> running{2};
  std::vector<std::thread> threads;
  for (mio_token i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        Waker passing;
        EXPECT_OK(mio_waker_init(&passing, poll.registry(), i));
        EXPECT_OK(mio_waker_wake(&passing));
      }
      --running;
      EXPECT_OK(mio_waker_wake(&steady));
    });
  }
  while (running > 0) {
    ASSERT_OK(poll.Wait());
    for (const mio_token token : Tokens(poll.events())) {
      EXPECT_TRUE(token < 2 || token == kWaker) << token;
    }
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_TRUE(poll.Quiet(0).None());
}

}  // namespace
}  // namespace mio_test
