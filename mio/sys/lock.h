#ifndef MIO_SYS_LOCK_H_
#define MIO_SYS_LOCK_H_

/* A mutual exclusion lock for paths that are not hot. It is not recursive.
 *
 * A static mio_lock starts as MIO_LOCK_INIT. A lock in allocated memory needs mio_lock_init, which returns
 * 0 or a negative error code. The C libraries of FreeBSD, DragonFly and OpenBSD allocate the lock in it, so
 * it may return MIO_ERROR_OUT_OF_MEMORY. After a failure the lock must not be destroyed. */

#if defined(_WIN32)
#include "mio/sys/windows/lock.h"
#else
#include "mio/sys/unix/lock.h"
#endif

#endif /* MIO_SYS_LOCK_H_ */
