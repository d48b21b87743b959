#ifndef MIO_SYS_UNIX_LOCK_H_
#define MIO_SYS_UNIX_LOCK_H_

#include <pthread.h>

typedef pthread_mutex_t mio_lock;
#define MIO_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

static inline int mio_lock_init(mio_lock *lock) { return -pthread_mutex_init(lock, NULL); }

/* With default attributes these calls fail only after misuse. */
static inline void mio_lock_destroy(mio_lock *lock) { (void)pthread_mutex_destroy(lock); }
static inline void mio_lock_acquire(mio_lock *lock) { (void)pthread_mutex_lock(lock); }
static inline void mio_lock_release(mio_lock *lock) { (void)pthread_mutex_unlock(lock); }

#endif /* MIO_SYS_UNIX_LOCK_H_ */
