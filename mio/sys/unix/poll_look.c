#include "mio/sys/unix/os.h"

#include <poll.h>

#include "mio/sys/clock.h"
#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/poll_call.h"
#include "mio/sys/unix/poll_selector.h"

/* The slots that need it are looked up at this interval, and only while there are any. */
#define LOOK_NS UINT64_C(10000000)

enum { BATCH = 64 };

void mio_poll_look_begin(mio_selector *selector) {
  if (selector->has_looks) return;
  selector->has_looks = true;
  selector->next_look_ns = mio_clock_ns() + LOOK_NS;
}

uint64_t mio_poll_look_wait(const mio_selector *selector, uint64_t left_ns) {
  if (!selector->has_looks || left_ns == 0) return left_ns;
  const uint64_t now = mio_clock_ns();
  if (now >= selector->next_look_ns) return 0;
  const uint64_t until = selector->next_look_ns - now;
  return until < left_ns ? until : left_ns;
}

static void look_at_active(mio_selector *selector, uint32_t i) {
  mio_poll_slot *slot = &selector->table.slots[i];
  if (!mio_poll_slot_needs_look(slot)) return;
  if (mio_poll_slot_look_active(slot)) mio_poll_fds_mark(&selector->fds, i);
  if (mio_poll_slot_needs_look(slot)) selector->has_looks = true;
}

/* Looks up the slots from number `i` on: the ACTIVE ones, and at most BATCH that are HELD, about which
 * poll(2) is asked. Returns the number to go on with. */
static uint32_t look_up_batch(mio_selector *selector, uint32_t i) {
  struct pollfd entries[BATCH];
  uint32_t numbers[BATCH];
  uint32_t count = 0;
  for (; i < selector->table.count && count < BATCH; ++i) {
    mio_poll_slot *slot = &selector->table.slots[i];
    if (slot->state == MIO_POLL_ACTIVE) look_at_active(selector, i);
    if (slot->state != MIO_POLL_HELD) continue;
    entries[count] = mio_poll_slot_question(slot);
    numbers[count++] = i;
  }
  /* An error is one of the kernel's memory: the next look tells. */
  const bool asked = mio_poll_call(entries, count, 0) >= 0;
  for (uint32_t n = 0; n < count; ++n) {
    mio_poll_slot *slot = &selector->table.slots[numbers[n]];
    if (asked && mio_poll_slot_look(slot, &entries[n])) {
      mio_poll_fds_mark(&selector->fds, numbers[n]);
    }
    if (slot->state == MIO_POLL_HELD) selector->has_looks = true;
  }
  return i;
}

void mio_poll_look(mio_selector *selector) {
  if (!selector->has_looks) return;
  const uint64_t now = mio_clock_ns();
  if (now < selector->next_look_ns) return;
  const int cancel = mio_cancel_disable();
  selector->has_looks = false;
  for (uint32_t i = 0; i < selector->table.count;) i = look_up_batch(selector, i);
  selector->next_look_ns = now + LOOK_NS;
  mio_cancel_restore(cancel);
}
