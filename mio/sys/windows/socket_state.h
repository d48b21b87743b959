#ifndef MIO_SYS_WINDOWS_SOCKET_STATE_H_
#define MIO_SYS_WINDOWS_SOCKET_STATE_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stdint.h>

#include "mio/interest.h"
#include "mio/sys/selector.h"
#include "mio/sys/windows/afd.h"
#include "mio/sys/windows/port.h"
#include "mio/token.h"

/* What a selector keeps of a registered socket. Everything here is called with its lock held.
 *
 *                                  .---------------------------------------------.
 *        armed                     v       poll made                             |
 *   .------------- IDLE ---> IDLE, queued ----------> PENDING ----------.        |
 *   |               ^                                  |                | wider  |
 *   |  nothing left | packet: an event, or             | packet         v        |
 *   '---------------+ LOCAL_CLOSE (then: gone) <-------'            CANCELLED ---'
 *                                                                         packet
 *   deregistered while
 *     IDLE                  the place is free
 *     PENDING, CANCELLED    cancelled and `dropped`: the place is free when the packet is dequeued
 *
 * The status block (operation.overlapped) and `poll` are the kernel's while PENDING or CANCELLED,
 * and ours while IDLE: they are touched in no other phase, and the place is given to no other
 * socket before.
 *
 * What is polled for is `armed`, and an event does this to it:
 *
 *   edge       wanted --event--> without the event's bits --would-block--> with them again
 *   level      wanted, and polled for again by the next wait
 *   one-shot   wanted --event--> nothing
 *   any        --LOCAL_CLOSE--> gone: nothing, until reregistered
 *
 * Updates wait in the selector's queue until a thread is about to wait; if one does already, they are
 * made at once. A queued socket uses its operation's link for it, as it has no packet to come. */
typedef enum mio_afd_phase { MIO_AFD_IDLE, MIO_AFD_PENDING, MIO_AFD_CANCELLED } mio_afd_phase;

struct mio_poll_group;

typedef struct mio_afd_socket {
  mio_port_operation operation;
  mio_afd_poll poll;
  struct mio_poll_group *group;
  SOCKET base; /* as the driver knows it */
  mio_token token;
  uint32_t wanted; /* MIO_AFD_* bits: what the interest stands for, */
  uint32_t armed;  /* what of that is to be told of, */
  uint32_t polled; /* and what the poll under way looks at */
  mio_afd_phase phase;
  bool level;
  bool one_shot;
  bool dropped;
  bool gone;
} mio_afd_socket;

/* The state whose operation has this link. */
static inline mio_afd_socket *mio_afd_socket_of(mio_link *link) {
  return (mio_afd_socket *)((char *)link - offsetof(mio_afd_socket, operation) -
                            offsetof(mio_port_operation, link));
}

/* The bits that `interest` stands for. */
uint32_t mio_afd_wanted_by(mio_interest interest);

/* Sets token, interest and mode, wholly. mio_afd_socket_update has to follow. */
void mio_afd_socket_set(mio_afd_socket *socket, mio_token token, mio_interest interest);

/* Takes token, interest and mode from `before`, a copy, when that failed. */
void mio_afd_socket_restore(mio_selector *selector, mio_afd_socket *socket,
                            const mio_afd_socket *before);

/* Would-block in the direction of `interest`: arms its bits, if they were used up by an edge. */
void mio_afd_socket_rearm(mio_selector *selector, mio_afd_socket *socket, mio_interest interest);

/* Sees to it that what is armed is polled for: now if a thread waits, else by the next wait. Returns
 * 0, or the error of a poll that could not be made. */
int mio_afd_socket_update(mio_selector *selector, mio_afd_socket *socket);

/* Makes the polls that are queued. Returns 0, or the error of the first that could not be made for
 * want of resources; it and those behind it stay in the queue. */
int mio_afd_flush_updates(mio_selector *selector);

/* Ends the state: the place is free, now or when its packet comes. */
void mio_afd_socket_drop(mio_selector *selector, mio_afd_socket *socket);

/* Its packet was dequeued. True if an event was written to `out`. */
bool mio_afd_socket_complete(mio_selector *selector, mio_afd_socket *socket, mio_event *out);

/* Whether an operation is that of a socket, and of one whose state has ended. */
bool mio_afd_is_socket(const mio_port_operation *operation);
bool mio_afd_is_dropped(const mio_port_operation *operation);

#endif /* MIO_SYS_WINDOWS_SOCKET_STATE_H_ */
