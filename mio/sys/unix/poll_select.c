#include "mio/sys/unix/os.h"

#include <errno.h>
#include <poll.h>

#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/poll_call.h"
#include "mio/sys/unix/poll_flags.h"
#include "mio/sys/unix/poll_selector.h"

enum { BATCH = 64 };

/* Collecting events. */

typedef struct collection {
  mio_event *out;
  uint32_t capacity;
  uint32_t count;
  uint32_t found;      /* answers that were not seen yet */
  uint64_t generation; /* slots that changed later are left out ... */
  bool stale;          /* ... which this reports */
  bool full;           /* an answer had no room */
} collection;

static void deliver(mio_selector *selector, uint32_t i, int flags, int asked, collection *events) {
  mio_poll_slot *slot = &selector->table.slots[i];
  if (mio_poll_slot_deliver(slot, flags, asked, &events->out[events->count])) ++events->count;
  if (mio_poll_slot_needs_look(slot)) mio_poll_look_begin(selector);
  mio_poll_change_slot(selector, i);
}

/* There is no room for the event of slot `i`. poll(2) reports it again, except the errors that a file
 * reports once. */
static void leave_for_later(mio_selector *selector, uint32_t i, int flags, collection *events) {
  if (!events->full) selector->scan_begin = i;
  events->full = true;
  mio_poll_slot *slot = &selector->table.slots[i];
  if (slot->file.kind != MIO_POLL_KIND_OTHER || (flags & POLLERR) == 0) return;
  slot->kept = (short)flags;
  selector->has_kept = true;
}

/* Makes events of the answers in `entries` about the slots from `first` on. */
static void collect(mio_selector *selector, const struct pollfd *entries, uint32_t first,
                    uint32_t count, collection *events) {
  for (uint32_t i = first; i < first + count && events->found > 0; ++i) {
    const struct pollfd *entry = &entries[i - first];
    if (entry->revents == 0) continue;
    --events->found;
    if (i >= selector->table.count || selector->table.slots[i].generation > events->generation) {
      events->stale = true;
    } else if (events->count < events->capacity) {
      deliver(selector, i, entry->revents, entry->events, events);
    } else {
      leave_for_later(selector, i, entry->revents, events);
    }
  }
}

/* Makes events of the answers that had no room in an earlier select. */
static void collect_kept(mio_selector *selector, collection *events) {
  if (!selector->has_kept) return;
  selector->has_kept = false;
  for (uint32_t i = 0; i < selector->table.count; ++i) {
    mio_poll_slot *slot = &selector->table.slots[i];
    if (slot->kept == 0) continue;
    if (events->count == events->capacity) {
      selector->has_kept = true;
      return;
    }
    const short asked = mio_poll_flags(slot->wanted);
    const int flags = slot->kept & (asked | POLLERR | POLLHUP);
    slot->kept = 0;
    if (slot->state == MIO_POLL_ACTIVE) deliver(selector, i, flags, asked, events);
  }
}

/* Selecting. */

/* One poll(2) of the leader. Returns the number of events, or a negative error code. */
static int lead_once(mio_selector *selector, collection *events, uint64_t timeout_ns) {
  mio_poll_fds_update(&selector->fds, &selector->table);
  const uint32_t polled = selector->table.count;
  events->generation = selector->generation;
  selector->waker_ready = false;
  const int found = mio_poll_leader_poll(&selector->leader, selector->fds.entries,
                                         MIO_POLL_FDS_FIXED + polled, timeout_ns);
  if (found < 0) return found;
  const struct pollfd *entries = selector->fds.entries;
  events->found = (uint32_t)found;
  for (int i = 0; i < MIO_POLL_FDS_FIXED; ++i) events->found -= entries[i].revents != 0;
  selector->waker_ready = entries[MIO_POLL_FDS_WAKER].revents != 0;
  entries += MIO_POLL_FDS_FIXED;
  const uint32_t begin = selector->scan_begin < polled ? selector->scan_begin : 0;
  collect(selector, entries + begin, begin, polled - begin, events);
  collect(selector, entries, 0, begin, events);
  return (int)events->count;
}

/* What the leader does. */
static int lead(mio_selector *selector, mio_event *out, uint32_t capacity,
                const mio_poll_limit *limit) {
  for (;;) {
    collection events = {.out = out, .capacity = capacity};
    collect_kept(selector, &events);
    if (events.count > 0) return (int)events.count;
    mio_poll_look(selector);
    const uint64_t left = mio_poll_limit_left(limit);
    const int count = lead_once(selector, &events, mio_poll_look_wait(selector, left));
    if (count != 0 || selector->waker_ready) return count;
    if (!events.stale && mio_poll_limit_left(limit) == 0) return 0;
    const int result =
        mio_poll_leader_pause(&selector->leader, selector->fds.entries, MIO_POLL_FDS_FIXED, limit);
    if (result < 0) return result;
  }
}

/* Asks about all slots without blocking, beside a leader. As the lock is held, no answer is stale. The
 * leader may find the same: it leaves out slots that have changed. */
static int ask_beside_leader(mio_selector *selector, mio_event *out, uint32_t capacity) {
  collection events = {.out = out, .capacity = capacity, .generation = UINT64_MAX};
  const int cancel = mio_cancel_disable();
  const bool had_looks = selector->has_looks;
  collect_kept(selector, &events);
  mio_poll_look(selector);
  const uint32_t total = selector->table.count;
  uint32_t i = selector->scan_begin < total ? selector->scan_begin : 0;
  int result = 0;
  for (uint32_t done = 0; done < total && events.count < events.capacity && result >= 0;) {
    struct pollfd entries[BATCH];
    uint32_t count = 0;
    while (count < BATCH && done + count < total && i + count < total) {
      entries[count] = mio_poll_slot_entry(&selector->table.slots[i + count]);
      ++count;
    }
    result = mio_poll_call(entries, count, 0);
    events.found = result > 0 ? (uint32_t)result : 0;
    collect(selector, entries, i, count, &events);
    done += count;
    i = i + count < total ? i + count : 0;
    if (!events.full) selector->scan_begin = i;
  }
  if (selector->has_looks && !had_looks) mio_poll_leader_interrupt(&selector->leader);
  mio_cancel_restore(cancel);
  return events.count > 0 || result >= 0 ? (int)events.count : result;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  if (capacity == 0) return -EINVAL;
  const mio_poll_limit limit = mio_poll_limit_begin(timeout_ns);
  mio_lock_acquire(&selector->leader.lock);
  int result;
  if (timeout_ns == 0 && mio_poll_leader_exists(&selector->leader)) {
    result = ask_beside_leader(selector, out, capacity);
  } else {
    result = mio_poll_leader_acquire(&selector->leader, &limit);
    if (result > 0) {
      result = lead(selector, out, capacity, &limit);
      mio_poll_leader_release(&selector->leader);
    }
  }
  mio_lock_release(&selector->leader.lock);
  return result;
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  return mio_selector_select(selector, events->data, events->capacity, MIO_FOREVER);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  if (!mio_selector_is_idle(&selector->base)) return -1;
  return mio_selector_select(selector, events->data, events->capacity, 0);
}
