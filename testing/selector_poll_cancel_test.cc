// pthread_cancel beside the poll(2) selector, where one of the waiting threads calls poll(2) for all: the
// others must go on waiting, waking and closing. In a suite of its own, because the system calls of
// fault_injection.cc are no cancellation points.

#include <pthread.h>

#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "testing/sanitizers.h"
#include "testing/util.h"
#include "testing/waiting.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

constexpr mio_token kToken = 7;
constexpr mio_token kOther = 8;

// The sanitizers' own threads do not survive pthread_cancel.
#define SKIP_UNDER_SANITIZERS() \
  if (MIO_TEST_ASAN || MIO_TEST_TSAN) GTEST_SKIP() << "sanitizers do not support cancellation"

struct Pipe {
  Sender sender;
  Receiver receiver;
  Pipe() { EXPECT_OK(mio_pipe_pair(&sender, &receiver)); }
  mio_source *source() { return &receiver->source; }
  void Write() { EXPECT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1); }
};

// A thread of POSIX, which may be cancelled, that waits for ever.
class Cancelled {
 public:
  explicit Cancelled(mio_poll *poll) : poll_(poll) {
    EXPECT_EQ(pthread_create(&thread_, nullptr, Run, this), 0);
    while (!started_) std::this_thread::yield();
    while (IsAwake(state_file_)) std::this_thread::yield();
  }
  void Cancel() {
    EXPECT_EQ(pthread_cancel(thread_), 0);
    void *result = nullptr;
    EXPECT_EQ(pthread_join(thread_, &result), 0);
    EXPECT_EQ(result, PTHREAD_CANCELED);
  }

 private:
  static void *Run(void *context) {
    Cancelled *self = static_cast<Cancelled *>(context);
    static thread_local mio_event event;
    mio_events events = {};
    mio_events_init_with_buffer(&events, &event, 1);
    self->state_file_ = ThreadStateFile();
    self->started_ = true;
    for (;;) (void)mio_poll_wait(self->poll_, &events, MIO_FOREVER);
  }

  mio_poll *poll_;
  std::string state_file_;
  std::atomic<bool> started_{false};
  pthread_t thread_;
};

// Waits, wakes, registers and deregisters.
void ExpectEverythingWorks(Poll *poll) {
  Pipe pipe;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll->registry(), kOther));
  ASSERT_OK(poll->Register(pipe.source(), kToken, MIO_READABLE));
  pipe.Write();
  poll->WaitReadable(kToken);
  Waiting waiting(poll->get());
  waiting.LetItBlock();
  EXPECT_OK(mio_waker_wake(&waker));
  waiting.Join();
  EXPECT_EQ(waiting.token(), kOther);
  ASSERT_OK(poll->Deregister(pipe.source()));
}

TEST(SelectorPollCancellation, LeaderAlone) {
  SKIP_UNDER_SANITIZERS();
  Poll poll;
  Cancelled(poll.get()).Cancel();
  ExpectEverythingWorks(&poll);
}

TEST(SelectorPollCancellation, LeaderHandsOverToAFollower) {
  SKIP_UNDER_SANITIZERS();
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(pipe.source(), kToken, MIO_READABLE));
  Cancelled leader(poll.get());
  Waiting follower(poll.get());
  follower.LetItBlock();
  leader.Cancel();
  pipe.Write();
  follower.Join();
  EXPECT_EQ(follower.token(), kToken);
  ExpectEverythingWorks(&poll);
}

TEST(SelectorPollCancellation, Follower) {
  SKIP_UNDER_SANITIZERS();
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(pipe.source(), kToken, MIO_READABLE));
  Waiting leader(poll.get());
  leader.LetItBlock();
  Cancelled(poll.get()).Cancel();
  pipe.Write();
  leader.Join();
  EXPECT_EQ(leader.token(), kToken);
  ExpectEverythingWorks(&poll);
}

// A thread that is to be cancelled finishes the changes that it makes: none of the calls ends it half-way.
TEST(SelectorPollCancellation, ChangesAreMadeWholly) {
  SKIP_UNDER_SANITIZERS();
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  Waiting leader(poll.get());
  struct Context {
    Poll *poll;
    Pipe pipe;
    int changes;
  } context = {&poll, {}, 0};
  const auto change = [](void *argument) -> void * {
    Context *c = static_cast<Context *>(argument);
    pthread_cancel(pthread_self());
    if (c->poll->Register(c->pipe.source(), kToken, MIO_READABLE) == 0) ++c->changes;
    if (c->poll->Reregister(c->pipe.source(), kToken, MIO_READABLE) == 0) ++c->changes;
    if (c->poll->Deregister(c->pipe.source()) == 0) ++c->changes;
    return nullptr;
  };
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    leader.LetItBlock();
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, nullptr, change, &context), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
  }
  EXPECT_EQ(context.changes, 3 * kRounds);
  EXPECT_OK(mio_waker_wake(&waker));
  leader.Join();
  EXPECT_EQ(leader.token(), kOther);
  ExpectEverythingWorks(&poll);
}

}  // namespace
}  // namespace mio_test
