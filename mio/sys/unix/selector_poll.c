#include "mio/sys/unix/os.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>

#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/clock.h"
#include "mio/sys/selector.h"
#include "mio/sys/unix/poll_bells.h"
#include "mio/sys/unix/poll_call.h"
#include "mio/sys/unix/poll_table.h"

/* poll(2), for systems that have nothing better, with the edges made here.
 *
 * What a source is polled for, by mode, and what an event does to it:
 *
 *   edge       wanted --event--> wanted without its bits --would-block--> with them again
 *              wanted --error or hang-up--> silent --would-block--> what it was for
 *   level      wanted
 *   one-shot   wanted --event--> silent
 *   any        --descriptor found closed--> gone: silent, and free for another source
 *              --reregister--> wanted
 *
 * Silent means that poll(2) is not shown the descriptor: it reports errors and hang-ups whether
 * asked or not, and every time. A source that is not silent is shown even with no bit left, for the
 * sake of those.
 *
 * Threads. One at a time leads: it calls poll(2) on `shown`, which nobody else touches meanwhile.
 * Others that wait follow: they poll the followers' bell, and the leader rings it when it leaves.
 *
 *            .----------- kicked, or nothing found that counts -----------.
 *            v                                                            |
 *   led --> polling, without the lock; changes are noted --> collecting --+--> leaves
 *
 * Changes are made to the table at once, under the lock. If nobody polls they are shown directly,
 * and cost no system call. Otherwise they are noted (stale_from, stale_to) and the leader is kicked
 * out with its bell, shows them and polls again. What a poll found about a slot counts only if the
 * slot was not given a new meaning since that poll began (`placed`): a level that is still there is
 * found again.
 *
 * Deregistering waits for the leader to be out. The kernel holds on to the files that it polls, so
 * that a socket closed after that would stay open, and its port taken, for a moment more. */

enum { LEADER_BELL, FOLLOWERS_BELL };

/* `shown` begins with what every poll looks at; slot i is behind, at FIXED + i. */
enum { SHOWN_BELL, SHOWN_WAKER, FIXED };

struct mio_selector {
  mio_selector_base base;
  mio_lock lock;       /* guards all below; not held during poll(2) */
  pthread_cond_t left; /* the leader has left poll(2) */
  mio_poll_table table;
  mio_poll_bells bells;
  struct pollfd *shown; /* FIXED + shown_capacity */
  struct pollfd *grown; /* FIXED + table.capacity: replaces `shown` once nobody polls; or NULL */
  uint32_t shown_capacity;
  uint32_t stale_from; /* slots to be shown once nobody polls: from here, */
  uint32_t stale_to;   /* and below here */
  uint32_t scan_from;  /* where to look for ready slots first, that none be left out for ever */
  uint32_t followers;
  uint64_t placements; /* counts what gives a slot a new meaning */
  uint64_t polls;      /* counts calls of poll(2) */
  uint64_t polled_at;  /* `placements` when the last of them began */
  bool led;
  bool polling;
  bool blocking; /* and not only with timeout 0 */
  bool kicked;
  bool called;    /* the followers' bell rings */
  bool wake_kept; /* the last poll(2) found the waker ready; not taken yet */
};

_Static_assert(offsetof(mio_selector, base) == 0, "mio/poll.c sees the base only");

/* What POLLHUP says. On these systems: both directions are shut (tcp_poll in Linux's
 * net/ipv4/tcp.c, sopoll in the BSDs' kern/uipc_socket.c). On Darwin and DragonFly, whose poll(2) is
 * made of kqueue's filters, it is set as soon as one of those asked for has EV_EOF (bsd/kern/ and
 * sys/kern/sys_generic.c): with POLLOUT asked for, it may be the program's own shutdown(2). Elsewhere
 * nobody knows. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#define HUP_IS_BOTH 1
#else
#define HUP_IS_BOTH 0
#endif

#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

/* What poll(2) reports unasked, and goes on to report. */
#define LASTING (MIO_POLL_ERR | MIO_POLL_HUP | MIO_POLL_RHUP | MIO_POLL_XHUP)

static uint32_t hang_up_of(int asked) {
  if (HUP_IS_BOTH) return MIO_POLL_HUP;
  return (asked & POLLOUT) != 0 ? MIO_POLL_XHUP : MIO_POLL_RHUP;
}

static uint32_t events_of(int flags, int asked) {
  uint32_t events = 0;
  if ((flags & POLLIN) != 0) events |= MIO_POLL_IN;
  if ((flags & POLLPRI) != 0) events |= MIO_POLL_PRI;
  if ((flags & POLLOUT) != 0) events |= MIO_POLL_OUT;
  if ((flags & POLLERR) != 0) events |= MIO_POLL_ERR;
  if ((flags & POLLHUP) != 0) events |= hang_up_of(asked);
  if ((flags & POLLRDHUP) != 0) events |= MIO_POLL_RDHUP;
  return events;
}

static short flags_of(uint32_t events) {
  int flags = 0;
  if ((events & MIO_POLL_IN) != 0) flags |= POLLIN;
  if ((events & MIO_POLL_PRI) != 0) flags |= POLLPRI;
  if ((events & MIO_POLL_OUT) != 0) flags |= POLLOUT;
  if ((events & MIO_POLL_RDHUP) != 0) flags |= POLLRDHUP;
  return (short)flags;
}

enum { INTEREST_KINDS = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY };
enum { INTEREST_MODES = MIO_LEVEL | MIO_ONESHOT };

/* The kinds of `interest` as events. */
static uint16_t wanted_by(mio_interest interest) {
  uint32_t events = 0;
  if ((interest & MIO_READABLE) != 0) events |= MIO_POLL_IN | MIO_POLL_RDHUP;
  if ((interest & MIO_WRITABLE) != 0) events |= MIO_POLL_OUT;
  if ((interest & MIO_PRIORITY) != 0) events |= MIO_POLL_PRI;
  return (uint16_t)events;
}

static int check_interest(mio_interest interest) {
  const mio_interest elsewhere = MIO_AIO | MIO_LIO;
  if ((interest & ~(mio_interest)(INTEREST_KINDS | INTEREST_MODES | elsewhere)) != 0)
    return -EINVAL;
  if ((interest & elsewhere) != 0) return -EOPNOTSUPP;
  return (interest & INTEREST_KINDS) == 0 ? -EINVAL : 0;
}

static struct pollfd entry_of(const mio_poll_slot *slot) {
  struct pollfd entry = {.fd = slot->silent ? -1 : slot->fd};
  entry.events = flags_of(slot->armed);
  return entry;
}

/* Shows slot `i` as it is now, or has it done. */
static void show(mio_selector *selector, uint32_t i) {
  if (!selector->polling) {
    selector->shown[FIXED + i] = entry_of(&selector->table.slots[i]);
    return;
  }
  if (i < selector->stale_from) selector->stale_from = i;
  if (i >= selector->stale_to) selector->stale_to = i + 1;
}

/* Slot `i` means something else from now on. */
static void place(mio_selector *selector, uint32_t i) {
  selector->table.slots[i].placed = ++selector->placements;
  show(selector, i);
}

static uint32_t number_of(const mio_selector *selector, const mio_poll_slot *slot) {
  return (uint32_t)(slot - selector->table.slots);
}

/* Gets the leader out of poll(2), if it may be asleep there. */
static void kick(mio_selector *selector) {
  if (!selector->blocking || selector->kicked) return;
  selector->kicked = true;
  mio_poll_bells_ring(&selector->bells, LEADER_BELL);
}

static size_t shown_size(uint32_t capacity) { return FIXED + (size_t)capacity; }

static void put_shown(struct pollfd *shown, uint32_t capacity) {
  mio_memory_put(shown, shown_size(capacity) * sizeof *shown);
}

/* Makes room for `capacity` slots; while the leader polls, it keeps what it polls. */
static int reserve(mio_selector *selector, uint32_t capacity) {
  mio_poll_table *table = &selector->table;
  if (capacity <= table->capacity) return 0;
  const uint32_t before = table->capacity;
  struct pollfd *shown = mio_memory_get_array(shown_size(capacity), sizeof *shown);
  if (shown == NULL || !mio_poll_table_reserve(table, capacity)) {
    put_shown(shown, capacity);
    return -ENOMEM;
  }
  if (selector->grown != NULL) put_shown(selector->grown, before);
  selector->grown = shown;
  return 0;
}

/* Nobody polls: shows what was noted meanwhile. */
static void show_stale(mio_selector *selector) {
  if (selector->grown != NULL) {
    struct pollfd *before = selector->shown;
    for (int i = 0; i < FIXED; ++i) selector->grown[i] = before[i];
    put_shown(before, selector->shown_capacity);
    selector->shown = selector->grown;
    selector->grown = NULL;
    selector->shown_capacity = selector->table.capacity;
    selector->stale_from = 0;
    selector->stale_to = selector->table.count;
  }
  for (uint32_t i = selector->stale_from; i < selector->stale_to; ++i) {
    if (i < selector->table.count) show(selector, i);
  }
  selector->stale_from = UINT32_MAX;
  selector->stale_to = 0;
}

static int reserve_one_more(mio_selector *selector) {
  const mio_poll_table *table = &selector->table;
  if (table->count < table->capacity) return 0;
  const int result = reserve(selector, table->capacity < 8 ? 16 : table->capacity * 2);
  if (result == 0 && !selector->polling) show_stale(selector);
  return result;
}

/* Opens the lock, the condition variable and the bells: all or none. */
static int open_threads(mio_selector *selector) {
  int result = mio_lock_init(&selector->lock);
  if (result < 0) return result;
  result = -pthread_cond_init(&selector->left, NULL);
  if (result == 0) {
    result = mio_poll_bells_open(&selector->bells);
    if (result < 0) (void)pthread_cond_destroy(&selector->left);
  }
  if (result < 0) mio_lock_destroy(&selector->lock);
  return result;
}

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  if (reserve_sources > UINT32_MAX) return -ENOMEM;
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ENOMEM;
  const uint32_t capacity = (uint32_t)reserve_sources;
  selector->shown_capacity = capacity;
  selector->shown = mio_memory_get_array(shown_size(capacity), sizeof *selector->shown);
  int result = -ENOMEM;
  if (selector->shown != NULL && mio_poll_table_reserve(&selector->table, capacity)) {
    result = open_threads(selector);
  }
  if (result < 0) {
    mio_poll_table_clear(&selector->table);
    put_shown(selector->shown, capacity);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  selector->stale_from = UINT32_MAX;
  selector->shown[SHOWN_BELL].fd = selector->bells.ends[LEADER_BELL];
  selector->shown[SHOWN_BELL].events = POLLIN;
  selector->shown[SHOWN_WAKER].fd = -1;
  *out_selector = selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) {
  mio_poll_bells_close(&selector->bells);
  mio_poll_table_clear(&selector->table);
  put_shown(selector->shown, selector->shown_capacity);
  if (!selector->base.dead) {
    (void)pthread_cond_destroy(&selector->left);
    mio_lock_destroy(&selector->lock);
  }
  mio_memory_put(selector, sizeof *selector);
}

/* The table and the wakeup descriptors are not used any more, so the child shares nothing with the
 * parent that it could change. */
void mio_selector_abandon(mio_selector *selector) { (void)selector; }

/* Until when a select may last. */
typedef struct wait_limit {
  uint64_t timeout_ns;
  uint64_t deadline;
} wait_limit;

static wait_limit limit_of(uint64_t timeout_ns) {
  wait_limit limit = {timeout_ns, 0};
  if (timeout_ns == 0 || timeout_ns == MIO_FOREVER) return limit;
  const uint64_t now = mio_clock_ns();
  limit.deadline = timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
  return limit;
}

static uint64_t time_left(const wait_limit *limit) {
  if (limit->timeout_ns == 0 || limit->timeout_ns == MIO_FOREVER) return limit->timeout_ns;
  const uint64_t now = mio_clock_ns();
  return now < limit->deadline ? limit->deadline - now : 0;
}

/* Becomes the leader, following the present one if need be. Returns 1, or 0 when the time is up
 * first, or a negative error code. Until a follower leads, the bell that called it goes on ringing:
 * one that gives up does not take the call with it. */
static int take_lead(mio_selector *selector, const wait_limit *limit) {
  while (selector->led) {
    const uint64_t left = time_left(limit);
    if (left == 0) return 0;
    struct pollfd bell = {.fd = selector->bells.ends[FOLLOWERS_BELL], .events = POLLIN};
    ++selector->followers;
    mio_lock_release(&selector->lock);
    const int result = mio_poll_call(&bell, 1, left);
    mio_lock_acquire(&selector->lock);
    --selector->followers;
    if (result < 0) return result;
  }
  selector->led = true;
  if (selector->called) mio_poll_bells_silence(&selector->bells, FOLLOWERS_BELL);
  selector->called = false;
  return 1;
}

static void give_up_lead(mio_selector *selector) {
  selector->led = false;
  if (selector->followers == 0 || selector->called) return;
  selector->called = true;
  mio_poll_bells_ring(&selector->bells, FOLLOWERS_BELL);
}

/* Turns what poll(2), asked for `asked`, said about a slot into an event, and takes from the slot
 * what is told once. False if there is nothing to tell.
 *
 * Bits that were delivered before, and not used up, come again with an error or a hang-up: they are
 * not asked for, but true, and a program that looks at nothing else has to hear of the end. For the
 * same reason they are all used up then, and the slot can be silent. */
static bool deliver(mio_poll_slot *slot, int flags, int asked, mio_event *out) {
  if ((flags & POLLNVAL) != 0) {
    slot->gone = true;
    slot->silent = true;
    return false;
  }
  uint32_t events = events_of(flags, asked);
  if ((events & LASTING) != 0) events |= slot->wanted & (MIO_POLL_IN | MIO_POLL_OUT);
  if ((events & MIO_POLL_RDHUP) != 0) events |= MIO_POLL_IN;
  out->events = events;
  out->token = slot->token;
  if ((slot->mode & MIO_ONESHOT) != 0) {
    slot->silent = true;
  } else if ((slot->mode & MIO_LEVEL) == 0) {
    slot->armed = (uint16_t)(slot->armed & ~events);
    slot->silent = (events & LASTING) != 0;
  }
  return true;
}

/* Goes through what poll(2) found about the first `polled` slots. Returns the number of events;
 * `*out_missed` says that something was found which does not count. */
static int collect(mio_selector *selector, uint32_t polled, int found, mio_event *out,
                   uint32_t capacity, bool *out_missed) {
  const struct pollfd *shown = selector->shown;
  if (shown[SHOWN_WAKER].revents != 0) selector->wake_kept = true;
  for (int i = 0; i < FIXED; ++i) found -= shown[i].revents != 0;
  uint32_t i = selector->scan_from < polled ? selector->scan_from : 0;
  uint32_t count = 0;
  *out_missed = false;
  for (uint32_t step = 0; step < polled && found > 0; ++step, i = i + 1 < polled ? i + 1 : 0) {
    const int flags = shown[FIXED + i].revents;
    if (flags == 0) continue;
    --found;
    mio_poll_slot *slot = &selector->table.slots[i];
    if (i >= selector->table.count || slot->placed > selector->polled_at) {
      *out_missed = true;
      continue;
    }
    if (count == capacity) {
      selector->scan_from = i;
      break;
    }
    if (deliver(slot, flags, shown[FIXED + i].events, &out[count])) ++count;
    show(selector, i);
  }
  return (int)count;
}

/* Calls poll(2) once, without the lock. */
static int poll_shown(mio_selector *selector, uint64_t timeout_ns) {
  const uint32_t count = FIXED + selector->table.count;
  struct pollfd *shown = selector->shown;
  selector->polled_at = selector->placements;
  selector->wake_kept = false;
  selector->polling = true;
  selector->blocking = timeout_ns != 0;
  mio_lock_release(&selector->lock);
  const int found = mio_poll_call(shown, count, timeout_ns);
  mio_lock_acquire(&selector->lock);
  selector->polling = false;
  selector->blocking = false;
  ++selector->polls;
  (void)pthread_cond_broadcast(&selector->left);
  if (selector->kicked) mio_poll_bells_silence(&selector->bells, LEADER_BELL);
  selector->kicked = false;
  return found;
}

/* What the leader does. */
static int lead(mio_selector *selector, mio_event *out, uint32_t capacity,
                const wait_limit *limit) {
  for (;;) {
    const uint32_t polled = selector->table.count;
    const int found = poll_shown(selector, time_left(limit));
    bool missed = false;
    int count = found;
    if (found > 0) count = collect(selector, polled, found, out, capacity, &missed);
    show_stale(selector);
    if (count != 0 || selector->wake_kept) return count;
    if (!missed && time_left(limit) == 0) return 0;
  }
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  if (capacity == 0) return -EINVAL;
  const wait_limit limit = limit_of(timeout_ns);
  mio_lock_acquire(&selector->lock);
  int result = take_lead(selector, &limit);
  if (result > 0) {
    result = lead(selector, out, capacity, &limit);
    give_up_lead(selector);
  }
  mio_lock_release(&selector->lock);
  return result;
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  if (!mio_selector_is_idle(&selector->base, events)) return -1;
  return mio_selector_select(selector, events->data, events->capacity, 0);
}

static void set_interest(mio_poll_slot *slot, mio_token token, mio_interest interest) {
  slot->token = token;
  slot->wanted = wanted_by(interest);
  slot->armed = slot->wanted;
  slot->mode = (uint8_t)(interest & INTEREST_MODES);
  slot->silent = false;
  slot->gone = false;
}

/* Descriptors that cannot be polled are refused now, as there is nobody to be told later. */
static int check_descriptor(int fd) {
  struct pollfd entry = {.fd = fd};
  if (fd < 0) return -EBADF;
  const int found = mio_poll_call(&entry, 1, 0);
  if (found < 0) return found;
  return (entry.revents & POLLNVAL) != 0 ? -EBADF : 0;
}

static int add_source(mio_selector *selector, mio_source *source, mio_token token,
                      mio_interest interest) {
  mio_poll_slot *slot = mio_poll_table_find(&selector->table, source->native.handle);
  if (slot != NULL && !slot->gone) return -EEXIST;
  if (slot == NULL) {
    const int result = reserve_one_more(selector);
    if (result < 0) return result;
    slot = mio_poll_table_add(&selector->table, source->native.handle);
  }
  slot->source = source;
  set_interest(slot, token, interest);
  place(selector, number_of(selector, slot));
  kick(selector);
  return 0;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  int result = check_interest(interest);
  if (result == 0) result = check_descriptor(source->native.handle);
  if (result < 0) return result;
  mio_lock_acquire(&selector->lock);
  result = add_source(selector, source, token, interest);
  mio_lock_release(&selector->lock);
  return result;
}

/* The slot of `source`, or NULL. */
static mio_poll_slot *find_source(const mio_selector *selector, const mio_source *source) {
  mio_poll_slot *slot = mio_poll_table_find(&selector->table, source->native.handle);
  return slot != NULL && slot->source == source ? slot : NULL;
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  const int result = check_interest(interest);
  if (result < 0) return result;
  mio_lock_acquire(&selector->lock);
  mio_poll_slot *slot = find_source(selector, source);
  if (slot != NULL) {
    set_interest(slot, token, interest);
    place(selector, number_of(selector, slot));
    kick(selector);
  }
  mio_lock_release(&selector->lock);
  return slot != NULL ? 0 : -ENOENT;
}

/* Waits until the poll(2) that is under way, if any, is over. */
static void wait_until_left(mio_selector *selector) {
  kick(selector);
  const uint64_t now = selector->polls;
  while (selector->polling && selector->polls == now) {
    (void)pthread_cond_wait(&selector->left, &selector->lock);
  }
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  mio_lock_acquire(&selector->lock);
  mio_poll_slot *slot = find_source(selector, source);
  if (slot != NULL) {
    const uint32_t i = number_of(selector, slot);
    mio_poll_table_remove(&selector->table, slot);
    if (i < selector->table.count) place(selector, i);
    wait_until_left(selector);
  }
  mio_lock_release(&selector->lock);
  return slot != NULL ? 0 : -ENOENT;
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest) {
  uint16_t bits = wanted_by(interest);
  if ((interest & MIO_READABLE) != 0) bits |= MIO_POLL_PRI; /* read past, if it was there */
  mio_lock_acquire(&selector->lock);
  mio_poll_slot *slot = find_source(selector, source);
  if (slot != NULL && slot->mode == 0 && !slot->gone) {
    bits &= slot->wanted;
    if (bits != 0 && (slot->silent || (slot->armed & bits) != bits)) {
      slot->armed |= bits;
      slot->silent = false;
      show(selector, number_of(selector, slot));
      kick(selector);
    }
  }
  mio_lock_release(&selector->lock);
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

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  selector->shown[SHOWN_WAKER].fd = receiver;
  selector->shown[SHOWN_WAKER].events = POLLIN;
  return 0;
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)events, (void)count;
  mio_lock_acquire(&selector->lock);
  const bool kept = selector->wake_kept;
  selector->wake_kept = false;
  mio_lock_release(&selector->lock);
  return kept;
}

bool mio_selector_drains_waker(void) { return true; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  out->events = MIO_POLL_IN;
  out->token = token;
}

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
  mio_text_flags(text, event->events, names, sizeof names / sizeof names[0], "|");
}
