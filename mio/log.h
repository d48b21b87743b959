#ifndef MIO_LOG_H_
#define MIO_LOG_H_

#include "mio/error.h"
#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Receives the trace of the library, which helps to debug an event loop. The trace has one line for each
 * registration, reregistration, deregistration, and for opening and closing a poll. `line` is
 * NUL-terminated, has no newline and is valid only during the call. `context` is the value given to
 * mio_set_log. Any thread may call the hook. The hook must not call the library.
 *
 * Like mio's `log` feature, the trace is off by default. Build with `--//platforms:log=true` to compile it
 * in. Otherwise the binary contains no code of it. */
typedef void (*mio_log_hook)(void *context, const char *line);

/* Installs `hook`, which receives `context` with each line. NULL removes the hook. Call it before any other
 * function of the library. Returns 0, or MIO_ERROR_UNSUPPORTED if the trace was not compiled in. */
MIO_API int mio_set_log(mio_log_hook hook, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_LOG_H_ */
