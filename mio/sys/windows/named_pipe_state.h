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

/* Readiness made of completions.
 *
 * A request, one each for connect, read and write:
 *
 *           begin                   its packet is dequeued
 *   idle ----------> in flight ----------------------------> idle, and its outcome counts
 *     ^                |   |
 *     |  it failed     |   | it succeeded at once (a read: the outcome counts at once, its packet is
 *     |  at once       |   | yet to come), or a disconnect or a close made its outcome meaningless
 *     '----------------'   '--> in flight, ignored ----------> idle
 *
 * What there is to read:
 *
 *   nothing, no request --start_read--> nothing, in flight --packet--> something: bytes, or an error
 *           ^    ^                                                          |
 *           |    '-- not connected; cancelled ---- disconnect --------------+
 *           '------------------------ all of it was taken <-----------------'   and at once start_read
 *
 * The end of the pipe is something to read that is never all taken. Nothing can be written while
 * the write is in flight.
 *
 * Events. `pending` has what turned ready since the last one; `readiness` is what lasts, computed.
 * An event is due when both have a bit (edge), or when there is readiness (level). It is written in
 * the place of a packet that is dequeued: a request's own if that made it due, otherwise that of
 * `notice`, an operation which is posted to the port for the purpose. A one-shot registration is
 * disarmed by it, a level one posts the notice again.
 *
 * The end. A closed pipe closes its handle at once, unless a write has yet to arrive, or the
 * selector cannot be told (it is being closed, and may cancel with the handle): then that is done
 * when the last request has ended. The requests that are in flight each hold the state by a
 * reference. Whoever drops the last one has released the lock before. */

typedef struct mio_pipe_request {
  mio_port_operation operation;
  bool in_flight;
  bool ignored; /* what its packet says does not count */
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
  bool connected; /* as far as is known */
  bool reconnect; /* connect once the request that was given up has ended */
  int connect_error;

  uint32_t bound; /* whose port the handle is tied to */
  bool registered;
  bool armed;
  mio_interest interest;
  mio_token token;
  uint32_t pending; /* MIO_AFD_* */

  bool read_done;  /* there is something to read: */
  int read_result; /* an error, or */
  bool read_more;  /* bytes, which the same message goes on after, */
  size_t read_pos; /* from here */
  size_t read_len; /* to here */

  int write_error;
  size_t write_pos; /* what is under way: from here */
  size_t write_len; /* to here */

  size_t buffer_len;
  char *read_buffer;
  char *write_buffer;
};

/* The bits that reading, writing and everything together may turn on. */
#define MIO_PIPE_READ_BITS  (MIO_AFD_RECEIVE | MIO_AFD_DISCONNECT | MIO_AFD_ABORT)
#define MIO_PIPE_WRITE_BITS (MIO_AFD_SEND | MIO_AFD_ABORT)
#define MIO_PIPE_ALL_BITS   (MIO_PIPE_READ_BITS | MIO_PIPE_WRITE_BITS | MIO_AFD_CONNECT_FAIL)

/* All below is called with the lock held. */

/* The state that `operation_` is the `request_` of. */
#define MIO_PIPE_STATE_OF(request_, operation_)            \
  ((mio_named_pipe_state *)(void *)((char *)(operation_) - \
                                    offsetof(mio_named_pipe_state, request_)))

/* Before the call that makes a request; and after it, if no packet will come. */
void mio_pipe_begin(mio_named_pipe_state *state, mio_selector *selector, mio_pipe_request *request);
void mio_pipe_abandon(mio_named_pipe_state *state, mio_selector *selector,
                      mio_pipe_request *request);

/* A request's packet was dequeued. True if its outcome counts. */
bool mio_pipe_end(mio_pipe_request *request);

/* The Win32 code of how it went, and how many bytes it moved. */
DWORD mio_pipe_outcome(const mio_pipe_request *request, size_t *out_len);

/* Cancels a request, whose outcome counts no more. */
void mio_pipe_give_up(mio_named_pipe_state *state, mio_pipe_request *request);

/* Whether an error says that nothing will come or go any more. */
bool mio_pipe_is_end(int result);

/* Sees to it that an event which is due gets told. Fails if the system has no memory for it. */
int mio_pipe_announce(mio_named_pipe_state *state, mio_selector *selector);

/* The end of every completion, and of its lock: the event goes to `out`, if there is one due and
 * `out` is not NULL; what the request was the last to need goes. True if an event was written. */
bool mio_pipe_finish(mio_named_pipe_state *state, mio_selector *selector, mio_event *out);

/* Whether a connect, read or write is in flight. */
bool mio_pipe_is_any_in_flight(const mio_named_pipe_state *state);

/* The MIO_AFD_* bits of what the pipe is ready for. */
uint32_t mio_pipe_readiness(const mio_named_pipe_state *state);

/* Handles the packet of `notice`. */
bool mio_pipe_complete_notice(mio_port_operation *operation, mio_selector *selector,
                              mio_event *out);

/* Size of a state with its two buffers, in bytes. */
size_t mio_pipe_block_size(size_t buffer_len);

/* Gives up one reference to the state, and frees it if it was the last. Called without the lock. */
void mio_pipe_drop(mio_named_pipe_state *state);

#endif /* MIO_SYS_WINDOWS_NAMED_PIPE_STATE_H_ */
