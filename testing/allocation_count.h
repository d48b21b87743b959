#ifndef TESTING_ALLOCATION_COUNT_H_
#define TESTING_ALLOCATION_COUNT_H_

#include <cstdint>

// What the process asks of the heap. allocation_count.cc defines malloc and its family in the
// test's own binary, counts, and passes the calls on to the C library; operator new comes by there
// too.
namespace mio_test {

class AllocationCount {
 public:
  // Counts from here on, in all threads.
  AllocationCount();

  // Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign, memalign and free (of
  // anything) since then.
  uint64_t calls() const;

  // The bytes that the process has of the heap now, as the heap rounds them.
  static int64_t LiveBytes();

  // Why nothing can be counted in this build; nullptr where it can.
  static const char *WhyNot();

 private:
  uint64_t start_;
};

}  // namespace mio_test

#endif  // TESTING_ALLOCATION_COUNT_H_
