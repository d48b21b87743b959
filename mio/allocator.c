#include "mio/allocator.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mio/error.h"
#include "mio/memory.h"

static void *allocate_from_heap(void *context, size_t size) {
  (void)context;
  return malloc(size);
}

static void release_to_heap(void *context, void *memory, size_t size) {
  (void)context;
  (void)size;
  free(memory);
}

static mio_allocator current = {allocate_from_heap, release_to_heap, NULL};
static atomic_size_t blocks_held;

int mio_set_allocator(const mio_allocator *allocator) {
  const mio_allocator heap = {allocate_from_heap, release_to_heap, NULL};
  if (allocator == NULL) allocator = &heap;
  if (allocator->allocate == NULL || allocator->release == NULL) {
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  }
  if (atomic_load(&blocks_held) != 0) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  current = *allocator;
  return 0;
}

void *mio_memory_get(size_t size) {
  if (size == 0) return NULL;
  void *memory = current.allocate(current.context, size);
  if (memory == NULL) return NULL;
  atomic_fetch_add(&blocks_held, 1);
  memset(memory, 0, size);
  return memory;
}

void mio_memory_put(void *memory, size_t size) {
  if (memory == NULL) return;
  current.release(current.context, memory, size);
  atomic_fetch_sub(&blocks_held, 1);
}

void *mio_memory_get_array(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  return mio_memory_get(count * size);
}
