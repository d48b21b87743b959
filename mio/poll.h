#ifndef MIO_POLL_H_
#define MIO_POLL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/error.h"
#include "mio/event.h"
#include "mio/export.h"
#include "mio/interest.h"
#include "mio/source.h"
#include "mio/sys/native.h"
#include "mio/token.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mio_selector;

/* The part of a poll that sources are registered with; see mio_registry_clone. The fields belong to the
 * library. */
typedef struct mio_registry {
  struct mio_selector *selector;
  uint32_t id;       /* the selector's id; 0 disables the inline registration path */
  mio_handle handle; /* what the inline path passes to the OS */
} mio_registry;

/* A poll watches any number of sources and reports which of them are ready.
 *
 *   mio_poll poll = {0};
 *   mio_events events = {0};
 *   mio_poll_init(&poll, NULL);
 *   mio_events_init(&events, 128);
 *   mio_registry_register(mio_poll_registry(&poll), &stream.source, CLIENT, MIO_READABLE);
 *   for (;;) {
 *     int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
 *     if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
 *     for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
 *       do {
 *         n = mio_tcp_stream_read(&stream, buffer, sizeof buffer);
 *         ...
 *       } while (n == (ptrdiff_t)sizeof buffer || (n > 0 && mio_event_is_read_closed(e)));
 *     }
 *   }
 *
 * What a program can rely on, on every system (mio/docs/guarantees.md has all of it):
 *
 * - Edges. Unless MIO_LEVEL was asked for, an event reports a change. Another event is promised only
 *   after the source was drained. A source is drained when an operation returns would-block; when a
 *   read or write of a stream or pipe moves fewer bytes than asked for (and more than 0), unless
 *   read_closed was reported; or when an operation consumes an error, an end or an exceptional
 *   condition. A datagram that is shorter than the buffer drains nothing.
 * - After the library drained a source, new readiness always yields an event.
 * - Spurious events are possible: after any event, an operation may still return would-block.
 * - An error or a hang-up yields an event that is readable and writable, whatever the interest is.
 * - A source is registered with one poll at a time. After deregister has returned 0, no later wait
 *   returns its token. Closing a source deregisters it. Closing a poll leaves its sources open, and
 *   they can be registered elsewhere.
 * - fork(2). A child owns nothing of its parent's polls. It can close inherited sources, wakers,
 *   registries and polls. These calls return at once and leave the parent's registrations and waits as
 *   they are. Inherited sources count as unregistered and can be registered with a poll of the child.
 *   All other calls on an inherited poll, registry or waker return MIO_ERROR_INVALID_INPUT. The library
 *   learns of a fork through pthread_atfork(3), so a child of vfork(2) or of a raw clone(2) must only
 *   exec or exit. Handles are closed on exec.
 * - Registering works from any thread, and takes effect in a wait that is already blocked.
 *
 * What differs:
 *
 * - With epoll and kqueue, I/O directly on the handle is fine. With poll(2) and on Windows, all I/O of
 *   an edge-triggered source must go through this library or mio_source_try_io
 *   (MIO_FEATURE_DIRECT_IO).
 * - read_closed and write_closed are set only where the system reports them; see mio/event.h.
 * - Where AF_UNIX, priority, nesting or a mode is missing, calls return MIO_ERROR_UNSUPPORTED.
 *
 * A zeroed poll is valid and closed. The struct may be moved while no other thread uses it. Several
 * threads may wait at once, and each event goes to one of them. Everything else is safe from any
 * thread. Comes from mio's `Poll`. */
typedef struct mio_poll {
  mio_registry registry;
} mio_poll;

/* Options for mio_poll_init. Zeroed means the default of each. */
typedef struct mio_poll_options {
  /* The number of sources to reserve memory for, in selectors that keep a table of them (Windows,
   * poll(2)). Registering up to this number allocates nothing. The table doubles beyond it. Ignored on
   * epoll and kqueue, which never allocate. */
  size_t reserve_sources;

  /* How long a wait looks for events, in nanoseconds, before the thread sleeps. This uses a CPU core to
   * reduce latency: waking a spinning poll needs no system call and no context switch. */
  uint64_t spin_ns;
} mio_poll_options;

/* A timeout without end. */
#define MIO_FOREVER UINT64_MAX

/* Initializes `*poll`, which must be zeroed or closed (else MIO_ERROR_ALREADY_EXISTS). `options` may be
 * NULL. Allocates. A failed call keeps nothing: MIO_ERROR_TOO_MANY_FILES, MIO_ERROR_OUT_OF_MEMORY,
 * MIO_ERROR_INVALID_INPUT (NULL). */
MIO_API int mio_poll_init(mio_poll *poll, const mio_poll_options *options);

/* Closes the poll. Its sources stay open. The selector lives on while clones of its registry exist.
 * Wakers stay valid and wake nothing. Safe to call twice or with NULL, but not while another thread
 * waits. */
MIO_API void mio_poll_close(mio_poll *poll);

/* Waits until a source is ready, a waker was woken, or `timeout_ns` nanoseconds have passed. Replaces the
 * contents of `events`, up to its capacity. The next wait returns the remaining events. A result of 0
 * without events means that the timeout expired.
 *
 * `timeout_ns`: 0 asks the OS and returns at once. MIO_FOREVER has no end. Any other timeout is kept to
 * the precision of the system's timers and never ends early: nanoseconds with epoll on Linux 5.11 and
 * later, with kqueue and with ppoll(2); 100 nanoseconds on Windows, on a tick of its timers; else the
 * timeout is rounded up to milliseconds.
 *
 * Errors, with `events` empty: MIO_ERROR_INTERRUPTED if a signal handler ran;
 * MIO_ERROR_INVALID_INPUT for a closed poll or events without capacity. Allocates nothing.
 *
 * A handler that runs while the wait spins, or before the thread sleeps, may not end the wait: wake the
 * poll from the handler. Some kernels report SIGSTOP and SIGCONT as an interruption. Do not longjmp(3)
 * out of a handler.
 *
 * If a waker was woken, the wait does not block. It also asks the OS, unless another such wait did so at
 * most 100 µs ago, so wakes do not starve sources. A wait is a cancellation point, and a cancelled
 * thread leaves the poll usable. */
static inline int mio_poll_wait(mio_poll *poll, mio_events *events, uint64_t timeout_ns);

/* Returns the registry of the poll, which is valid as long as the poll is. Any thread may use it. */
static inline const mio_registry *mio_poll_registry(const mio_poll *poll) {
  return &poll->registry;
}

/* The abilities of a selector, for mio_poll_supports. */
typedef enum mio_feature {
  MIO_FEATURE_LEVEL = 1 << 0,     /* MIO_LEVEL */
  MIO_FEATURE_ONESHOT = 1 << 1,   /* MIO_ONESHOT */
  MIO_FEATURE_PRIORITY = 1 << 2,  /* MIO_PRIORITY */
  MIO_FEATURE_AIO = 1 << 3,       /* MIO_AIO */
  MIO_FEATURE_LIO = 1 << 4,       /* MIO_LIO */
  MIO_FEATURE_NESTING = 1 << 5,   /* mio_poll_handle */
  MIO_FEATURE_RAW_FLAGS = 1 << 6, /* mio/linux/epoll.h and mio/unix/kqueue.h */
  MIO_FEATURE_DIRECT_IO = 1 << 7  /* edges come back after I/O that bypassed the library */
} mio_feature;

/* Returns whether the poll's selector has all of `features`. Any thread. */
MIO_API bool mio_poll_supports(const mio_poll *poll, mio_feature features);

/* Returns the name of the selector in use: "epoll", "kqueue", "poll", "afd"; "closed" for a closed poll. */
MIO_API const char *mio_poll_selector_name(const mio_poll *poll);

/* Returns the poll's own OS handle in `*out_handle`, for nesting. Registered in another poll
 * (mio/unix/source_fd.h) or in another event loop, it becomes readable when a wait with timeout 0 would
 * return events. The poll still owns the handle: do not close it or wait on it. After this call the first
 * wake after each wait makes a system call, because the library cannot know whether another thread sleeps
 * on the handle. MIO_ERROR_UNSUPPORTED on Windows and with poll(2). Any thread. */
MIO_API int mio_poll_handle(const mio_poll *poll, mio_handle *out_handle);

/* Registers `source`. Waits report, under `token`, the readiness that `interest` names, including
 * readiness that already exists. The source must not move in memory until it is deregistered or closed.
 *
 * MIO_ERROR_ALREADY_EXISTS if it is registered with this or another poll; MIO_ERROR_INVALID_INPUT for no
 * interest, unknown bits, a closed source or registry; MIO_ERROR_UNSUPPORTED for an interest that the
 * selector lacks; MIO_ERROR_OUT_OF_MEMORY; MIO_ERROR_TOO_MANY_FILES with kqueue, whose first one-shot
 * registration for both directions opens a descriptor; MIO_ERROR_PERMISSION_DENIED for a regular file on
 * epoll. A failed call changes nothing. Any thread, with exclusive access to `source`. */
static inline int mio_registry_register(const mio_registry *registry, mio_source *source,
                                        mio_token token, mio_interest interest);

/* Replaces token, interest and mode of a registered source as a whole. Readiness that already exists is
 * reported again. MIO_ERROR_NOT_FOUND if `source` is not registered, or is registered with another poll;
 * otherwise like register. A failed call leaves the registration as it was. There is one exception, on
 * kqueue: if the kernel runs out of memory, the source stays registered but yields no events. Reregister
 * or deregister it. */
static inline int mio_registry_reregister(const mio_registry *registry, mio_source *source,
                                          mio_token token, mio_interest interest);

/* Ends a registration. After the call has returned 0, no wait that begins later returns the token.
 * MIO_ERROR_NOT_FOUND if `source` is not registered, or is registered with another poll. If the OS
 * refuses, the call returns the error and the source stays registered. A source whose handle was closed
 * before counts as deregistered.
 *
 * epoll keeps such a registration while a duplicate of the descriptor is open. The library finds a
 * duplicate in its own process, but not in another process, and not after the number was used again. So
 * deregister before you close a descriptor. */
static inline int mio_registry_deregister(const mio_registry *registry, mio_source *source);

/* Initializes `*out_clone` as a second handle of the registry. It shares the selector and keeps it alive,
 * also after the poll was closed. No system call, no new descriptor, no allocation. `*out_clone` must be
 * zeroed or closed (else MIO_ERROR_ALREADY_EXISTS). MIO_ERROR_INVALID_INPUT for a closed registry. Any
 * thread. Comes from mio's `Registry::try_clone`. */
MIO_API int mio_registry_clone(const mio_registry *registry, mio_registry *out_clone);

/* Closes a clone. Safe to call twice or with NULL. A poll's own registry is closed with its poll. */
MIO_API void mio_registry_close(mio_registry *clone);

/* The functions behind mio_poll_wait; do not call them. The inline part asks the OS and is done if nothing
 * is ready, which is the most frequent case of a busy loop. `found` is the result of that select: a number
 * of events, or negative if the slow path must look. A wait without end has a function of its own, which
 * needs no clock; `timeout_ns` is that of mio_poll_wait. */
MIO_API int mio_selector_select_now(struct mio_selector *selector, mio_events *events);
MIO_API int mio_poll_finish_wait(mio_poll *poll, mio_events *events, int found);
MIO_API int mio_poll_wait_forever(mio_poll *poll, mio_events *events);
MIO_API int mio_poll_wait_slowly(mio_poll *poll, mio_events *events, uint64_t timeout_ns);

static inline int mio_poll_wait(mio_poll *poll, mio_events *events, uint64_t timeout_ns) {
  if (timeout_ns == 0 && poll->registry.selector != NULL) {
    const int found = mio_selector_select_now(poll->registry.selector, events);
    if (found != 0) return mio_poll_finish_wait(poll, events, found);
    events->count = 0;
    return 0;
  }
  return timeout_ns == MIO_FOREVER ? mio_poll_wait_forever(poll, events)
                                   : mio_poll_wait_slowly(poll, events, timeout_ns);
}

/* The functions behind the registry's calls; do not call them. If the layout header defines
 * MIO_NATIVE_REGISTERS, the inline functions handle the common case and call the OS directly. Every other
 * case goes to these functions. */
MIO_API int mio_registry_register_slowly(const mio_registry *registry, mio_source *source,
                                         mio_token token, mio_interest interest);
MIO_API int mio_registry_reregister_slowly(const mio_registry *registry, mio_source *source,
                                           mio_token token, mio_interest interest);
MIO_API int mio_registry_deregister_slowly(const mio_registry *registry, mio_source *source);

#if MIO_NATIVE_REGISTERS

/* The operations of sources that own one OS handle: every type except sources that are made of others. */
MIO_API extern const mio_source_ops mio_handle_source_ops;

/* Handles the error of a deregistration of `source` that has just failed. */
MIO_API int mio_registry_finish_deregister(const mio_registry *registry, mio_source *source);

static inline int mio_registry_register(const mio_registry *registry, mio_source *source,
                                        mio_token token, mio_interest interest) {
  if (registry->id != 0 && source->registration == 0 && source->ops == &mio_handle_source_ops &&
      mio_native_can_register(registry->selector, token, interest)) {
    if (mio_native_register(registry->handle, source->native.handle, token, interest) != 0)
      return mio_native_error();
    source->registration = registry->id;
    return 0;
  }
  return mio_registry_register_slowly(registry, source, token, interest);
}

static inline int mio_registry_reregister(const mio_registry *registry, mio_source *source,
                                          mio_token token, mio_interest interest) {
  if (registry->id != 0 && source->registration == registry->id &&
      source->ops == &mio_handle_source_ops &&
      mio_native_can_register(registry->selector, token, interest)) {
    if (mio_native_reregister(registry->handle, source->native.handle, token, interest) != 0)
      return mio_native_error();
    return 0;
  }
  return mio_registry_reregister_slowly(registry, source, token, interest);
}

static inline int mio_registry_deregister(const mio_registry *registry, mio_source *source) {
  if (registry->id != 0 && source->registration == registry->id &&
      source->ops == &mio_handle_source_ops) {
    if (mio_native_deregister(registry->handle, source->native.handle) != 0)
      return mio_registry_finish_deregister(registry, source);
    source->registration = 0;
    return 0;
  }
  return mio_registry_deregister_slowly(registry, source);
}

#else

static inline int mio_registry_register(const mio_registry *registry, mio_source *source,
                                        mio_token token, mio_interest interest) {
  return mio_registry_register_slowly(registry, source, token, interest);
}

static inline int mio_registry_reregister(const mio_registry *registry, mio_source *source,
                                          mio_token token, mio_interest interest) {
  return mio_registry_reregister_slowly(registry, source, token, interest);
}

static inline int mio_registry_deregister(const mio_registry *registry, mio_source *source) {
  return mio_registry_deregister_slowly(registry, source);
}

#endif

#ifdef __cplusplus
}
#endif

#endif /* MIO_POLL_H_ */
