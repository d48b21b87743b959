#ifndef MIO_ALLOCATOR_H_
#define MIO_ALLOCATOR_H_

#include <stddef.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the library gets memory from: here, and nowhere else.
 *
 * Memory is asked for by mio_poll_init, mio_events_init, by opening a named pipe and, on Windows and
 * with the poll(2) selector, by registering more sources than mio_poll_options reserved. Nothing
 * else allocates, ever.
 *
 * `allocate` returns `size` bytes (never 0) aligned for any object, or NULL; `release` takes back
 * what `allocate` gave, with the same size. Both get `context`, and may be called from any thread.
 */
typedef struct mio_allocator {
  void *(*allocate)(void *context, size_t size);
  void (*release)(void *context, void *memory, size_t size);
  void *context;
} mio_allocator;

/* Makes the library use `allocator` (copied; NULL means malloc and free again). To be called before
 * anything else of the library, from one thread: while memory of the previous allocator is still
 * held the change is refused with MIO_ERROR_ALREADY_EXISTS. MIO_ERROR_INVALID_INPUT if a function
 * is missing. */
MIO_API int mio_set_allocator(const mio_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif /* MIO_ALLOCATOR_H_ */
