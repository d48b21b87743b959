#include "testing/util.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace mio_test {

bool IsEmulated() { return std::getenv("MIO_EMULATOR") != nullptr; }

bool KeepsTheHostsSocketErrors() {
  constexpr int kOfTheHost = 104; /* ECONNRESET of x86_64 and most others */
  return IsEmulated() && mio_error_from_kind(MIO_ERROR_CONNECTION_RESET) != -kOfTheHost;
}

::testing::AssertionResult IsOk(ptrdiff_t result) {
  if (result >= 0) return ::testing::AssertionSuccess();
  char text[MIO_ERROR_MESSAGE_MAX];
  return ::testing::AssertionFailure()
         << "failed with " << result << " (" << mio_error_kind_name(mio_error_kind(result)) << ": "
         << mio_error_message(result, text, sizeof text) << ")";
}

::testing::AssertionResult IsError(ptrdiff_t result, mio_error kind) {
  if (mio_error_kind(result) == kind) return ::testing::AssertionSuccess();
  char text[MIO_ERROR_MESSAGE_MAX];
  return ::testing::AssertionFailure()
         << "expected " << mio_error_kind_name(kind) << ", got " << result << " ("
         << mio_error_kind_name(mio_error_kind(result)) << ": "
         << mio_error_message(result, text, sizeof text) << ")";
}

bool IsUnsupported(ptrdiff_t result) {
  const mio_error kind = mio_error_kind(result);
  return kind == MIO_ERROR_UNSUPPORTED || kind == MIO_ERROR_ADDR_FAMILY_UNSUPPORTED;
}

void Readiness::Add(const mio_event *event) {
  ++events;
  readable |= mio_event_is_readable(event);
  writable |= mio_event_is_writable(event);
  error |= mio_event_is_error(event);
  read_closed |= mio_event_is_read_closed(event);
  write_closed |= mio_event_is_write_closed(event);
  priority |= mio_event_is_priority(event);
}

std::ostream &operator<<(std::ostream &out, const Readiness &readiness) {
  out << readiness.events << " event(s):";
  if (readiness.readable) out << " readable";
  if (readiness.writable) out << " writable";
  if (readiness.error) out << " error";
  if (readiness.read_closed) out << " read_closed";
  if (readiness.write_closed) out << " write_closed";
  if (readiness.priority) out << " priority";
  return out;
}

Poll::Poll(size_t capacity, const mio_poll_options *options) {
  EXPECT_OK(mio_poll_init(&poll_, options));
  EXPECT_OK(mio_events_init(&events_, capacity));
}

Poll::~Poll() {
  mio_events_close(&events_);
  mio_poll_close(&poll_);
}

int Poll::Wait(uint64_t timeout_ns) {
  int result;
  do {
    result = mio_poll_wait(&poll_, &events_, timeout_ns);
  } while (mio_error_kind(result) == MIO_ERROR_INTERRUPTED);
  return result;
}

void Poll::Collect() {
  for (const mio_event *event = mio_events_begin(&events_); event != mio_events_end(&events_);
       ++event) {
    const mio_token token = mio_event_token(event);
    auto kept = std::find_if(kept_.begin(), kept_.end(),
                             [token](const auto &entry) { return entry.first == token; });
    if (kept == kept_.end()) kept = kept_.insert(kept_.end(), {token, Readiness()});
    kept->second.Add(event);
  }
  mio_events_clear(&events_);
}

Readiness Poll::Take(mio_token token) {
  auto kept = std::find_if(kept_.begin(), kept_.end(),
                           [token](const auto &entry) { return entry.first == token; });
  if (kept == kept_.end()) return Readiness();
  const Readiness readiness = kept->second;
  kept_.erase(kept);
  return readiness;
}

Readiness Poll::WaitFor(mio_token token, const std::function<bool(const Readiness &)> &enough) {
  const uint64_t deadline = NowNs() + kLong;
  for (;;) {
    for (const auto &[kept_token, readiness] : kept_) {
      if (kept_token == token && enough(readiness)) return Take(token);
    }
    const uint64_t now = NowNs();
    if (now >= deadline) break;
    const int result = Wait(deadline - now);
    EXPECT_OK(result);
    if (result < 0) break;
    Collect();
  }
  const Readiness last = Take(token);
  ADD_FAILURE() << "token " << token << " had only " << last;
  return last;
}

Readiness Poll::WaitReadable(mio_token token) {
  return WaitFor(token, [](const Readiness &r) { return r.readable; });
}

Readiness Poll::WaitWritable(mio_token token) {
  return WaitFor(token, [](const Readiness &r) { return r.writable; });
}

Readiness Poll::Quiet(mio_token token) {
  const uint64_t deadline = NowNs() + kQuiet;
  for (uint64_t now = NowNs(); now < deadline; now = NowNs()) {
    EXPECT_OK(Wait(deadline - now));
    Collect();
  }
  return Take(token);
}

Readiness Poll::Now(mio_token token) {
  EXPECT_OK(Wait(0));
  Collect();
  return Take(token);
}

uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

std::string SelectorName() {
  mio_poll poll = {};
  EXPECT_OK(mio_poll_init(&poll, nullptr));
  const std::string name = mio_poll_selector_name(&poll);
  mio_poll_close(&poll);
  return name;
}

bool Supports(mio_feature feature) {
  mio_poll poll = {};
  EXPECT_OK(mio_poll_init(&poll, nullptr));
  const bool supported = mio_poll_supports(&poll, feature);
  mio_poll_close(&poll);
  return supported;
}

}  // namespace mio_test
