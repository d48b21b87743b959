#include "testing/allocation_count.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "testing/sanitizers.h"

namespace mio_test {
namespace {

std::atomic<uint64_t> heap_calls;

}  // namespace

#if defined(__GLIBC__) && !MIO_TEST_ASAN && !MIO_TEST_TSAN

static void Count() { heap_calls.fetch_add(1, std::memory_order_relaxed); }

extern "C" {

// glibc's own names for the functions that are replaced here.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

// Under names of their own, because <cstdlib> says more of these functions (that they throw
// nothing, for one) than can be repeated for every C library.
void *MioMalloc(size_t size) __asm__("malloc");
void *MioMalloc(size_t size) {
  Count();
  return __libc_malloc(size);
}

void *MioCalloc(size_t count, size_t size) __asm__("calloc");
void *MioCalloc(size_t count, size_t size) {
  Count();
  return __libc_calloc(count, size);
}

void *MioRealloc(void *memory, size_t size) __asm__("realloc");
void *MioRealloc(void *memory, size_t size) {
  Count();
  return __libc_realloc(memory, size);
}

void *MioMemalign(size_t alignment, size_t size) __asm__("memalign");
void *MioMemalign(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

void *MioAlignedAlloc(size_t alignment, size_t size) __asm__("aligned_alloc");
void *MioAlignedAlloc(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

int MioPosixMemalign(void **out, size_t alignment, size_t size) __asm__("posix_memalign");
int MioPosixMemalign(void **out, size_t alignment, size_t size) {
  Count();
  void *memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

void MioFree(void *memory) __asm__("free");
void MioFree(void *memory) {
  if (memory != nullptr) Count();
  __libc_free(memory);
}

}  // extern "C"

const char *AllocationCount::WhyNot() { return nullptr; }

#elif MIO_TEST_ASAN || MIO_TEST_TSAN

const char *AllocationCount::WhyNot() { return "the sanitizer has a malloc of its own"; }

#else

const char *AllocationCount::WhyNot() {
  return "this C library has no other name for its malloc; the allocator hook is counted alone";
}

#endif

AllocationCount::AllocationCount() : start_(heap_calls.load()) {}

uint64_t AllocationCount::calls() const { return heap_calls.load() - start_; }

}  // namespace mio_test
