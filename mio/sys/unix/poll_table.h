#ifndef MIO_SYS_UNIX_POLL_TABLE_H_
#define MIO_SYS_UNIX_POLL_TABLE_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/source.h"
#include "mio/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who is registered with a poll(2) selector: slots without gaps, in no order, and an index that
 * finds one by its descriptor. The index is a hash table rather than an array by descriptor: room
 * for n sources is then room for any n descriptors, however large their numbers. */

typedef struct mio_poll_slot {
  mio_token token;
  const mio_source *source; /* tells apart two sources over one descriptor */
  uint64_t placed;          /* when this slot got its present meaning: selector_poll.c's count */
  int fd;
  uint16_t wanted; /* MIO_POLL_... of the interest */
  uint16_t armed;  /* those of them that have not been delivered since */
  uint8_t mode;    /* MIO_LEVEL, MIO_ONESHOT */
  bool silent;     /* not to be polled at all, as poll(2) would repeat itself */
  bool gone;       /* the descriptor was found closed */
} mio_poll_slot;

typedef struct mio_poll_table {
  mio_poll_slot *slots;
  uint32_t *index; /* slot number + 1, 0 for nobody; a power of two of them, at most half in use */
  uint32_t count;
  uint32_t capacity;
  uint32_t index_bits;
} mio_poll_table;

/* Makes room for `capacity` slots in all. False, and nothing changed, if there is no memory. */
bool mio_poll_table_reserve(mio_poll_table *table, uint32_t capacity);

/* Gives the memory back; the table is empty afterwards. */
void mio_poll_table_clear(mio_poll_table *table);

/* The slot of `fd`, or NULL. Slots move when others are removed. */
mio_poll_slot *mio_poll_table_find(const mio_poll_table *table, int fd);

/* A new slot, zeroed but for `fd`, which has none yet: the last one. There must be room. */
mio_poll_slot *mio_poll_table_add(mio_poll_table *table, int fd);

/* Removes `slot`; the last one moves into its place. */
void mio_poll_table_remove(mio_poll_table *table, mio_poll_slot *slot);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_UNIX_POLL_TABLE_H_ */
