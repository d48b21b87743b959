// What it costs to look for events: nothing there, one source ready, and 100 of 1,000.

#include <deque>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

// Nobody reads what is there, so that what is measured is the delivery alone: levels.
template <template <typename> class Loop>
class Look : public Repeated<Look<Loop>> {
 public:
  Look(int total, int ready, bool forever = false)
      : total_(total), ready_(ready), forever_(forever) {}

  const char *Open() override {
    if (!RaiseDescriptorLimit(static_cast<size_t>(2 * total_)))
      return "too few descriptors allowed";
    LoopOptions options;
    options.level = true;
    if (!loop_.Open(this, options)) return "no such loop here";
    for (int i = 0; i < total_; ++i) {
      pipes_.emplace_back();
      watches_.emplace_back();
      if (!pipes_.back().Open()) return "no pipe";
      if (!loop_.Add(&watches_.back(), &pipes_.back(), static_cast<uintptr_t>(i))) return "no add";
      // Ready ones are spread over all.
      const bool is_ready = ready_ > 0 && i % (total_ / ready_) == 0;
      if (is_ready && MioIo::Write(&pipes_.back(), "x", 1) != 1) return "no write";
    }
    // Until everybody has as much room for events as it takes.
    for (int i = 0; i < 16; ++i) loop_.Now();
    return nullptr;
  }

  void Step() {
    seen_ = 0;
    if (forever_) {
      loop_.Next();
    } else {
      loop_.Now();
    }
    benchmark::DoNotOptimize(seen_);
  }

  void OnReady(uintptr_t token) {
    benchmark::DoNotOptimize(token);
    ++seen_;
  }
  void OnWake() {}

  void Report(benchmark::State *) override { Require(seen_ == ready_, "not all were delivered"); }

 private:
  const int total_;
  const int ready_;
  const bool forever_;  // waits without a timeout, as most programs do
  int seen_ = 0;
  std::deque<Pipe> pipes_;
  std::deque<typename Loop<Look>::Watch> watches_;
  Loop<Look> loop_;
};

Measure Measured(int64_t items) {
  Measure measure;
  measure.batch = 64 / items > 0 ? 64 / items : 1;
  measure.items = items;
  measure.count_instructions = true;
  return measure;
}

const int kAdded[] = {
    AddForAll<Look>("poll_latency/idle", Measured(1), 1, 0),
    AddForPoll<Look>("poll_latency/idle", Measured(1), 1, 0),
    AddForAll<Look>("poll_latency/one_ready", Measured(1), 1, 1),
    AddForPoll<Look>("poll_latency/one_ready", Measured(1), 1, 1),
    AddForAll<Look>("poll_latency/one_ready_forever", Measured(1), 1, 1, true),
    AddForPoll<Look>("poll_latency/one_ready_forever", Measured(1), 1, 1, true),
    AddForAll<Look>("poll_latency/100_of_1000", Measured(100), 1000, 100),
    AddForPoll<Look>("poll_latency/100_of_1000", Measured(100), 1000, 100),
};

}  // namespace
}  // namespace mio_bench
