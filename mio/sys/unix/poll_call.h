#ifndef MIO_SYS_UNIX_POLL_CALL_H_
#define MIO_SYS_UNIX_POLL_CALL_H_

#include <poll.h>
#include <stdint.h>

/* poll(2) by nanoseconds: 0 asks and returns, MIO_FOREVER has no end, all else is never cut short
 * but for what a system cannot wait at once. Returns how many entries have something to tell (0:
 * the time is up), or a negative error code. */
int mio_poll_call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns);

#endif /* MIO_SYS_UNIX_POLL_CALL_H_ */
