// Bytes for each source that is watched: what the library asks of the heap, what its user has to keep,
// and what the kernel takes.

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"
#include "testing/allocation_count.h"

namespace mio_bench {
namespace {

// What the kernel holds in slabs, in bytes; negative where nobody tells. Others use them too.
double KernelBytes() {
  FILE *file = fopen("/proc/meminfo", "r");
  if (file == nullptr) return -1;
  char line[128];
  double kib = -1;
  while (fgets(line, sizeof line, file) != nullptr) {
    if (sscanf(line, "SUnreclaim: %lf", &kib) == 1) break;
  }
  fclose(file);
  return kib * 1024;
}

// What a watched pipe costs beyond its descriptor of four bytes.
template <typename Loop>
double UserBytes() {
  return sizeof(typename Loop::Watch);
}
template <>
double UserBytes<MioLoop<Handler>>() {
  return sizeof(Reader) - sizeof(mio_handle);
}
#if MIO_BENCH_PEERS
// Whoever only reads has no use for the other event.
template <>
double UserBytes<EventLoop<Handler>>() {
  return sizeof(EventLoop<Handler>::Watch) - sizeof(event *);
}
#endif

template <template <typename> class Loop>
class Memory : public Repeated<Memory<Loop>> {
 public:
  explicit Memory(int sources) : count_(sources) {}
  ~Memory() override {
    for (UnixEnd &end : ends_) Close(&end);
  }

  const char *Open() override {
    if (!RaiseDescriptorLimit(static_cast<size_t>(count_))) return "too few descriptors allowed";
    for (int i = 0; i < count_; ++i) ends_.emplace_back();
    for (int i = 0; i + 1 < count_; i += 2) {
      if (!OpenPair(&ends_[static_cast<size_t>(i)], &ends_[static_cast<size_t>(i) + 1])) {
        return MIO_BENCH_UNSUPPORTED "no Unix pair";
      }
    }
    watches_.resize(static_cast<size_t>(count_));
    return nullptr;
  }

  void Step() {
    Loop<Memory> loop;
    Require(loop.Open(this, {}), "open");
    loop.Now();
    const double kernel = KernelBytes();
    const int64_t heap = mio_test::AllocationCount::LiveBytes();
    for (size_t i = 0; i < ends_.size(); ++i) {
      watches_[i] = {};
      Require(loop.Add(&watches_[i], &ends_[i], i), "add");
    }
    loop.Now();
    heap_ = static_cast<double>(mio_test::AllocationCount::LiveBytes() - heap);
    kernel_ = KernelBytes() - kernel;
  }
  void OnReady(uintptr_t) {}
  void OnWake() {}

  void Report(benchmark::State *state) override {
    if (mio_test::AllocationCount::WhyNot() == nullptr) {
      state->counters["heap_bytes"] = heap_ / count_;
    }
    state->counters["user_bytes"] = UserBytes<Loop<Handler>>();
    // Of few sources nothing can be told from what all others do.
    if (count_ >= 10000) state->counters["kernel_bytes"] = kernel_ / count_;
  }

 private:
  const int count_;
  double heap_ = 0;
  double kernel_ = 0;
  std::deque<UnixEnd> ends_;
  std::vector<typename Loop<Memory>::Watch> watches_;
};

int AddAll() {
  for (const int sources : {100, 15000}) {
    Measure measure;
    measure.items = sources;
    measure.count_system_calls = false;
    measure.iterations = 1;
    AddForAll<Memory>("memory/" + std::to_string(sources), measure, sources);
  }
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
