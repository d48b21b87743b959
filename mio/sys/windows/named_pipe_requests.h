#ifndef MIO_SYS_WINDOWS_NAMED_PIPE_REQUESTS_H_
#define MIO_SYS_WINDOWS_NAMED_PIPE_REQUESTS_H_

#include "mio/sys/windows/named_pipe_state.h"

/* The requests of a named pipe, above its state. The files depend on each other in one direction:
 *
 *   named_pipe_life.c  -->  named_pipe_io.c  -->  named_pipe_state.c
 *   make, register,         read, write,          readiness, events,
 *   close                   connect               references
 *
 * The caller holds the lock, except for the completions. */

/* Begins a read, unless one is in flight or data is available. Returns an error only if no data is
 * available because no client is connected. */
int mio_pipe_start_read(mio_named_pipe_state *state, mio_selector *selector);

/* Handle the packets of the three requests. */
bool mio_pipe_complete_read(mio_port_operation *operation, mio_selector *selector, mio_event *out);
bool mio_pipe_complete_write(mio_port_operation *operation, mio_selector *selector, mio_event *out);
bool mio_pipe_complete_connect(mio_port_operation *operation, mio_selector *selector,
                               mio_event *out);

#endif /* MIO_SYS_WINDOWS_NAMED_PIPE_REQUESTS_H_ */
