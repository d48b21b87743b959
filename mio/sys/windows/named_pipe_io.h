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

/* A named pipe's requests, and the readiness that is made of them, below mio/windows/named_pipe.h.
 *
 * The state is in a block of its own, buffers included, which belongs to the pipe and to each of
 * its requests that is in flight: it is given back with the last of those, not before.
 *
 * `selector` is the one that the pipe is registered with, held by the caller. */
typedef struct mio_named_pipe_state mio_named_pipe_state;

/* The state of `handle`, an end of a pipe opened for overlapped I/O, which is the state's from then
 * on; NULL, and it is the caller's, if there is no memory. `messages`: a write is a message.
 * `read_messages`: so is what a read brings. */
typedef struct mio_named_pipe_kind {
  size_t buffer_len;
  bool messages;
  bool read_messages;
} mio_named_pipe_kind;
mio_named_pipe_state *mio_named_pipe_state_make(HANDLE handle, const mio_named_pipe_kind *kind);

/* The pipe's share in it ends. `selector` is the one that it is bound to, NULL if that is gone. */
void mio_named_pipe_state_close(mio_named_pipe_state *state, mio_selector *selector);

/* The id of the selector that its requests complete with; 0 for none yet. */
uint32_t mio_named_pipe_state_bound(const mio_named_pipe_state *state);

int mio_named_pipe_state_register(mio_named_pipe_state *state, mio_selector *selector,
                                  mio_token token, mio_interest interest);
int mio_named_pipe_state_reregister(mio_named_pipe_state *state, mio_selector *selector,
                                    mio_token token, mio_interest interest);
void mio_named_pipe_state_deregister(mio_named_pipe_state *state);

int mio_named_pipe_state_connect(mio_named_pipe_state *state, mio_selector *selector);
int mio_named_pipe_state_disconnect(mio_named_pipe_state *state);
int mio_named_pipe_state_take_error(mio_named_pipe_state *state);

/* Bytes out of the buffer, and into it. `out_end` may be NULL: the end of the pipe is 0 then, and
 * MIO_ERROR_BROKEN_PIPE otherwise. */
ptrdiff_t mio_named_pipe_state_read(mio_named_pipe_state *state, mio_selector *selector,
                                    const mio_iovec *buffers, size_t count, bool *out_end);
ptrdiff_t mio_named_pipe_state_write(mio_named_pipe_state *state, mio_selector *selector,
                                     const mio_iovec *buffers, size_t count);

#endif /* MIO_SYS_WINDOWS_NAMED_PIPE_IO_H_ */
