#ifndef MIO_SYS_CLOCK_H_
#define MIO_SYS_CLOCK_H_

#include <stdint.h>

/* Nanoseconds of the clock that the selector's timeouts run by: monotonic, beginning anywhere. */
uint64_t mio_clock_ns(void);

#endif /* MIO_SYS_CLOCK_H_ */
