#ifndef MIO_SYS_UNIX_CANCEL_H_
#define MIO_SYS_UNIX_CANCEL_H_

#include <pthread.h>

/* Keeps pthread_cancel(3) from ending a thread in the middle of a change. Most system calls, and
 * pthread_cond_wait(3), are cancellation points: a thread that ends in one of them would leave its locks
 * locked and its change incomplete.
 *
 *   const int state = mio_cancel_disable();
 *   ... calls that must all run ...
 *   mio_cancel_restore(state);
 *
 * bionic has no cancellation. */

#if defined(__ANDROID__)

static inline int mio_cancel_disable(void) { return 0; }
static inline void mio_cancel_restore(int state) { (void)state; }

#else

static inline int mio_cancel_disable(void) {
  int state = PTHREAD_CANCEL_ENABLE;
  (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  return state;
}

static inline void mio_cancel_restore(int state) {
  int disabled;
  (void)pthread_setcancelstate(state, &disabled);
}

#endif

#endif /* MIO_SYS_UNIX_CANCEL_H_ */
