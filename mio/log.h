#ifndef MIO_LOG_H_
#define MIO_LOG_H_

#include "mio/error.h"
#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A trace of what the library does, for those who debug an event loop: one line a registration,
 * reregistration, deregistration, and a poll's beginning and end. `line` is NUL-terminated, without
 * a newline, and valid only during the call. The hook may be called from any thread and must not
 * call back into the library.
 *
 * Like mio's `log` feature, it is off unless asked for: build with `--//platforms:log=true`.
 * Otherwise no code of it is in the binary. */
typedef void (*mio_log_hook)(void *context, const char *line);

/* Installs `hook` (NULL: none), to be called before anything else of the library. Returns 0, or
 * MIO_ERROR_UNSUPPORTED where the trace was not compiled in. */
MIO_API int mio_set_log(mio_log_hook hook, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_LOG_H_ */
