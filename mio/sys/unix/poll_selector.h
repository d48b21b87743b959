#ifndef MIO_SYS_UNIX_POLL_SELECTOR_H_
#define MIO_SYS_UNIX_POLL_SELECTOR_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/selector.h"
#include "mio/sys/unix/poll_fds.h"
#include "mio/sys/unix/poll_leader.h"
#include "mio/sys/unix/poll_table.h"

/* The selector over poll(2), for systems that have nothing better. Its parts:
 *
 *   poll_table    the registrations, by descriptor
 *   poll_slot     one registration: what to ask poll(2), and the event to make of the answer
 *   poll_fds      the array that poll(2) is called with
 *   poll_leader   which thread calls poll(2), and how it is interrupted
 *   poll_select   one select: asks poll(2) and collects the events
 *   poll_look     looks up slots at intervals that poll(2) would report at once
 *   poll_flags, poll_file, poll_call, poll_limit, poll_wakeup
 *   selector_poll opening, registering, and the rest of mio/sys/selector.h
 *
 * A change is made to the table at once, under the lock, and marks its slot as dirty. The leader
 * copies the dirty slots to the array before each poll(2), and is interrupted if it is blocked in one.
 * The answer of a poll(2) is used only for slots that have not changed since it began (`generation`).
 * To ignore it is safe: the next poll(2) reports the condition again.
 *
 * A wait with timeout 0 beside a leader does not wait for the lead: it asks poll(2) about copies of the
 * slots, a few at a time. */

struct mio_selector {
  mio_selector_base base;
  mio_poll_leader leader; /* its lock guards all below */
  mio_poll_table table;
  mio_poll_fds fds;
  uint64_t generation;   /* counts changes of slots */
  uint64_t next_look_ns; /* if has_looks */
  uint32_t scan_begin;   /* the slot to look at first, so that none is left out for ever */
  bool has_looks;        /* there may be slots that need a look */
  bool has_kept;         /* there may be slots with a kept answer */
  bool waker_ready;      /* the last poll(2) found the waker ready, and it was not taken yet */
  char padding[MIO_SELECTOR_PADDING];
};

/* Slot `i` has changed: answers to earlier questions do not concern it any more. */
static inline void mio_poll_change_slot(mio_selector *selector, uint32_t i) {
  selector->table.slots[i].generation = ++selector->generation;
  mio_poll_fds_mark(&selector->fds, i);
}

/* Has the slots that need it (mio_poll_slot_needs_look) looked up at intervals, as long as there are any. */
void mio_poll_look_begin(mio_selector *selector);

/* Time until the next look, at most `left_ns`. */
uint64_t mio_poll_look_wait(const mio_selector *selector, uint64_t left_ns);

/* Looks the slots up if it is time. The next poll(2) asks about those that are ACTIVE again, and for the late
 * bits. */
void mio_poll_look(mio_selector *selector);

#endif /* MIO_SYS_UNIX_POLL_SELECTOR_H_ */
