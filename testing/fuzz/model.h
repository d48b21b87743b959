#ifndef TESTING_FUZZ_MODEL_H_
#define TESTING_FUZZ_MODEL_H_

#include <cstdint>
#include <string>

#include "testing/fuzz/program.h"

namespace mio_fuzz {

// What running one program showed.
struct Verdict {
  bool failed = false;
  std::string what;  // the promise that was broken, and where
  std::string code;  // the program as C, if that was asked for
  uint64_t ops = 0;  // operations that did something
  uint64_t waits = 0;
  uint64_t events = 0;
};

struct RunOptions {
  bool print_code = false;
  bool forks = true;
  // How long a wait that has something to return may take. Only what is lost takes as long.
  uint64_t lost_ms = 5000;
  // Runs the model with a fault of its own, so that a test can see that failures are found:
  // forgets to pass this operation of kRegister on to the library. -1 for none.
  int skip_registration = -1;
};

// Runs `program` against the library and, beside it, against a model of what the library promises.
// The model asks poll(2) for the truth before and after each wait, and says for each wait which events
// must come, which may come and which must not:
//
//   level       must come while poll(2) says that the source is ready, and only then
//   edge        must come if it became ready after registration, or after it was drained through the
//               library; may come otherwise
//   one-shot    must come once if the source is ready, and never again before a reregister
//   any         must come if an error or a hang-up arrived that no event told of
//   waker       must come once for the wakes before it, and not without one
//   none        must not come: tokens of registrations that ended or were replaced
//
// Flags must be true: read_closed, write_closed, error and priority are compared with poll(2).
Verdict Run(const Program &program, const RunOptions &options);

}  // namespace mio_fuzz

#endif  // TESTING_FUZZ_MODEL_H_
