#ifndef TESTING_FUZZ_PROGRAM_H_
#define TESTING_FUZZ_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

// Programs for the model-based fuzzer: a list of small operations over sources, polls and wakers.
// Every list of bytes is a program, so that a coverage-guided fuzzer can write programs as well.
namespace mio_fuzz {

enum class Action : uint8_t {
  kMake,        // a: what kind of source or pair
  kRegister,    // a: source, b: poll and way, c: interest
  kReregister,  // as kRegister
  kDeregister,  // a: source, b: poll and way
  kClose,       // a: source
  kRelease,     // a: source
  kDuplicate,   // a: source
  kCloseDuplicate,
  kRead,       // a: source, b: length
  kReadAll,    // a: source; until would-block
  kWrite,      // a: source, b: length
  kFill,       // a: source; until would-block
  kShutdown,   // a: source, b: direction
  kTakeError,  // a: source
  kConnect,    // a: listener
  kMakeWaker,  // a: poll
  kCloseWaker,
  kWake,  // a: waker
  kClone,
  kCloseClone,
  kFork,       // b: what the child does
  kReopen,     // a: poll, b: options
  kWait,       // a: poll, b: capacity, c: timeout
  kInterrupt,  // a: poll; a signal during a wait
};
constexpr int kActions = static_cast<int>(Action::kInterrupt) + 1;

struct Op {
  Action action;
  uint8_t a, b, c;
};

using Program = std::vector<Op>;

// The program number `seed`, of at most `length` operations.
Program Generate(uint64_t seed, size_t length);

// Four bytes are an operation. What is left over is ignored.
Program FromBytes(const uint8_t *bytes, size_t size);
std::vector<uint8_t> ToBytes(const Program &program);

}  // namespace mio_fuzz

#endif  // TESTING_FUZZ_PROGRAM_H_
