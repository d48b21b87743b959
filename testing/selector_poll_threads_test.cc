// The poll(2) selector: one of the waiting threads calls poll(2) for all. What others do meanwhile must
// take effect, whatever becomes of that thread.

#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "testing/child.h"
#include "testing/fault_injection.h"
#include "testing/sanitizers.h"
#include "testing/util.h"
#include "testing/waiting.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

constexpr mio_token kToken = 7;
constexpr mio_token kOther = 8;

struct Pipe {
  Sender sender;
  Receiver receiver;
  Pipe() { EXPECT_OK(mio_pipe_pair(&sender, &receiver)); }
  mio_source *source() { return &receiver->source; }
  void Write() { EXPECT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1); }
};

// The kernel has no memory for the byte that interrupts the leader.
TEST(SelectorPollSignals, RefusedOnceIsSentAgain) {
  for (const int error : {ENOBUFS, ENOMEM, EAGAIN, EPIPE}) {
    Poll poll;
    Pipe ready, other;
    ready.Write();
    ASSERT_OK(poll.Register(other.source(), kOther, MIO_READABLE));
    Waiting waiting(poll.get());
    waiting.LetItBlock();
    {
      Faults faults(0, error);
      ASSERT_OK(poll.Register(ready.source(), kToken, MIO_READABLE));
      EXPECT_TRUE(faults.struck()) << faults.Describe();
    }
    waiting.Join();
    EXPECT_EQ(waiting.token(), kToken);
    EXPECT_OK(poll.Deregister(other.source()));
  }
}

TEST(SelectorPollSignals, RefusedToACloserIsSentAgain) {
  Poll poll;
  Pipe pipe;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  ASSERT_OK(poll.Register(pipe.source(), kToken, MIO_READABLE));
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  {
    Faults faults(0, ENOBUFS);
    ASSERT_OK(poll.Deregister(pipe.source()));
    EXPECT_TRUE(faults.struck()) << faults.Describe();
  }
  EXPECT_OK(mio_waker_wake(&waker));
  waiting.Join();
}

// A follower is signalled once. If the signal stayed, no other follower could sleep.
TEST(SelectorPollSignals, FollowersSleep) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  Waiting brief(poll.get(), 50 * kMillisecond);
  brief.LetItBlock();
  Waiting lasting(poll.get());
  lasting.LetItBlock();
  brief.Join();  // and hands over
  lasting.LetItBlock();
  {
    Faults recording;
    ASSERT_OK(poll.Wait(100 * kMillisecond));
    EXPECT_LE(recording.count(Sys::kPoll), 5) << recording.Describe();
  }
  EXPECT_OK(mio_waker_wake(&waker));
  lasting.Join();
}

// A wait with timeout 0 asks the system although another thread waits there already.
TEST(SelectorPollWaits, TimeoutZeroBesideALeader) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  constexpr int kPipes = 100;
  std::vector<std::unique_ptr<Pipe>> pipes;
  for (int i = 0; i < kPipes; ++i) {
    pipes.push_back(std::make_unique<Pipe>());
    ASSERT_OK(poll.Register(pipes[i]->source(), 100 + i, MIO_READABLE | MIO_ONESHOT));
  }
  Waiting leader(poll.get());
  leader.LetItBlock();
  {
    Faults recording;
    ASSERT_OK(poll.Wait(0));
    EXPECT_GE(recording.count(Sys::kPoll), 1) << recording.Describe();
  }
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
  // Of a crowd, the leader takes one event. The others are found, and none twice.
  for (const auto &pipe : pipes) pipe->Write();
  std::vector<int> seen(kPipes);
  int total = 0;
  const uint64_t until = NowNs() + kLong;
  while (total < kPipes - 1 && NowNs() < until) {
    ASSERT_OK(poll.Wait(0));
    for (size_t i = 0; i < mio_events_count(poll.events()); ++i) {
      ++seen[mio_event_token(mio_events_get(poll.events(), i)) - 100];
      ++total;
    }
  }
  EXPECT_OK(mio_waker_wake(&waker));
  leader.Join();
  if (leader.token() != kOther) ++seen[leader.token() - 100];
  for (int i = 0; i < kPipes; ++i) EXPECT_LE(seen[i], 1) << i;
}

// A leader that sleeps and a wait with timeout 0 find the same event at the same time. One of them gets it.
TEST(SelectorPollWaits, OneShotGoesToOneOfTwoThreads) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  std::atomic<int> seen{0};
  std::atomic<bool> stop{false};
  std::thread leader([&] {
    mio_event event;
    mio_events events = {};
    ASSERT_OK(mio_events_init_with_buffer(&events, &event, 1));
    while (!stop) {
      ASSERT_OK(mio_poll_wait(poll.get(), &events, kLong));
      if (mio_events_count(&events) == 1 && mio_event_token(&event) == kToken) ++seen;
    }
  });
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    Pipe fresh;
    ASSERT_OK(poll.Register(fresh.source(), kToken, MIO_READABLE | MIO_ONESHOT));
    std::this_thread::sleep_for(
        std::chrono::milliseconds(1));  // until the leader sleeps in poll(2)
    fresh.Write();
    ASSERT_OK(poll.Wait(0));
    seen += static_cast<int>(mio_events_count(poll.events()));
    const uint64_t until = NowNs() + kLong;
    while (seen <= i && NowNs() < until) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // until the leader has looked, too
    ASSERT_OK(poll.Deregister(fresh.source()));
    EXPECT_EQ(seen, i + 1);
    if (seen != i + 1) break;
  }
  stop = true;
  EXPECT_OK(mio_waker_wake(&waker));
  leader.join();
}

// A thread changes a ready source all the time. What a poll(2) finds about it is always out of date, so
// that the wait must look again, and never may return with nothing.
TEST(SelectorPollWaits, ReadySourceIsFoundThroughChanges) {
  Poll poll;
  Pipe pipe;
  pipe.Write();
  ASSERT_OK(poll.Register(pipe.source(), kToken, MIO_READABLE | MIO_LEVEL));
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    while (!stop) {
      EXPECT_OK(poll.Reregister(pipe.source(), kToken, MIO_READABLE | MIO_LEVEL));
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 20000 / kSlowdown; ++i) {
    ASSERT_OK(poll.Wait(0));
    if (mio_events_count(poll.events()) == 1) continue;
    ADD_FAILURE() << "nothing found in round " << i;
    break;
  }
  stop = true;
  changer.join();
}

// The kernel refuses poll(2) more entries than RLIMIT_NOFILE.
TEST(SelectorPollWaits, LimitLoweredBelowTheTable) {
  if (MIO_TEST_ASAN) GTEST_SKIP() << "the sanitizer opens descriptors to check pointers";
  EXPECT_TRUE(InChild([] {
    Poll poll;
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
    constexpr int kPipes = 100;
    std::vector<std::unique_ptr<Pipe>> pipes;
    for (int i = 0; i < kPipes; ++i) {
      pipes.push_back(std::make_unique<Pipe>());
      ASSERT_OK(poll.Register(pipes[i]->source(), 100 + i, MIO_READABLE));
    }
    for (const rlim_t most : {rlim_t{50}, rlim_t{7}, rlim_t{1}}) {
      rlimit limit = {};
      ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
      limit.rlim_cur = most;
      ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
      ASSERT_OK(poll.Wait(0));
      EXPECT_TRUE(mio_events_is_empty(poll.events()));
      const uint64_t begin = NowNs();
      ASSERT_OK(poll.Wait(20 * kMillisecond));
      EXPECT_GE(NowNs() - begin, 20 * kMillisecond);
      for (int i = 0; i < kPipes; ++i) {
        char byte;
        pipes[i]->Write();
        poll.WaitReadable(100 + i);
        EXPECT_EQ(mio_pipe_receiver_read(&pipes[i]->receiver, &byte, 1), 1);
        EXPECT_ERROR(mio_pipe_receiver_read(&pipes[i]->receiver, &byte, 1), MIO_ERROR_WOULD_BLOCK);
      }
      // A wait that blocks finds what becomes ready, and changes interrupt it.
      std::thread writer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        pipes[kPipes - 1]->Write();
      });
      poll.WaitReadable(100 + kPipes - 1);
      writer.join();
      char bytes[2];
      EXPECT_EQ(mio_pipe_receiver_read(&pipes[kPipes - 1]->receiver, bytes, 2), 1);
      Waiting waiting(poll.get());
      waiting.LetItBlock();
      ASSERT_OK(poll.Deregister(pipes[0]->source()));
      ASSERT_OK(poll.Register(pipes[0]->source(), 100, MIO_READABLE));
      EXPECT_OK(mio_waker_wake(&waker));
      waiting.Join();
      EXPECT_EQ(waiting.token(), kOther);
    }
  }));
}

// A burst of changes beside a waiting thread interrupts it a few times, not once for each change.
TEST(SelectorPollWaits, BurstOfChangesInterruptsALeaderSeldom) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  constexpr int kPipes = 300;
  std::vector<std::unique_ptr<Pipe>> pipes;
  for (int i = 0; i < kPipes; ++i) pipes.push_back(std::make_unique<Pipe>());
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  Faults recording;
  for (const auto &pipe : pipes) ASSERT_OK(poll.Register(pipe->source(), kToken, MIO_READABLE));
  for (const auto &pipe : pipes) ASSERT_OK(poll.Deregister(pipe->source()));
  EXPECT_LE(recording.count(Sys::kWrite), kPipes / 4);
  EXPECT_OK(mio_waker_wake(&waker));
  waiting.Join();
  EXPECT_EQ(waiting.token(), kOther);
}

// A pause for a burst must not hold back events for long, nor outlast the wait's own timeout.
TEST(SelectorPollWaits, EventsComeDuringABurstOfChanges) {
  Poll poll;
  Pipe ready;
  ASSERT_OK(poll.Register(ready.source(), kToken, MIO_READABLE));
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    Pipe pipe;
    while (!stop) {
      EXPECT_OK(poll.Register(pipe.source(), kOther, MIO_READABLE));
      EXPECT_OK(poll.Deregister(pipe.source()));
    }
  });
  for (int i = 0; i < 100 / kSlowdown + 1; ++i) {
    char bytes[2];
    ready.Write();
    poll.WaitReadable(kToken);
    EXPECT_EQ(mio_pipe_receiver_read(&ready.receiver, bytes, 2), 1);
    const uint64_t begin = NowNs();
    ASSERT_OK(poll.Wait(kMillisecond));
    EXPECT_GE(NowNs() - begin, kMillisecond);
  }
  stop = true;
  changer.join();
}

}  // namespace
}  // namespace mio_test
