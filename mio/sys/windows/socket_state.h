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

/* The state of one registered socket. All functions below are called with the selector's lock held.
 *
 * A state has at most one poll of the driver in flight:
 *
 *            begin                 cancel                   packet
 *    IDLE ----------> PENDING -----------------> CANCELLED ---------> IDLE
 *                        '---------- packet ------------------------> IDLE
 *
 *                 armed grows            the source is dropped   its packet is dequeued
 *   IDLE          queued; PENDING if     the slot is free        (has none)
 *                 a thread waits
 *   PENDING       CANCELLED              CANCELLED, `dropped`    IDLE; an event, or LOCAL_CLOSE
 *   CANCELLED     unchanged              `dropped`               IDLE; queued if bits are armed
 *   `dropped`     (has no source)        (has no source)         the slot is free
 *
 * The slot of a dropped state can be given to another socket before its packet was dequeued. The state is
 * `stale` then: it ignores the outcome of the poll in flight, and begins the new socket's poll after it. So
 * registering never waits for the kernel and never needs more slots than sources.
 *
 * `operation.overlapped` and `poll` belong to the kernel while PENDING or CANCELLED. No function touches
 * them in these phases, and no slot is freed in them.
 *
 * A poll requests the `armed` bits. An event changes them:
 *
 *   edge       removes the bits of the event; they are armed again when the source was drained
 *   level      changes nothing; the next wait polls again
 *   one-shot   removes all bits
 *
 * The driver reports LOCAL_CLOSE when a socket is closed. It removes all bits in every mode and sets `gone`
 * until the source is registered again.
 *
 * Some conditions last: the end of the stream, a reset, a failed connect. The driver reports them to every
 * poll, so arming them after a read of 0 would yield the same event for ever. An edge-triggered source
 * therefore remembers in `told` which of them it has reported. If a poll finds such a bit set at once, the
 * condition is old, and the bit is disarmed. If the poll had to wait first, the condition is new.
 *
 * States in the queue of updates need a poll or a cancellation. The next thread that waits submits them. If
 * a thread is already waiting, changes are submitted at once. */
typedef enum mio_afd_phase { MIO_AFD_IDLE, MIO_AFD_PENDING, MIO_AFD_CANCELLED } mio_afd_phase;

/* The request of a registration and the bits that were already delivered. */
typedef struct mio_afd_watch {
  SOCKET base_socket; /* the handle under which the driver knows the socket */
  mio_token token;
  uint32_t wanted; /* MIO_AFD_* bits of the interest */
  uint32_t armed;  /* the wanted bits that the next poll requests */
  uint32_t told;   /* lasting bits that were reported */
  bool datagram;
  bool level;
  bool one_shot;
  bool gone; /* the socket was closed */
} mio_afd_watch;

typedef struct mio_afd_socket {
  mio_port_operation operation;
  mio_afd_poll poll;
  mio_afd_watch watch;
  mio_link link;   /* member of one list: free slots, dropped slots or the queue of updates */
  uint32_t polled; /* the bits that the poll in flight requests */
  uint32_t slot;   /* index in its group */
  mio_afd_phase phase;
  bool at_once; /* the last poll was completed by the call that made it */
  bool queued;  /* in the queue of updates */
  bool dropped; /* has no source any more */
  bool stale;   /* the poll in flight was made for another socket */
} mio_afd_socket;

/* Returns the state that has this link. */
static inline mio_afd_socket *mio_afd_socket_of(mio_link *link) {
  return (mio_afd_socket *)(void *)((char *)link - offsetof(mio_afd_socket, link));
}

/* Returns the MIO_AFD_* bits of an interest. */
uint32_t mio_afd_wanted_by(mio_interest interest);

/* Prepares a free or dropped state, which is in no list any more, for another socket. */
void mio_afd_socket_begin(mio_afd_socket *socket, SOCKET base_socket, bool datagram);

/* Replaces token, interest and mode, and arms all bits. mio_afd_socket_update must follow. */
void mio_afd_socket_set(mio_afd_socket *socket, mio_token token, mio_interest interest);

/* Makes or cancels the poll as the armed bits require, at once if a thread waits, else with the next
 * wait. Returns 0, or the error of the poll or the cancellation. */
int mio_afd_socket_update(mio_selector *selector, mio_afd_socket *socket);

/* Returns to a copy of `watch` after mio_afd_socket_update failed. */
void mio_afd_socket_restore(mio_selector *selector, mio_afd_socket *socket,
                            const mio_afd_watch *before);

/* Arms the bits of a drained source that events have removed, in the direction of `interest`. */
void mio_afd_socket_rearm(mio_selector *selector, mio_afd_socket *socket, mio_interest interest);

/* Submits the polls and cancellations in the queue. Returns 0 or the first error. After an error that state
 * and the states behind it stay in the queue. */
int mio_afd_flush_updates(mio_selector *selector);

/* Ends the registration. Returns true if the slot is free. False means that the kernel still uses
 * the state: mio_afd_socket_complete returns MIO_AFD_SLOT_FREE later. */
bool mio_afd_socket_drop(mio_selector *selector, mio_afd_socket *socket);

/* Handles the dequeued packet of a state. */
typedef enum mio_afd_outcome { MIO_AFD_NO_EVENT, MIO_AFD_EVENT, MIO_AFD_SLOT_FREE } mio_afd_outcome;
mio_afd_outcome mio_afd_socket_complete(mio_selector *selector, mio_afd_socket *socket,
                                        mio_event *out);

#endif /* MIO_SYS_WINDOWS_SOCKET_STATE_H_ */
