#ifndef MIO_SYS_WINDOWS_NAMED_PIPE_IO_H_
#define MIO_SYS_WINDOWS_NAMED_PIPE_IO_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/interest.h"
#include "mio/net/iovec.h"
#include "mio/sys/selector.h"
#include "mio/token.h"

/* The requests of a named pipe, and the readiness that follows from them. mio/windows/named_pipe.h is built
 * on it.
 *
 * The state and its buffers are one block of memory. The pipe and each of its requests in flight share it.
 * The last of them frees it.
 *
 * `selector` is the selector with which the pipe is registered. The caller holds a reference to it. */
typedef struct mio_named_pipe_state mio_named_pipe_state;

/* Creates the state of `handle`, an end of a pipe that is open for overlapped I/O. The state then owns the
 * handle. Returns NULL if there is no memory, and the caller still owns the handle. `messages` means that a
 * write is a message, and `read_messages` that a read returns messages. */
typedef struct mio_named_pipe_kind {
  size_t buffer_len;
  bool messages;
  bool read_messages;
} mio_named_pipe_kind;
mio_named_pipe_state *mio_named_pipe_state_make(HANDLE handle, const mio_named_pipe_kind *kind);

/* Ends the pipe's reference to the state. `selector` is the selector with whose port the handle is
 * associated, or NULL if it no longer exists. */
void mio_named_pipe_state_close(mio_named_pipe_state *state, mio_selector *selector);

/* Returns the id of the selector at which the requests complete, or 0 if there is none yet. */
uint32_t mio_named_pipe_state_bound(const mio_named_pipe_state *state);

int mio_named_pipe_state_register(mio_named_pipe_state *state, mio_selector *selector,
                                  mio_token token, mio_interest interest);
int mio_named_pipe_state_reregister(mio_named_pipe_state *state, mio_selector *selector,
                                    mio_token token, mio_interest interest);
void mio_named_pipe_state_deregister(mio_named_pipe_state *state);

int mio_named_pipe_state_connect(mio_named_pipe_state *state, mio_selector *selector);
int mio_named_pipe_state_disconnect(mio_named_pipe_state *state);
int mio_named_pipe_state_take_error(mio_named_pipe_state *state);

/* Move bytes out of the buffer, and into it. If `out_end` is NULL, the end of the pipe is a result of 0.
 * Otherwise it is MIO_ERROR_BROKEN_PIPE. */
ptrdiff_t mio_named_pipe_state_read(mio_named_pipe_state *state, mio_selector *selector,
                                    const mio_iovec *buffers, size_t count, bool *out_end);
ptrdiff_t mio_named_pipe_state_write(mio_named_pipe_state *state, mio_selector *selector,
                                     const mio_iovec *buffers, size_t count);

#endif /* MIO_SYS_WINDOWS_NAMED_PIPE_IO_H_ */
