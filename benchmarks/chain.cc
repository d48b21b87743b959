// The chain of Provos: a byte that is read from one pipe is written to the next, 100 of them at a time
// in a ring of 100, 1,000 and 9,900 pipes, until each pipe has been written to once.

#include <algorithm>
#include <deque>
#include <string>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

constexpr int kActive = 100;

// All loops with the same reads and writes, where the selector does not have to hear of them: it is the
// loops that are compared.
#if MIO_BENCH_UNIX && !MIO_NATIVE_REARMS
using SameIo = FdIo;
#else
using SameIo = MioIo;
#endif

template <template <typename> class Loop, typename Io>
class ChainOver : public Repeated<ChainOver<Loop, Io>> {
 public:
  explicit ChainOver(int pipes, bool level = false) : count_(pipes), level_(level) {}

  const char *Open() override {
    if (!RaiseDescriptorLimit(static_cast<size_t>(2 * count_)))
      return "too few descriptors allowed";
    LoopOptions options;
    options.level = level_;
    if (!loop_.Open(this, options)) return "no such loop here";
    for (int i = 0; i < count_; ++i) {
      pipes_.emplace_back();
      watches_.emplace_back();
      if (!pipes_.back().Open()) return "no pipe";
      if (!loop_.Add(&watches_.back(), &pipes_.back(), static_cast<uintptr_t>(i))) return "no add";
    }
    for (int i = 0; i < 3; ++i) Step();
    return nullptr;
  }

  // Each of the bytes travels count / active pipes far.
  void Step() {
    to_write_ = count_ - kActive;
    to_read_ = count_;
    for (int i = 0; i < kActive; ++i) Send(static_cast<size_t>(i * (count_ / kActive)));
    while (to_read_ > 0) loop_.Next();
  }

  void OnReady(uintptr_t token) {
    char byte[16];
    // Fewer bytes than there is room for: the pipe is empty, and the next one is an edge.
    if (Io::Read(&pipes_[token], byte, sizeof byte) < 1) return;
    --to_read_;
    if (to_write_ > 0) {
      --to_write_;
      Send((token + 1) % pipes_.size());
    }
  }
  void OnWake() {}

 private:
  void Send(size_t pipe) { Require(Io::Write(&pipes_[pipe], "x", 1) == 1, "write"); }

  const int count_;
  const bool level_;
  int to_write_ = 0;
  int to_read_ = 0;
  std::deque<Pipe> pipes_;
  std::deque<typename Loop<ChainOver>::Watch> watches_;
  Loop<ChainOver> loop_;
};

template <template <typename> class Loop>
class Chain : public ChainOver<Loop, SameIo> {
 public:
  using ChainOver<Loop, SameIo>::ChainOver;
};

// With mio's own reads and writes of a pipe, which keep SIGPIPE away; the system's calls do not.
template <template <typename> class Loop>
class ChainOfCalls : public ChainOver<Loop, typename Loop<Handler>::Io> {
 public:
  using ChainOver<Loop, typename Loop<Handler>::Io>::ChainOver;
};

Measure Measured(int pipes) {
  Measure measure;
  measure.items = pipes;
  measure.count_system_calls = pipes <= 1000;
  measure.count_instructions = pipes == 100;
  return measure;
}

int AddAll() {
  for (const int pipes : {100, 1000, 9900}) {
    AddForAll<Chain>("chain/" + std::to_string(pipes), Measured(pipes), pipes);
  }
  // What libuv and libev can do: cheaper where all pipes are ready again before the next look.
  AddForAll<Chain>("chain/100_level", Measured(100), 100, true);
  AddForRaw<ChainOfCalls>("chain/100_calls", Measured(100), 100);
  for (const int pipes : {100, 1000}) {
    AddForPoll<Chain>("chain/" + std::to_string(pipes), Measured(pipes), pipes);
  }
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
