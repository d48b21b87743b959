#ifndef MIO_ALLOCATOR_H_
#define MIO_ALLOCATOR_H_

#include <stddef.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The allocator that the library uses for all its memory.
 *
 * Only these calls allocate: mio_poll_init, mio_events_init, opening a named pipe and, on Windows and with
 * the poll(2) selector, registering more sources than mio_poll_options reserved.
 *
 * `allocate` returns `size` bytes (never 0), aligned for any object, or NULL. `release` frees memory that
 * `allocate` returned, with the same `size`. Both receive `context`, and any thread may call them. */
typedef struct mio_allocator {
  void *(*allocate)(void *context, size_t size);
  void (*release)(void *context, void *memory, size_t size);
  void *context;
} mio_allocator;

/* Makes the library use a copy of `*allocator`. NULL selects malloc and free again. Call it from one
 * thread, before any other function of the library. Returns 0; MIO_ERROR_ALREADY_EXISTS, without a change,
 * if the library still holds memory of the previous allocator; MIO_ERROR_INVALID_INPUT if a function is
 * NULL. */
MIO_API int mio_set_allocator(const mio_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif /* MIO_ALLOCATOR_H_ */
