#ifndef MIO_SYS_SELECTOR_H_
#define MIO_SYS_SELECTOR_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/interest.h"
#include "mio/source.h"
#include "mio/sys/lock.h"
#include "mio/sys/waker.h"
#include "mio/text.h"
#include "mio/token.h"

/* The porting contract: what an operating system must supply to watch handles.
 *
 * One file defines `struct mio_selector` and the functions below; the build links exactly one of
 * them (//mio/sys), so there is no table of function pointers. Above this line no file knows an OS;
 * below it, no file knows polls, registries, wakers' tokens, spinning, deadlines or who registered
 * what: all that is done once, in mio/{poll,wait,registry,waker}.c.
 *
 * To port: start from mio/sys/shell, fill in these functions and those of sys/waker.h, sys/net.h,
 * sys/error.h, sys/clock.h, sys/lock.h and sys/fork.h, and add a line to the select() in mio/sys/BUILD.bazel.
 * The suites in //testing are the specification.
 *
 * Every function returns 0, a count or a negative native error code, leaves no trace when it fails,
 * and may be called from any thread, also while another thread is inside mio_selector_select. */
typedef struct mio_selector mio_selector;

/* As wide a number as the CPU changes atomically. */
#if MIO_NATIVE_ATOMIC_BITS == 64
typedef uint64_t mio_wake_word;
#else
typedef uint32_t mio_wake_word;
#endif

/* No two selectors share a cache line, whichever way the allocator places them: threads that have a poll each
 * would slow each other down. Every selector begins and ends with so many unused bytes. */
#define MIO_SELECTOR_PADDING 128

/* State that every selector has, on every OS: the first member of struct mio_selector. A selector uses only
 * `dead`, `waker` and what mio_selector_is_idle reads. */
typedef struct mio_selector_base {
  char padding[MIO_SELECTOR_PADDING];
  _Atomic mio_wake_word wake_word; /* mio/wake.h; 0 when there is nothing to do */
  atomic_bool was_notified;        /* mio/wake.h */
  atomic_bool exported;            /* mio_poll_handle was called */
  atomic_bool sources_first;       /* mio/wait.c */
  bool dead;                       /* inherited through fork(2): see mio_selector_abandon */
  uint32_t id;                     /* what mio_source.registration holds */
  uint64_t spin_ns;
  _Atomic mio_wake_word asked_at; /* mio/wait.c */
  atomic_uint registry_count;     /* the poll and the clones of its registry */
  atomic_uint reference_count;    /* those together, and the wakers */
  mio_selector *next_open;
  mio_sys_waker waker;
  _Atomic mio_token waker_tokens[MIO_NATIVE_ATOMIC_BITS / 2];
  mio_lock lock;        /* guards the rest */
  uint32_t waker_slots; /* a bit for each index in use */
  uint32_t next_slot;   /* where the search for a free one begins */
} mio_selector_base;

/* Allocates a selector (mio/memory.h), its base zeroed, with the OS's handle open and
 * close-on-exec, and room for `reserve_sources` registrations if the selector keeps a table. */
int mio_selector_open(mio_selector **out_selector, size_t reserve_sources);

/* Closes the selector and frees its memory. No other thread uses it; sources may still be registered.
 *
 * Closing an abandoned selector (`base.dead`) must return at once: it takes no lock, destroys no lock or
 * condition variable and waits for no thread, because threads of the parent, which do not exist in the
 * child, may hold them. */
void mio_selector_close(mio_selector *selector);

/* Called in the child of fork(2), for each selector of the parent, from a pthread_atfork handler: only
 * what is async-signal-safe (close, dup2, atomics). `base.dead` is set. Makes the child's copy harmless:
 * the registrations and waits of the parent must stay as they are. A handle that the inline fast paths
 * use (MIO_NATIVE_REGISTERS) is replaced by an inert one under the same number, so that the number fails
 * cleanly and no other file gets it before the poll is closed. After this only mio_selector_close is called.
 * A system without fork does nothing here. */
void mio_selector_abandon(mio_selector *selector);

/* Waits until something is ready or `timeout_ns` have passed (0: asks the OS and returns;
 * MIO_FOREVER: no end), and writes at most `capacity` events to `out`. Returns how many; 0 only
 * when the time is up, or early when the OS cannot wait that long at once; -EINTR's kind when a
 * signal handler ran. What does not fit is kept for the next call.
 *
 * The waker's own event is written like any other, unless the selector keeps it back by
 * itself; either way mio_selector_take_wake follows. `capacity` 0 is MIO_ERROR_INVALID_INPUT. */
int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns);

/* The hot path of mio_poll_wait, and declared in mio/poll.h:
 *   int mio_selector_select_now(mio_selector *selector, mio_events *events);
 * A select into `events` with timeout 0, where it can be had in a few instructions: returns how many
 * events there are, their `count` not set yet, or anything negative unless mio_selector_is_idle, if
 * something is wrong, or if this selector has no such short cut; mio_selector_select is asked then. */

/* mio_selector_select_now must call this first. Returns false if there is more to do than to select. */
static inline bool mio_selector_is_idle(const mio_selector_base *base) {
  return atomic_load_explicit(&base->wake_word, memory_order_relaxed) == 0;
}

/* Set beside the interest of a pipe's writing end, where the layout header has MIO_NATIVE_MARKS_PIPES. No
 * interest of a program has it. */
#define MIO_SELECTOR_PIPE_WRITER 0x8000u

/* Watches `source->native`, which is not registered anywhere, edge-triggered unless `interest` says
 * otherwise. `interest` may be any bits: answers MIO_ERROR_INVALID_INPUT for none or unknown ones,
 * and MIO_ERROR_UNSUPPORTED for kinds and modes that it does not have. */
int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest);

/* Replaces all of a registration; readiness that is there is reported again. */
int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest);

/* The same two with the OS's own flags instead of an interest: the caller's business what they
 * mean. MIO_ERROR_UNSUPPORTED where the OS's interface has no flags word (mio/linux/epoll.h). */
int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags);
int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags);

/* The flags word of an event, 0 where there is none. */
uint32_t mio_selector_event_flags(const mio_event *event);

/* Ends a registration: no select that begins later yields an event of it. A registration that is gone
 * already, for example because the handle was closed, is ended successfully. Any other refusal of the OS
 * is returned, and then the source is still registered. */
int mio_selector_deregister(mio_selector *selector, mio_source *source);

/* I/O on a registered source said would-block in the direction of `interest`: the next readiness
 * has to yield an event again. Called only where the layout header sets MIO_NATIVE_REARMS to 1:
 * selectors whose edges are the kernel's own set it to 0 and define this as doing nothing. */
void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest);

/* Lets select find `receiver`, the waker's handle; once, at open. */
int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver);

/* Takes the waker's event out of the `*count` events that a select wrote to `events`, closing the
 * gap. True if there was one, or if the selector kept one back since the last call. */
bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count);

/* True when an unread waker would be found ready again by every select. */
bool mio_selector_drains_waker(void);

/* Writes the event that tells of a woken waker: readable, with `token`. */
void mio_selector_write_wake(mio_event *out, mio_token token);

/* The mio_feature bits of this selector, its name, and its OS handle for nesting (or
 * MIO_ERROR_UNSUPPORTED). */
uint32_t mio_selector_features(const mio_selector *selector);
const char *mio_selector_name(void);
int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle);

/* For mio_event_format: the OS's flags of the event, "epoll: EPOLLIN|EPOLLRDHUP". */
void mio_selector_format_event(const mio_event *event, mio_text *text);

#endif /* MIO_SYS_SELECTOR_H_ */
