// What it costs to wake a loop: from its own thread, once more before it ran, and there and back
// between two threads.

#include <atomic>
#include <thread>

#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

template <template <typename> class Loop>
class SelfWake : public Repeated<SelfWake<Loop>> {
 public:
  const char *Open() override {
    return loop_.Open(this, {}) && loop_.OpenWaker() ? nullptr : "no such loop here";
  }
  void Step() {
    woken_ = false;
    loop_.Wake();
    do {
      loop_.Next();
    } while (!woken_);
  }
  void OnReady(uintptr_t) {}
  void OnWake() { woken_ = true; }

 private:
  bool woken_ = false;
  Loop<SelfWake> loop_;
};

// The first wake is not delivered yet.
template <template <typename> class Loop>
class WakeAgain : public Repeated<WakeAgain<Loop>> {
 public:
  const char *Open() override {
    if (!loop_.Open(this, {}) || !loop_.OpenWaker()) return "no such loop here";
    loop_.Wake();
    return nullptr;
  }
  void Step() { loop_.Wake(); }
  void OnReady(uintptr_t) {}
  void OnWake() {}

 private:
  Loop<WakeAgain> loop_;
};

// One side of the round trip: each wake that arrives is answered by one to the other side.
template <template <typename> class Loop>
class Side {
 public:
  bool Open(uint64_t spin_ns) {
    LoopOptions options;
    options.shared = true;
    options.spin_ns = spin_ns;
    return loop_.Open(this, options) && loop_.OpenWaker();
  }
  void AwaitWake() {
    woken_ = false;
    do {
      loop_.Next();
    } while (!woken_);
  }
  void Wake() { loop_.Wake(); }
  void OnReady(uintptr_t) {}
  void OnWake() { woken_ = true; }

 private:
  bool woken_ = false;
  Loop<Side> loop_;
};

template <template <typename> class Loop>
class RoundTrip : public Repeated<RoundTrip<Loop>> {
 public:
  explicit RoundTrip(uint64_t spin_ns) : spin_ns_(spin_ns) {}
  ~RoundTrip() override {
    if (!thread_.joinable()) return;
    ending_ = true;
    there_.Wake();
    thread_.join();
  }

  const char *Open() override {
    if (!here_.Open(spin_ns_) || !there_.Open(spin_ns_)) return "no such loop here";
    thread_ = std::thread([this] {
      for (;;) {
        there_.AwaitWake();
        if (ending_) return;
        here_.Wake();
      }
    });
    return nullptr;
  }
  void Step() {
    const uint64_t begin = NowNs();
    there_.Wake();
    here_.AwaitWake();
    samples_.Add(NowNs() - begin);
  }
  void Report(benchmark::State *state) override { samples_.Report(state); }

 private:
  const uint64_t spin_ns_;
  std::atomic<bool> ending_{false};
  Side<Loop> here_, there_;
  Samples samples_;
  std::thread thread_;
};

constexpr uint64_t kSpinNs = 200000;

Measure Cheap() {
  Measure measure;
  measure.batch = 64;
  measure.count_instructions = true;
  return measure;
}

Measure Threads() { return Measure(); }

const int kAdded[] = {
    AddForAll<SelfWake>("waker/self", Cheap()),
    AddForAll<WakeAgain>("waker/again", Cheap()),
    AddForAll<RoundTrip>("waker/round_trip", Threads(), uint64_t{0}),
    AddForRaw<RoundTrip>("waker/round_trip_spinning", Threads(), kSpinNs),
};

}  // namespace
}  // namespace mio_bench
