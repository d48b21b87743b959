#ifndef MIO_SYS_UNIX_POLL_SLOT_H_
#define MIO_SYS_UNIX_POLL_SLOT_H_

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/source.h"
#include "mio/sys/drain.h"
#include "mio/sys/unix/poll_file.h"
#include "mio/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One registration of a poll(2) selector: what to ask poll(2) for, and the event to make of its
 * answer. poll(2) knows levels only, the edges are made here.
 *
 * A slot asks for its armed bits. An event disarms its bits, and draining the source arms them again:
 *
 *   edge       wanted --event--> wanted without its bits --drained--> with them
 *   level      wanted
 *   one-shot   wanted --event--> DISABLED
 *
 * A hang-up or an error needs more. poll(2) reports it unasked, by every call while it lasts, so the
 * slot has to be hidden from poll(2) once it has yielded the event. And it may last although the
 * program has drained the source: a FIFO without a writer says POLLHUP after each read of 0. If the
 * slot were shown again then, each wait would yield the same event again. So it stays hidden until
 * the condition changes. That is looked up when the source is drained, and every few milliseconds
 * (selector_poll.c):
 *
 *   ACTIVE --event with a hang-up or an error--> HELD
 *   HELD   --the condition has ended, or another one or new data has come--> ACTIVE
 *   HELD   --the end of a stream, which cannot change--> PARKED
 *   PARKED --drained, and changed all the same--> ACTIVE
 *   any    --descriptor found closed--> FD_CLOSED, and the descriptor is free for another source
 *   any    --reregister--> ACTIVE
 *
 * A socket's error may last although the program has taken one: another one has come, or the
 * socket's error queue is not empty (Linux). Which of them it is cannot be seen, so the event is
 * repeated then, at growing intervals.
 *
 * Draining does not always make a source unready. A listener stays ready when an accept fails for lack of
 * descriptors, a half-closed stream stays readable where there is no POLLRDHUP, and poll(2) calls a Unix
 * datagram socket writable although the receiver that it sends to is full. If the bits were armed at once, a
 * program that tries again after each event would never sleep. So after an error or an end, the bits that
 * poll(2) still reports are armed late: by the next look. After such a would-block they are armed by each look
 * that may have found room in a receiver, until all receivers have read all.
 *
 * Other files may forget an error by being asked (/proc/self/mounts), so they are never looked up:
 * they are PARKED, and drained means ACTIVE. */

typedef enum mio_poll_state {
  MIO_POLL_ACTIVE,   /* poll(2) is asked, with no armed bit left too, for the sake of hang-ups */
  MIO_POLL_HELD,     /* hidden, and looked up at intervals */
  MIO_POLL_PARKED,   /* hidden, and looked up when drained */
  MIO_POLL_DISABLED, /* hidden until it is reregistered */
  MIO_POLL_FD_CLOSED
} mio_poll_state;

typedef struct mio_poll_slot {
  mio_token token;
  const mio_source *source; /* identifies the owner: two sources may have one descriptor */
  uint64_t generation;      /* of the last change; selector_poll.c */
  mio_poll_file file;
  int fd;
  uint16_t wanted;     /* MIO_POLL_... of the interest */
  uint16_t armed;      /* those that were not delivered since they were drained */
  uint16_t late;       /* ACTIVE: those that the next look arms */
  uint16_t seen;       /* HELD, PARKED: the condition that was delivered or looked up last */
  short kept;          /* an answer of poll(2) that there was no room to deliver, or 0 */
  uint8_t mode;        /* MIO_LEVEL, MIO_ONESHOT */
  uint8_t state;       /* mio_poll_state */
  bool ended;          /* POLLRDHUP was delivered: no more can come in */
  bool drained;        /* HELD: since the event */
  bool receiver_full;  /* since a would-block that poll(2) contradicts */
  uint8_t repeat;      /* looks between two events of an error, or of a full receiver, that lasts */
  uint8_t repeat_left; /* looks until the next one */
  uint32_t unread;     /* receiver_full: bytes sent and not read yet, at the last look */
} mio_poll_slot;

/* Replaces the whole registration. */
void mio_poll_slot_set(mio_poll_slot *slot, mio_token token, mio_interest interest);

/* What poll(2) is asked about the slot. */
struct pollfd mio_poll_slot_entry(const mio_poll_slot *slot);

/* Makes an event of poll(2)'s answer `flags` to `asked`, and disarms what it reports. False if there
 * is no event. */
bool mio_poll_slot_deliver(mio_poll_slot *slot, int flags, int asked, mio_event *out);

/* The source was drained in the directions of `interest`. True if the slot asks poll(2) for more than
 * before. */
bool mio_poll_slot_drained(mio_poll_slot *slot, mio_interest interest, mio_drain drain);

/* Whether the slot has to be looked up at intervals. */
static inline bool mio_poll_slot_needs_look(const mio_poll_slot *slot) {
  return slot->state == MIO_POLL_HELD ||
         (slot->state == MIO_POLL_ACTIVE && (slot->late != 0 || slot->receiver_full));
}

/* The look of an ACTIVE slot. True if it asks poll(2) for more than before. */
bool mio_poll_slot_look_active(mio_poll_slot *slot);

/* What to ask poll(2) to look up a HELD slot, and what to do with the answer. True if the slot is
 * ACTIVE again. */
struct pollfd mio_poll_slot_question(const mio_poll_slot *slot);
bool mio_poll_slot_look(mio_poll_slot *slot, const struct pollfd *answer);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_UNIX_POLL_SLOT_H_ */
