// The model-based fuzzer for a coverage-guided one: four bytes are an operation.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "testing/fuzz/model.h"
#include "testing/fuzz/program.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  constexpr size_t kMaxBytes = 4 * 100;
  mio_fuzz::RunOptions options;
  options.forks = false;  // a forked child would write the fuzzer's own files
  const auto program = mio_fuzz::FromBytes(bytes, size < kMaxBytes ? size : kMaxBytes);
  const mio_fuzz::Verdict verdict = mio_fuzz::Run(program, options);
  if (!verdict.failed) return 0;
  fprintf(stderr, "%s\n", verdict.what.c_str());
  abort();
}
