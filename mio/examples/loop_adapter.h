#ifndef MIO_EXAMPLES_LOOP_ADAPTER_H_
#define MIO_EXAMPLES_LOOP_ADAPTER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The event loop of many single-threaded servers, implemented with mio. It has a table with an entry for
 * each descriptor, a mask of directions and callbacks. It is level-triggered, and the table can be resized
 * while the loop runs. The example shows how to move such a server to mio without changing its callbacks.
 *
 * The table is an array of pointers. mio_source must not move while it is registered. An array of sources
 * would move them when it grows. An array of pointers does not. */

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };

typedef struct loop loop;

/* Called with the descriptor and the part of its mask that is ready. May add and remove any
 * descriptor, its own included. */
typedef void loop_callback(loop *events, int fd, void *context, int mask);

/* Creates a loop for descriptors below `size`. Returns NULL if there is no memory or no descriptor left. */
loop *loop_create(int size);
void loop_delete(loop *events);

/* Changes the size of the table. Returns -1, and changes nothing, if there is no memory or if a
 * descriptor that is in use would not fit. */
int loop_resize(loop *events, int size);
int loop_size(const loop *events);

/* Adds `mask` to what `fd` waits for and sets its callback. Returns 0, or -1 if `fd` does not fit the
 * table or the system refuses it. */
int loop_add(loop *events, int fd, int mask, loop_callback *callback, void *context);

/* Removes `mask` from the mask of `fd`. If the mask becomes empty, the descriptor leaves the loop. A
 * descriptor must leave the loop before it is closed. */
void loop_remove(loop *events, int fd, int mask);

/* Returns the mask of `fd`. */
int loop_mask(const loop *events, int fd);

/* Waits for at most `timeout_ms` milliseconds (-1 for no timeout) and calls the callbacks of the ready
 * descriptors. Returns the number of ready descriptors, or -1. */
int loop_run_once(loop *events, int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif /* MIO_EXAMPLES_LOOP_ADAPTER_H_ */
