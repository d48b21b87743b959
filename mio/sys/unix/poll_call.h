#ifndef MIO_SYS_UNIX_POLL_CALL_H_
#define MIO_SYS_UNIX_POLL_CALL_H_

#include <poll.h>
#include <stdint.h>

/* poll(2) with nanoseconds. A timeout of 0 returns at once, MIO_FOREVER has no end. No other timeout is
 * cut short, unless it is longer than the system can wait at once. Asks in several calls if the system
 * does not take so many entries in one, after RLIMIT_NOFILE was lowered for example: an entry that
 * becomes ready during the wait is then found up to 5 ms late. Returns the number of entries with
 * an answer (0: the time is up), or a negative error code: EMFILE if the system takes no entry at all.
 * A cancellation point. */
int mio_poll_call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns);

#endif /* MIO_SYS_UNIX_POLL_CALL_H_ */
