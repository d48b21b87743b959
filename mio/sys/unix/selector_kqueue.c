#include "mio/sys/unix/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/selector.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/kqueue_filter.h"
#include "mio/sys/unix/poll_call.h"

/* kqueue(2): a table of filters in the kernel, up to two for a descriptor here, each with an edge,
 * a level or a single shot of its own, and events that the kernel writes straight into the caller's
 * memory. What the manuals do not say was seen on FreeBSD 13.2 and NetBSD 10.99 and read in the
 * kernels' sources. This file was run, by hand and with the pipe waker, over the kernel of NetBSD 7.99
 * (rump): README.md, "Platforms", has what was tried and what was not.
 *
 *   interest               filters             flags, beside EV_ADD|EV_RECEIPT
 *   READABLE, WRITABLE     EVFILT_READ, _WRITE EV_CLEAR                 edge
 *   ... | LEVEL            the same            none
 *   one of them | ONESHOT  that filter         EV_ONESHOT
 *   both | ONESHOT         both                EV_ONESHOT|EV_DISPATCH   a pair; see disarm()
 *
 * - EV_RECEIPT makes each change answer for itself, in place of ending at the first that fails.
 * - Adding again reports again what is ready, and updates the token; but adding EV_CLEAR to a level
 *   leaves it a level, and NetBSD does not enable what EV_DISPATCH disabled. So reregister deletes
 *   first, both filters: nothing here knows what was registered before.
 * - A single shot is told though it may be over: no kernel asks the filter a second time.
 * - Deleting what is not there is ENOENT, as after a single shot: nothing to worry about.
 * - An EINTR comes after all changes are applied (kevent(2) of FreeBSD).
 * - EVFILT_WRITE of a pipe without a reader is refused: EPIPE on FreeBSD, DragonFly and Apple, EBADF
 *   on NetBSD (pipe_kqfilter() in each kernel's sys_pipe.c). To a program that is a hang-up, not an
 *   error: see announce_hang_up().
 * - A pipe's writer whose reader goes later gets EV_EOF, with EV_ONESHOT on FreeBSD: told once, in
 *   every mode. On NetBSD it is as any other event; but as long as the pipe is full there is none, as
 *   pipeclose() wakes before it marks the end. Seen on 7.99, and later sources have the same order.
 * - Closing a descriptor drops its filters, even if a duplicate stays open.
 *
 * What only a Mac or an iPhone would show, from those who met it:
 * - EV_EOF of EVFILT_WRITE may arrive, and a write fail, before what the peer sent ahead of its
 *   reset was read: programs should read first (libuv issue 5196).
 * - Flags come back with more than EV_ERROR in them: to be tested, not compared (libevent issue 376).
 * - A named pipe's (mkfifo(3)) reader gets no event when the last writer closes (bun pull request
 *   40099). Pipes of pipe(2) do tell.
 * - The reader or writer of a pipe whose other end has gone may be refused with EPIPE by 10.11 and
 *   before (mio pull request 584).
 * - Terminals may be refused with EINVAL (uv__stream_try_select() in libuv's stream.c); the poll(2)
 *   selector takes them.
 * - A descriptor for a poll(2) that a kqueue is nested in works, EVFILT_AIO and EVFILT_LIO have names
 *   only, and there is no waiting by kevent(2) with more seconds than INT_MAX. */
struct mio_selector {
  mio_selector_base base;
  int kqueue;
  atomic_uint specials; /* what was ever registered that costs more than it would otherwise */
  mio_lock change_lock; /* registrations, and the end of a select, once there are pairs */
};

enum { PAIRS = 1, HANG_UPS = 2 };

/* What marks a filter of a pair. */
#define PAIR_FLAGS (EV_ONESHOT | EV_DISPATCH)

_Static_assert(offsetof(mio_selector, base) == 0, "mio/poll.c sees the base only");
_Static_assert(sizeof(struct mio_event) == sizeof(struct kevent),
               "kevent(2) fills these; for NetBSD 10 and before: -DMIO_NETBSD_KEVENT_WITHOUT_EXT");
_Static_assert(offsetof(struct mio_event, ident) == offsetof(struct kevent, ident) &&
                   offsetof(struct mio_event, filter) == offsetof(struct kevent, filter) &&
                   offsetof(struct mio_event, flags) == offsetof(struct kevent, flags) &&
                   offsetof(struct mio_event, fflags) == offsetof(struct kevent, fflags) &&
                   offsetof(struct mio_event, data) == offsetof(struct kevent, data) &&
                   offsetof(struct mio_event, udata) == offsetof(struct kevent, udata),
               "field by field");
_Static_assert(sizeof(((struct mio_event *)0)->filter) == sizeof(((struct kevent *)0)->filter) &&
                   sizeof(((struct mio_event *)0)->flags) == sizeof(((struct kevent *)0)->flags) &&
                   sizeof(((struct mio_event *)0)->data) == sizeof(((struct kevent *)0)->data) &&
                   sizeof(((struct mio_event *)0)->udata) == sizeof(((struct kevent *)0)->udata),
               "and as wide");
_Static_assert(MIO_EVFILT_READ == EVFILT_READ && MIO_EVFILT_WRITE == EVFILT_WRITE &&
                   MIO_EVFILT_AIO == EVFILT_AIO && MIO_EV_ERROR == EV_ERROR && MIO_EV_EOF == EV_EOF,
               "as <sys/event.h> has them");
#if defined(EVFILT_USER)
_Static_assert(MIO_EVFILT_USER == EVFILT_USER, "as <sys/event.h> has it");
#endif
#if defined(MIO_EVFILT_LIO)
_Static_assert(MIO_EVFILT_LIO == EVFILT_LIO, "as <sys/event.h> has it");
#endif

#define NS_PER_S UINT64_C(1000000000)

/* Three years: some kernels take no more, and time_t may have 32 bits. The caller waits again. */
#define SECONDS_MAX UINT64_C(100000000)

/* The most changes of one call: see replace_filters(). */
enum { CHANGES_MAX = 6 };

static struct kevent *kernel_events(mio_event *events) { return (struct kevent *)(void *)events; }

static const struct kevent *const_kernel_events(const mio_event *events) {
  return (const struct kevent *)(const void *)events;
}

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  (void)reserve_sources;
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ENOMEM;
  const int fd = kqueue();
  /* A child of fork(2) does not inherit a kqueue, so none leaks between kqueue() and F_SETFD. */
  int result = fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
  if (result == 0) result = mio_lock_init(&selector->change_lock);
  if (result < 0) {
    if (fd >= 0) (void)close(fd);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  selector->kqueue = fd;
  *out_selector = selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) {
  if (!selector->base.dead) {
    (void)close(selector->kqueue);
    mio_lock_destroy(&selector->change_lock);
  }
  mio_memory_put(selector, sizeof *selector);
}

/* A child of fork(2) does not inherit the kqueue: its number may be another file there. */
void mio_selector_abandon(mio_selector *selector) { selector->kqueue = -1; }

/* Changes. */

/* The waker's event is known by a token that nobody else can have: an address of the library's own
 * memory, which is its EVFILT_USER identifier too. */
static mio_token waker_token(const mio_selector *selector) {
  return (mio_token)&selector->base.waker;
}

static unsigned specials_of(const mio_selector *selector) {
  return atomic_load_explicit(&selector->specials, memory_order_acquire);
}

/* True if `special` was not there before. */
static bool add_special(mio_selector *selector, unsigned special) {
  return (atomic_fetch_or_explicit(&selector->specials, special, memory_order_acq_rel) & special) ==
         0;
}

static mio_event change(uintptr_t ident, mio_kevent_filter filter, unsigned flags,
                        mio_token token) {
  mio_event made;
  memset(&made, 0, sizeof made);
  made.ident = ident;
  made.filter = filter;
  made.flags = (mio_kevent_flags)(flags | EV_RECEIPT);
  made.udata = (void *)token;
  return made;
}

/* Applies up to CHANGES_MAX changes; `out_errors` tells, errno or 0, what became of each. The answer
 * is that of the call as a whole. */
static int apply(const mio_selector *selector, const mio_event *changes, int count,
                 int *out_errors) {
  static const struct timespec now = {0, 0};
  mio_event receipts[CHANGES_MAX];
  for (int i = 0; i < count; ++i) out_errors[i] = 0;
  if (count == 0) return 0;
  const int got = kevent(selector->kqueue, const_kernel_events(changes), count,
                         kernel_events(receipts), count, &now);
  if (got < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < got; ++i) {
    if ((receipts[i].flags & EV_ERROR) != 0) out_errors[i] = (int)receipts[i].data;
  }
  return 0;
}

/* Applies one change that has to succeed. */
static int apply_one(const mio_selector *selector, mio_event wanted) {
  int error;
  const int result = apply(selector, &wanted, 1, &error);
  return result < 0 ? result : -error;
}

/* Which EVFILT_USER stands for the hang-up of `fd`; false for a descriptor beyond all limits. */
static bool hang_up_ident(int fd, uintptr_t *out_ident) {
  if ((uintptr_t)fd >= MIO_KQUEUE_HUNG_UP_COUNT) return false;
  *out_ident = MIO_KQUEUE_HUNG_UP_FIRST + (uintptr_t)fd;
  return true;
}

/* Writes the changes that take all filters of `fd` away, and returns how many. */
static int put_deletions(const mio_selector *selector, int fd, mio_event *out) {
  int count = 0;
  uintptr_t ident;
  out[count++] = change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  out[count++] = change((uintptr_t)fd, EVFILT_WRITE, EV_DELETE, 0);
  if ((specials_of(selector) & HANG_UPS) != 0 && hang_up_ident(fd, &ident)) {
    out[count++] = change(ident, MIO_EVFILT_USER, EV_DELETE, 0);
  }
  return count;
}

static bool is_pair(mio_interest interest) {
  const mio_interest both = MIO_READABLE | MIO_WRITABLE | MIO_ONESHOT;
  return (interest & both) == both;
}

static unsigned mode_flags(mio_interest interest) {
  if (is_pair(interest)) return PAIR_FLAGS;
  if ((interest & MIO_ONESHOT) != 0) return EV_ONESHOT;
  return (interest & MIO_LEVEL) != 0 ? 0 : EV_CLEAR;
}

static int put_additions(int fd, mio_token token, mio_interest interest, mio_event *out) {
  const unsigned flags = EV_ADD | mode_flags(interest);
  int count = 0;
  if ((interest & MIO_READABLE) != 0)
    out[count++] = change((uintptr_t)fd, EVFILT_READ, flags, token);
  if ((interest & MIO_WRITABLE) != 0)
    out[count++] = change((uintptr_t)fd, EVFILT_WRITE, flags, token);
  return count;
}

/* Whether the kernel refused EVFILT_WRITE only because nobody will ever read. */
static bool is_hang_up(const mio_event *wanted, int error) {
  if (wanted->filter != EVFILT_WRITE) return error == EPIPE;
  return error == EPIPE || (error == EBADF && fcntl((int)wanted->ident, F_GETFD) >= 0);
}

/* In the place of the EVFILT_WRITE that was refused: an event of the program's own kind that the
 * accessors know for writable and write_closed, so that a writer that is registered late hears of
 * the hang-up as everybody else does. Added and triggered in two steps, as FreeBSD looks for
 * NOTE_TRIGGER in changes of what is there only. Kernels without EVFILT_USER keep silent. */
static void announce_hang_up(mio_selector *selector, int fd, mio_token token,
                             mio_interest interest) {
#if defined(EVFILT_USER)
  mio_event changes[2];
  int errors[2];
  uintptr_t ident;
  if (!hang_up_ident(fd, &ident)) return;
  (void)add_special(selector, HANG_UPS);
  changes[0] = change(ident, EVFILT_USER, EV_ADD | (mode_flags(interest) & ~EV_DISPATCH), token);
  changes[1] = change(ident, EVFILT_USER, 0, token);
  changes[1].fflags = NOTE_TRIGGER;
  (void)apply(selector, changes, 2, errors);
#else
  (void)selector, (void)fd, (void)token, (void)interest;
#endif
}

static void remove_all(const mio_selector *selector, int fd) {
  mio_event changes[CHANGES_MAX];
  int errors[CHANGES_MAX];
  (void)apply(selector, changes, put_deletions(selector, fd, changes), errors);
}

/* Adds the filters of `interest`, after the deletion of what was there before if `replace`. Leaves
 * none if one of them cannot be had. */
static int add_filters(mio_selector *selector, int fd, mio_token token, mio_interest interest,
                       bool replace) {
  mio_event changes[CHANGES_MAX];
  int errors[CHANGES_MAX];
  const int deletions = replace ? put_deletions(selector, fd, changes) : 0;
  const int count = deletions + put_additions(fd, token, interest, changes + deletions);
  bool hung_up = false;
  int result = apply(selector, changes, count, errors);
  for (int i = deletions; result == 0 && i < count; ++i) {
    if (errors[i] != 0 && is_hang_up(&changes[i], errors[i])) {
      hung_up = true;
    } else {
      result = -errors[i];
    }
  }
  if (result < 0) {
    remove_all(selector, fd);
  } else if (hung_up) {
    announce_hang_up(selector, fd, token, interest);
  }
  return result;
}

/* The same for a source that is registered, when EVFILT_WRITE is wanted: the one filter that kernels
 * do not have for all that they have the other for (a kqueue, for one). It is to be refused before
 * anything is lost. To add what is there never fails, so what is refused was not there and nothing
 * has changed; and without room for receipts a call ends at the first change that fails, in each
 * kernel's loop over the changes.
 *
 *   add WRITE, READ      disabled: nobody takes the event of a single shot, or it, before the
 *   delete WRITE, READ   deletion, which so finds both
 *   add READ, WRITE
 *   delete READ          in the place of the others of READ if it is not wanted: may find nothing
 *
 * Nobody ever reading is found out at the first change, or at the last if the filter was there. */
static int replace_filters(mio_selector *selector, int fd, mio_token token, mio_interest interest) {
  static const struct timespec now = {0, 0};
  const bool reads = (interest & MIO_READABLE) != 0;
  const mio_event writer = change((uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_DISABLE, token);
  mio_event changes[CHANGES_MAX];
  int count = 0;
  changes[count++] = writer;
  if (reads) changes[count++] = change((uintptr_t)fd, EVFILT_READ, EV_ADD | EV_DISABLE, token);
  changes[count++] = change((uintptr_t)fd, EVFILT_WRITE, EV_DELETE, 0);
  if (reads) changes[count++] = change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  count += put_additions(fd, token, interest, changes + count);
  if (!reads) changes[count++] = change((uintptr_t)fd, EVFILT_READ, EV_DELETE, 0);
  for (int i = 0; i < count; ++i) changes[i].flags &= (mio_kevent_flags)~EV_RECEIPT;
  if (kevent(selector->kqueue, const_kernel_events(changes), count, NULL, 0, &now) >= 0) return 0;
  const int error = errno;
  if (error == EINTR || error == ENOENT) return 0;
  if (is_hang_up(&writer, error)) return add_filters(selector, fd, token, interest, true);
  if (error == ENOMEM) remove_all(selector, fd); /* half-way, perhaps */
  return -error;
}

static int check(const mio_selector *selector, mio_token token, mio_interest interest) {
  const mio_interest kinds = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY | MIO_AIO | MIO_LIO;
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  if ((interest & kinds) == 0 || (interest & ~(kinds | modes)) != 0) return -EINVAL;
  const uint32_t features = mio_selector_features(selector);
  if ((interest & MIO_PRIORITY) != 0 ||
      ((interest & MIO_AIO) != 0 && (features & MIO_FEATURE_AIO) == 0) ||
      ((interest & MIO_LIO) != 0 && (features & MIO_FEATURE_LIO) == 0)) {
    return -EOPNOTSUPP;
  }
  return token == waker_token(selector) ? -EINVAL : 0;
}

/* The first pair makes selects work in another way from now on. Whoever is inside one is woken, to
 * begin a new one. */
static void begin_pairs(mio_selector *selector) {
  if (!add_special(selector, PAIRS)) return;
  atomic_fetch_add_explicit(&selector->base.notifications_begun, 1, memory_order_seq_cst);
  (void)mio_sys_waker_notify(&selector->base.waker);
  atomic_fetch_add_explicit(&selector->base.notifications_done, 1, memory_order_seq_cst);
}

/* Nothing to pay for who has no pairs. True if mio_lock_release is due. */
static bool lock_changes(mio_selector *selector) {
  if ((specials_of(selector) & PAIRS) == 0) return false;
  mio_lock_acquire(&selector->change_lock);
  return true;
}

static int add_source(mio_selector *selector, mio_source *source, mio_token token,
                      mio_interest interest, bool replace) {
  int result = check(selector, token, interest);
  if (result < 0) return result;
  /* FreeBSD and Apple refuse a kqueue inside itself, others do not look. */
  if (source->native.handle == selector->kqueue) return -EINVAL;
  if (is_pair(interest)) begin_pairs(selector);
  const bool locked = lock_changes(selector);
  result = replace && (interest & MIO_WRITABLE) != 0
               ? replace_filters(selector, source->native.handle, token, interest)
               : add_filters(selector, source->native.handle, token, interest, replace);
  if (locked) mio_lock_release(&selector->change_lock);
  return result;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  return add_source(selector, source, token, interest, false);
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  return add_source(selector, source, token, interest, true);
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  mio_event changes[CHANGES_MAX];
  int errors[CHANGES_MAX];
  const bool locked = lock_changes(selector);
  const int count = put_deletions(selector, source->native.handle, changes);
  int result = apply(selector, changes, count, errors);
  if (locked) mio_lock_release(&selector->change_lock);
  for (int i = 0; result == 0 && i < count; ++i) {
    if (errors[i] != ENOENT) result = -errors[i];
  }
  return result;
}

/* Filters have flags of two kinds, and one word would not do: mio/unix/kqueue.h. */
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

int mio_kqueue_add_filter(mio_selector *selector, const mio_kqueue_filter *filter, mio_token token,
                          mio_interest interest, bool replace) {
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  const int checked = check(selector, token, interest);
  if (checked < 0) return checked;
  mio_event changes[2];
  int errors[2];
  const unsigned mode = mode_flags((interest & modes) | MIO_READABLE);
  int count = 0;
  if (replace) {
    changes[count++] = change(filter->ident, (mio_kevent_filter)filter->filter, EV_DELETE, 0);
  }
  mio_event *added = &changes[count++];
  *added = change(filter->ident, (mio_kevent_filter)filter->filter, EV_ADD | mode, token);
  added->fflags = filter->fflags;
  added->data = (mio_kevent_data)filter->data;
  const int result = apply(selector, changes, count, errors);
  return result < 0 ? result : -errors[count - 1];
}

int mio_kqueue_delete_filter(mio_selector *selector, const mio_kqueue_filter *filter) {
  const int result =
      apply_one(selector, change(filter->ident, (mio_kevent_filter)filter->filter, EV_DELETE, 0));
  return result == -ENOENT ? 0 : result;
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest) {
  (void)selector, (void)source, (void)interest;
}

/* Waiting. */

static int wait_events(const mio_selector *selector, mio_event *out, uint32_t capacity,
                       uint64_t timeout_ns) {
  const uint64_t seconds = timeout_ns / NS_PER_S;
  struct timespec timeout = {0, 0};
  timeout.tv_sec = (time_t)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
  timeout.tv_nsec = (long)(timeout_ns % NS_PER_S);
  const int count = kevent(selector->kqueue, NULL, 0, kernel_events(out), (int)capacity,
                           timeout_ns == MIO_FOREVER ? NULL : &timeout);
  return count < 0 ? -errno : count;
}

static bool is_pair_event(const mio_event *event) {
  return (event->flags & PAIR_FLAGS) == PAIR_FLAGS &&
         (event->filter == EVFILT_READ || event->filter == EVFILT_WRITE);
}

/* A single shot of two filters: each kernel filter is silent after its own event only, so the other
 * one is taken away as well. The flags of a registration come back with its events, and no other
 * kind has both EV_ONESHOT and EV_DISPATCH (a pipe's hang-up has the former). */
static void disarm(const mio_selector *selector, const mio_event *events, int count) {
  mio_event changes[CHANGES_MAX];
  int errors[CHANGES_MAX];
  int pending = 0;
  for (int i = 0; i < count; ++i) {
    if (!is_pair_event(&events[i])) continue;
    const mio_kevent_filter other = events[i].filter == EVFILT_READ
                                        ? (mio_kevent_filter)EVFILT_WRITE
                                        : (mio_kevent_filter)EVFILT_READ;
    changes[pending++] = change(events[i].ident, other, EV_DELETE, 0);
    if (pending < CHANGES_MAX) continue;
    (void)apply(selector, changes, pending, errors);
    pending = 0;
  }
  (void)apply(selector, changes, pending, errors);
}

/* With pairs, events are taken and their others disarmed under the lock that registrations take:
 * what was registered anew since the event, perhaps for the same descriptor, would be disarmed
 * otherwise. So the sleeping has to be done outside: a kqueue is itself readable when it has events.
 *
 *   poll(2) on the kqueue --> lock, kevent with timeout 0, disarm, unlock
 *
 * Another thread may have been faster: 0 then, early, as the caller counts the time. */
static int select_with_pairs(mio_selector *selector, mio_event *out, uint32_t capacity,
                             uint64_t timeout_ns) {
  if (timeout_ns != 0) {
    struct pollfd entry = {.fd = selector->kqueue, .events = POLLIN};
    const int ready = mio_poll_call(&entry, 1, timeout_ns);
    if (ready <= 0) return ready;
  }
  mio_lock_acquire(&selector->change_lock);
  const int count = wait_events(selector, out, capacity, 0);
  disarm(selector, out, count);
  mio_lock_release(&selector->change_lock);
  return count;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  if (capacity == 0) return -EINVAL; /* kevent(2) would call that a success */
  return (specials_of(selector) & PAIRS) != 0
             ? select_with_pairs(selector, out, capacity, timeout_ns)
             : wait_events(selector, out, capacity, timeout_ns);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  static const struct timespec now = {0, 0};
  if (!mio_selector_is_idle(&selector->base, events) || events->capacity == 0 ||
      (specials_of(selector) & PAIRS) != 0) {
    return -1;
  }
  return kevent(selector->kqueue, NULL, 0, kernel_events(events->data), (int)events->capacity,
                &now);
}

/* The waker. */

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  const mio_token token = waker_token(selector);
  const unsigned flags = EV_ADD | EV_CLEAR;
  return apply_one(selector, receiver == MIO_HANDLE_NONE
                                 ? change(token, MIO_EVFILT_USER, flags, token)
                                 : change((uintptr_t)receiver, EVFILT_READ, flags, token));
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  const mio_token token = waker_token(selector);
  for (int i = 0; i < *count; ++i) {
    if (mio_event_token(&events[i]) != token) continue;
    events[i] = events[--*count];
    return true;
  }
  return false;
}

bool mio_selector_drains_waker(void) { return false; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  memset(out, 0, sizeof *out);
  out->filter = MIO_EVFILT_USER;
  out->udata = (void *)token;
}

/* What it is. */

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  uint32_t features = MIO_FEATURE_LEVEL | MIO_FEATURE_ONESHOT | MIO_FEATURE_NESTING |
                      MIO_FEATURE_RAW_FLAGS | MIO_FEATURE_DIRECT_IO;
  if (MIO_HAS_KQUEUE_AIO) features |= MIO_FEATURE_AIO;
  if (MIO_HAS_KQUEUE_LIO) features |= MIO_FEATURE_LIO;
  return features;
}

const char *mio_selector_name(void) { return "kqueue"; }

int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  *out_handle = selector->kqueue;
  return 0;
}
