#ifndef TESTING_STRESS_SOAK_H_
#define TESTING_STRESS_SOAK_H_

#include <cstdint>
#include <string>

namespace mio_test {

struct SoakOptions {
  int clients = 4;        // processes
  uint64_t rounds = 0;    // connections a client makes; 0 for no limit
  uint64_t seconds = 0;   // 0 for no limit
  bool squeezes = true;   // the server has too few descriptors now and then
  bool progress = false;  // a line every ten seconds
};

struct SoakResult {
  std::string failure;  // what was wrong, or nothing
  uint64_t accepted = 0;
  uint64_t closed = 0;
  uint64_t resets = 0;    // connections that ended with an error
  uint64_t bytes = 0;     // echoed
  uint64_t refusals = 0;  // accepts for which there was no descriptor
};

// Runs an echo server in this process, single-threaded, against clients in others, which send, flood,
// close halves, reset and vanish at random and check each byte that comes back. At the end descriptors,
// the library's memory and the counts must be what they were. To be called before any thread is started.
SoakResult Soak(const SoakOptions &options);

}  // namespace mio_test

#endif  // TESTING_STRESS_SOAK_H_
