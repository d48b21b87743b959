// A poll whose own handle is watched by another poll.

#include <atomic>
#include <thread>
#include <vector>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/util.h"

namespace mio_test {
namespace {

enum : mio_token { kInner = 1, kPipe, kWake, kSecondWake };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

class Nesting : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Supports(MIO_FEATURE_NESTING)) GTEST_SKIP() << SelectorName() << " cannot be nested";
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
    ASSERT_OK(inner_.Register(&receiver_->source, kPipe, MIO_READABLE));
    ASSERT_OK(mio_waker_init(&waker_, inner_.registry(), kWake));
  }

  // Puts the inner poll into the outer one.
  void Nest(mio_interest interest = MIO_READABLE) {
    mio_handle handle = MIO_HANDLE_NONE;
    ASSERT_OK(mio_poll_handle(inner_.get(), &handle));
    ASSERT_OK(mio_source_fd_init(&nested_, handle));
    ASSERT_OK(outer_.Register(&nested_->source, kInner, interest));
  }

  void Write() { ASSERT_EQ(1, mio_pipe_sender_write(&sender_, "x", 1)); }
  void Read() {
    char byte = 0;
    ASSERT_EQ(1, mio_pipe_receiver_read(&receiver_, &byte, 1));
    ASSERT_ERROR(mio_pipe_receiver_read(&receiver_, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  }

  Poll outer_, inner_;
  Sender sender_;
  Receiver receiver_;
  Waker waker_;
  SourceFd nested_;
};

TEST_F(Nesting, ReadySourceMakesThePollReadable) {
  Nest();
  EXPECT_TRUE(outer_.Quiet(kInner).None()) << "nothing is ready";
  for (int round = 0; round < 3; ++round) {
    Write();
    ASSERT_TRUE(outer_.WaitReadable(kInner).readable) << round;
    ASSERT_TRUE(inner_.Now(kPipe).readable) << round;
    Read();
  }
}

TEST_F(Nesting, SourceThatWasReadyBeforeCounts) {
  Write();
  Nest();
  EXPECT_TRUE(outer_.WaitReadable(kInner).readable);
  EXPECT_TRUE(inner_.Now(kPipe).readable);
}

TEST_F(Nesting, WakeMakesThePollReadable) {
  Nest();
  for (int round = 0; round < 5; ++round) {
    ASSERT_OK(mio_waker_wake(&waker_));
    ASSERT_TRUE(outer_.WaitReadable(kInner).readable) << round;
    ASSERT_TRUE(inner_.Now(kWake).readable) << round;
    ASSERT_TRUE(inner_.Now(kWake).None()) << round;
  }
}

TEST_F(Nesting, WakeThatWasPendingBeforeTheExportCounts) {
  ASSERT_OK(mio_waker_wake(&waker_));
  Nest();
  EXPECT_TRUE(outer_.WaitReadable(kInner).readable);
  EXPECT_TRUE(inner_.Now(kWake).readable);
}

// A wake that was delivered without the OS being asked leaves a notification behind, which must not
// stand in for the next one.
TEST_F(Nesting, WakesThatWereDeliveredDoNotHideLaterOnes) {
  Nest();
  for (int round = 0; round < 40; ++round) {
    ASSERT_OK(mio_waker_wake(&waker_));
    ASSERT_OK(inner_.Wait(kLong));
    ASSERT_EQ(1u, mio_events_count(inner_.events())) << round;
  }
  outer_.Now(kInner);
  ASSERT_OK(mio_waker_wake(&waker_));
  EXPECT_TRUE(outer_.WaitReadable(kInner).readable);
  EXPECT_TRUE(inner_.Now(kWake).readable);
}

TEST_F(Nesting, EachOfSeveralWakersIsHeard) {
  Waker second;
  ASSERT_OK(mio_waker_init(&second, inner_.registry(), kSecondWake));
  Nest();
  ASSERT_OK(mio_waker_wake(&waker_));
  ASSERT_OK(mio_waker_wake(&second));
  ASSERT_TRUE(outer_.WaitReadable(kInner).readable);
  EXPECT_TRUE(inner_.WaitReadable(kWake).readable);
  EXPECT_TRUE(inner_.WaitReadable(kSecondWake).readable);
  ASSERT_OK(mio_waker_wake(&second));
  ASSERT_TRUE(outer_.WaitReadable(kInner).readable);
  EXPECT_TRUE(inner_.Now(kSecondWake).readable);
}

// The inner poll has room for one event at a time: what did not fit keeps it readable.
TEST_F(Nesting, StaysReadableWhileAnythingIsLeft) {
  Nest(MIO_READABLE | MIO_LEVEL);
  mio_event room[1];
  mio_events one = {};
  ASSERT_OK(mio_events_init_with_buffer(&one, room, 1));
  Write();
  ASSERT_OK(mio_waker_wake(&waker_));
  bool pipe = false, wake = false;
  for (int turn = 0; turn < 2; ++turn) {
    ASSERT_TRUE(outer_.WaitReadable(kInner).readable) << turn;
    ASSERT_OK(mio_poll_wait(inner_.get(), &one, 0));
    ASSERT_EQ(1u, mio_events_count(&one));
    const mio_token token = mio_event_token(mio_events_get(&one, 0));
    (token == kPipe ? pipe : wake) = true;
  }
  EXPECT_TRUE(pipe && wake);
  EXPECT_TRUE(inner_.Now(kWake).None());
  EXPECT_TRUE(outer_.Quiet(kInner).None()) << "nothing is left";
}

// What tells of a wake may stand before a source on the system's list, and take the only place.
TEST_F(Nesting, DrainingWithRoomForOneFindsEverything) {
  Nest();
  mio_event room[1];
  mio_events one = {};
  ASSERT_OK(mio_events_init_with_buffer(&one, room, 1));
  for (int round = 0; round < 40; ++round) {
    ASSERT_OK(mio_waker_wake(&waker_));
    Write();
    ASSERT_TRUE(outer_.WaitReadable(kInner).readable) << round;
    int pipes = 0, wakes = 0;
    do {
      ASSERT_OK(mio_poll_wait(inner_.get(), &one, 0));
      if (mio_events_is_empty(&one)) break;
      ++(mio_event_token(mio_events_get(&one, 0)) == kPipe ? pipes : wakes);
    } while (pipes + wakes < 8);
    ASSERT_GE(pipes, 1) << round;
    ASSERT_EQ(1, wakes) << round;
    Read();
  }
}

TEST_F(Nesting, WakeFromAnotherThreadReachesABlockedOuterWait) {
  Nest();
  for (int round = 0; round < 100; ++round) {
    std::thread thread([this] { EXPECT_OK(mio_waker_wake(&waker_)); });
    const Readiness nested = outer_.WaitReadable(kInner);
    thread.join();
    ASSERT_TRUE(nested.readable) << round;
    ASSERT_TRUE(inner_.Now(kWake).readable) << round;
  }
}

TEST_F(Nesting, TimeoutsOfBothAreKept) {
  Nest();
  uint64_t start = NowNs();
  ASSERT_OK(outer_.Wait(kQuiet));
  EXPECT_GE(NowNs() - start, kQuiet);
  EXPECT_TRUE(mio_events_is_empty(outer_.events()));
  start = NowNs();
  ASSERT_OK(inner_.Wait(kQuiet));
  EXPECT_GE(NowNs() - start, kQuiet);
  EXPECT_TRUE(mio_events_is_empty(inner_.events()));
}

TEST_F(Nesting, HandleIsAlwaysTheSameAndStaysThePolls) {
  mio_handle one = MIO_HANDLE_NONE, two = MIO_HANDLE_NONE;
  const int before = CountHandles();
  ASSERT_OK(mio_poll_handle(inner_.get(), &one));
  ASSERT_OK(mio_poll_handle(inner_.get(), &two));
  EXPECT_EQ(one, two);
  EXPECT_EQ(before, CountHandles());
  Nest();
  mio_source_fd_close(&nested_);
  Write();
  EXPECT_TRUE(inner_.WaitReadable(kPipe).readable) << "it is open still";
  EXPECT_TRUE(outer_.Quiet(kInner).None());
}

// The kernel refuses circles (ELOOP).
TEST_F(Nesting, PollInItselfIsRefused) {
  SourceFd self;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_poll_handle(inner_.get(), &handle));
  ASSERT_OK(mio_source_fd_init(&self, handle));
  EXPECT_ERROR(inner_.Register(&self->source, kInner, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  Write();
  EXPECT_TRUE(inner_.WaitReadable(kPipe).readable);
}

TEST(NestingMisuse, ClosedPollHasNoHandle) {
  mio_poll closed = {};
  mio_handle handle = MIO_HANDLE_NONE;
  EXPECT_ERROR(mio_poll_handle(&closed, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(MIO_HANDLE_NONE, handle);
}

TEST(NestingSupport, IsAsTheFeatureSays) {
  Poll poll;
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = mio_poll_handle(poll.get(), &handle);
  if (mio_poll_supports(poll.get(), MIO_FEATURE_NESTING)) {
    EXPECT_OK(result);
    EXPECT_NE(MIO_HANDLE_NONE, handle);
  } else {
    EXPECT_ERROR(result, MIO_ERROR_UNSUPPORTED);
    EXPECT_EQ(MIO_HANDLE_NONE, handle);
  }
}

// The outer is waited on once for each answer of the inner: a wake that the inner had taken away
// without telling would be the last thing that ever happened.
class NestingThreads : public ::testing::TestWithParam<mio_interest> {};

TEST_P(NestingThreads, NoWakeIsLost) {
  if (!Supports(MIO_FEATURE_NESTING)) GTEST_SKIP() << SelectorName() << " cannot be nested";
  Poll outer, inner;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_poll_handle(inner.get(), &handle));
  SourceFd nested;
  ASSERT_OK(mio_source_fd_init(&nested, handle));
  ASSERT_OK(outer.Register(&nested->source, kInner, MIO_READABLE | GetParam()));
  constexpr int kRounds = 1000;
  Waker wakers[2];
  std::atomic<int> seen[2] = {};
  std::vector<std::thread> threads;
  for (mio_token i = 0; i < 2; ++i) {
    ASSERT_OK(mio_waker_init(&wakers[i], inner.registry(), i));
  }
  for (size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      const uint64_t deadline = NowNs() + kLong;
      for (int round = 1; round <= kRounds && NowNs() < deadline; ++round) {
        EXPECT_OK(mio_waker_wake(&wakers[i]));
        while (seen[i] < round && NowNs() < deadline) std::this_thread::yield();
      }
    });
  }
  while (seen[0] < kRounds || seen[1] < kRounds) {
    ASSERT_OK(outer.Wait(kLong));
    if (mio_events_is_empty(outer.events())) break;
    ASSERT_OK(inner.Wait(0));
    for (size_t i = 0; i < mio_events_count(inner.events()); ++i) {
      const mio_token token = mio_event_token(mio_events_get(inner.events(), i));
      ASSERT_LT(token, 2u);
      ++seen[token];
    }
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(kRounds, seen[0]);
  EXPECT_EQ(kRounds, seen[1]);
}

INSTANTIATE_TEST_SUITE_P(Modes, NestingThreads, ::testing::Values(mio_interest{0}, MIO_LEVEL),
                         [](const ::testing::TestParamInfo<mio_interest> &test) {
                           return test.param == 0 ? "Edge" : "Level";
                         });

}  // namespace
}  // namespace mio_test
