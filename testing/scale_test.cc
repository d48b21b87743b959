// Many sources: each that becomes ready is delivered once, however few events fit in a wait, and what
// the library holds for them stays within its budget.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/sanitizers.h"
#include "testing/util.h"

namespace mio_test {
namespace {

std::atomic<size_t> bytes_held;

void *CountedAllocate(void *, size_t size) {
  bytes_held += size;
  return malloc(size);
}

void CountedRelease(void *, void *memory, size_t size) {
  bytes_held -= size;
  free(memory);
}

// By how many sources: half of them are the writing ends.
class Scale : public ::testing::TestWithParam<int> {
 protected:
  static constexpr size_t kCapacity = 64;

  void SetUp() override {
    const std::string reason = WhyNotOpen(sources());
    if (!reason.empty()) GTEST_SKIP() << reason;
    const mio_allocator counted = {CountedAllocate, CountedRelease, nullptr};
    ASSERT_OK(mio_set_allocator(&counted));
    mio_poll_options options = {};
    options.reserve_sources = sources();
    poll_ = std::make_unique<Poll>(kCapacity, &options);
    readers_ = std::vector<TcpStream>(sources() / 2);
    writers_ = std::vector<TcpStream>(sources() / 2);
    for (size_t i = 0; i < readers_.size(); ++i) {
      ASSERT_OK(ConnectLocal(&readers_[i], &writers_[i]));
    }
  }

  void TearDown() override {
    readers_.clear();
    writers_.clear();
    poll_.reset();
    EXPECT_OK(mio_set_allocator(nullptr));
    EXPECT_EQ(bytes_held, 0u);
  }

  size_t sources() const { return static_cast<size_t>(GetParam()); }

  // Registers both ends of all: tokens from 0 for readers, from sources() / 2 for writers.
  void RegisterAll(mio_interest interest) {
    for (size_t i = 0; i < readers_.size(); ++i) {
      ASSERT_OK(poll_->Register(&readers_[i]->source, i, interest));
      ASSERT_OK(poll_->Register(&writers_[i]->source, readers_.size() + i, interest));
    }
  }

  // A random choice of readers, the same in every run.
  std::vector<size_t> Choose(size_t count) {
    std::vector<size_t> all(readers_.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    std::shuffle(all.begin(), all.end(), random_);
    all.resize(count);
    return all;
  }

  // Waits until `count` events have come, and counts them by token.
  std::vector<int> Deliver(size_t count) {
    std::vector<int> delivered(sources());
    for (size_t sum = 0; sum < count; sum += mio_events_count(poll_->events())) {
      EXPECT_OK(poll_->Wait());
      EXPECT_FALSE(mio_events_is_empty(poll_->events())) << sum << " of " << count;
      EXPECT_LE(mio_events_count(poll_->events()), kCapacity);
      if (HasFailure()) break;
      for (const mio_event *event = mio_events_begin(poll_->events());
           event != mio_events_end(poll_->events()); ++event) {
        EXPECT_TRUE(mio_event_is_readable(event));
        ++delivered.at(mio_event_token(event));
      }
    }
    return delivered;
  }

  std::unique_ptr<Poll> poll_;
  std::vector<TcpStream> readers_;
  std::vector<TcpStream> writers_;
  std::mt19937 random_;
};

TEST_P(Scale, EachReadySourceOnce) {
  RegisterAll(MIO_READABLE);
  ASSERT_OK(poll_->Wait(0));
  ASSERT_TRUE(mio_events_is_empty(poll_->events()));
  for (const size_t ready : {size_t{1}, kCapacity / 2, readers_.size() / 3, readers_.size()}) {
    const std::vector<size_t> chosen = Choose(std::min(ready, readers_.size()));
    std::vector<int> expected(sources());
    for (const size_t i : chosen) {
      ASSERT_EQ(mio_tcp_stream_write(&writers_[i], "x", 1), 1);
      expected[i] = 1;
    }
    const std::vector<int> delivered = Deliver(chosen.size());
    EXPECT_TRUE(delivered == expected);
    // Edges: they are told once, though nothing was read.
    ASSERT_OK(poll_->Wait(0));
    EXPECT_TRUE(mio_events_is_empty(poll_->events()));
    for (const size_t i : chosen) {
      char byte;
      ASSERT_EQ(mio_tcp_stream_read(&readers_[i], &byte, 1), 1);
      ASSERT_ERROR(mio_tcp_stream_read(&readers_[i], &byte, 1), MIO_ERROR_WOULD_BLOCK);
    }
  }
}

// Level-triggered sources that stay ready are served in turn: none waits for another to be drained.
TEST_P(Scale, LevelIsFair) {
  if (!Supports(MIO_FEATURE_LEVEL)) GTEST_SKIP() << SelectorName() << " has no levels";
  RegisterAll(MIO_READABLE | MIO_LEVEL);
  const std::vector<size_t> chosen = Choose(std::min<size_t>(readers_.size(), 10 * kCapacity));
  for (const size_t i : chosen) ASSERT_EQ(mio_tcp_stream_write(&writers_[i], "x", 1), 1);
  std::vector<bool> seen(sources());
  size_t count = 0;
  const size_t turns = (chosen.size() + kCapacity - 1) / kCapacity;
  for (size_t wait = 0; wait < 2 * turns; ++wait) {
    ASSERT_OK(poll_->Wait());
    EXPECT_EQ(mio_events_count(poll_->events()), std::min(kCapacity, chosen.size()));
    for (const mio_event *event = mio_events_begin(poll_->events());
         event != mio_events_end(poll_->events()); ++event) {
      const mio_token token = mio_event_token(event);
      ASSERT_LT(token, readers_.size());
      if (!seen[token]) ++count;
      seen[token] = true;
    }
  }
  EXPECT_EQ(count, chosen.size());
}

// Half of the sources leave while they are ready: none of them is seen, and all of the others are.
TEST_P(Scale, DeregisteredAreSilent) {
  RegisterAll(MIO_READABLE);
  std::vector<int> expected(sources());
  for (size_t i = 0; i < readers_.size(); ++i) {
    ASSERT_EQ(mio_tcp_stream_write(&writers_[i], "x", 1), 1);
    expected[i] = 1;
  }
  const std::vector<size_t> leaving = Choose(readers_.size() / 2);
  for (size_t n = 0; n < leaving.size(); ++n) {
    const size_t i = leaving[n];
    if (n % 2 == 0) {
      ASSERT_OK(poll_->Deregister(&readers_[i]->source));
    } else {
      mio_tcp_stream_close(&readers_[i]);
      // Its peer hears of the end instead.
      expected[readers_.size() + i] = 1;
    }
    expected[i] = 0;
  }
  size_t count = 0;
  for (const int times : expected) count += static_cast<size_t>(times);
  const std::vector<int> delivered = Deliver(count);
  EXPECT_TRUE(delivered == expected);
  ASSERT_OK(poll_->Wait(0));
  EXPECT_TRUE(mio_events_is_empty(poll_->events()));
}

// What the library allocates for a registered source: nothing where the kernel keeps the table.
TEST_P(Scale, BytesPerSource) {
  poll_.reset();
  const auto bytes_of_poll = [](size_t reserve) {
    mio_poll_options options = {};
    options.reserve_sources = reserve;
    Closing<mio_poll, mio_poll_close> poll;
    const size_t before = bytes_held;
    EXPECT_OK(mio_poll_init(&poll, &options));
    return bytes_held - before;
  };
  // Windows' selector allocates the memory of 32 sources together.
  const size_t group = SelectorName() == "afd" ? 32 : 1;
  const size_t count = (sources() + group - 1) / group * group;
  const size_t each = (bytes_of_poll(count) - bytes_of_poll(0)) / count;
  RecordProperty("bytes_per_source", static_cast<int>(each));
  if (SelectorName() == "epoll") {
    EXPECT_EQ(each, 0u);
  } else if (SelectorName() == "afd") {
    EXPECT_LE(each, 168u);  // half of it is what the kernel reads and writes
  } else {
    EXPECT_LE(each, 128u);
  }
}

TEST_P(Scale, RegisteringTakesNoMoreThanReserved) {
  const size_t before = bytes_held;
  RegisterAll(MIO_READABLE);
  EXPECT_EQ(bytes_held, before);
}

constexpr int kMany = MIO_TEST_SLOW_SYSTEM > 1 ? 400 : 15000;

INSTANTIATE_TEST_SUITE_P(Descriptors, Scale, ::testing::Values(100, kMany),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace mio_test
