#ifndef TESTING_STRESS_TRACE_H_
#define TESTING_STRESS_TRACE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "testing/util.h"

namespace mio_test {

// What the threads of a stress test did last, to be shown when something was lost. Each thread writes
// into a ring of its own. The words are string literals.
class Trace {
 public:
  static constexpr size_t kThreads = 16;

  void Note(size_t thread, const char *what, uint64_t value = 0) {
    Ring &ring = rings_[thread % kThreads];
    Entry &entry = ring.entries[ring.next++ % kEntries];
    entry.when.store(NowNs(), std::memory_order_relaxed);
    entry.what.store(what, std::memory_order_relaxed);
    entry.value.store(value, std::memory_order_relaxed);
  }

  // All threads' entries in the order of their times, the last one first.
  std::string Dump() const {
    struct Line {
      uint64_t when;
      size_t thread;
      const char *what;
      uint64_t value;
    };
    std::vector<Line> lines;
    for (size_t i = 0; i < kThreads; ++i) {
      for (const Entry &entry : rings_[i].entries) {
        const char *what = entry.what.load(std::memory_order_relaxed);
        if (what == nullptr) continue;
        lines.push_back({entry.when.load(std::memory_order_relaxed), i, what,
                         entry.value.load(std::memory_order_relaxed)});
      }
    }
    std::sort(lines.begin(), lines.end(),
              [](const Line &a, const Line &b) { return a.when > b.when; });
    std::ostringstream out;
    const uint64_t now = NowNs();
    for (const Line &line : lines) {
      out << "  " << (now - line.when) / 1000 << " us ago, thread " << line.thread << ": "
          << line.what << " " << line.value << "\n";
    }
    return out.str();
  }

 private:
  static constexpr size_t kEntries = 16;
  struct Entry {
    std::atomic<uint64_t> when{0};
    std::atomic<const char *> what{nullptr};
    std::atomic<uint64_t> value{0};
  };
  struct Ring {
    std::array<Entry, kEntries> entries;
    std::atomic<size_t> next{0};
  };
  std::array<Ring, kThreads> rings_;
};

}  // namespace mio_test

#endif  // TESTING_STRESS_TRACE_H_
