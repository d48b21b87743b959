#ifndef TESTING_UTIL_H_
#define TESTING_UTIL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mio/error.h"
#include "mio/event.h"
#include "mio/poll.h"
#include "mio/waker.h"

// What every suite needs. Nothing here sleeps: tests wait for events, with a bound that only a
// broken library reaches.
namespace mio_test {

constexpr uint64_t kMillisecond = 1000000;
constexpr uint64_t kSecond = 1000 * kMillisecond;

// Whether this program runs under qemu's user mode emulation, which has defects of its own.
bool IsEmulated();

// How long a test waits for what must happen. Long enough for a machine under any load.
constexpr uint64_t kLong = 30 * kSecond;

// How long a test watches that nothing happens.
constexpr uint64_t kQuiet = 50 * kMillisecond;

// A result of the library, printed with its kind and the system's message.
::testing::AssertionResult IsOk(ptrdiff_t result);
::testing::AssertionResult IsError(ptrdiff_t result, mio_error kind);

// Whether the system lacks what was asked for: an operation or a family of addresses.
bool IsUnsupported(ptrdiff_t result);

#define EXPECT_OK(result)          EXPECT_TRUE(::mio_test::IsOk(result))
#define ASSERT_OK(result)          ASSERT_TRUE(::mio_test::IsOk(result))
#define EXPECT_ERROR(result, kind) EXPECT_TRUE(::mio_test::IsError(result, kind))
#define ASSERT_ERROR(result, kind) ASSERT_TRUE(::mio_test::IsError(result, kind))

// Closes any of the library's objects at the end of its scope:
//   Closing<mio_tcp_stream, mio_tcp_stream_close> stream;
//   mio_tcp_stream_read(&stream, ...)   // operator& gives the C object
template <typename T, void (*kClose)(T *)>
class Closing {
 public:
  Closing() : object_() {}
  ~Closing() { kClose(&object_); }
  Closing(const Closing &) = delete;
  Closing &operator=(const Closing &) = delete;
  T *operator&() { return &object_; }
  T *operator->() { return &object_; }

 private:
  T object_;
};

using Waker = Closing<mio_waker, mio_waker_close>;
using Registry = Closing<mio_registry, mio_registry_close>;

// What events with one token said, together: a source may yield one event or several.
struct Readiness {
  int events = 0;
  bool readable = false;
  bool writable = false;
  bool error = false;
  bool read_closed = false;
  bool write_closed = false;
  bool priority = false;

  void Add(const mio_event *event);
  bool None() const { return events == 0; }
};
std::ostream &operator<<(std::ostream &out, const Readiness &readiness);

// A poll with room for events.
class Poll {
 public:
  explicit Poll(size_t capacity = 64, const mio_poll_options *options = nullptr);
  ~Poll();
  Poll(const Poll &) = delete;
  Poll &operator=(const Poll &) = delete;

  mio_poll *get() { return &poll_; }
  mio_events *events() { return &events_; }
  const mio_registry *registry() { return mio_poll_registry(&poll_); }

  int Register(mio_source *source, mio_token token, mio_interest interest) {
    return mio_registry_register(registry(), source, token, interest);
  }
  int Reregister(mio_source *source, mio_token token, mio_interest interest) {
    return mio_registry_reregister(registry(), source, token, interest);
  }
  int Deregister(mio_source *source) { return mio_registry_deregister(registry(), source); }

  // Waits, again after an interruption. The events are in events().
  int Wait(uint64_t timeout_ns = kLong);

  // Waits until the events of `token` together satisfy `enough`; events of other tokens are kept
  // for later calls. Fails the test, and returns what there was, after kLong.
  Readiness WaitFor(mio_token token, const std::function<bool(const Readiness &)> &enough);

  Readiness WaitReadable(mio_token token);
  Readiness WaitWritable(mio_token token);

  // What comes for `token` within kQuiet: for what must not happen.
  Readiness Quiet(mio_token token);

  // Whatever is there for `token` right now.
  Readiness Now(mio_token token);

 private:
  // Adds what the last wait found to the readiness of each token.
  void Collect();
  Readiness Take(mio_token token);

  mio_poll poll_ = {};
  mio_events events_ = {};
  std::vector<std::pair<mio_token, Readiness>> kept_;
};

// The monotonic clock, in nanoseconds.
uint64_t NowNs();

// What only the system can tell: util_unix.cc, util_windows.cc.

// Open descriptors (handles) of this process, or -1 where they cannot be counted.
int CountHandles();

// Why this process cannot open so many handles more, or nothing: raises its limit if that helps.
std::string WhyNotOpen(size_t handles);

// Whether this is Windows as Wine has it.
bool UnderWine();

// Skips the test if this Wine has a defect of its own, which `symptom` has just shown. Versions without the
// defect run the rest.
#define SKIP_IF_WINE(symptom, defect)                                          \
  do {                                                                         \
    if (::mio_test::UnderWine() && (symptom)) GTEST_SKIP() << "Wine: " defect; \
  } while (false)

// Whether SO_ERROR holds Linux's number of an error where this CPU has another one for it (mips): qemu-user 7.2
// translates what system calls return, and not what they write.
bool KeepsTheHostsSocketErrors();

#define SKIP_UNDER_QEMU_WITHOUT_SO_ERROR()                            \
  do {                                                                \
    if (::mio_test::KeepsTheHostsSocketErrors())                      \
      GTEST_SKIP() << "qemu-user: SO_ERROR is the host's own number"; \
  } while (false)

// What the selector at hand is called, and whether it can do something.
std::string SelectorName();
bool Supports(mio_feature feature);

}  // namespace mio_test

#endif  // TESTING_UTIL_H_
