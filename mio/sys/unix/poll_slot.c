#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_slot.h"

#include <sys/ioctl.h>

#include "mio/sys/unix/poll_call.h"
#include "mio/sys/unix/poll_flags.h"

/* Looks between two events of a condition that lasts. */
enum { REPEAT_MAX = 63, FULL_REPEAT = 7 };

/* Both halves of the stream are shut for good. A stream that was never connected has POLLHUP without
 * POLLRDHUP (tcp_poll in net/ipv4/tcp.c, unix_poll in net/unix/af_unix.c), and may be connected. */
static bool is_end_of_stream(const mio_poll_slot *slot, uint32_t bits) {
  return slot->file.kind == MIO_POLL_KIND_STREAM && (bits & MIO_POLL_HANG_UPS) != 0 &&
         (bits & MIO_POLL_RDHUP) != 0;
}

/* An error that may be gone once poll(2) has reported it. */
static bool is_told_once(const mio_poll_slot *slot, uint32_t bits) {
  return slot->file.kind == MIO_POLL_KIND_OTHER && (bits & MIO_POLL_HANG_UPS) == 0;
}

static void arm_late(mio_poll_slot *slot) {
  slot->armed = (uint16_t)(slot->armed | slot->late);
  slot->late = 0;
}

static void hold(mio_poll_slot *slot, uint32_t bits) {
  arm_late(slot); /* a hidden slot yields no event before its own look */
  slot->seen = (uint16_t)bits;
  slot->state =
      is_end_of_stream(slot, bits) || is_told_once(slot, bits) ? MIO_POLL_PARKED : MIO_POLL_HELD;
}

void mio_poll_slot_set(mio_poll_slot *slot, mio_token token, mio_interest interest) {
  slot->token = token;
  slot->wanted = mio_poll_wanted(interest);
  slot->armed = slot->wanted;
  slot->late = 0;
  slot->receiver_full = false;
  slot->mode = (uint8_t)(interest & MIO_POLL_INTEREST_MODES);
  slot->state = MIO_POLL_ACTIVE;
  slot->ended = false;
  slot->repeat = 0;
  slot->kept = 0;
}

struct pollfd mio_poll_slot_entry(const mio_poll_slot *slot) {
  struct pollfd entry = {.fd = slot->state == MIO_POLL_ACTIVE ? slot->fd : -1};
  entry.events = mio_poll_flags(slot->armed);
  return entry;
}

bool mio_poll_slot_deliver(mio_poll_slot *slot, int flags, int asked, mio_event *out) {
  if ((flags & POLLNVAL) != 0) {
    slot->state = MIO_POLL_FD_CLOSED;
    return false;
  }
  const uint32_t bits = mio_poll_bits(flags, asked);
  const bool of_pipe = slot->file.kind == MIO_POLL_KIND_PIPE && (bits & MIO_POLL_ERR) != 0;
  out->events = of_pipe ? bits | MIO_POLL_NO_READER : bits;
  out->token = slot->token;
  if ((slot->mode & MIO_ONESHOT) != 0) {
    slot->state = MIO_POLL_DISABLED;
  } else if ((slot->mode & MIO_LEVEL) == 0) {
    slot->armed = (uint16_t)(slot->armed & ~bits);
    slot->late = (uint16_t)(slot->late & ~bits);
    if ((bits & MIO_POLL_RDHUP) != 0) slot->ended = true;
    if ((bits & MIO_POLL_LASTING) != 0) {
      slot->drained = false;
      slot->repeat_left = slot->repeat;
      hold(slot, bits);
    }
  }
  return true;
}

/* Beside a hang-up, POLLIN alone does not say that there is something to read: some systems set it
 * for the end, too. */
static bool has_input(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) != 0 || count > 0;
}

/* Those of the bits that were armed a moment ago, because the source was drained, which are
 * readiness that has come since. Beside a hang-up POLLOUT means that a write fails, as does POLLOUT
 * of a pipe without a reader. */
static uint32_t fresh_after_drain(const mio_poll_slot *slot, uint32_t bits) {
  const bool hung_up = (bits & MIO_POLL_HANG_UPS) != 0;
  const bool no_reader = slot->file.kind == MIO_POLL_KIND_PIPE && (bits & MIO_POLL_ERR) != 0;
  if (hung_up || no_reader) bits &= ~MIO_POLL_OUT;
  if (hung_up && (bits & MIO_POLL_IN) != 0 && !has_input(slot->fd)) bits &= ~MIO_POLL_IN;
  return bits;
}

struct pollfd mio_poll_slot_question(const mio_poll_slot *slot) {
  struct pollfd entry = {.fd = slot->fd};
  entry.events = (short)(mio_poll_flags(slot->armed) | mio_poll_flags(MIO_POLL_RDHUP));
  return entry;
}

/* Looks a hidden slot up because the source was drained, which armed `armed`. True if it is ACTIVE
 * again. */
static bool look_after_drain(mio_poll_slot *slot, uint32_t armed) {
  struct pollfd entry = mio_poll_slot_question(slot);
  if (mio_poll_call(&entry, 1, 0) < 0) entry.revents = 0; /* the next poll(2) tells */
  const uint32_t bits = mio_poll_bits(entry.revents, entry.events);
  const uint32_t fresh =
      (fresh_after_drain(slot, bits) & armed) | (bits & MIO_POLL_LASTING & ~(uint32_t)slot->seen);
  slot->drained = true;
  if ((bits & MIO_POLL_LASTING) == 0) slot->repeat = 0;
  if ((bits & MIO_POLL_LASTING) == 0 || fresh != 0) {
    slot->state = MIO_POLL_ACTIVE;
    return true;
  }
  hold(slot, bits);
  return false;
}

/* Those of `bits` that poll(2) may go on reporting although `drain` was the answer of an operation. The error
 * of a file of another kind may be gone once it was asked for, so such files are not asked. */
static uint32_t doubtful(const mio_poll_slot *slot, uint32_t bits, mio_drain drain) {
  if (slot->file.kind == MIO_POLL_KIND_OTHER) return 0;
  switch (drain) {
    case MIO_DRAIN_ERROR:
      return bits & (MIO_POLL_IN | MIO_POLL_OUT | MIO_POLL_PRI);
    case MIO_DRAIN_END:
      return bits & MIO_POLL_IN;
    case MIO_DRAIN_EMPTY:
      break;
  }
  return slot->file.kind == MIO_POLL_KIND_UNIX_DATAGRAM ? bits & MIO_POLL_OUT : 0;
}

/* Those of `bits` that poll(2) reports now. */
static uint32_t ready_bits(const mio_poll_slot *slot, uint32_t bits) {
  struct pollfd entry = {.fd = slot->fd, .events = mio_poll_flags(bits)};
  if (bits == 0 || mio_poll_call(&entry, 1, 0) < 0) return 0;
  return mio_poll_bits(entry.revents, entry.events) & bits;
}

/* The bytes that were sent and that the receivers have not read yet. 0 if the system does not know: Linux does
 * (unix_ioctl in net/unix/af_unix.c). */
static uint32_t unread_by_receivers(int fd) {
  int count = 0;
#if defined(TIOCOUTQ)
  if (ioctl(fd, TIOCOUTQ, &count) != 0) return 0;
#else
  (void)fd;
#endif
  return count > 0 ? (uint32_t)count : 0;
}

/* A datagram's receiver is full. */
static void begin_full(mio_poll_slot *slot) {
  slot->receiver_full = true;
  slot->unread = unread_by_receivers(slot->fd);
  slot->repeat = slot->unread > 0 ? FULL_REPEAT : 0;
  slot->repeat_left = slot->repeat;
}

static bool is_next_repeat(mio_poll_slot *slot) {
  if (slot->repeat_left > 0) {
    --slot->repeat_left;
    return false;
  }
  slot->repeat = (uint8_t)(slot->repeat < REPEAT_MAX ? slot->repeat * 2 + 1 : REPEAT_MAX);
  slot->repeat_left = slot->repeat;
  return true;
}

/* Whether there may be room again. Each time that less is unread there may. If the receiver is full of other
 * senders' datagrams, that cannot be seen: then the event comes at growing intervals. */
static bool look_at_receiver(mio_poll_slot *slot) {
  const uint32_t before = slot->unread;
  slot->unread = unread_by_receivers(slot->fd);
  if (slot->unread < before) {
    slot->receiver_full = slot->unread > 0;
    return true;
  }
  if (!is_next_repeat(slot)) return false;
  if (slot->unread == 0 && slot->repeat == REPEAT_MAX)
    slot->receiver_full = false; /* long enough */
  return true;
}

bool mio_poll_slot_look_active(mio_poll_slot *slot) {
  const uint16_t before = slot->armed;
  arm_late(slot);
  if (slot->receiver_full && look_at_receiver(slot)) slot->armed |= MIO_POLL_OUT;
  return slot->armed != before;
}

/* Arms `bits` of an ACTIVE slot, now or at a look. True if some were armed now. */
static bool arm_active(mio_poll_slot *slot, uint32_t bits, mio_drain drain) {
  const uint16_t before = slot->armed;
  uint32_t later = ready_bits(slot, doubtful(slot, bits & ~(uint32_t)before, drain));
  slot->armed = (uint16_t)(before | (bits & ~later));
  if ((bits & MIO_POLL_OUT) != 0) slot->receiver_full = false;
  if (drain == MIO_DRAIN_EMPTY && later != 0) {
    begin_full(slot);
    later = 0;
  }
  slot->late = (uint16_t)((slot->late & ~bits) | later);
  return slot->armed != before;
}

bool mio_poll_slot_drained(mio_poll_slot *slot, mio_interest interest, mio_drain drain) {
  if (slot->mode != 0 || slot->state == MIO_POLL_FD_CLOSED) return false;
  uint32_t bits = mio_poll_wanted(interest);
  if ((interest & MIO_READABLE) != 0) bits |= MIO_POLL_PRI; /* reading goes past urgent data */
  bits &= slot->wanted;
  if (slot->ended) bits &= ~(uint32_t)(MIO_POLL_IN | MIO_POLL_RDHUP);
  if (slot->state == MIO_POLL_ACTIVE) return arm_active(slot, bits, drain);
  slot->armed = (uint16_t)(slot->armed | bits);
  if (is_told_once(slot, slot->seen)) {
    slot->state = MIO_POLL_ACTIVE;
    return true;
  }
  return look_after_drain(slot, bits);
}

/* Whether it is time to repeat the event of an error that lasts. */
static bool is_repeat_due(mio_poll_slot *slot, uint32_t bits) {
  const bool is_socket =
      slot->file.kind != MIO_POLL_KIND_PIPE && slot->file.kind != MIO_POLL_KIND_OTHER;
  if (!is_socket || !slot->drained || (bits & MIO_POLL_HANG_UPS) != 0) return false;
  return is_next_repeat(slot);
}

bool mio_poll_slot_look(mio_poll_slot *slot, const struct pollfd *answer) {
  if ((answer->revents & POLLNVAL) != 0) {
    slot->state = MIO_POLL_FD_CLOSED;
    return false;
  }
  const uint32_t bits = mio_poll_bits(answer->revents, answer->events);
  const uint32_t lasting = bits & MIO_POLL_LASTING;
  if ((slot->seen & MIO_POLL_LASTING & ~lasting) != 0) {
    /* The condition has ended without the program's doing, so everything may have changed: a FIFO
     * has a writer again, a stream is connected now. */
    slot->armed = slot->wanted;
    slot->ended = false;
    slot->repeat = 0;
    slot->state = MIO_POLL_ACTIVE;
    return true;
  }
  const uint32_t fresh = bits & ~(uint32_t)slot->seen & (slot->armed | MIO_POLL_LASTING);
  if (fresh != 0 || is_repeat_due(slot, bits)) {
    slot->state = MIO_POLL_ACTIVE;
    return true;
  }
  hold(slot, bits | (slot->seen & ~MIO_POLL_LASTING));
  return false;
}
