#include "mio/sys/unix/os.h"

#include <errno.h>
#include <fcntl.h>
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
#include "mio/sys/unix/kqueue_selector.h"

/* The kqueue(2) selector. A kqueue is a table of filters in the kernel. Here a descriptor has up to two,
 * EVFILT_READ and EVFILT_WRITE, each each with its own mode: edge, level or one-shot. The kernel writes
 * events directly into the caller's memory.
 *
 *   kqueue_changes.h    adding and deleting filters; the table of interests and flags
 *   kqueue_hang_ups.h   pipes whose other end is closed, on kernels that do not report it
 *   kqueue_pairs.h      the locked queue: one-shot registrations for both directions
 *   kqueue_filter.h     any filter, for mio/unix/kqueue.h
 *   event_kqueue.h      an event and its accessors; kqueue_layout.c checks them
 *
 * Kernel differences. The manuals leave these open. Each was seen on FreeBSD 12.3 and 13.2 or on NetBSD
 * 7.99 and 10.99, or read in the named source.
 *
 *   All
 *   - EV_RECEIPT makes each change return its own result, instead of ending the call at the first
 *     change that fails. Only receipts come back then, no events.
 *   - Adding a filter again updates its udata and reports again what is ready. EV_CLEAR added to a
 *     level-triggered filter leaves it level-triggered. The selector does not store the old registration, so
 *     reregister deletes both filters first.
 *   - A one-shot filter is reported even if its condition is over: no kernel checks it a second time.
 *   - Deleting a missing filter is ENOENT, for example after its one-shot event. On a closed
 *     descriptor it is EBADF. Both mean that the registration has already ended.
 *   - Closing a descriptor deletes its filters, even if a duplicate stays open.
 *   - A child of fork(2) does not inherit a kqueue. In the child its number is free.
 *   - Some flags of the registration come back with each event. Flags must be tested, never compared.
 *   FreeBSD
 *   - EINTR comes after all changes are applied (kevent(2)).
 *   - EV_ADD comes back with events on 13.2 and does not on 12.3.
 *   - The writer of a pipe whose reader closes gets EV_EOF with EV_ONESHOT, once in every mode, also if
 *     the pipe is full. A pipe(2) writer without a reader is refused with EPIPE.
 *   - The writer of a FIFO without a reader is accepted and gets EV_EOF, without EV_ONESHOT.
 *   - A refused connect on loopback may report EV_EOF with fflags 0. An error of a datagram socket makes
 *     its filters ready without EV_EOF (filt_soread() in uipc_socket.c).
 *   NetBSD
 *   - EV_ADD does not enable a filter that EV_DISPATCH has disabled.
 *   - The writer of a pipe without a reader is refused with EBADF.
 *   - A writer of a full pipe gets no event at its reader's end: pipeclose() wakes before it marks the
 *     end. Seen on 7.99. Later sources have the same order.
 *   Apple, as reported by others
 *   - EV_EOF of EVFILT_WRITE may arrive, and a write fail, before the program has read what the peer sent
 *     ahead of its reset: programs should read first (libuv issue 5196).
 *   - Receipts have more flags than EV_ERROR (libevent issue 376).
 *   - The reader of a named pipe (mkfifo(3)) gets no event when the last writer closes (bun pull request
 *     40099). Readers of pipe(2) do.
 *   - Terminals may be refused with EINVAL (uv__stream_try_select() in libuv's stream.c). The poll(2)
 *     selector takes them.
 *   DragonFly
 *   - EVFILT_AIO exists in the header only.
 *
 * Everything except the pairs, the stand-ins and EVFILT_USER was run on the kernel of NetBSD 7.99 (rump, by
 * hand), and all suites on FreeBSD 12.3. */

_Static_assert(offsetof(mio_selector, base) == 0, "mio/ casts a selector to its base");

#define NS_PER_S UINT64_C(1000000000)

/* Three years. Some kernels refuse a longer timeout (itimerfix()), and time_t may have 32 bits. The caller
 * waits again. */
#define SECONDS_MAX UINT64_C(100000000)

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  (void)reserve_sources;
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ENOMEM;
  const int fd = kqueue();
  /* A child of fork(2) does not inherit a kqueue, so none leaks between kqueue() and F_SETFD. */
  int result = fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
  if (result == 0) result = mio_kqueue_locked_init(&selector->locked);
  if (result < 0) {
    if (fd >= 0) (void)close(fd);
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  selector->queue.fd = fd;
  *out_selector = selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) {
  if (!selector->base.dead) {
    (void)close(selector->queue.fd);
    mio_kqueue_locked_close(&selector->locked);
  }
  mio_memory_put(selector, sizeof *selector);
}

/* A child of fork(2) does not inherit a kqueue. Its number is free there and another file may get it, so
 * the child must neither use nor close it. */
void mio_selector_abandon(mio_selector *selector) {
  selector->queue.fd = -1;
  mio_kqueue_locked_abandon(&selector->locked);
}

/* Registrations. */

/* The token of the internal waker. It is an address in the library's memory, so no source can have it. It
 * is also the identifier of the internal waker's EVFILT_USER filter. */
static mio_token waker_token(const mio_selector *selector) {
  return (mio_token)&selector->base.waker;
}

int mio_kqueue_check(const mio_selector *selector, mio_token token, mio_interest interest) {
  const mio_interest kinds = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY | MIO_AIO | MIO_LIO;
  const mio_interest modes = MIO_LEVEL | MIO_ONESHOT;
  if ((interest & kinds) == 0 || (interest & ~(kinds | modes)) != 0) return -EINVAL;
  const uint32_t features = mio_selector_features(selector);
  if ((interest & MIO_PRIORITY) != 0 ||
      ((interest & MIO_AIO) != 0 && (features & MIO_FEATURE_AIO) == 0) ||
      ((interest & MIO_LIO) != 0 && (features & MIO_FEATURE_LIO) == 0)) {
    return -EOPNOTSUPP;
  }
  const bool is_own =
      token == waker_token(selector) || token == mio_kqueue_marker(&selector->locked);
  return is_own ? -EINVAL : 0;
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  const int fd = source->native.handle;
  const int checked = mio_kqueue_check(selector, token, interest);
  if (checked < 0) return checked;
  /* FreeBSD and Apple refuse a kqueue inside itself. Other kernels do not check. */
  if (fd == selector->queue.fd) return -EINVAL;
  if (mio_kqueue_needs_lock(fd, interest))
    return mio_kqueue_locked_add(&selector->locked, &selector->queue, fd, token, interest);
  return mio_kqueue_add(&selector->queue, fd, token, interest, false);
}

/* The new filters are added first, in the kqueue to which they belong. If the kernel refuses them, the old
 * filters in the other kqueue are unchanged. */
int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  const int fd = source->native.handle;
  int result = mio_kqueue_check(selector, token, interest);
  if (result < 0) return result;
  if (mio_kqueue_needs_lock(fd, interest)) {
    result = mio_kqueue_locked_add(&selector->locked, &selector->queue, fd, token, interest);
    return result < 0 ? result : mio_kqueue_remove(&selector->queue, fd);
  }
  result = (interest & MIO_WRITABLE) != 0
               ? mio_kqueue_replace(&selector->queue, fd, token, interest)
               : mio_kqueue_add(&selector->queue, fd, token, interest, true);
  if (result < 0 || !mio_kqueue_has_locked(&selector->locked)) return result;
  return mio_kqueue_locked_remove(&selector->locked, fd);
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  const int fd = source->native.handle;
  const int result = mio_kqueue_remove(&selector->queue, fd);
  if (result < 0 || !mio_kqueue_has_locked(&selector->locked)) return result;
  return mio_kqueue_locked_remove(&selector->locked, fd);
}

/* A filter has two flags words, and one parameter cannot hold both. See mio/unix/kqueue.h instead. */
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

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain) {
  (void)selector, (void)source, (void)interest, (void)drain;
}

/* Waiting. */

static int wait_once(const mio_selector *selector, mio_event *out, uint32_t capacity,
                     uint64_t timeout_ns) {
  const uint64_t seconds = timeout_ns / NS_PER_S;
  struct timespec timeout = {0, 0};
  timeout.tv_sec = (time_t)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
  timeout.tv_nsec = (long)(timeout_ns % NS_PER_S);
  const int count = kevent(selector->queue.fd, NULL, 0, mio_kqueue_kernel_events(out),
                           (int)capacity, timeout_ns == MIO_FOREVER ? NULL : &timeout);
  return count < 0 ? -errno : count;
}

/* Fetches events from the main kqueue and removes the marker of the locked queue. If `out` has room for one
 * event, the marker may have displaced a source's event. The level-triggered marker goes to the end of the
 * kernel's list, so the second call finds that event. */
static int select_main(const mio_selector *selector, mio_event *out, uint32_t capacity,
                       uint64_t timeout_ns) {
  const int found = wait_once(selector, out, capacity, timeout_ns);
  if (found <= 0) return found;
  const int count = mio_kqueue_without_marker(&selector->locked, out, found);
  if (count != 0 || capacity > 1) return count;
  const int again = wait_once(selector, out, capacity, 0);
  return again <= 0 ? again : mio_kqueue_without_marker(&selector->locked, out, again);
}

/* Fetches events from both kqueues, in alternating order. Sleeps only if both have none. */
static int select_both(mio_selector *selector, mio_event *out, uint32_t capacity,
                       uint64_t timeout_ns) {
  const bool locked_first =
      atomic_fetch_add_explicit(&selector->locked.turn, 1, memory_order_relaxed) % 2 == 0;
  int count = locked_first ? 0 : select_main(selector, out, capacity, 0);
  if (count < 0 || (uint32_t)count == capacity) return count;
  const int taken =
      mio_kqueue_locked_take(&selector->locked, out + count, capacity - (uint32_t)count);
  if (taken > 0) count += taken;
  if (taken < 0 && count == 0) return taken; /* a lasting error is returned again */
  if ((uint32_t)count == capacity || (count > 0 && !locked_first)) return count;
  const int found =
      select_main(selector, out + count, capacity - (uint32_t)count, count == 0 ? timeout_ns : 0);
  return found < 0 && count > 0 ? count : count + found;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  if (capacity == 0) return -EINVAL; /* kevent(2) would return 0 at once */
  return mio_kqueue_has_locked(&selector->locked)
             ? select_both(selector, out, capacity, timeout_ns)
             : select_main(selector, out, capacity, timeout_ns);
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  return mio_selector_select(selector, events->data, events->capacity, MIO_FOREVER);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  static const struct timespec now = {0, 0};
  if (!mio_selector_is_idle(&selector->base) || events->capacity == 0 ||
      mio_kqueue_has_locked(&selector->locked)) {
    return -1;
  }
  const int found = kevent(selector->queue.fd, NULL, 0, mio_kqueue_kernel_events(events->data),
                           (int)events->capacity, &now);
  if (found <= 0) return found;
  /* Only the marker was found, so the locked queue got its first events during the wait. */
  const int count = mio_kqueue_without_marker(&selector->locked, events->data, found);
  return count > 0 ? count : -1;
}

/* The waker. */

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  const mio_token token = waker_token(selector);
  const unsigned flags = EV_ADD | EV_CLEAR;
  const mio_event waker = receiver == MIO_HANDLE_NONE
                              ? mio_kqueue_change(token, MIO_EVFILT_USER, flags, token)
                              : mio_kqueue_change((uintptr_t)receiver, EVFILT_READ, flags, token);
  return mio_kqueue_apply_one(&selector->queue, &waker);
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

/* Properties. */

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
  *out_handle = selector->queue.fd;
  return 0;
}
