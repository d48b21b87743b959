#include "mio/log.h"

#include "mio/trace.h"

#if defined(MIO_LOG)

static mio_log_hook log_hook;
static void *log_context;

int mio_set_log(mio_log_hook hook, void *context) {
  log_hook = hook;
  log_context = context;
  return 0;
}

bool mio_trace_is_on(void) { return log_hook != NULL; }

void mio_trace_line(const char *line) { log_hook(log_context, line); }

#else

int mio_set_log(mio_log_hook hook, void *context) {
  (void)hook;
  (void)context;
  return mio_error_from_kind(MIO_ERROR_UNSUPPORTED);
}

#endif
