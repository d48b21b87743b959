// What the selector takes from the heap, and when: nothing after set-up, within what was reserved.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "mio/allocator.h"
#include "testing/windows/raw_socket.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<int> heap_calls{0};

void Count() {
  if (counting) ++heap_calls;
}

}  // namespace

// In the place of the C runtime's, for all that is linked into this program. Blocks come from the
// process's heap as the runtime's do.
extern "C" {
void *malloc(size_t size) {
  Count();
  return HeapAlloc(GetProcessHeap(), 0, size);
}
void *calloc(size_t count, size_t size) {
  Count();
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, count * size);
}
void *realloc(void *memory, size_t size) {
  Count();
  if (memory == nullptr) return HeapAlloc(GetProcessHeap(), 0, size);
  return HeapReAlloc(GetProcessHeap(), 0, memory, size);
}
void free(void *memory) {
  if (memory == nullptr) return;
  Count();
  HeapFree(GetProcessHeap(), 0, memory);
}
}

namespace mio_test {
namespace {

// Counts the calls of the heap while it lives.
class HeapWatch {
 public:
  HeapWatch() {
    heap_calls = 0;
    counting = true;
  }
  ~HeapWatch() { counting = false; }
  int calls() const { return heap_calls; }
};

// The library's own allocator, counted.
class Selector : public ::testing::Test {
 protected:
  Selector() {
    const mio_allocator counted = {[](void *context, size_t size) {
                                     ++static_cast<Selector *>(context)->allocations_;
                                     return std::malloc(size);
                                   },
                                   [](void *, void *memory, size_t) { std::free(memory); }, this};
    EXPECT_OK(mio_set_allocator(&counted));
  }
  ~Selector() override { EXPECT_OK(mio_set_allocator(nullptr)); }

  std::atomic<int> allocations_{0};
};

struct Source {
  Source() {
    socket.SetNonBlocking();
    addr = socket.Bind();
    EXPECT_OK(mio_windows_socket_init(&source, socket.handle()));
  }
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  ~Source() { mio_windows_socket_close(&source); }

  RawSocket socket = RawUdpSocket();
  sockaddr_in addr;
  mio_windows_socket source = {};
};

mio_poll_options Reserve(size_t count) {
  mio_poll_options options = {};
  options.reserve_sources = count;
  return options;
}

TEST_F(Selector, TheWatchSeesTheHeap) {
  HeapWatch watch;
  std::vector<int> *seen = new std::vector<int>(1000);
  delete seen;
  EXPECT_GE(watch.calls(), 4);
}

TEST_F(Selector, TakesNothingWithinTheReserve) {
  enum { kCount = 100, kRounds = 200 };
  const mio_poll_options options = Reserve(kCount);
  Poll poll(kCount, &options);
  std::vector<Source> sources(kCount);
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kCount));
  const int before = allocations_;
  int failures = 0, told = 0;
  int calls = 0;
  {
    HeapWatch watch;
    for (int round = 0; round < kRounds; ++round) {
      const mio_interest mode = round % 3 == 0 ? MIO_LEVEL : round % 3 == 1 ? MIO_ONESHOT : 0;
      for (size_t i = 0; i < kCount; ++i) {
        failures += mio_registry_register(poll.registry(), &sources[i].source.source, i,
                                          MIO_READABLE | mode) < 0;
      }
      sources[0].socket.SendTo(sources[round % kCount].addr);
      failures += mio_waker_wake(&waker) < 0;
      failures += mio_poll_wait(poll.get(), poll.events(), round % 2 == 0 ? 0 : kMillisecond) < 0;
      told += static_cast<int>(mio_events_count(poll.events()));
      for (size_t i = 0; i < kCount; i += 3) {
        failures += mio_registry_reregister(poll.registry(), &sources[i].source.source, i,
                                            MIO_READABLE | MIO_WRITABLE | mode) < 0;
      }
      failures += mio_poll_wait(poll.get(), poll.events(), 0) < 0;
      for (size_t i = 0; i < kCount; ++i) {
        failures += mio_registry_deregister(poll.registry(), &sources[i].source.source) < 0;
      }
    }
    calls = watch.calls();
  }
  EXPECT_EQ(0, failures);
  EXPECT_GT(told, kRounds);
  EXPECT_EQ(before, allocations_);
  EXPECT_EQ(0, calls);
}

// A million waits and wakes would show what grows by and by.
TEST_F(Selector, TakesNothingHoweverOftenItWaits) {
  const mio_poll_options options = Reserve(1);
  Poll poll(4, &options);
  Source source;
  ASSERT_OK(poll.Register(&source.source.source, 1, MIO_READABLE | MIO_LEVEL));
  source.socket.SendTo(source.addr);
  poll.WaitReadable(1);
  const int before = allocations_;
  int calls = 0, missed = 0;
  {
    HeapWatch watch;
    for (int i = 0; i < 10000; ++i) {
      missed += mio_poll_wait(poll.get(), poll.events(), kSecond) < 0 ||
                mio_events_count(poll.events()) != 1;
    }
    calls = watch.calls();
  }
  EXPECT_EQ(0, missed);
  EXPECT_EQ(before, allocations_);
  EXPECT_EQ(0, calls);
}

TEST_F(Selector, PlacesOfDeregisteredSocketsAreFoundAgain) {
  enum { kCount = 32, kRounds = 300 };
  const mio_poll_options options = Reserve(kCount);
  Poll poll(kCount, &options);
  std::vector<Source> sources(kCount);
  Source kept;
  const int before = allocations_;
  /* All places but one change hands again and again, the polls of the sockets before still to be
   * dequeued, beside packets that are to be told. */
  ASSERT_OK(poll.Register(&kept.source.source, 99, MIO_READABLE));
  kept.socket.SendTo(kept.addr);
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 1; i < kCount; ++i) {
      ASSERT_OK(poll.Register(&sources[i].source.source, i, MIO_READABLE));
    }
    if (round % 10 == 0) {
      ASSERT_OK(poll.Reregister(&kept.source.source, 99, MIO_READABLE));
    }
    ASSERT_OK(poll.Wait(0));
    for (size_t i = 1; i < kCount; ++i) ASSERT_OK(poll.Deregister(&sources[i].source.source));
  }
  EXPECT_EQ(before, allocations_);
  ASSERT_OK(poll.Reregister(&kept.source.source, 99, MIO_READABLE));
  EXPECT_TRUE(poll.WaitReadable(99).readable);
}

TEST_F(Selector, GrowsByDoublingBeyondTheReserve) {
  enum { kCount = 1000 };
  const mio_poll_options options = Reserve(10);
  Poll poll(kCount, &options);
  std::vector<Source> sources(kCount);
  const int before = allocations_;
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_OK(poll.Register(&sources[i].source.source, i, MIO_READABLE));
  }
  EXPECT_GT(allocations_, before);
  EXPECT_LE(allocations_, before + 5) << "32, 64, 128 ... 1024";
  sources[0].socket.SendTo(sources[0].addr);
  EXPECT_TRUE(poll.WaitReadable(0).readable) << "nothing has moved";
}

TEST_F(Selector, NoMemoryIsAnErrorThatChangesNothing) {
  const mio_allocator none = {[](void *, size_t) -> void * { return nullptr; },
                              [](void *, void *, size_t) {}, nullptr};
  ASSERT_OK(mio_set_allocator(&none));
  mio_poll poll = {};
  EXPECT_ERROR(mio_poll_init(&poll, nullptr), MIO_ERROR_OUT_OF_MEMORY);
  mio_poll_close(&poll);
}

TEST_F(Selector, ARegistrationWithoutMemoryLeavesNothing) {
  struct Budget {
    int left;
  } budget = {1};
  const mio_allocator bounded = {
      [](void *context, size_t size) -> void * {
        return --static_cast<Budget *>(context)->left < 0 ? nullptr : std::malloc(size);
      },
      [](void *, void *memory, size_t) { std::free(memory); }, &budget};
  ASSERT_OK(mio_set_allocator(&bounded));
  {
    mio_poll poll = {};
    ASSERT_OK(mio_poll_init(&poll, nullptr));
    Source source;
    EXPECT_ERROR(
        mio_registry_register(mio_poll_registry(&poll), &source.source.source, 1, MIO_READABLE),
        MIO_ERROR_OUT_OF_MEMORY);
    EXPECT_ERROR(mio_registry_deregister(mio_poll_registry(&poll), &source.source.source),
                 MIO_ERROR_NOT_FOUND);
    budget.left = 1;
    EXPECT_OK(
        mio_registry_register(mio_poll_registry(&poll), &source.source.source, 1, MIO_READABLE));
    mio_poll_close(&poll);
  }
}

}  // namespace
}  // namespace mio_test
