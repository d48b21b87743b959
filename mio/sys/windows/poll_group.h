#ifndef MIO_SYS_WINDOWS_POLL_GROUP_H_
#define MIO_SYS_WINDOWS_POLL_GROUP_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stddef.h>

#include "mio/sys/windows/socket_state.h"

/* The memory of sockets' states, in groups of one AFD handle each. The driver keeps the polls of a handle
 * in a list, and walks it under a lock whenever one of them completes, so few sockets share a handle. A
 * slot always belongs to the handle of its group. So memory and handles are reserved together. */
enum { MIO_POLL_GROUP_SIZE = 32 };

typedef struct mio_poll_group {
  HANDLE afd; /* NULL until a slot of the group is used */
  mio_afd_socket sockets[MIO_POLL_GROUP_SIZE];
} mio_poll_group;

/* Groups that were allocated together. They are neither moved nor freed while the selector lives,
 * because the kernel writes into them. */
typedef struct mio_slab_chunk {
  struct mio_slab_chunk *next;
  size_t size; /* in bytes, header included */
  size_t group_count;
  mio_poll_group groups[];
} mio_slab_chunk;

typedef struct mio_socket_slab {
  mio_slab_chunk *chunks;
  mio_link free;      /* slots that nothing uses */
  mio_link dropped;   /* slots without a source, whose poll is still in flight */
  size_t group_count; /* of all chunks */
} mio_socket_slab;

void mio_socket_slab_init(mio_socket_slab *slab);

/* Allocates slots for `count` more sockets. Returns false if there is no memory. */
bool mio_socket_slab_grow(mio_socket_slab *slab, size_t count);

/* Allocates a slot: a free slot, or else a dropped slot, whose poll the new state waits for
 * (socket_state.h). Opens the handle of the group if necessary. Returns NULL with `*out_result`
 * 0 if all slots are in use, NULL and the error if the handle cannot be opened. */
mio_afd_socket *mio_socket_slab_take(mio_socket_slab *slab, mio_selector *selector,
                                     int *out_result);

/* Frees a slot. The next allocation returns it. */
void mio_socket_slab_put(mio_socket_slab *slab, mio_afd_socket *socket);

/* Marks a slot that the kernel still uses as dropped. The caller calls mio_socket_slab_put after its packet
 * was dequeued, unless the slot was allocated again. */
void mio_socket_slab_put_dropped(mio_socket_slab *slab, mio_afd_socket *socket);

/* Closes the handles, which cancels the polls on them. */
void mio_socket_slab_close_handles(mio_socket_slab *slab);

/* Frees the memory. */
void mio_socket_slab_clear(mio_socket_slab *slab);

#endif /* MIO_SYS_WINDOWS_POLL_GROUP_H_ */
