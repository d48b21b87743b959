#include "benchmarks/harness.h"

namespace mio_bench {

double SystemCalls(const MakeWork &, int64_t, std::string *why_not) {
  *why_not = "system calls are counted on Linux only";
  return -1;
}

}  // namespace mio_bench
