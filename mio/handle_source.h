#ifndef MIO_HANDLE_SOURCE_H_
#define MIO_HANDLE_SOURCE_H_

#include <stdbool.h>
#include <stddef.h>

#include "mio/error.h"
#include "mio/source.h"
#include "mio/sys/native.h"

/* Inside the library: sources that are one OS handle, which is what all sockets and pipes are.
 * Their ops go straight to the selector. */

/* The ops of every such source; mio/poll.h knows them too. */
extern const mio_source_ops mio_handle_source_ops;

/* Makes `source` the owner of `handle`, which it was not open with before. */
void mio_handle_source_open(mio_source *source, mio_handle handle);

/* Deregisters the source if it is registered, with whichever poll, closes the handle and zeroes the
 * source. Legal on NULL and on a closed source. */
void mio_handle_source_close(mio_source *source);

/* The same without closing the handle, which is the caller's from now on. MIO_ERROR_INVALID_INPUT
 * for a closed source. */
int mio_handle_source_release(mio_source *source, mio_handle *out_handle);

/* The handle into `*out_handle`; MIO_ERROR_INVALID_INPUT (EBADF) for NULL or a closed source. Every
 * operation goes through this: the zeroed handle of a closed source is a valid descriptor of
 * somebody else's. */
static inline int mio_handle_source_borrow(const mio_source *source, mio_handle *out_handle) {
  if (source == NULL || source->ops == NULL) return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  *out_handle = source->native.handle;
  return 0;
}

/* Ends the registration of a source without touching its handle; nothing if there is none. */
void mio_source_forget(mio_source *source);

/* Out of line part of mio_source_result. */
void mio_source_rearm(mio_source *source, mio_interest interest);

/* Every transfer's and accept's result passes through here: a would-block in the direction of
 * `interest` re-arms the edge where the selector wants it. Returns `result`. */
static inline ptrdiff_t mio_source_result(mio_source *source, mio_interest interest,
                                          ptrdiff_t result) {
#if MIO_NATIVE_REARMS
  if (result < 0 && source->registration != 0 && mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK) {
    mio_source_rearm(source, interest);
  }
#else
  (void)source;
  (void)interest;
#endif
  return result;
}

#endif /* MIO_HANDLE_SOURCE_H_ */
