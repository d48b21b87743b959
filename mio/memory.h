#ifndef MIO_MEMORY_H_
#define MIO_MEMORY_H_

#include <stddef.h>

/* Inside the library: the one way to memory. See mio/allocator.h for where it comes from.
 *
 * mio_memory_get returns `size` zeroed bytes, or NULL when there are none or `size` is 0;
 * mio_memory_put takes them back (NULL is nothing). */
void *mio_memory_get(size_t size);
void mio_memory_put(void *memory, size_t size);

/* As above, for `count` elements of `size` bytes each; NULL where the product overflows. */
void *mio_memory_get_array(size_t count, size_t size);

#endif /* MIO_MEMORY_H_ */
