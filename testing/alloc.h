#ifndef TESTING_ALLOC_H_
#define TESTING_ALLOC_H_

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "gtest/gtest.h"
#include "mio/allocator.h"
#include "testing/allocation_count.h"
#include "testing/sanitizers.h"
#include "testing/util.h"

// For the suites that show that nothing allocates after set-up: counts what is asked of the
// library's allocator hook and, where the C library lets us, of malloc itself.
namespace mio_test {

constexpr int kMillion = 1000000 / kSlowdown;
constexpr int kThousands = 2000 / kSlowdown;

inline std::atomic<uint64_t> hook_calls;

inline void *CountedAllocate(void *, size_t size) {
  ++hook_calls;
  return malloc(size);
}

inline void CountedRelease(void *, void *memory, size_t) {
  ++hook_calls;
  free(memory);
}

class Alloc : public ::testing::Test {
 protected:
  Alloc() {
    const mio_allocator counted = {CountedAllocate, CountedRelease, nullptr};
    EXPECT_OK(mio_set_allocator(&counted));
    mio_poll_options options = {};
    options.reserve_sources = 64;
    poll_ = std::make_unique<Poll>(64, &options);
  }

  ~Alloc() override {
    poll_.reset();
    EXPECT_OK(mio_set_allocator(nullptr));
  }

  // Has `work` do what it does `times` times, after a few that warm up what the C library sets up
  // by itself. It returns false when something failed, as an assertion's message would allocate.
  template <typename Work>
  void ExpectNoAllocation(int times, Work work) {
    ASSERT_TRUE(work(10));
    const uint64_t hook_start = hook_calls;
    const AllocationCount heap;
    const bool worked = work(times);
    const uint64_t heap_calls = heap.calls();
    EXPECT_TRUE(worked);
    EXPECT_EQ(hook_calls - hook_start, 0u);
    EXPECT_EQ(heap_calls, 0u);
  }

  bool Wait(uint64_t timeout_ns) {
    return mio_poll_wait(poll_->get(), poll_->events(), timeout_ns) == 0;
  }

  // Waits for one more event of whatever is registered.
  bool WaitForEvent() { return Wait(kLong) && mio_events_count(poll_->events()) > 0; }

  std::unique_ptr<Poll> poll_;
};

}  // namespace mio_test

#endif  // TESTING_ALLOC_H_
