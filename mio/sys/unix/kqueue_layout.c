#include "mio/sys/unix/os.h"

#include <stddef.h>
#include <sys/types.h>

#include <sys/event.h>

#include "mio/event.h"

/* event_kqueue.h restates struct kevent and constants of <sys/event.h>, which public headers must not
 * include. Here the compiler compares both, and produces nothing else. */

_Static_assert(sizeof(struct mio_event) == sizeof(struct kevent),
               "kevent(2) fills these; for NetBSD 10 and before: -DMIO_NETBSD_KEVENT_WITHOUT_EXT");
_Static_assert(offsetof(struct mio_event, ident) == offsetof(struct kevent, ident) &&
                   offsetof(struct mio_event, filter) == offsetof(struct kevent, filter) &&
                   offsetof(struct mio_event, flags) == offsetof(struct kevent, flags) &&
                   offsetof(struct mio_event, fflags) == offsetof(struct kevent, fflags) &&
                   offsetof(struct mio_event, data) == offsetof(struct kevent, data) &&
                   offsetof(struct mio_event, udata) == offsetof(struct kevent, udata),
               "each field has the offset of <sys/event.h>");
_Static_assert(sizeof(((struct mio_event *)0)->filter) == sizeof(((struct kevent *)0)->filter) &&
                   sizeof(((struct mio_event *)0)->flags) == sizeof(((struct kevent *)0)->flags) &&
                   sizeof(((struct mio_event *)0)->data) == sizeof(((struct kevent *)0)->data) &&
                   sizeof(((struct mio_event *)0)->udata) == sizeof(((struct kevent *)0)->udata),
               "each field has the size of <sys/event.h>");
_Static_assert(MIO_EVFILT_READ == EVFILT_READ && MIO_EVFILT_WRITE == EVFILT_WRITE &&
                   MIO_EVFILT_AIO == EVFILT_AIO && MIO_EV_ERROR == EV_ERROR && MIO_EV_EOF == EV_EOF,
               "each constant has the value of <sys/event.h>");
#if defined(EVFILT_USER)
_Static_assert(MIO_EVFILT_USER == EVFILT_USER, "EVFILT_USER has the value of <sys/event.h>");
#endif
#if defined(MIO_EVFILT_LIO)
_Static_assert(MIO_EVFILT_LIO == EVFILT_LIO, "EVFILT_LIO has the value of <sys/event.h>");
#endif
