// The allocator hook: when it may be set, what is asked of it, and what happens when it has nothing.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

// Memory with a count of everything, which fails when told to.
class Memory {
 public:
  mio_allocator Hook() { return {Allocate, Release, this}; }

  // The request number `index` from now on, counted from 0, fails.
  void FailAt(int index) { fail_at_ = requests_ + index; }
  void FailNever() { fail_at_ = -1; }

  int requests() const { return requests_; }
  size_t blocks() const { return held_.size(); }
  size_t bytes() const {
    size_t sum = 0;
    for (const auto &block : held_) sum += block.second;
    return sum;
  }

 private:
  static void *Allocate(void *context, size_t size) {
    Memory *memory = static_cast<Memory *>(context);
    const std::lock_guard<std::mutex> lock(memory->mutex_);
    EXPECT_GT(size, 0u);
    if (memory->requests_++ == memory->fail_at_) return nullptr;
    unsigned char *block = static_cast<unsigned char *>(malloc(size));
    // As a hook may hand out what was used before.
    for (size_t i = 0; i < size; ++i) block[i] = 0xa5;
    memory->held_[block] = size;
    return block;
  }

  static void Release(void *context, void *block, size_t size) {
    Memory *memory = static_cast<Memory *>(context);
    const std::lock_guard<std::mutex> lock(memory->mutex_);
    const auto found = memory->held_.find(block);
    ASSERT_NE(found, memory->held_.end()) << "released what was not allocated";
    EXPECT_EQ(found->second, size) << "released with another size";
    memory->held_.erase(found);
    free(block);
  }

  std::mutex mutex_;
  std::map<void *, size_t> held_;
  int requests_ = 0;
  int fail_at_ = -1;
};

class Allocator : public ::testing::Test {
 protected:
  void SetUp() override {
    const mio_allocator hook = memory_.Hook();
    ASSERT_OK(mio_set_allocator(&hook));
  }

  void TearDown() override {
    EXPECT_EQ(memory_.blocks(), 0u) << memory_.bytes() << " bytes were not given back";
    EXPECT_OK(mio_set_allocator(nullptr));
  }

  // `work` returns its first error, having undone what it did. Each request for memory fails once;
  // then nothing is left, and everything works.
  void FailEachRequest(const std::function<int()> &work) {
    const int before = memory_.requests();
    ASSERT_OK(work());
    const int requests = memory_.requests() - before;
    ASSERT_GT(requests, 0);
    const size_t blocks = memory_.blocks();
    for (int index = 0; index < requests; ++index) {
      SCOPED_TRACE("request " + std::to_string(index));
      const int handles = CountHandles();
      memory_.FailAt(index);
      EXPECT_ERROR(work(), MIO_ERROR_OUT_OF_MEMORY);
      memory_.FailNever();
      EXPECT_EQ(memory_.blocks(), blocks);
      EXPECT_EQ(CountHandles(), handles);
      EXPECT_OK(work());
      EXPECT_EQ(memory_.blocks(), blocks);
    }
  }

  Memory memory_;
};

TEST_F(Allocator, HasToBeWhole) {
  mio_allocator hook = memory_.Hook();
  hook.allocate = nullptr;
  EXPECT_ERROR(mio_set_allocator(&hook), MIO_ERROR_INVALID_INPUT);
  hook = memory_.Hook();
  hook.release = nullptr;
  EXPECT_ERROR(mio_set_allocator(&hook), MIO_ERROR_INVALID_INPUT);
  // The one that was there before still is.
  const int before = memory_.requests();
  mio_events events = {};
  EXPECT_OK(mio_events_init(&events, 1));
  EXPECT_EQ(memory_.requests(), before + 1);
  mio_events_close(&events);
}

TEST_F(Allocator, CannotChangeWhileMemoryIsHeld) {
  Memory other;
  const mio_allocator hook = other.Hook();
  {
    mio_events events = {};
    ASSERT_OK(mio_events_init(&events, 1));
    EXPECT_ERROR(mio_set_allocator(&hook), MIO_ERROR_ALREADY_EXISTS);
    EXPECT_ERROR(mio_set_allocator(nullptr), MIO_ERROR_ALREADY_EXISTS);
    mio_events_close(&events);
  }
  {
    // Clones and wakers hold memory as a poll does.
    Registry clone;
    Waker waker;
    {
      Poll poll;
      ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
      ASSERT_OK(mio_waker_init(&waker, poll.registry(), 1));
    }
    EXPECT_ERROR(mio_set_allocator(&hook), MIO_ERROR_ALREADY_EXISTS);
    mio_registry_close(&clone);
    EXPECT_ERROR(mio_set_allocator(&hook), MIO_ERROR_ALREADY_EXISTS);
  }
  EXPECT_OK(mio_set_allocator(&hook));
  {
    Poll poll;
  }
  EXPECT_GT(other.requests(), 0);
  EXPECT_EQ(other.blocks(), 0u);
  const mio_allocator own = memory_.Hook();
  EXPECT_OK(mio_set_allocator(&own));
}

// A copy is kept, not the caller's struct.
TEST_F(Allocator, IsCopied) {
  Memory other;
  {
    mio_allocator hook = other.Hook();
    ASSERT_OK(mio_set_allocator(&hook));
    hook = {};
  }
  {
    Poll poll;
  }
  EXPECT_GT(other.requests(), 0);
  EXPECT_EQ(other.blocks(), 0u);
}

TEST_F(Allocator, FailsPoll) {
  for (const size_t reserve : {0, 1, 1000}) {
    FailEachRequest([&] {
      mio_poll_options options = {};
      options.reserve_sources = reserve;
      mio_poll poll = {};
      const int result = mio_poll_init(&poll, &options);
      EXPECT_EQ(poll.registry.selector != nullptr, result == 0);
      mio_poll_close(&poll);
      return result;
    });
  }
}

TEST_F(Allocator, FailsEvents) {
  FailEachRequest([] {
    mio_events events = {};
    const int result = mio_events_init(&events, 100);
    EXPECT_EQ(mio_events_capacity(&events), result == 0 ? 100u : 0u);
    EXPECT_TRUE(mio_events_is_empty(&events));
    mio_events_close(&events);
    return result;
  });
}

TEST_F(Allocator, OwnBufferAsksForNothing) {
  mio_event buffer[8];
  const int before = memory_.requests();
  mio_events events = {};
  ASSERT_OK(mio_events_init_with_buffer(&events, buffer, 8));
  mio_events_close(&events);
  EXPECT_EQ(memory_.requests(), before);
}

// More memory than there is, and more than can be counted.
TEST_F(Allocator, HugeReservation) {
  mio_poll_options options = {};
  options.reserve_sources = SIZE_MAX;
  mio_poll poll = {};
  const int result = mio_poll_init(&poll, &options);
  if (SelectorName() == "epoll" || SelectorName() == "kqueue") {  // they keep no table
    EXPECT_OK(result);
  } else {
    EXPECT_LT(result, 0);
  }
  mio_poll_close(&poll);
}

// Where registering makes a table grow, a register that finds no memory changes nothing: those who
// are registered go on, and the next attempt succeeds.
TEST_F(Allocator, FailsRegister) {
  constexpr size_t kPairs = 100;
  Poll poll;
  std::vector<TcpStream> a(kPairs), b(kPairs);
  int failures = 0;
  for (size_t i = 0; i < kPairs; ++i) {
    ASSERT_OK(ConnectLocal(&a[i], &b[i]));
    const size_t bytes = memory_.bytes();
    memory_.FailAt(0);
    const int result = poll.Register(&a[i]->source, i, MIO_READABLE);
    memory_.FailNever();
    if (result == 0) continue;
    ++failures;
    EXPECT_ERROR(result, MIO_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(memory_.bytes(), bytes);
    EXPECT_ERROR(poll.Deregister(&a[i]->source), MIO_ERROR_NOT_FOUND);
    ASSERT_OK(poll.Register(&a[i]->source, i, MIO_READABLE));
  }
  const std::string name = SelectorName();
  EXPECT_EQ(failures == 0, name != "poll" && name != "afd") << name;
  for (size_t i = 0; i < kPairs; ++i) {
    ASSERT_EQ(mio_tcp_stream_write(&b[i], "x", 1), 1);
    EXPECT_TRUE(poll.WaitReadable(i).readable);
  }
}

}  // namespace
}  // namespace mio_test
