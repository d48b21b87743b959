#ifndef MIO_SYS_WINDOWS_PORT_H_
#define MIO_SYS_WINDOWS_PORT_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/sys/lock.h"
#include "mio/sys/selector.h"
#include "mio/sys/windows/list.h"

/* The completion port of a selector. These requests complete at it: polls of sockets (requests to the AFD
 * driver), and connects, reads and writes of named pipes.
 *
 * A request is an mio_port_operation, usually the first member of a larger struct. Its states:
 *
 *            mio_port_begin                   the request fails at once
 *   idle --------------------> in flight ------------------------------> mio_port_abandon: idle
 *     |                         ^    |
 *     |  mio_port_post          |    |  its packet is dequeued by a select, or by the closing port
 *     +-------------------------+    '------------------> idle, and then operation->complete()
 *
 * While it is in flight it belongs to the kernel. Its memory must not move or be freed, even if its owner
 * is closed. The kernel may write the result into `overlapped` (and the bytes of a read into the buffer) at
 * any time, and the packet in the port points to it. A cancelled request has a packet too, so cancelling
 * does not end this. A request that succeeds at once also has a packet, unless
 * SetFileCompletionNotificationModes was called for the handle. If the call fails with another error than
 * "pending", no packet comes, and the owner calls mio_port_abandon.
 *
 * A selector that is closed cancels the requests in flight on each operation's `handle`. Then it dequeues
 * packets until no request is in flight. It calls `complete` for each of them without room for an event.
 *
 * Threads. All these functions may be called from any thread that holds the selector (mio_selector_find, or
 * a registration with a poll that cannot be closed at that time). They take the port's lock. A waiting
 * thread calls `complete` without that lock. So the owner of an operation may hold its own lock around
 * these functions, and take the same lock in `complete`. */

typedef struct mio_port_operation mio_port_operation;

/* Informs the owner that the operation is idle again. Its result is in operation->overlapped. Internal is
 * an NTSTATUS, InternalHigh the number of bytes (neither has a meaning after mio_port_post);
 * GetOverlappedResult(handle, &overlapped, &bytes, FALSE) converts them to a Win32 code.
 *
 * `out` has room for one event. The function returns true if it wrote the event (mio_port_write_event), and
 * the select returns that event. `out` is NULL if the selector is being closed. Then the owner only frees
 * the resources of the request. Otherwise it may begin or post the same operation again. */
typedef bool (*mio_port_complete)(mio_port_operation *operation, mio_selector *selector,
                                  mio_event *out);

struct mio_port_operation {
  OVERLAPPED overlapped;      /* the kernel's while in flight; begins with an IO_STATUS_BLOCK */
  mio_port_complete complete; /* NULL in a socket's poll, which the selector handles itself */
  HANDLE handle;              /* of the request, NULL if it cannot be cancelled */
  mio_link link;              /* used by the port: the list of operations in flight */
};

/* Associates `handle`, which is open for overlapped I/O, with the selector's port. Its requests then
 * complete there. A handle keeps its first port. Returns MIO_ERROR_INVALID_INPUT (ERROR_INVALID_PARAMETER)
 * if it has another. */
int mio_port_attach(mio_selector *selector, HANDLE handle);

/* Marks an operation as in flight. Call it before the call that makes the request, with `complete` and
 * `handle` set. The caller fills in `overlapped` for that call. */
void mio_port_begin(mio_selector *selector, mio_port_operation *operation);

/* Marks an operation as idle. Call it after the call that makes the request if no packet will come. */
void mio_port_abandon(mio_selector *selector, mio_port_operation *operation);

/* Puts an operation without a request into the port's queue. A wait completes it. It delivers an event that
 * no request caused. Returns 0, or a negative error code, and then the operation is idle. */
int mio_port_post(mio_selector *selector, mio_port_operation *operation);

/* Call it before the owner closes the handle of an operation in flight. The port then no longer cancels
 * with that handle. Closing the handle cancels the request. */
void mio_port_forget_handle(mio_selector *selector, mio_port_operation *operation);

/* Writes an event of MIO_AFD_* bits. */
static inline void mio_port_write_event(mio_event *out, mio_token token, uint32_t events) {
  out->token = token;
  out->events = events;
}

#endif /* MIO_SYS_WINDOWS_PORT_H_ */
