#ifndef MIO_SYS_UNIX_POLL_LIMIT_H_
#define MIO_SYS_UNIX_POLL_LIMIT_H_

#include <stdint.h>

#include "mio/poll.h"
#include "mio/sys/clock.h"

/* How long a select may last. The clock is read only if there is a deadline. */
typedef struct mio_poll_limit {
  uint64_t timeout_ns; /* 0: does not block; MIO_FOREVER: no deadline */
  uint64_t deadline_ns;
} mio_poll_limit;

static inline mio_poll_limit mio_poll_limit_begin(uint64_t timeout_ns) {
  mio_poll_limit limit = {timeout_ns, 0};
  if (timeout_ns == 0 || timeout_ns == MIO_FOREVER) return limit;
  const uint64_t now = mio_clock_ns();
  limit.deadline_ns = timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
  return limit;
}

/* Nanoseconds until the deadline: 0 if it has passed, MIO_FOREVER if there is none. */
static inline uint64_t mio_poll_limit_left(const mio_poll_limit *limit) {
  if (limit->timeout_ns == 0 || limit->timeout_ns == MIO_FOREVER) return limit->timeout_ns;
  const uint64_t now = mio_clock_ns();
  return now < limit->deadline_ns ? limit->deadline_ns - now : 0;
}

#endif /* MIO_SYS_UNIX_POLL_LIMIT_H_ */
