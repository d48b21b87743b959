#ifndef MIO_SYS_UNIX_POLL_WAKEUP_H_
#define MIO_SYS_UNIX_POLL_WAKEUP_H_

#include <stdbool.h>

/* The wakeup descriptors of a poll(2) selector: one socket pair that serves two purposes. Signalling
 * an end makes this end readable, and not the other one. An end is never signalled twice without
 * being drained between, so there is always room for the byte. */

enum { MIO_POLL_WAKEUP_LEADER, MIO_POLL_WAKEUP_FOLLOWERS, MIO_POLL_WAKEUP_COUNT };

typedef struct mio_poll_wakeup {
  int ends[MIO_POLL_WAKEUP_COUNT];
} mio_poll_wakeup;

/* Returns 0, or a negative error code and then leaves no descriptor open. */
int mio_poll_wakeup_open(mio_poll_wakeup *wakeup);
void mio_poll_wakeup_close(mio_poll_wakeup *wakeup);

/* Makes `end` readable. False if the kernel refuses the byte, because it is short of memory: the
 * caller must try again later. */
bool mio_poll_wakeup_signal(const mio_poll_wakeup *wakeup, int end);

/* Makes `end` unreadable again. Call it once for each successful signal. */
void mio_poll_wakeup_drain(const mio_poll_wakeup *wakeup, int end);

#endif /* MIO_SYS_UNIX_POLL_WAKEUP_H_ */
