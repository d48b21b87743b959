#ifndef MIO_SYS_CLOCK_H_
#define MIO_SYS_CLOCK_H_

#include <stdint.h>

/* Returns the time in nanoseconds of the monotonic clock that measures the selector's timeouts. Its zero
 * point is arbitrary. */
uint64_t mio_clock_ns(void);

#endif /* MIO_SYS_CLOCK_H_ */
