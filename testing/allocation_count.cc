#include "testing/allocation_count.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "testing/sanitizers.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace mio_test {
namespace {

std::atomic<uint64_t> heap_calls;
std::atomic<int64_t> live_bytes;

}  // namespace

#if defined(__GLIBC__) && !MIO_TEST_ASAN && !MIO_TEST_TSAN

static void Count() { heap_calls.fetch_add(1, std::memory_order_relaxed); }

// Counts a call and what came of it.
static void *Got(void *memory) {
  Count();
  live_bytes.fetch_add(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
  return memory;
}

static void Gives(void *memory) {
  live_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
}

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
void *MioMalloc(size_t size) { return Got(__libc_malloc(size)); }

void *MioCalloc(size_t count, size_t size) __asm__("calloc");
void *MioCalloc(size_t count, size_t size) { return Got(__libc_calloc(count, size)); }

void *MioRealloc(void *memory, size_t size) __asm__("realloc");
void *MioRealloc(void *memory, size_t size) {
  const size_t before = malloc_usable_size(memory);
  void *moved = Got(__libc_realloc(memory, size));
  // A failed one leaves the old memory as it was, and one of no bytes is a free.
  if (moved != nullptr || size == 0) {
    live_bytes.fetch_sub(static_cast<int64_t>(before), std::memory_order_relaxed);
  }
  return moved;
}

void *MioMemalign(size_t alignment, size_t size) __asm__("memalign");
void *MioMemalign(size_t alignment, size_t size) { return Got(__libc_memalign(alignment, size)); }

void *MioAlignedAlloc(size_t alignment, size_t size) __asm__("aligned_alloc");
void *MioAlignedAlloc(size_t alignment, size_t size) {
  return Got(__libc_memalign(alignment, size));
}

int MioPosixMemalign(void **out, size_t alignment, size_t size) __asm__("posix_memalign");
int MioPosixMemalign(void **out, size_t alignment, size_t size) {
  void *memory = Got(__libc_memalign(alignment, size));
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

void MioFree(void *memory) __asm__("free");
void MioFree(void *memory) {
  if (memory != nullptr) {
    Count();
    Gives(memory);
  }
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

int64_t AllocationCount::LiveBytes() { return live_bytes.load(); }

uint64_t AllocationCount::calls() const { return heap_calls.load() - start_; }

}  // namespace mio_test
