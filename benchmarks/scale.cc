// One poll a thread: what two threads with a poll each lose against one alone. The polls share nothing,
// so each should be as fast as before; selectors on one cache line are not.

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

constexpr int kPipes = 16;

// A poll with ready sources that nobody reads: levels. Each round is a wait that finds them all.
template <template <typename> class Loop>
class Ready {
 public:
  const char *Open() {
    LoopOptions options;
    options.level = true;
    if (!loop_.Open(this, options)) return "no such loop here";
    for (int i = 0; i < kPipes; ++i) {
      pipes_.emplace_back();
      watches_.emplace_back();
      if (!pipes_.back().Open() ||
          !loop_.Add(&watches_.back(), &pipes_.back(), static_cast<uintptr_t>(i)) ||
          MioIo::Write(&pipes_.back(), "x", 1) != 1) {
        return "no pipe";
      }
    }
    for (int i = 0; i < 16; ++i) loop_.Next();
    return nullptr;
  }
  void Rounds(int64_t count) {
    for (; count > 0; --count) loop_.Next();
  }
  void OnReady(uintptr_t token) { benchmark::DoNotOptimize(token); }
  void OnWake() {}

 private:
  std::deque<Pipe> pipes_;
  std::deque<typename Loop<Ready>::Watch> watches_;
  Loop<Ready> loop_;
};

// All polls are made by one thread, one after the other, as a program that starts its workers does.
template <template <typename> class Loop>
class OnePollAThread : public Work {
 public:
  explicit OnePollAThread(int threads) : threads_(threads) {}
  ~OnePollAThread() override {
    goal_.store(-1);
    for (std::thread &thread : running_) thread.join();
  }

  const char *Open() override {
    for (int i = 0; i < threads_; ++i) polls_.push_back(std::make_unique<Ready<Loop>>());
    for (auto &poll : polls_) {
      if (const char *why_not = poll->Open()) return why_not;
    }
    for (int i = 1; i < threads_; ++i) running_.emplace_back([this, i] { Follow(i); });
    return nullptr;
  }

  // The other threads do the same rounds beside this one, and all of them have to end.
  void Steps(int64_t count) override {
    goal_.fetch_add(count);
    polls_[0]->Rounds(count);
    while (done_.load() < goal_.load() * (threads_ - 1)) {
    }
  }

 private:
  void Follow(int index) {
    for (int64_t done = 0;;) {
      const int64_t goal = goal_.load();
      if (goal < 0) return;
      if (goal == done) continue;
      polls_[static_cast<size_t>(index)]->Rounds(goal - done);
      done_.fetch_add(goal - done);
      done = goal;
    }
  }

  const int threads_;
  std::vector<std::unique_ptr<Ready<Loop>>> polls_;
  std::vector<std::thread> running_;
  std::atomic<int64_t> goal_{0};
  std::atomic<int64_t> done_{0};
};

Measure Measured() {
  Measure measure;
  measure.batch = 1024;
  measure.items = kPipes;
  measure.count_system_calls = false;
  return measure;
}

const int kAdded[] = {
    AddForRaw<OnePollAThread>("scale/1_thread", Measured(), 1),
    AddForRaw<OnePollAThread>("scale/2_threads", Measured(), 2),
};

}  // namespace
}  // namespace mio_bench
