#include "mio/sys/windows/os.h"

#include "mio/sys/windows/lock.h"

_Static_assert(sizeof(mio_lock) == sizeof(SRWLOCK), "a lock is an SRWLOCK");
_Static_assert(_Alignof(mio_lock) == _Alignof(SRWLOCK), "and lies where one may");

static SRWLOCK *native(mio_lock *lock) { return (SRWLOCK *)lock; }

/* An SRWLOCK needs no memory, so this cannot fail. */
int mio_lock_init(mio_lock *lock) {
  InitializeSRWLock(native(lock));
  return 0;
}

/* An SRW lock has no resources to free. */
void mio_lock_destroy(mio_lock *lock) { (void)lock; }

void mio_lock_acquire(mio_lock *lock) { AcquireSRWLockExclusive(native(lock)); }
void mio_lock_release(mio_lock *lock) { ReleaseSRWLockExclusive(native(lock)); }
