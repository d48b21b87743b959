#ifndef TESTING_FUZZ_RUNNER_H_
#define TESTING_FUZZ_RUNNER_H_

#include <cstdint>
#include <string>

#include "testing/fuzz/model.h"
#include "testing/fuzz/program.h"

namespace mio_fuzz {

struct Totals {
  uint64_t programs = 0;
  uint64_t ops = 0;
  uint64_t waits = 0;
  uint64_t events = 0;
};

struct Search {
  uint64_t seed = 1;      // of the first program; the next ones have the next numbers
  uint64_t programs = 0;  // how many; 0 for no limit
  uint64_t seconds = 0;   // how long; 0 for no limit
  uint64_t length = 60;   // the most operations of a program
  bool progress = false;  // a line every ten seconds
  RunOptions options;
};

struct Finding {
  bool found = false;
  uint64_t seed = 0;
  std::string what;  // the broken promise, or how the process died
  Program program;
  Totals totals;  // of the whole search
};

// Runs programs in a child process, so that a crash and a hang are findings like any other, until one
// fails or the limits are reached.
Finding Find(const Search &search);

// Runs one program in a child process. Returns what was wrong, or nothing.
std::string RunIsolated(const Program &program, const RunOptions &options);

// The shortest program that can be had of a failing one by leaving out operations and by making their
// numbers smaller. It fails too, for the same or for another reason.
Program Minimize(const Program &program, const RunOptions &options);

// The program as C, with its events, and with what was wrong at its end.
std::string ToC(const Program &program, const RunOptions &options);

}  // namespace mio_fuzz

#endif  // TESTING_FUZZ_RUNNER_H_
