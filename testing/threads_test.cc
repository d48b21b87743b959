// Registering, waking, cloning and waiting from many threads at once. Each test ends by itself when
// nothing is lost; the thread sanitizer watches the rest.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/sanitizers.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 2000 / kSlowdown + 100;
constexpr mio_token kStop = 1000;
constexpr mio_token kWake = 1001;  // and the kThreads - 1 after it

template <typename Work>
void InThreads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread &thread : threads) thread.join();
}

// A thread that waits on a poll until it is told to stop, and looks at every event.
class Waiter {
 public:
  template <typename See>
  Waiter(Poll *poll, See see) {
    EXPECT_OK(mio_waker_init(&stop_, poll->registry(), kStop));
    thread_ = std::thread([poll, see] {
      for (;;) {
        EXPECT_OK(poll->Wait(kLong));
        if (mio_events_is_empty(poll->events())) {
          ADD_FAILURE() << "waited in vain";
          return;
        }
        for (const mio_event *event = mio_events_begin(poll->events());
             event != mio_events_end(poll->events()); ++event) {
          if (mio_event_token(event) == kStop) return;
          see(event);
        }
      }
    });
  }

  ~Waiter() {
    EXPECT_OK(mio_waker_wake(&stop_));
    thread_.join();
  }

 private:
  Waker stop_;
  std::thread thread_;
};

// Waits for what another thread will do.
template <typename Condition>
bool Await(Condition condition) {
  const uint64_t deadline = NowNs() + kLong;
  while (!condition()) {
    if (NowNs() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Registrations from other threads take effect while the poller waits, whatever else goes on.
TEST(Threads, RegisterWhileWaiting) {
  Poll poll;
  std::atomic<int> seen[kThreads] = {};
  Waiter waiter(&poll, [&](const mio_event *event) {
    const mio_token token = mio_event_token(event);
    ASSERT_LT(token, static_cast<mio_token>(kThreads));
    ++seen[token];
  });
  InThreads(kThreads, [&](int index) {
    const mio_token token = static_cast<mio_token>(index);
    TcpStream a, b;
    ASSERT_OK(ConnectLocal(&a, &b));
    for (int round = 0; round < kRounds; ++round) {
      const int before = seen[index];
      ASSERT_OK(poll.Register(&a->source, token, MIO_READABLE));
      ASSERT_EQ(mio_tcp_stream_write(&b, "x", 1), 1);
      ASSERT_TRUE(Await([&] { return seen[index] > before; })) << "no event for a late source";
      ASSERT_OK(poll.Reregister(&a->source, token, MIO_READABLE | MIO_WRITABLE));
      ASSERT_OK(poll.Deregister(&a->source));
      char byte;
      ASSERT_EQ(mio_tcp_stream_read(&a, &byte, 1), 1);
    }
  });
}

// No wake is lost: each thread waits for its own wake's event before the next.
TEST(Threads, WakesFromManyThreads) {
  Poll poll;
  std::atomic<int> seen[kThreads] = {};
  Waiter waiter(&poll, [&](const mio_event *event) {
    ASSERT_TRUE(mio_event_is_readable(event));
    const mio_token index = mio_event_token(event) - kWake;
    ASSERT_LT(index, static_cast<mio_token>(kThreads));
    ++seen[index];
  });
  InThreads(kThreads, [&](int index) {
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake + static_cast<mio_token>(index)));
    for (int round = 0; round < kRounds; ++round) {
      const int before = seen[index];
      ASSERT_OK(mio_waker_wake(&waker));
      ASSERT_TRUE(Await([&] { return seen[index] > before; })) << "lost a wake";
    }
  });
}

// What was written before a wake is visible to who receives its event: checked by value, and by the
// thread sanitizer, as `job` is no atomic.
TEST(Threads, WakePublishes) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  int job = 0;
  std::atomic<int> done{0};
  std::thread producer([&] {
    for (int round = 1; round <= kRounds; ++round) {
      job = round;
      ASSERT_OK(mio_waker_wake(&waker));
      ASSERT_TRUE(Await([&] { return done.load(std::memory_order_acquire) == round; }));
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    ASSERT_OK(poll.Wait(round % 3 == 0 ? MIO_FOREVER : kLong));
    ASSERT_EQ(mio_events_count(poll.events()), 1u);
    ASSERT_EQ(job, round);
    done.store(round, std::memory_order_release);
  }
  producer.join();
}

// Many threads share a waker.
TEST(Threads, SharedWaker) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
  std::atomic<int> jobs{0};
  int taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        ++jobs;
        EXPECT_OK(mio_waker_wake(&waker));
      }
    });
  }
  while (taken < kThreads * kRounds) {
    ASSERT_OK(poll.Wait(kLong));
    ASSERT_EQ(mio_events_count(poll.events()), 1u) << taken << " of all jobs, then silence";
    taken += jobs.exchange(0);
  }
  for (std::thread &thread : threads) thread.join();
}

// Clones, wakers and sources come and go on a poll that is being waited on.
TEST(Threads, ClonesAndWakersComeAndGo) {
  Poll poll;
  Waiter waiter(&poll, [](const mio_event *event) {
    EXPECT_GE(mio_event_token(event), kWake);
    EXPECT_LT(mio_event_token(event), kWake + kThreads);
  });
  InThreads(kThreads, [&](int index) {
    for (int round = 0; round < kRounds; ++round) {
      Registry clone, second;
      Waker waker;
      ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
      ASSERT_OK(mio_registry_clone(&clone, &second));
      mio_registry_close(&clone);
      ASSERT_OK(mio_waker_init(&waker, &second, kWake + static_cast<mio_token>(index)));
      ASSERT_OK(mio_waker_wake(&waker));
    }
  });
}

// A poll ends while others hold clones and wakers of it, which they go on using.
TEST(Threads, PollEndsBeforeItsClones) {
  for (int round = 0; round < kRounds / 10; ++round) {
    auto poll = std::make_unique<Poll>();
    Registry clones[kThreads];
    Waker wakers[kThreads];
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_OK(mio_registry_clone(poll->registry(), &clones[i]));
      ASSERT_OK(mio_waker_init(&wakers[i], poll->registry(), kWake));
    }
    std::atomic<bool> go{false};
    std::thread closer([&] {
      while (!go) std::this_thread::yield();
      poll.reset();
    });
    InThreads(kThreads, [&](int index) {
      TcpStream a, b;
      ASSERT_OK(ConnectLocal(&a, &b));
      go = true;
      for (int i = 0; i < 10; ++i) {
        EXPECT_OK(mio_registry_register(&clones[index], &a->source, 1, MIO_READABLE));
        EXPECT_OK(mio_waker_wake(&wakers[index]));
        EXPECT_OK(mio_registry_deregister(&clones[index], &a->source));
      }
      mio_waker_close(&wakers[index]);
      mio_registry_close(&clones[index]);
    });
    closer.join();
  }
}

// Sources are closed, registered as they are, under a thread that waits for them.
TEST(Threads, CloseWhileWaiting) {
  Poll poll;
  Waiter waiter(&poll, [&](const mio_event *event) {
    ASSERT_LT(mio_event_token(event), static_cast<mio_token>(kThreads));
  });
  InThreads(kThreads, [&](int index) {
    for (int round = 0; round < kRounds; ++round) {
      TcpStream a, b;
      ASSERT_OK(ConnectLocal(&a, &b));
      const mio_token token = static_cast<mio_token>(index);
      ASSERT_OK(poll.Register(&a->source, token, MIO_READABLE | MIO_WRITABLE));
      ASSERT_OK(poll.Register(&b->source, token, MIO_READABLE));
      ASSERT_EQ(mio_tcp_stream_write(&b, "x", 1), 1);
    }
  });
}

// Sources change from poll to poll, each poll with a waiting thread of its own.
TEST(Threads, SourcesMoveBetweenPolls) {
  Poll polls[2];
  std::atomic<int> seen[2][kThreads] = {};
  const auto see = [&](int poll) {
    return [&seen, poll](const mio_event *event) {
      ASSERT_LT(mio_event_token(event), static_cast<mio_token>(kThreads));
      ++seen[poll][mio_event_token(event)];
    };
  };
  Waiter first(&polls[0], see(0)), second(&polls[1], see(1));
  InThreads(kThreads, [&](int index) {
    TcpStream a, b;
    ASSERT_OK(ConnectLocal(&a, &b));
    ASSERT_EQ(mio_tcp_stream_write(&b, "x", 1), 1);
    for (int round = 0; round < kRounds; ++round) {
      const int to = (round + index) % 2;
      const int before = seen[to][index];
      ASSERT_OK(polls[to].Register(&a->source, static_cast<mio_token>(index), MIO_READABLE));
      ASSERT_ERROR(polls[1 - to].Register(&a->source, 0, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
      ASSERT_ERROR(polls[1 - to].Deregister(&a->source), MIO_ERROR_NOT_FOUND);
      ASSERT_TRUE(Await([&] { return seen[to][index] > before; }));
      ASSERT_OK(polls[to].Deregister(&a->source));
    }
  });
}

// Polls begin and end in many threads: what they share inside the library is the list of them.
TEST(Threads, PollsOfTheirOwn) {
  InThreads(kThreads, [](int) {
    for (int round = 0; round < kRounds / 4; ++round) {
      Poll poll(4), other(4);
      TcpStream a, b;
      Waker waker;
      ASSERT_OK(ConnectLocal(&a, &b));
      ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWake));
      ASSERT_OK(poll.Register(&a->source, 1, MIO_READABLE));
      ASSERT_EQ(mio_tcp_stream_write(&b, "x", 1), 1);
      ASSERT_OK(mio_waker_wake(&waker));
      EXPECT_TRUE(poll.WaitReadable(kWake).readable);
      EXPECT_TRUE(poll.WaitReadable(1).readable);
      ASSERT_ERROR(other.Register(&a->source, 1, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
    }
  });
}

// Several threads wait on one poll, in all the ways there are: every wake reaches one of them, a wait
// without end never returns with nothing, and no token is seen that nobody gave.
TEST(Threads, SeveralWaiters) {
  constexpr int kWaiters = 3;
  Poll poll;
  Waker wakers[kThreads], stop;
  std::atomic<int> seen[kThreads] = {};
  std::atomic<bool> over{false};
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_OK(mio_waker_init(&wakers[i], poll.registry(), kWake + static_cast<mio_token>(i)));
  }
  ASSERT_OK(mio_waker_init(&stop, poll.registry(), kStop));
  const auto wait = [&](int index) {
    Closing<mio_events, mio_events_close> events;
    ASSERT_OK(mio_events_init(&events, index == 0 ? 1 : 8));
    for (int turn = index; !over; ++turn) {
      const uint64_t timeout_ns = turn % 4 == 0 ? 0 : turn % 4 == 1 ? kMillisecond : MIO_FOREVER;
      ASSERT_OK(mio_poll_wait(poll.get(), &events, timeout_ns));
      ASSERT_TRUE(timeout_ns != MIO_FOREVER || !mio_events_is_empty(&events));
      for (const mio_event *event = mio_events_begin(&events); event != mio_events_end(&events);
           ++event) {
        if (mio_event_token(event) == kStop) continue;
        const mio_token waker = mio_event_token(event) - kWake;
        ASSERT_LT(waker, static_cast<mio_token>(kThreads)) << "nobody's token";
        ++seen[waker];
      }
    }
    // Whoever else sleeps has to learn of the end too.
    EXPECT_OK(mio_waker_wake(&stop));
  };
  std::vector<std::thread> waiters;
  for (int i = 0; i < kWaiters; ++i) waiters.emplace_back(wait, i);
  InThreads(kThreads, [&](int index) {
    for (int round = 0; round < kRounds; ++round) {
      const int before = seen[index];
      ASSERT_OK(mio_waker_wake(&wakers[index]));
      ASSERT_TRUE(Await([&] { return seen[index] > before; })) << "lost a wake";
    }
  });
  over = true;
  EXPECT_OK(mio_waker_wake(&stop));
  for (std::thread &thread : waiters) thread.join();
}

// Sources of one poll are shared by several waiting threads: with one-shot registrations each
// readiness goes to exactly one of them.
TEST(Threads, OneshotGoesToOneWaiter) {
  if (!Supports(MIO_FEATURE_ONESHOT)) GTEST_SKIP() << SelectorName() << " has no one-shot";
  constexpr int kWaiters = 3;
  Poll poll;
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  ASSERT_OK(poll.Register(&a->source, 0, MIO_READABLE | MIO_ONESHOT));
  Waker stop;
  ASSERT_OK(mio_waker_init(&stop, poll.registry(), kStop));
  std::atomic<int> seen{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> waiters;
  for (int i = 0; i < kWaiters; ++i) {
    waiters.emplace_back([&] {
      Closing<mio_events, mio_events_close> events;
      ASSERT_OK(mio_events_init(&events, 8));
      while (!over) {
        ASSERT_OK(mio_poll_wait(poll.get(), &events, MIO_FOREVER));
        for (const mio_event *event = mio_events_begin(&events); event != mio_events_end(&events);
             ++event) {
          if (mio_event_token(event) == 0) ++seen;
        }
      }
      EXPECT_OK(mio_waker_wake(&stop));
    });
  }
  for (int round = 1; round <= kRounds; ++round) {
    char byte;
    EXPECT_EQ(mio_tcp_stream_write(&b, "x", 1), 1);
    EXPECT_TRUE(Await([&] { return seen >= round; }));
    EXPECT_EQ(mio_tcp_stream_read(&a, &byte, 1), 1);
    EXPECT_ERROR(mio_tcp_stream_read(&a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
    EXPECT_EQ(seen, round);
    if (HasFailure()) break;
    EXPECT_OK(poll.Reregister(&a->source, 0, MIO_READABLE | MIO_ONESHOT));
  }
  over = true;
  EXPECT_OK(mio_waker_wake(&stop));
  for (std::thread &thread : waiters) thread.join();
}

}  // namespace
}  // namespace mio_test
