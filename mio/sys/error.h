#ifndef MIO_SYS_ERROR_H_
#define MIO_SYS_ERROR_H_

#include <stddef.h>

#include "mio/error.h"

/* The porting contract for mio/error.h. `code` is a positive native error code: an errno, or a Win32 or
 * Winsock code. */

/* Returns the kind of `code`, or MIO_ERROR_OTHER if no kind describes it. */
mio_error mio_sys_error_kind(int code);

/* Returns the code that represents `kind` (not MIO_OK). mio_sys_error_kind maps that code to `kind`. */
int mio_sys_error_code(mio_error kind);

/* Writes the system's text for `code`, NUL-terminated and cut to `size` bytes (at least 1). Thread-safe.
 * Does not change errno or GetLastError. */
void mio_sys_error_message(int code, char *out, size_t size);

#endif /* MIO_SYS_ERROR_H_ */
