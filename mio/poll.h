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

/* A poll watches any number of sources and tells which of them are ready.
 *
 *   mio_poll poll = {0};
 *   mio_events events = {0};
 *   mio_poll_init(&poll, NULL);
 *   mio_events_init(&events, 128);
 *   mio_registry_register(mio_poll_registry(&poll), &stream.source, CLIENT, MIO_READABLE);
 *   for (;;) {
 *     int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
 *     if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
 *     ...
 *   }
 *
 * What can be relied on, on every system:
 *
 * - Edges. Unless MIO_LEVEL was asked for, an event says that something changed. Read, write or
 *   accept until would-block; only then is another event promised. After a would-block that came
 *   through this library (or mio_source_try_io), new readiness always yields an event.
 * - Spurious events are possible: after any event, an operation may still say would-block.
 * - An error or a hang-up yields an event, whatever the interest.
 * - A source is registered with one poll at a time. After deregister has returned, no later wait
 *   brings its token. Closing a source deregisters it; closing a poll leaves its sources usable,
 *   and free to be registered elsewhere.
 * - fork(2). A child owns nothing of its parent's polls. There, inherited sources, wakers, registries and
 *   polls can be closed, which returns at once and leaves the parent's registrations and waits as they
 *   are. Inherited sources count as unregistered and can be registered with a poll of the child's own.
 *   All other calls on an inherited poll, registry or waker return MIO_ERROR_INVALID_INPUT. The library
 *   learns of a fork by pthread_atfork(3): a child made by other means (vfork, clone) must only exec or
 *   exit. Handles are closed on exec.
 * - Registering works from any thread, and takes effect in a wait that is already blocked.
 *
 * What differs:
 *
 * - With epoll and kqueue, I/O done directly on the handle is fine. With poll(2) and on Windows all
 *   I/O of an edge-triggered source has to go through this library or mio_source_try_io
 *   (MIO_FEATURE_DIRECT_IO tells).
 * - read_closed and write_closed come only where the system tells; see mio/event.h.
 * - Where AF_UNIX, priority, nesting or a mode is missing, the call says MIO_ERROR_UNSUPPORTED.
 *
 * Zeroed is valid and closed. The struct may be moved while no other thread uses it. Several
 * threads may wait at once, and each event goes to one of them. Everything else is safe from any
 * thread. Comes from mio's `Poll`. */
struct mio_selector;

/* The part of a poll that sources are registered with; see mio_registry_clone. The fields are the
 * library's. */
typedef struct mio_registry {
  struct mio_selector *selector;
  uint32_t id;       /* the selector's, 0 if there is no short cut for registering with it */
  mio_handle handle; /* what the short cut works on */
} mio_registry;

typedef struct mio_poll {
  mio_registry registry;
} mio_poll;

/* Options for mio_poll_init. Zeroed means the default of each. */
typedef struct mio_poll_options {
  /* How many sources to make room for at once, for selectors that keep a table of them (Windows,
   * poll(2)): up to so many, registering allocates nothing. Beyond it the table doubles. Without
   * meaning on epoll and kqueue, which never allocate. */
  size_t reserve_sources;

  /* For how many nanoseconds a wait looks again and again before it lets the thread sleep. Buys
   * latency with a core: a wake-up of a spinning poll costs no system call and no scheduler. */
  uint64_t spin_ns;
} mio_poll_options;

/* Waits without end. */
#define MIO_FOREVER UINT64_MAX

/* Makes a poll in `*poll`, which has to be closed (else MIO_ERROR_ALREADY_EXISTS). `options` may be
 * NULL. Allocates; keeps nothing when it fails: MIO_ERROR_TOO_MANY_FILES, MIO_ERROR_OUT_OF_MEMORY,
 * MIO_ERROR_INVALID_INPUT (NULL). */
MIO_API int mio_poll_init(mio_poll *poll, const mio_poll_options *options);

/* Ends the poll. Its sources stay open. Clones of its registry keep the selector working for as
 * long as they live; wakers stay valid and wake nobody. Always legal, also twice and on NULL; not
 * while another thread waits. */
MIO_API void mio_poll_close(mio_poll *poll);

/* Waits until at least one source is ready, a waker was woken, or `timeout_ns` nanoseconds have
 * passed, and replaces the contents of `events` with what there is, at most its capacity; what does
 * not fit comes with the next wait. No events and 0 mean that the time is up.
 *
 * `timeout_ns`: 0 asks the OS and returns at once; MIO_FOREVER has no end; all else is kept to the
 * precision of the system's timers, never early: nanoseconds on Linux from 5.11 on (epoll_pwait2)
 * and with ppoll, 100 nanoseconds on Windows (as far as its timers tick), else rounded up to
 * milliseconds.
 *
 * Errors, with `events` empty: MIO_ERROR_INTERRUPTED when a signal handler ran;
 * MIO_ERROR_INVALID_INPUT for a closed poll or events without capacity. Allocates nothing. A handler that
 * runs while the wait spins, or before the thread sleeps, may not end the wait: wake from the handler. Some
 * kernels report SIGSTOP and SIGCONT as an interruption. Do not longjmp(3) out of a handler.
 *
 * If a waker was woken, the wait does not block. It asks the OS too unless another such wait did so at most
 * 100 µs ago, so wakes do not keep sources back. A wait is a cancellation point; a cancelled
 * thread leaves the poll usable. */
static inline int mio_poll_wait(mio_poll *poll, mio_events *events, uint64_t timeout_ns);

/* The registry of the poll, valid as long as the poll is; to be used from any thread. */
static inline const mio_registry *mio_poll_registry(const mio_poll *poll) {
  return &poll->registry;
}

/* What a selector can do, to be asked with mio_poll_supports. */
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

/* True when the poll's selector can do all of `features`. Any thread. */
MIO_API bool mio_poll_supports(const mio_poll *poll, mio_feature features);

/* The name of the selector in use: "epoll", "kqueue", "poll", "afd"; "closed" for a closed poll. */
MIO_API const char *mio_poll_selector_name(const mio_poll *poll);

/* The poll's own OS handle, to nest it: registered in another poll (mio/unix/source_fd.h) or in a
 * foreign event loop it becomes readable when a wait with timeout 0 would find something. Stays the
 * poll's: it is neither to be closed nor waited on directly. From then on every first wake costs a
 * system call, as nobody can tell whether somebody sleeps on the handle. MIO_ERROR_UNSUPPORTED on
 * Windows and with poll(2). Any thread. */
MIO_API int mio_poll_handle(const mio_poll *poll, mio_handle *out_handle);

/* Registers `source`: from now on waits report, under `token`, the readiness that `interest` names,
 * readiness that is already there included. The source must not be moved until deregistered or
 * closed.
 *
 * MIO_ERROR_ALREADY_EXISTS if it is registered with this or another poll; MIO_ERROR_INVALID_INPUT
 * for no interest, unknown bits, a closed source or registry; MIO_ERROR_UNSUPPORTED for what the
 * selector cannot do; MIO_ERROR_OUT_OF_MEMORY. A failed call changes nothing. Any thread, but
 * exclusive access to `source`. */
static inline int mio_registry_register(const mio_registry *registry, mio_source *source,
                                        mio_token token, mio_interest interest);

/* Replaces token, interest and mode of a registered source, wholly; readiness that is there is
 * reported anew. MIO_ERROR_NOT_FOUND if it is not registered, or with another poll; else as for
 * register. A failed call leaves the registration as it was, but for one case: a kqueue whose kernel
 * has no memory (or no EVFILT_READ for a descriptor that it has EVFILT_WRITE for; none is known)
 * leaves a source that is registered and silent, to be reregistered or deregistered. */
static inline int mio_registry_reregister(const mio_registry *registry, mio_source *source,
                                          mio_token token, mio_interest interest);

/* Ends a registration: once this has returned 0, no wait that begins later returns the token.
 * MIO_ERROR_NOT_FOUND if the source is not registered, or with another poll. If the OS refuses, the call
 * returns its error and the source stays registered. A source whose handle was closed before counts as
 * deregistered. (epoll keeps such a registration while a duplicate of the descriptor is open. The library
 * finds a duplicate in its own process, but not one in another process, nor any once the number is in use
 * again: deregister before you close.) */
static inline int mio_registry_deregister(const mio_registry *registry, mio_source *source);

/* Makes a second handle of the registry that outlives the poll: it shares the selector and keeps it
 * alive. No system call, no new descriptor, no allocation. MIO_ERROR_INVALID_INPUT for a closed
 * one, MIO_ERROR_ALREADY_EXISTS if `*out_clone` is not closed. Any thread. Comes from mio's `Registry::try_clone`. */
MIO_API int mio_registry_clone(const mio_registry *registry, mio_registry *out_clone);

/* Ends a clone. Always legal, also twice and on NULL. A poll's own registry ends with its poll
 * instead. */
MIO_API void mio_registry_close(mio_registry *clone);

/* Called by mio_poll_wait only. Its inline part asks the OS and has nothing more to do if nothing is ready,
 * which is the most frequent case of a busy loop. A wait without end has a function of its own, which needs
 * no clock. */
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

/* What stands behind the registry's calls, not to be called by itself either: the inline parts hand
 * what is in order straight to the OS, where the layout header has the short cut for it
 * (MIO_NATIVE_REGISTERS), and leave all else to these. */
MIO_API int mio_registry_register_slowly(const mio_registry *registry, mio_source *source,
                                         mio_token token, mio_interest interest);
MIO_API int mio_registry_reregister_slowly(const mio_registry *registry, mio_source *source,
                                           mio_token token, mio_interest interest);
MIO_API int mio_registry_deregister_slowly(const mio_registry *registry, mio_source *source);

#if MIO_NATIVE_REGISTERS

/* The ops of the sources that are one handle of the OS: all but those made of others. */
MIO_API extern const mio_source_ops mio_handle_source_ops;

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
    const int result = mio_native_deregister(registry->handle, source->native.handle);
    if (result == 0) source->registration = 0;
    return result;
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
