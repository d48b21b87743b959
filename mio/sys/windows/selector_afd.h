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

/* Shared by the files of this selector. */
struct mio_selector {
  mio_selector_base base;
  HANDLE port;
  mio_lock lock;      /* guards the rest; released while a thread waits */
  mio_link in_flight; /* operations whose packet was not dequeued yet */
  mio_link updates;   /* states that need a poll or a cancellation, see socket_state.h */
  mio_socket_slab slab;
  uint32_t waiting;         /* threads inside a wait */
  uint32_t cancelled_count; /* cancelled polls whose packet was not dequeued yet */
  /* a notification was dequeued, and mio_selector_take_wake has not returned it yet */
  bool wake_kept;
  char padding[MIO_SELECTOR_PADDING];
};

/* The keys of packets. */
enum { MIO_PORT_KEY_OPERATION = 0, MIO_PORT_KEY_WAKER = 1 };

/* With the lock held: mio_port_begin, mio_port_abandon, and mio_port_post. */
void mio_port_link(mio_selector *selector, mio_port_operation *operation);
void mio_port_unlink(mio_port_operation *operation);
int mio_port_post_locked(mio_selector *selector, mio_port_operation *operation);

/* Returns the operation that has this link. */
static inline mio_port_operation *mio_port_operation_of(mio_link *link) {
  return (mio_port_operation *)(void *)((char *)link - offsetof(mio_port_operation, link));
}

/* Cancels a request. Its packet still comes, with any result. Returns 0, also if the request has already
 * completed, or a negative error code. */
int mio_port_cancel(mio_port_operation *operation);

/* Handles a dequeued packet of a socket. Returns true if an event was written to `out`. */
bool mio_selector_complete_socket(mio_selector *selector, mio_port_operation *operation,
                                  mio_event *out);

/* Dequeues up to `capacity` packets into `out`, an array of OVERLAPPED_ENTRYs. The caller does not
 * hold the lock. Returns the number of packets, 0 when the time is up, or a negative error code. */
int mio_port_remove(HANDLE port, mio_event *out, uint32_t capacity, uint64_t timeout_ns);

#endif /* MIO_SYS_WINDOWS_SELECTOR_AFD_H_ */
