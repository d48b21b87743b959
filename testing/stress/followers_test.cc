// Several threads wait on one poll. With poll(2) one of them leads and the others follow it: they must
// neither sleep on nor spin, which is seen by how many system calls they make.

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/stress/asleep.h"
#include "testing/util.h"

namespace mio_test {
namespace {

// A wait that spins makes thousands; the pauses of a leader that is interrupted are a handful.
constexpr int kFewCalls = 60;

// A thread that waits once.
class Waiter {
 public:
  Waiter(mio_poll *poll, uint64_t timeout_ns) {
    thread_ = std::thread([this, poll, timeout_ns] {
      std::array<mio_event, 4> room;
      mio_events events = {};
      EXPECT_OK(mio_events_init_with_buffer(&events, room.data(), room.size()));
      id_ = ThisThread();
      const Faults recording;
      EXPECT_OK(mio_poll_wait(poll, &events, timeout_ns));
      calls_ = recording.count();
      if (!mio_events_is_empty(&events)) token_ = mio_event_token(mio_events_get(&events, 0));
      done_ = true;
    });
    AwaitAsleep(id_);
  }
  ~Waiter() { Join(); }
  Waiter(const Waiter &) = delete;
  Waiter &operator=(const Waiter &) = delete;

  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  bool done() const { return done_; }
  mio_token token() const { return token_; }
  int calls() const { return calls_; }
  void AwaitSleep() const { AwaitAsleep(id_); }

 private:
  std::atomic<long> id_{0};
  std::atomic<bool> done_{false};
  std::atomic<mio_token> token_{0};
  std::atomic<int> calls_{0};
  std::thread thread_;
};

class Followers : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 2; ++i) {
      ASSERT_OK(mio_unix_stream_pair(&ours_[i], &theirs_[i]));
      ASSERT_OK(poll_.Register(&ours_[i]->source, static_cast<mio_token>(i + 1), MIO_READABLE));
    }
  }
  void Write(int i) { ASSERT_EQ(mio_unix_stream_write(&theirs_[i], "x", 1), 1); }

  Poll poll_;
  std::array<UnixStream, 2> ours_, theirs_;
};

TEST_F(Followers, TheNextThreadTakesOver) {
  Waiter first(poll_.get(), MIO_FOREVER), second(poll_.get(), MIO_FOREVER);
  Write(0);
  // One of the two has it, and does not come back.
  while (!first.done() && !second.done()) std::this_thread::yield();
  Write(1);
  first.Join();
  second.Join();
  EXPECT_EQ(first.token() + second.token(), 3u) << "each event goes to one of them";
}

TEST_F(Followers, AThreadThatFollowsSleeps) {
  Waiter first(poll_.get(), MIO_FOREVER), second(poll_.get(), MIO_FOREVER);
  Write(0);
  while (!first.done() && !second.done()) std::this_thread::yield();
  const Waiter &other = first.done() ? second : first;
  other.AwaitSleep();
  // The lead has changed hands once, and the signal for that is used up.
  Waiter third(poll_.get(), 50 * kMillisecond);
  third.Join();
  EXPECT_LE(third.calls(), kFewCalls);
  Write(1);
  first.Join();
  second.Join();
}

TEST_F(Followers, AThreadSleepsOnAfterAChange) {
  Waiter waiter(poll_.get(), 100 * kMillisecond);
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll_.Register(&a->source, 3, MIO_READABLE));
  waiter.Join();
  EXPECT_EQ(waiter.token(), 0u);
  EXPECT_LE(waiter.calls(), kFewCalls);
}

TEST_F(Followers, AThreadSleepsAfterAWake) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), 9));
  {
    Waiter waiter(poll_.get(), MIO_FOREVER);
    ASSERT_OK(mio_waker_wake(&waker));
  }
  Waiter again(poll_.get(), 50 * kMillisecond);
  again.Join();
  EXPECT_EQ(again.token(), 0u);
  EXPECT_LE(again.calls(), kFewCalls);
}

// A wait with timeout 0 returns what is ready, whatever others change at the same time.
TEST_F(Followers, ALookFindsWhatIsReadyWhileItIsReregistered) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll_.Register(&a->source, 3, MIO_WRITABLE | MIO_LEVEL));
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    while (!stop) EXPECT_OK(poll_.Reregister(&a->source, 3, MIO_WRITABLE | MIO_LEVEL));
  });
  std::array<mio_event, 1> room;
  mio_events events = {};
  EXPECT_OK(mio_events_init_with_buffer(&events, room.data(), room.size()));
  int empty = 0;
  for (int i = 0; i < 3000; ++i) {
    EXPECT_OK(mio_poll_wait(poll_.get(), &events, 0));
    empty += mio_events_is_empty(&events);
  }
  stop = true;
  changer.join();
  EXPECT_EQ(empty, 0);
}

}  // namespace
}  // namespace mio_test
