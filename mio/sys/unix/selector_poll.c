#include "mio/sys/unix/os.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/selector.h"
#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/poll_file.h"
#include "mio/sys/unix/poll_flags.h"
#include "mio/sys/unix/poll_selector.h"

_Static_assert(offsetof(mio_selector, base) == 0, "the portable code casts to mio_selector_base");

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  if (reserve_sources > UINT32_MAX) return -ENOMEM;
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ENOMEM;
  const uint32_t capacity = (uint32_t)reserve_sources;
  int result = -ENOMEM;
  if (mio_poll_fds_open(&selector->fds, capacity) &&
      mio_poll_table_reserve(&selector->table, capacity)) {
    result = mio_poll_leader_open(&selector->leader);
  }
  if (result < 0) {
    mio_poll_table_clear(&selector->table);
    mio_poll_fds_close(&selector->fds);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  struct pollfd *wakeup = &selector->fds.entries[MIO_POLL_FDS_WAKEUP];
  wakeup->fd = selector->leader.wakeup.ends[MIO_POLL_WAKEUP_LEADER];
  wakeup->events = POLLIN;
  *out_selector = selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) {
  mio_poll_leader_close(&selector->leader, selector->base.dead);
  mio_poll_table_clear(&selector->table);
  mio_poll_fds_close(&selector->fds);
  mio_memory_put(selector, sizeof *selector);
}

/* Nothing to do: the table is the child's own copy, and the wakeup descriptors, which the parent shares,
 * are only closed from now on. */
void mio_selector_abandon(mio_selector *selector) { (void)selector; }

static uint32_t number_of(const mio_selector *selector, const mio_poll_slot *slot) {
  return (uint32_t)(slot - selector->table.slots);
}

/* Registering. None of these functions can be cancelled half-way. */

/* A change in progress: begun with the lock, ended without. */
static int begin_change(mio_selector *selector) {
  const int cancel = mio_cancel_disable();
  mio_lock_acquire(&selector->leader.lock);
  return cancel;
}

static void end_change(mio_selector *selector, int cancel) {
  mio_lock_release(&selector->leader.lock);
  mio_cancel_restore(cancel);
}

/* Makes room for one slot more. */
static int reserve_slot(mio_selector *selector) {
  mio_poll_table *table = &selector->table;
  if (table->count < table->capacity) return 0;
  const uint32_t capacity = table->capacity < 8 ? 16 : table->capacity * 2;
  if (!mio_poll_fds_reserve(&selector->fds, capacity)) return -ENOMEM;
  return mio_poll_table_reserve(table, capacity) ? 0 : -ENOMEM;
}

/* Whether the descriptor of `slot` was closed and its number now belongs to `file`. */
static bool is_left_behind(const mio_poll_slot *slot, const mio_poll_file *file) {
  return slot->state == MIO_POLL_FD_CLOSED || slot->file.kind != file->kind ||
         slot->file.id != file->id;
}

static int add_source(mio_selector *selector, mio_source *source, const mio_poll_file *file,
                      mio_token token, mio_interest interest) {
  mio_poll_slot *slot = mio_poll_table_find(&selector->table, source->native.handle);
  if (slot != NULL && !is_left_behind(slot, file)) return -EEXIST;
  if (slot == NULL) {
    const int result = reserve_slot(selector);
    if (result < 0) return result;
    slot = mio_poll_table_add(&selector->table, source->native.handle);
  }
  slot->source = source;
  slot->file = *file;
  mio_poll_slot_set(slot, token, interest);
  slot->kept = file->error;
  if (slot->kept != 0) selector->has_kept = true;
  mio_poll_change_slot(selector, number_of(selector, slot));
  mio_poll_leader_announce_change(&selector->leader);
  return 0;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  int result = mio_poll_check_interest(interest);
  if (result < 0) return result;
  mio_poll_file file;
  const int cancel = begin_change(selector);
  result = mio_poll_file_examine(source->native.handle, &file);
  if (result == 0) result = add_source(selector, source, &file, token, interest);
  end_change(selector, cancel);
  return result;
}

/* The slot of `source`, or NULL. */
static mio_poll_slot *find_source(const mio_selector *selector, const mio_source *source) {
  mio_poll_slot *slot = mio_poll_table_find(&selector->table, source->native.handle);
  return slot != NULL && slot->source == source ? slot : NULL;
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  int result = mio_poll_check_interest(interest);
  if (result < 0) return result;
  const int cancel = begin_change(selector);
  mio_poll_slot *slot = find_source(selector, source);
  result = slot == NULL ? -ENOENT : 0;
  if (slot != NULL) {
    mio_poll_slot_set(slot, token, interest);
    mio_poll_change_slot(selector, number_of(selector, slot));
    mio_poll_leader_announce_change(&selector->leader);
  }
  end_change(selector, cancel);
  return result;
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  const int cancel = begin_change(selector);
  mio_poll_slot *slot = find_source(selector, source);
  const int result = slot == NULL ? -ENOENT : 0;
  if (slot != NULL) {
    const uint32_t i = number_of(selector, slot);
    mio_poll_table_remove(&selector->table, slot);
    if (i < selector->table.count) mio_poll_change_slot(selector, i); /* the last slot moved here */
    mio_poll_leader_wait_until_left(&selector->leader);
  }
  end_change(selector, cancel);
  return result;
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain) {
  const int cancel = begin_change(selector);
  mio_poll_slot *slot = find_source(selector, source);
  if (slot != NULL) {
    const bool had_looks = selector->has_looks;
    const bool asks_more = mio_poll_slot_drained(slot, interest, drain);
    if (asks_more) mio_poll_fds_mark(&selector->fds, number_of(selector, slot));
    if (mio_poll_slot_needs_look(slot)) mio_poll_look_begin(selector);
    if (asks_more || selector->has_looks != had_looks) mio_poll_leader_interrupt(&selector->leader);
  }
  end_change(selector, cancel);
}

int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return -EOPNOTSUPP;
}

int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return -EOPNOTSUPP;
}

uint32_t mio_selector_event_flags(const mio_event *event) {
  (void)event;
  return 0;
}

/* The internal waker. */

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  selector->fds.entries[MIO_POLL_FDS_WAKER].fd = receiver;
  selector->fds.entries[MIO_POLL_FDS_WAKER].events = POLLIN;
  return 0;
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)events, (void)count;
  mio_lock_acquire(&selector->leader.lock);
  const bool ready = selector->waker_ready;
  selector->waker_ready = false;
  mio_lock_release(&selector->leader.lock);
  return ready;
}

bool mio_selector_drains_waker(void) { return true; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  out->events = MIO_POLL_IN;
  out->token = token;
}

/* Properties. */

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  return MIO_FEATURE_LEVEL | MIO_FEATURE_ONESHOT | MIO_FEATURE_PRIORITY;
}

const char *mio_selector_name(void) { return "poll"; }

int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  (void)selector, (void)out_handle;
  return -EOPNOTSUPP;
}

void mio_selector_format_event(const mio_event *event, mio_text *text) {
  static const mio_flag_name names[] = {
      {MIO_POLL_IN, "POLLIN"},    {MIO_POLL_PRI, "POLLPRI"},  {MIO_POLL_OUT, "POLLOUT"},
      {MIO_POLL_ERR, "POLLERR"},  {MIO_POLL_HUP, "POLLHUP"},  {MIO_POLL_RDHUP, "POLLRDHUP"},
      {MIO_POLL_RHUP, "POLLHUP"}, {MIO_POLL_XHUP, "POLLHUP"},
  };
  mio_text_string(text, "poll: ");
  mio_text_flags(text, event->events & ~MIO_POLL_NO_READER, names, sizeof names / sizeof names[0],
                 "|");
}
