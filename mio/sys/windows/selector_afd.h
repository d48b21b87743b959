#ifndef MIO_SYS_WINDOWS_SELECTOR_AFD_H_
#define MIO_SYS_WINDOWS_SELECTOR_AFD_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/lock.h"
#include "mio/sys/selector.h"
#include "mio/sys/windows/list.h"
#include "mio/sys/windows/poll_group.h"
#include "mio/sys/windows/port.h"

/* What the files of this selector share. */
struct mio_selector {
  mio_selector_base base;
  HANDLE port;
  mio_lock lock;      /* guards the rest; not held while a thread waits */
  mio_link in_flight; /* operations that have a packet to come */
  mio_link updates;   /* sockets that are to be polled: see socket_state.h */
  mio_socket_slab slab;
  uint32_t waiting;       /* threads inside a wait */
  uint32_t dropped_count; /* sockets that are deregistered, and have a packet to come */
  bool wake_kept;         /* the waker's packet was dequeued; not taken yet */
};

/* What a packet's key says. */
enum { MIO_PORT_KEY_OPERATION = 0, MIO_PORT_KEY_WAKER = 1 };

/* With the lock held: mio_port_begin and the way back. */
void mio_port_link(mio_selector *selector, mio_port_operation *operation);
void mio_port_unlink(mio_port_operation *operation);

/* The operation that `link` is a part of. */
static inline mio_port_operation *mio_port_operation_of(mio_link *link) {
  return (mio_port_operation *)((char *)link - offsetof(mio_port_operation, link));
}

/* Cancels a request. Its packet comes all the same, whatever it says. */
void mio_port_cancel(mio_port_operation *operation);

/* Dequeues up to `capacity` packets into `out`, an array of OVERLAPPED_ENTRYs. Without the lock.
 * Returns how many; 0 when the time is up; or a negative error code. */
int mio_port_remove(HANDLE port, mio_event *out, uint32_t capacity, uint64_t timeout_ns);

#endif /* MIO_SYS_WINDOWS_SELECTOR_AFD_H_ */
