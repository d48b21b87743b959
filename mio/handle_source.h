#ifndef MIO_HANDLE_SOURCE_H_
#define MIO_HANDLE_SOURCE_H_

#include <stdbool.h>
#include <stddef.h>

#include "mio/error.h"
#include "mio/source.h"
#include "mio/sys/native.h"

/* Internal: sources that own one OS handle, as all sockets and pipes do. Their operations go straight
 * to the selector. */

/* The operations of every such source. mio/poll.h compares with this address. */
extern const mio_source_ops mio_handle_source_ops;

/* The operations of a source that mio_handle_source_mark_pipe_writer has marked. */
extern const mio_source_ops mio_pipe_writer_ops;

/* Opens the closed `source` with `handle`, which it owns from then on. */
void mio_handle_source_open(mio_source *source, mio_handle handle);

/* Deregisters the source from the poll that it is registered with, closes the handle and zeroes the
 * source. Does nothing for NULL and for a closed source. */
void mio_handle_source_close(mio_source *source);

/* Like mio_handle_source_close, but leaves the handle open and gives it to the caller.
 * MIO_ERROR_INVALID_INPUT for a closed source. If the system refuses to end the registration, returns its
 * error and changes nothing. */
int mio_handle_source_release(mio_source *source, mio_handle *out_handle);

/* Writes the handle to `*out_handle`. MIO_ERROR_INVALID_INPUT for NULL or a closed source. Every
 * operation must check this first, because the zeroed handle of a closed source is a valid descriptor
 * of something else. */
static inline int mio_handle_source_borrow(const mio_source *source, mio_handle *out_handle) {
  if (source == NULL || source->ops == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  *out_handle = source->native.handle;
  return 0;
}

/* Marks an open source as the writing end of a pipe that was created by this process, so that nobody else
 * can open its other end again. Only epoll needs it: see MIO_NATIVE_MARKS_PIPES. */
void mio_handle_source_mark_pipe_writer(mio_source *source);

/* Ends the registration of a source and leaves its handle alone. Does nothing if there is none. Returns 0,
 * or the system's error, and then the source is still registered. */
int mio_source_forget(mio_source *source);

/* Re-arming. Selectors that keep the edges themselves (MIO_NATIVE_REARMS, for poll(2) and Windows) stop
 * watching a direction once they have delivered its event, and must be informed when the source was
 * drained in that direction. The three functions below do this. Where the kernel keeps the edges
 * (epoll, kqueue) they compile to nothing.
 *
 *   mio_source_result          datagrams, accepts, peeks: an error means drained
 *   mio_source_stream_result   streams and pipes: an error, an end and a short transfer mean drained
 *   mio_source_drained         anything else that consumed an error or an end
 *
 * A peek that returns bytes, or 0, has taken nothing away and drains nothing. */

/* The out-of-line part of mio_source_drained, for a source that is registered. */
void mio_source_rearm(mio_source *source, mio_interest interest, ptrdiff_t result);

/* Makes the next readiness in the directions of `interest` yield an event. `result` is what the operation
 * returned that drained the source: selectors distinguish would-block, a count, an end (0) and an error. */
static inline void mio_source_drained(mio_source *source, mio_interest interest, ptrdiff_t result) {
#if MIO_NATIVE_REARMS
  if (source->registration != 0) mio_source_rearm(source, interest, result);
#else
  (void)source;
  (void)interest;
  (void)result;
#endif
}

/* Returns `result`. Any error counts: not only would-block, but also an error that the operation took
 * from the socket, after which the socket is as it was before the event. */
static inline ptrdiff_t mio_source_result(mio_source *source, mio_interest interest,
                                          ptrdiff_t result) {
  if (result < 0) mio_source_drained(source, interest, result);
  return result;
}

/* Returns `result`, of a stream's transfer of `len` bytes. */
static inline ptrdiff_t mio_source_stream_result(mio_source *source, mio_interest interest,
                                                 ptrdiff_t result, size_t len) {
  if (result < 0 || (size_t)result < len) mio_source_drained(source, interest, result);
  return result;
}

#endif /* MIO_HANDLE_SOURCE_H_ */
