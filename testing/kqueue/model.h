#ifndef TESTING_KQUEUE_MODEL_H_
#define TESTING_KQUEUE_MODEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A kqueue for Linux. It runs the library's kqueue selector and waker, unchanged, and all suites over them:
 * `--//platforms:selector=kqueue_model`. It is a test double, not a port: it is slow and holds 100,000
 * filters.
 *
 * kqueue() and kevent() follow the manuals of the BSDs. Where those leave something open, they do what
 * kernels of FreeBSD 12.3 and 13.2 and of NetBSD 10.99 were seen to do. model_test.cc has a test for each
 * rule. Sockets and pipes are Linux's own: the model asks poll(2) whether a filter is true, and an
 * edge-triggered epoll(7) when to ask.
 *
 * Known differences from FreeBSD:
 * - An edge of one direction may bring one of the other: new bytes bring EVFILT_WRITE too.
 * - An edge of EVFILT_WRITE because bytes were sent is found by the next kevent, does not end one that
 *   sleeps, and needs as much room as Linux calls writable.
 * - The error in fflags is always ECONNRESET, since it cannot be read without being cleared.
 * - A shutdown of one's own for writing gives no EV_EOF. EVFILT_WRITE has no `data`, except for FIFOs.
 *
 * Every test of model_test.cc that needs no EVFILT_USER and no knob was run over NetBSD 7.99's kernel too
 * (rump, by hand), before the tests of FreeBSD 12.3 were added. It differs in these points, on none of
 * which the library relies: EVFILT_WRITE of a kqueue is refused with EPERM (later sources: EINVAL), a
 * partial read of a pipe is an edge of EVFILT_READ, EV_ADD does not enable what EV_DISPATCH has disabled,
 * and the writer of a full pipe hears nothing of its reader's end.
 *
 * The functions below are for tests that run alone in their process at the time. */

/* All knobs back to their defaults, and an empty log. */
void model_reset(void);

/* The next `times` changes with this filter and this action (EV_ADD or EV_DELETE) fail with `error`
 * and do nothing. */
void model_fail_changes(int filter, unsigned action, int error, int times);

/* The next `calls` calls of kevent that have changes apply them, then fail with EINTR. */
void model_interrupt_changes(int calls);

/* No kevent returns more than `count` events; 0 for no such limit. Splits EVFILT_READ from
 * EVFILT_WRITE. */
void model_deliver_at_most(int count);

/* What EVFILT_WRITE of a pipe without a reader is refused with: EPIPE, or EBADF as on NetBSD, where
 * the hang-up of a registered one comes without EV_ONESHOT, and to a level again and again. */
void model_refuse_pipes_with(int error);

/* Whether receipts keep the flags of their change beside EV_ERROR, as on Apple's systems. */
void model_keep_flags_in_receipts(bool keep);

/* Lets every filter of this kind on this identifier look again, as a kernel does on an event that
 * the program cannot see: true ones fire once more. */
void model_touch(uintptr_t ident, int filter);

/* Something happened that an EVFILT_SIGNAL, _PROC, _VNODE or _TIMER waits for: `fflags` of which it
 * asked for at least one, or none at all. Returns how many fired. */
int model_post(uintptr_t ident, int filter, unsigned fflags, int64_t data);

/* Called, once, in the next kevent that has no changes: before it looks, or when it is about to return
 * events that are not all of kqueues. */
void model_before_wait(void (*hook)(void *context), void *context);
void model_after_wait(void (*hook)(void *context), void *context);

/* The changes that were asked for since the last reset, oldest first, at most 256; how many kevent
 * calls had some; how many calls there were at all. */
size_t model_log(struct kevent *out, size_t room);
size_t model_changing_calls(void);
size_t model_calls(void);

/* The number of filters of a kqueue; and of all open kqueues, except filters on kqueues. */
size_t model_filter_count(int kq);
size_t model_source_count(void);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_KQUEUE_MODEL_H_ */
