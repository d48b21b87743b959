#ifndef MIO_SYS_UNIX_POLL_TABLE_H_
#define MIO_SYS_UNIX_POLL_TABLE_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/unix/poll_slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The registrations of a poll(2) selector: slots without gaps, in no order, and an index that finds a
 * slot by its descriptor. The index is a hash table rather than an array by descriptor, so that room
 * for n sources is room for any n descriptors, however large their numbers. */

typedef struct mio_poll_table {
  mio_poll_slot *slots;
  uint32_t *index; /* slot number + 1, or 0; 2^index_bits entries, at most half of them in use */
  uint32_t count;
  uint32_t capacity;
  uint32_t index_bits;
} mio_poll_table;

/* Makes room for `capacity` slots in all. If there is no memory, changes nothing and returns false. */
bool mio_poll_table_reserve(mio_poll_table *table, uint32_t capacity);

/* Frees the memory. The table is empty afterwards. */
void mio_poll_table_clear(mio_poll_table *table);

/* The slot of `fd`, or NULL. Slots move when others are removed. */
mio_poll_slot *mio_poll_table_find(const mio_poll_table *table, int fd);

/* Adds a slot for `fd`, which must have none yet, and returns it: zeroed except for `fd`, and the last
 * one. There must be room. */
mio_poll_slot *mio_poll_table_add(mio_poll_table *table, int fd);

/* Removes `slot`. The last slot takes its number. */
void mio_poll_table_remove(mio_poll_table *table, mio_poll_slot *slot);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_UNIX_POLL_TABLE_H_ */
