#ifndef MIO_MEMORY_H_
#define MIO_MEMORY_H_

#include <stddef.h>

/* Inside the library: the only functions that allocate. They use the allocator of mio/allocator.h.
 *
 * mio_memory_get returns `size` zeroed bytes, or NULL if the allocator has none or `size` is 0.
 * mio_memory_put frees them. It ignores NULL. */
void *mio_memory_get(size_t size);
void mio_memory_put(void *memory, size_t size);

/* Like mio_memory_get and mio_memory_put, for `count` elements of `size` bytes each. Returns NULL if the
 * product overflows. */
void *mio_memory_get_array(size_t count, size_t size);

#endif /* MIO_MEMORY_H_ */
