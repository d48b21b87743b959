#ifndef MIO_SYS_WINDOWS_LOCK_H_
#define MIO_SYS_WINDOWS_LOCK_H_

/* An SRWLOCK, restated so that <windows.h> stays out of the headers. */
typedef struct mio_lock {
  void *word;
} mio_lock;
#define MIO_LOCK_INIT {0}

int mio_lock_init(mio_lock *lock);
void mio_lock_destroy(mio_lock *lock);
void mio_lock_acquire(mio_lock *lock);
void mio_lock_release(mio_lock *lock);

#endif /* MIO_SYS_WINDOWS_LOCK_H_ */
