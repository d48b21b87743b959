#include "mio/sys/unix/os.h"

#include "mio/sys/clock.h"

#include <time.h>

uint64_t mio_clock_ns(void) {
  struct timespec now;
  /* Cannot fail: every supported system has CLOCK_MONOTONIC, and `now` is a valid address. */
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
