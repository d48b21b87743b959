#ifndef MIO_SYS_LOCK_H_
#define MIO_SYS_LOCK_H_

/* A plain mutual exclusion lock, for the paths that are not hot. A static mio_lock starts as
 * MIO_LOCK_INIT; one in allocated memory needs mio_lock_init, which cannot fail. Not recursive. */

#if defined(_WIN32)
#include "mio/sys/windows/lock.h"
#else
#include "mio/sys/unix/lock.h"
#endif

#endif /* MIO_SYS_LOCK_H_ */
