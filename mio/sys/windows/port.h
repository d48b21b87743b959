#ifndef MIO_SYS_WINDOWS_PORT_H_
#define MIO_SYS_WINDOWS_PORT_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/sys/lock.h"
#include "mio/sys/selector.h"
#include "mio/sys/windows/list.h"

/* The completion port of a selector, for all whose requests complete there: sockets' polls (which
 * are requests to the AFD driver) and named pipes' connects, reads and writes.
 *
 * A request is an mio_port_operation, usually the first member of something larger. Its life:
 *
 *            mio_port_begin                   the request fails at once
 *   idle --------------------> in flight ------------------------------> mio_port_abandon: idle
 *     |                         ^    |
 *     |  mio_port_post          |    |  its packet is dequeued by a select, or by the closing port
 *     +-------------------------+    '------------------> idle, and then operation->complete()
 *
 * While in flight it belongs to the kernel: its memory must neither move nor go away, whatever
 * became of whoever began it, because the kernel writes the outcome into `overlapped` (and a read's
 * bytes into the buffer) at any time, and the packet in the port points to it. Cancelling a request
 * does not end that: a cancelled request has a packet too. Nor does success at once: a packet
 * comes all the same, unless the handle was told otherwise (SetFileCompletionNotificationModes) or
 * the call failed with anything but "pending", which is what mio_port_abandon is for.
 *
 * When a selector is closed it cancels what is in flight on each operation's `handle`, and dequeues
 * until nothing is: `complete` is called for each, with no event to write.
 *
 * Threads. All these functions may be called from any thread that holds the selector
 * (mio_selector_find, or being registered with a poll that cannot go). They take the port's lock,
 * and `complete` is called without it, by a thread that waits: so the owner of an operation may hold
 * a lock of its own around these functions, and take the same lock in `complete`. */

typedef struct mio_port_operation mio_port_operation;

/* Tells the owner that the operation is idle again. Its outcome is in operation->overlapped:
 * Internal is an NTSTATUS, InternalHigh the number of bytes (neither means anything after
 * mio_port_post); GetOverlappedResult(handle, &overlapped, &bytes, FALSE) makes a Win32 code of them.
 *
 * `out` is room for one event: true if it was written (mio_port_write_event), and the select returns
 * it. NULL if the selector is being closed: the owner only gives up what was kept for the request.
 * May begin or post the same operation again, unless `out` is NULL. */
typedef bool (*mio_port_complete)(mio_port_operation *operation, mio_selector *selector,
                                  mio_event *out);

struct mio_port_operation {
  OVERLAPPED overlapped;      /* the kernel's while in flight; begins with an IO_STATUS_BLOCK */
  mio_port_complete complete; /* NULL in a socket's poll, which the selector handles itself */
  HANDLE handle;              /* of the request, NULL if there is nothing to cancel */
  mio_link link;              /* used by the port: the list of operations in flight */
};

/* Lets requests on `handle`, opened for overlapped I/O, complete at the selector's port. A handle has
 * one port for good: MIO_ERROR_INVALID_INPUT (ERROR_INVALID_PARAMETER) if it has another. */
int mio_port_attach(mio_selector *selector, HANDLE handle);

/* Before the call that makes the request, with `complete` and `handle` set: the operation is in
 * flight. `overlapped` is the caller's to fill in as the call wants it. */
void mio_port_begin(mio_selector *selector, mio_port_operation *operation);

/* After that call, if no packet will come for it: the operation is idle. */
void mio_port_abandon(mio_selector *selector, mio_port_operation *operation);

/* Puts an operation without a request into the port's queue, to be completed by a wait: how an
 * event is told that no request stands for. Returns 0, or a negative error code, and the operation
 * is idle. */
int mio_port_post(mio_selector *selector, mio_port_operation *operation);

/* The handle of an operation in flight is about to be closed by its owner: not to be cancelled with
 * any more (closing it cancels). */
void mio_port_forget_handle(mio_selector *selector, mio_port_operation *operation);

/* Writes an event of MIO_AFD_* bits. */
static inline void mio_port_write_event(mio_event *out, mio_token token, uint32_t events) {
  out->token = token;
  out->events = events;
}

#endif /* MIO_SYS_WINDOWS_PORT_H_ */
