#ifndef MIO_TRACE_H_
#define MIO_TRACE_H_

#include <stdbool.h>

/* Inside the library: the trace of mio/log.h. Without MIO_LOG, MIO_TRACING is false at compile time and the
 * compiler removes the code behind it:
 *
 *   if (MIO_TRACING) trace_register(...); */
#if defined(MIO_LOG)
bool mio_trace_is_on(void);
void mio_trace_line(const char *line);
#define MIO_TRACING mio_trace_is_on()
#else
static inline void mio_trace_line(const char *line) { (void)line; }
#define MIO_TRACING false
#endif

#endif /* MIO_TRACE_H_ */
