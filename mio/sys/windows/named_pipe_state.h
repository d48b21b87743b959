#ifndef MIO_SYS_WINDOWS_NAMED_PIPE_STATE_H_
#define MIO_SYS_WINDOWS_NAMED_PIPE_STATE_H_

#include "mio/sys/windows/os.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/sys/lock.h"
#include "mio/sys/windows/named_pipe_io.h"
#include "mio/sys/windows/port.h"

/* Readiness that is derived from completions.
 *
 * The states of a request. There is one request each for connect, read and write:
 *
 *           begin                   its packet is dequeued
 *   idle ----------> in flight ----------------------------> idle, and its outcome counts
 *     ^                |   |
 *     |  it failed     |   | it succeeded at once (a read: the outcome counts at once, its packet is
 *     |  at once       |   | yet to come), or a disconnect or a close made its outcome meaningless
 *     '----------------'   '--> in flight, ignored ----------> idle
 *
 * The data that can be read:
 *
 *   nothing, no request --start_read--> nothing, in flight --packet--> something: bytes, or an error
 *           ^    ^                                                          |
 *           |    '-- not connected; cancelled ---- disconnect --------------+
 *           '------------------------ all of it was taken <-----------------'   and at once start_read
 *
 * The end of the pipe counts as data that a read never removes. The pipe is not writable while the write is
 * in flight.
 *
 * Events. `pending` has the bits that became ready since the last event. `readiness` is computed and has
 * the bits that are ready now. An edge event is needed if a bit is in both, a level event if any bit is
 * ready. The event replaces a packet that is dequeued. This is the packet of a request if the request
 * caused the event. Otherwise it is the packet of `notice`, an operation that is posted to the port for
 * this purpose. The event disarms a one-shot registration. With a level registration the notice is posted
 * again.
 *
 * The end. Closing a pipe closes its handle at once, with two exceptions: a write is still in flight, or
 * the selector is being closed and may cancel requests with the handle. Then the handle is closed when the
 * last request has ended. Each request in flight holds a reference to the state. A thread that drops the
 * last reference must have released the lock before. */

typedef struct mio_pipe_request {
  mio_port_operation operation;
  bool in_flight;
  bool ignored; /* the result in its packet is ignored */
} mio_pipe_request;

struct mio_named_pipe_state {
  mio_pipe_request connect;
  mio_pipe_request read;
  mio_pipe_request write;
  mio_pipe_request notice;
  atomic_uint references;
  mio_lock lock; /* guards the rest, and the requests */
  HANDLE handle; /* NULL once it is closed */
  bool messages;
  bool read_messages;
  bool closed;
  bool connected; /* as far as the library knows */
  bool reconnect; /* connect once the request that was given up has ended */
  int connect_error;

  uint32_t bound; /* the selector with whose port the handle is associated */
  bool registered;
  bool armed;
  mio_interest interest;
  mio_token token;
  uint32_t pending; /* MIO_AFD_* */

  bool read_done;  /* data or an error can be read: */
  int read_result; /* an error, or */
  bool read_more;  /* bytes, and the message continues after them, */
  size_t read_pos; /* from here */
  size_t read_len; /* to here */

  int write_error;
  size_t write_pos; /* start of the bytes of the write in flight */
  size_t write_len; /* to here */

  size_t buffer_len;
  char *read_buffer;
  char *write_buffer;
};

/* The bits that a read, a write and all requests together may set. */
#define MIO_PIPE_READ_BITS  (MIO_AFD_RECEIVE | MIO_AFD_DISCONNECT | MIO_AFD_ABORT)
#define MIO_PIPE_WRITE_BITS (MIO_AFD_SEND | MIO_AFD_ABORT)
#define MIO_PIPE_ALL_BITS   (MIO_PIPE_READ_BITS | MIO_PIPE_WRITE_BITS | MIO_AFD_CONNECT_FAIL)

/* The caller of the functions below holds the lock. */

/* The state whose member `request_` is `operation_`. */
#define MIO_PIPE_STATE_OF(request_, operation_)            \
  ((mio_named_pipe_state *)(void *)((char *)(operation_) - \
                                    offsetof(mio_named_pipe_state, request_)))

/* Call the first before the call that makes a request, and the second after it if no packet will come. */
void mio_pipe_begin(mio_named_pipe_state *state, mio_selector *selector, mio_pipe_request *request);
void mio_pipe_abandon(mio_named_pipe_state *state, mio_selector *selector,
                      mio_pipe_request *request);

/* Marks a request as idle after its packet was dequeued. Returns true if its result counts. */
bool mio_pipe_end(mio_pipe_request *request);

/* Returns the Win32 code of the result, and the number of bytes. */
DWORD mio_pipe_outcome(const mio_pipe_request *request, size_t *out_len);

/* Cancels a request and ignores its result. */
void mio_pipe_give_up(mio_named_pipe_state *state, mio_pipe_request *request);

/* Returns whether an error means that the pipe will transfer no more data. */
bool mio_pipe_is_end(int result);

/* Ensures that a pending event is delivered. Fails if the system has no memory for it. */
int mio_pipe_announce(mio_named_pipe_state *state, mio_selector *selector);

/* Ends every completion and releases its lock. Writes a pending event to `out` if `out` is not NULL. Drops
 * the request's reference to the state. Returns true if it wrote an event. */
bool mio_pipe_finish(mio_named_pipe_state *state, mio_selector *selector, mio_event *out);

/* Whether a connect, read or write is in flight. */
bool mio_pipe_is_any_in_flight(const mio_named_pipe_state *state);

/* Returns the MIO_AFD_* bits for which the pipe is ready. */
uint32_t mio_pipe_readiness(const mio_named_pipe_state *state);

/* Handles the packet of `notice`. */
bool mio_pipe_complete_notice(mio_port_operation *operation, mio_selector *selector,
                              mio_event *out);

/* Size of a state with its two buffers, in bytes. */
size_t mio_pipe_block_size(size_t buffer_len);

/* Drops one reference to the state, and frees the state if it was the last one. Called without the lock. */
void mio_pipe_drop(mio_named_pipe_state *state);

#endif /* MIO_SYS_WINDOWS_NAMED_PIPE_STATE_H_ */
