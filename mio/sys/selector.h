#ifndef MIO_SYS_SELECTOR_H_
#define MIO_SYS_SELECTOR_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/interest.h"
#include "mio/source.h"
#include "mio/sys/drain.h"
#include "mio/sys/lock.h"
#include "mio/sys/waker.h"
#include "mio/text.h"
#include "mio/token.h"

/* The porting contract: what an operating system must supply to watch handles.
 *
 * One file defines `struct mio_selector` and the functions below. The build links exactly one such file
 * (//mio/sys), so there is no table of function pointers. The callers of this header know no OS. The
 * backends know no polls, registries, tokens of wakers, spinning or deadlines.
 * mio/{poll,wait,registry,waker}.c implement those once.
 *
 * To port: start from mio/sys/shell, fill in these functions and those of sys/waker.h, sys/net.h,
 * sys/error.h, sys/clock.h, sys/lock.h and sys/fork.h, and add a line to the select() in
 * mio/sys/BUILD.bazel. The suites in //testing are the specification.
 *
 * Every function returns 0, a count or a negative native error code. A function that fails changes nothing.
 * Any thread may call any function, also while another thread is inside mio_selector_select.
 *
 * Terms, which all files below mio/ use in this sense:
 *
 *   poll            the public object, mio_poll: a selector and its registry
 *   selector        the backend's object that watches handles: an epoll, a kqueue, a poll(2) table, a port
 *   source          an object that can be registered, mio_source: usually one handle
 *   user waker      an mio_waker of the program. A poll has up to MIO_WAKERS_PER_POLL of them.
 *   internal waker  the selector's one mio_sys_waker: an eventfd, a pipe, an EVFILT_USER, a packet
 *   notification    an event of the internal waker. It ends a blocking select and never reaches the program.
 *   wake word       the atomic number with the pending wakes and the sleeping threads, see mio/wake.h
 *   slot            the position of a source in a selector's table, or of a user waker in the wake word
 *   armed           the next readiness in this direction yields an event. An edge disarms it on poll(2) and
 *                   Windows, and a one-shot event disarms the source everywhere.
 *   drained         the last operation in this direction moved all that was ready, so the next readiness is
 *                   a new edge. mio_selector_rearm then arms the direction again. */
typedef struct mio_selector mio_selector;

/* The widest number, up to 64 bits, that the CPU changes atomically. */
#if MIO_NATIVE_ATOMIC_BITS == 64
typedef uint64_t mio_wake_word;
#else
typedef uint32_t mio_wake_word;
#endif

/* Number of unused bytes at both ends of a selector. They keep two selectors out of one cache line,
 * wherever the allocator places them. Otherwise threads with a poll each would slow each other down. */
#define MIO_SELECTOR_PADDING 128

/* State that every selector has, on every OS. It is the first member of struct mio_selector. A backend uses
 * only `dead`, `waker` and mio_selector_is_idle. */
typedef struct mio_selector_base {
  char padding[MIO_SELECTOR_PADDING];
  _Atomic mio_wake_word wake_word; /* mio/wake.h; 0 if no wake is pending and no thread sleeps */
  atomic_bool was_notified;        /* mio/wake.h */
  atomic_bool exported;            /* mio_poll_handle was called */
  atomic_bool sources_first;       /* mio/wait.c */
  bool dead;                       /* inherited through fork(2), see mio_selector_abandon */
  uint32_t id;                     /* the value of mio_source.registration */
  uint64_t spin_ns;
  _Atomic mio_wake_word asked_at; /* mio/wait.c */
  atomic_uint registry_count;     /* the poll and the clones of its registry */
  atomic_uint reference_count;    /* registry_count and the user wakers */
  mio_selector *next_open;
  mio_sys_waker waker;
  _Atomic mio_token waker_tokens[MIO_NATIVE_ATOMIC_BITS / 2];
  mio_lock lock;        /* guards the fields below */
  uint32_t waker_slots; /* a bit for each index in use */
  uint32_t next_slot;   /* index at which the search for a free slot begins */
} mio_selector_base;

/* Allocates a selector (mio/memory.h) with a zeroed base and opens the OS's handle, which is close-on-exec.
 * A selector with a table allocates room for `reserve_sources` registrations. Writes it to `*out_selector`,
 * which the caller owns. */
int mio_selector_open(mio_selector **out_selector, size_t reserve_sources);

/* Closes the selector and frees its memory. No other thread uses it; sources may still be registered.
 *
 * Closing an abandoned selector (`base.dead`) must return at once: it takes no lock, destroys no lock or
 * condition variable and waits for no thread, because threads of the parent, which do not exist in the
 * child, may hold them. */
void mio_selector_close(mio_selector *selector);

/* Makes the child's copy of a selector harmless after fork(2). The registrations and waits of the parent
 * must not change. A pthread_atfork handler calls it in the child for each selector of the parent, so it
 * may use only async-signal-safe functions (close, dup2, atomics). `base.dead` is already set. A handle
 * that the inline fast paths use (MIO_NATIVE_REGISTERS) is replaced by an inert one under the same number,
 * so that the number fails cleanly and no other file gets it before the poll is closed. After this only
 * mio_selector_close is called. A system without fork does nothing here. */
void mio_selector_abandon(mio_selector *selector);

/* Waits until an event is ready or `timeout_ns` nanoseconds have passed. With 0 it asks the OS and returns.
 * With MIO_FOREVER it has no timeout. Writes at most `capacity` events to `out`; the next call returns the
 * remaining ones. Returns the number of events. Returns 0 when the timeout expires, or earlier if the OS
 * cannot wait for so long in one call. Returns an error of kind MIO_ERROR_INTERRUPTED if a signal handler
 * ran, and MIO_ERROR_INVALID_INPUT if `capacity` is 0.
 *
 * A notification is written to `out` like any other event, unless the selector records it in itself. In
 * both cases the caller then calls mio_selector_take_wake. */
int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns);

/* Equals mio_selector_select(selector, events->data, events->capacity, MIO_FOREVER), with as few instructions
 * as possible, because most waits that block call it. Does not set `events->count`. */
int mio_selector_select_forever(mio_selector *selector, mio_events *events);

/* The hot path of mio_poll_wait. It is declared in mio/poll.h:
 *   int mio_selector_select_now(mio_selector *selector, mio_events *events);
 * A select into `events` with timeout 0 that needs only a few instructions. Returns the number of events
 * and does not set `events->count`. Returns any negative number if mio_selector_is_idle is false, after an
 * error, or if this selector has no such fast path. The caller then calls mio_selector_select. */

/* mio_selector_select_now must call this first. Returns false if wakes are pending, a thread sleeps or the
 * selector is dead. Then a wait needs more than a select. */
static inline bool mio_selector_is_idle(const mio_selector_base *base) {
  return atomic_load_explicit(&base->wake_word, memory_order_relaxed) == 0;
}

/* A bit that is added to the interest of a pipe's writing end if the layout header sets
 * MIO_NATIVE_MARKS_PIPES. The interest of a program never has it. */
#define MIO_SELECTOR_PIPE_WRITER 0x8000u

/* Watches `source->native`, which must not be registered yet. The registration is edge-triggered unless
 * `interest` selects another mode. `interest` may have any bits. Returns MIO_ERROR_INVALID_INPUT for no
 * bits or unknown bits, and MIO_ERROR_UNSUPPORTED for kinds and modes that the selector lacks. */
int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest);

/* Replaces the token, the kinds and the mode of a registration. Existing readiness is reported again. */
int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest);

/* Like mio_selector_register and mio_selector_reregister, with the OS's own flags instead of an interest.
 * The selector does not check the flags. MIO_ERROR_UNSUPPORTED if the OS's interface has no flags word
 * (mio/linux/epoll.h). */
int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags);
int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags);

/* Returns the flags word of an event, or 0 if the OS has none. */
uint32_t mio_selector_event_flags(const mio_event *event);

/* Ends a registration. No select that begins later yields an event of it. If the OS has already removed the
 * registration, for example because the handle was closed, the call succeeds. Any other error of the OS is
 * returned, and the source is still registered. */
int mio_selector_deregister(mio_selector *selector, mio_source *source);

/* Arms a registered source that was drained in the direction of `interest`, so that the next readiness
 * yields an event. An end or an error may leave the source as ready as before. The selector may report it
 * again then, but not at once, or a program that tries again after each event would never sleep.
 *
 * It is called only if the layout header sets MIO_NATIVE_REARMS to 1. A selector with edges of the kernel
 * sets it to 0 and defines an empty function. */
void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain);

/* Watches `receiver`, the handle of the internal waker. Called once, at open. */
int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver);

/* Removes the notification from the `*count` events that a select wrote to `events`, and closes the gap.
 * Returns true if it removed one, or if the selector has recorded one in itself since the last call. */
bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count);

/* Returns true if a notification that was not drained makes every later select return it again. */
bool mio_selector_drains_waker(void);

/* Writes the event of a woken user waker to `*out`. It is readable and has `token`. */
void mio_selector_write_wake(mio_event *out, mio_token token);

/* Return the mio_feature bits of this selector, its name, and its OS handle for nesting (or
 * MIO_ERROR_UNSUPPORTED). */
uint32_t mio_selector_features(const mio_selector *selector);
const char *mio_selector_name(void);
int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle);

/* Appends the OS's flags of the event, for example "epoll: EPOLLIN|EPOLLRDHUP". mio_event_format uses it. */
void mio_selector_format_event(const mio_event *event, mio_text *text);

#endif /* MIO_SYS_SELECTOR_H_ */
