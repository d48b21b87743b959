#ifndef MIO_SYS_FORK_H_
#define MIO_SYS_FORK_H_

/* The porting contract for systems with fork(2): functions that ensure that a child process does not affect
 * the polls of its parent. */

/* Functions that run around a fork: `prepare` before it, then `parent` in the parent and `child` in the
 * child. `child` may only call async-signal-safe functions. */
typedef struct mio_fork_handlers {
  void (*prepare)(void);
  void (*parent)(void);
  void (*child)(void);
} mio_fork_handlers;

/* Runs `handlers`, which must stay valid, around every later fork. Only the first call has an effect;
 * later calls return the same result. Returns 0 or a negative error code. A system without fork returns
 * 0 and does nothing. Any thread. */
int mio_fork_watch(const mio_fork_handlers *handlers);

#endif /* MIO_SYS_FORK_H_ */
