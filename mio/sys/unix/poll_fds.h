#ifndef MIO_SYS_UNIX_POLL_FDS_H_
#define MIO_SYS_UNIX_POLL_FDS_H_

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/unix/poll_table.h"

/* The array that poll(2) is called with: first the descriptors that every call watches, then an entry
 * for each slot of the table. Only the leader touches the entries, because it calls poll(2) without
 * the lock. Other threads mark slots as dirty, and the leader copies these before its next call. */

enum { MIO_POLL_FDS_WAKEUP, MIO_POLL_FDS_WAKER, MIO_POLL_FDS_FIXED };

typedef struct mio_poll_fds {
  struct pollfd *entries; /* MIO_POLL_FDS_FIXED + capacity */
  struct pollfd *grown;   /* MIO_POLL_FDS_FIXED + grown_capacity, replaces `entries`; or NULL */
  uint32_t capacity;
  uint32_t grown_capacity;
  uint32_t dirty_begin; /* the slots to copy: from here ... */
  uint32_t dirty_end;   /* ... to before here */
} mio_poll_fds;

/* Makes room for `capacity` slots, with no descriptor to watch. False if there is no memory. */
bool mio_poll_fds_open(mio_poll_fds *fds, uint32_t capacity);
void mio_poll_fds_close(mio_poll_fds *fds);

/* Makes room for `capacity` slots, which the leader uses from its next call on. If there is no memory,
 * changes nothing and returns false. */
bool mio_poll_fds_reserve(mio_poll_fds *fds, uint32_t capacity);

/* Has slot `i` copied. */
void mio_poll_fds_mark(mio_poll_fds *fds, uint32_t i);

/* Copies the dirty slots of `table`. For the leader, outside poll(2). */
void mio_poll_fds_update(mio_poll_fds *fds, const mio_poll_table *table);

#endif /* MIO_SYS_UNIX_POLL_FDS_H_ */
