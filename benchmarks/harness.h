#ifndef BENCHMARKS_HARNESS_H_
#define BENCHMARKS_HARNESS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"

// What the benchmarks have in common. Each is a Work: opened, then repeated, and around the repeating
// everything that can be counted is counted.
namespace mio_bench {

class Work {
 public:
  virtual ~Work() = default;

  // Makes ready what is measured. Returns nullptr, or why it cannot be measured here.
  virtual const char *Open() = 0;

  // Does `count` times what is measured.
  virtual void Steps(int64_t count) = 0;

  // Adds counters of its own.
  virtual void Report(benchmark::State *) {}
};

// A Work of a class that has Open() and Step(): its loop is compiled together with the step.
template <typename Derived>
class Repeated : public Work {
 public:
  void Steps(int64_t count) final {
    Derived *self = static_cast<Derived *>(this);
    for (; count > 0; --count) self->Step();
  }
};

// How one benchmark is measured.
struct Measure {
  int64_t batch = 1;  // steps between two looks at the clock
  int64_t items = 1;  // events, or whatever else one step brings
  bool count_system_calls = true;
  bool count_instructions = false;
  int64_t iterations = 0;  // 0: as many as the time allows
};

using MakeWork = std::function<std::unique_ptr<Work>()>;

// What Open answers, with the reason behind it, where a row is not to be had on this system. Any other
// reason fails the run.
#define MIO_BENCH_UNSUPPORTED "unsupported: "

// Adds the benchmark `name`, which is QUESTION/ROW/PEER. Returns something, for initializers.
int Add(const std::string &name, const Measure &measure, MakeWork make);

template <typename W, typename... Args>
int AddWork(const std::string &name, const Measure &measure, Args... args) {
  return Add(name, measure, [=] { return std::make_unique<W>(args...); });
}

inline uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

// Samples of a duration, the newest of them kept, in memory that is there from the beginning.
class Samples {
 public:
  Samples() : values_(kRoom) {}
  void Add(uint64_t value) { values_[count_++ % kRoom] = value; }
  uint64_t count() const { return count_; }

  // Counters p1_ns ... p99_9_ns.
  void Report(benchmark::State *state);

 private:
  static constexpr size_t kRoom = size_t{1} << 17;
  std::vector<uint64_t> values_;
  uint64_t count_ = 0;
};

// Ends the program: what a benchmark cannot do without went wrong.
[[noreturn]] void Die(const char *what);

inline void Require(bool worked, const char *what) {
  if (!worked) Die(what);
}

// The system calls that `steps` steps of `make`'s work make in a child, after as many that do not
// count; negative with a reason in `*why_not` where they cannot be counted.
double SystemCalls(const MakeWork &make, int64_t steps, std::string *why_not);

}  // namespace mio_bench

#endif  // BENCHMARKS_HARNESS_H_
