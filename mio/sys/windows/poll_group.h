#ifndef MIO_SYS_WINDOWS_POLL_GROUP_H_
#define MIO_SYS_WINDOWS_POLL_GROUP_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stddef.h>

#include "mio/sys/windows/socket_state.h"

/* Where sockets' states lie. The driver keeps the polls of a handle of its own in a list, and looks
 * through it under a lock whenever one of them is done: so there is a handle for each few. A place
 * belongs to its group's handle for good, which makes memory and handles one thing to reserve. */
enum { MIO_POLL_GROUP_SIZE = 32 };

typedef struct mio_poll_group {
  HANDLE afd; /* NULL until one of the places was used */
  mio_afd_socket sockets[MIO_POLL_GROUP_SIZE];
} mio_poll_group;

/* Groups that were allocated together. Never moved or given back while the selector lives: the
 * kernel points into them. */
typedef struct mio_slab_chunk {
  struct mio_slab_chunk *next;
  size_t size; /* in bytes, all together */
  size_t group_count;
  mio_poll_group groups[];
} mio_slab_chunk;

typedef struct mio_socket_slab {
  mio_slab_chunk *chunks;
  mio_link free;      /* states that nobody uses, by their operation's link */
  size_t group_count; /* of all chunks */
} mio_socket_slab;

void mio_socket_slab_init(mio_socket_slab *slab);

/* Makes room for `count` sockets more. False if there is no memory. */
bool mio_socket_slab_grow(mio_socket_slab *slab, size_t count);

/* Takes a state, zeroed, of a group whose handle is open, or NULL if all are taken: the operation's
 * `handle` is the group's. `*out_result` is why the handle could not be opened. */
mio_afd_socket *mio_socket_slab_take(mio_socket_slab *slab, mio_selector *selector,
                                     int *out_result);

/* Takes a state back, to be the next that is given out. */
void mio_socket_slab_put(mio_socket_slab *slab, mio_afd_socket *socket);

/* Closes the handles, which ends what is in flight on them. */
void mio_socket_slab_close_handles(mio_socket_slab *slab);

/* Gives the memory back. */
void mio_socket_slab_clear(mio_socket_slab *slab);

#endif /* MIO_SYS_WINDOWS_POLL_GROUP_H_ */
