#ifndef MIO_SYS_UNIX_POLL_BELLS_H_
#define MIO_SYS_UNIX_POLL_BELLS_H_

/* Two bells on one socket pair: ringing one of them makes its own end readable, and not the other.
 * They are never rung twice without being silenced between, so there is always room. */

enum { MIO_POLL_BELL_COUNT = 2 };

typedef struct mio_poll_bells {
  int ends[MIO_POLL_BELL_COUNT];
} mio_poll_bells;

/* Returns 0 or a negative error code, and then keeps nothing. */
int mio_poll_bells_open(mio_poll_bells *bells);
void mio_poll_bells_close(mio_poll_bells *bells);

/* `bell` is the number of the end that becomes readable. */
void mio_poll_bells_ring(const mio_poll_bells *bells, int bell);

/* To be called once for each ring, after it. */
void mio_poll_bells_silence(const mio_poll_bells *bells, int bell);

#endif /* MIO_SYS_UNIX_POLL_BELLS_H_ */
