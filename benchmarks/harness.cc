#include "benchmarks/harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "benchmarks/mark.h"
#include "testing/allocation_count.h"

namespace mio_bench {
namespace {

struct Entry {
  std::string name;
  Measure measure;
  MakeWork make;
};

std::vector<Entry> &Entries() {
  static std::vector<Entry> entries;
  return entries;
}

// Of one benchmark, counted once for this process.
void AddSystemCalls(const Entry &entry, benchmark::State *state) {
  static std::map<std::string, double> known;
  // Counted once is enough for whoever runs this again and again.
  if (!entry.measure.count_system_calls || getenv("MIO_BENCH_ONLY_TIME") != nullptr) return;
  auto found = known.find(entry.name);
  if (found == known.end()) {
    const int64_t steps = std::max<int64_t>(entry.measure.batch, 16);
    std::string why_not;
    const double calls = SystemCalls(entry.make, steps, &why_not);
    if (calls < 0) fprintf(stderr, "%s: %s\n", entry.name.c_str(), why_not.c_str());
    found = known.emplace(entry.name, calls / static_cast<double>(steps)).first;
  }
  if (found->second >= 0) state->counters["syscalls"] = found->second;
}

// Whether a row that there is could not be measured.
bool failed = false;

void Run(benchmark::State &state, const Entry &entry) {
  // First, while this process has no threads and few descriptors.
  AddSystemCalls(entry, &state);
  const std::unique_ptr<Work> work = entry.make();
  if (const char *why_not = work->Open()) {
    state.SkipWithError(why_not);
    if (strncmp(why_not, MIO_BENCH_UNSUPPORTED, strlen(MIO_BENCH_UNSUPPORTED)) != 0) failed = true;
    return;
  }
  const int64_t batch = entry.measure.batch;
  work->Steps(std::min<int64_t>(batch, 8));
  const mio_test::AllocationCount heap;
  uint64_t heap_calls = 0;
  while (state.KeepRunningBatch(batch)) {
    work->Steps(batch);
    heap_calls = heap.calls();
  }
  if (mio_test::AllocationCount::WhyNot() == nullptr) {
    state.counters["allocs"] =
        benchmark::Counter(static_cast<double>(heap_calls), benchmark::Counter::kAvgIterations);
  }
  state.counters["items"] = static_cast<double>(entry.measure.items);
  work->Report(&state);
}

void RegisterAll() {
  for (const Entry &entry : Entries()) {
    benchmark::internal::Benchmark *benchmark = benchmark::RegisterBenchmark(
        entry.name.c_str(), [&entry](benchmark::State &state) { Run(state, entry); });
    benchmark->UseRealTime();
    if (entry.measure.iterations > 0) benchmark->Iterations(entry.measure.iterations);
  }
}

// Runs each benchmark `steps` times and twice as many times, between marks.
int CountInstructions(int64_t steps) {
  for (const Entry &entry : Entries()) {
    if (!entry.measure.count_instructions) continue;
    const std::unique_ptr<Work> work = entry.make();
    if (work->Open() != nullptr) continue;
    work->Steps(16);
    MioBenchMark();
    work->Steps(steps);
    MioBenchMark();
    work->Steps(2 * steps);
    MioBenchMark();
    printf("%s %lld\n", entry.name.c_str(), static_cast<long long>(entry.measure.items));
  }
  return mio_bench::failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

int Add(const std::string &name, const Measure &measure, MakeWork make) {
  Entries().push_back({name, measure, std::move(make)});
  return 0;
}

void Samples::Report(benchmark::State *state) {
  const size_t kept = static_cast<size_t>(std::min<uint64_t>(count_, kRoom));
  if (kept == 0) return;
  std::sort(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(kept));
  const std::pair<const char *, double> points[] = {
      {"p1_ns", 0.01},     {"p10_ns", 0.1},    {"p25_ns", 0.25}, {"p50_ns", 0.5},
      {"p75_ns", 0.75},    {"p90_ns", 0.9},    {"p95_ns", 0.95}, {"p99_ns", 0.99},
      {"p99_5_ns", 0.995}, {"p99_9_ns", 0.999}};
  for (const auto &point : points) {
    const size_t index = static_cast<size_t>(point.second * static_cast<double>(kept));
    state->counters[point.first] = static_cast<double>(values_[std::min(index, kept - 1)]);
  }
}

void Die(const char *what) {
  perror(what);
  abort();
}

}  // namespace mio_bench

int main(int argc, char **argv) {
  static const char kInstructions[] = "--count_instructions=";
  if (argc > 1 && strncmp(argv[1], kInstructions, strlen(kInstructions)) == 0) {
    return mio_bench::CountInstructions(atoll(argv[1] + strlen(kInstructions)));
  }
  mio_bench::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return mio_bench::failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
