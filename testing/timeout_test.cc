// Timeouts: any number of nanoseconds, never early. What depends on the kernel is in
// timeout_linux_test.cc.

#include <thread>

#include "testing/timeouts.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr mio_token kWaker = 1;

TEST(Timeout, IsNeverCutShort) {
  Poll poll;
  for (const uint64_t timeout_ns : kShort) {
    const uint64_t start = NowNs();
    ASSERT_OK(poll.Wait(timeout_ns));
    EXPECT_GE(NowNs() - start, timeout_ns);
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
  }
}

TEST(Timeout, ZeroReturnsAtOnce) {
  Poll poll;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_OK(poll.Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
  }
}

// They would wrap around, be truncated or be taken for negative ones, and end at once.
TEST(Timeout, VeryLongOnesLastUntilSomethingHappens) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (const uint64_t timeout_ns : kVeryLong) {
    SCOPED_TRACE(timeout_ns);
    std::thread other([&waker] {
      const uint64_t start = NowNs();
      while (NowNs() - start < 2 * kMillisecond) std::this_thread::yield();
      EXPECT_OK(mio_waker_wake(&waker));
    });
    ASSERT_OK(poll.Wait(timeout_ns));
    EXPECT_EQ(1u, mio_events_count(poll.events()));
    other.join();
  }
}

TEST(Timeout, VeryLongOnesWithSpinning) {
  mio_poll_options options = {};
  for (const uint64_t spin_ns : {uint64_t{1}, kMillisecond, uint64_t{1} << 63, UINT64_MAX}) {
    options.spin_ns = spin_ns;
    Poll poll(8, &options);
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
    for (const uint64_t timeout_ns : {uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX}) {
      std::thread other([&waker] { EXPECT_OK(mio_waker_wake(&waker)); });
      ASSERT_OK(poll.Wait(timeout_ns));
      EXPECT_EQ(1u, mio_events_count(poll.events()));
      other.join();
    }
  }
}

TEST(Timeout, SpinningCountsAsWaiting) {
  mio_poll_options options = {};
  for (const uint64_t spin_ns : {uint64_t{1000}, 2 * kMillisecond, kLong}) {
    options.spin_ns = spin_ns;
    Poll poll(8, &options);
    for (const uint64_t timeout_ns : {uint64_t{1}, uint64_t{50000}, 4 * kMillisecond}) {
      const uint64_t start = NowNs();
      ASSERT_OK(poll.Wait(timeout_ns));
      const uint64_t took = NowNs() - start;
      EXPECT_GE(took, timeout_ns);
      EXPECT_LT(took, kLong) << "spun longer than it was to wait";
    }
  }
}

}  // namespace
}  // namespace mio_test
