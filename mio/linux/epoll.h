#ifndef MIO_LINUX_EPOLL_H_
#define MIO_LINUX_EPOLL_H_

#include <stdint.h>

#include "mio/export.h"
#include "mio/poll.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Registration with epoll's own flags, for features that mio_interest lacks (Linux and Android):
 *
 *   // one listener in the polls of many threads, only one of them woken for each connection
 *   mio_registry_register_epoll(registry, &listener.source, SERVER,
 *                               MIO_EPOLL_IN | MIO_EPOLL_EXCLUSIVE);
 *
 * The library passes the flags to epoll_ctl(2) unchanged, so a registration is edge-triggered only with
 * MIO_EPOLL_ET. The calls work if the selector is epoll (see mio_poll_selector_name). Otherwise they return
 * MIO_ERROR_UNSUPPORTED. The values are Linux's own. */
#define MIO_EPOLL_IN        UINT32_C(0x00000001)
#define MIO_EPOLL_PRI       UINT32_C(0x00000002)
#define MIO_EPOLL_OUT       UINT32_C(0x00000004)
#define MIO_EPOLL_ERR       UINT32_C(0x00000008)
#define MIO_EPOLL_HUP       UINT32_C(0x00000010)
#define MIO_EPOLL_RDNORM    UINT32_C(0x00000040)
#define MIO_EPOLL_RDBAND    UINT32_C(0x00000080)
#define MIO_EPOLL_WRNORM    UINT32_C(0x00000100)
#define MIO_EPOLL_WRBAND    UINT32_C(0x00000200)
#define MIO_EPOLL_MSG       UINT32_C(0x00000400)
#define MIO_EPOLL_RDHUP     UINT32_C(0x00002000)
#define MIO_EPOLL_EXCLUSIVE (UINT32_C(1) << 28)
#define MIO_EPOLL_WAKEUP    (UINT32_C(1) << 29)
#define MIO_EPOLL_ONESHOT   (UINT32_C(1) << 30)
#define MIO_EPOLL_ET        (UINT32_C(1) << 31)

/* Like mio_registry_register, with `flags` instead of an interest, for sources that have one descriptor
 * (sockets, pipes, mio_source_fd). Also MIO_ERROR_INVALID_INPUT if epoll_ctl fails with EINVAL;
 * MIO_ERROR_UNSUPPORTED for a composite source. */
MIO_API int mio_registry_register_epoll(const mio_registry *registry, mio_source *source,
                                        mio_token token, uint32_t flags);

/* Like mio_registry_reregister, with `flags`. Linux refuses it (EINVAL) for a source that was registered
 * with MIO_EPOLL_EXCLUSIVE. Deregister such a source first. */
MIO_API int mio_registry_reregister_epoll(const mio_registry *registry, mio_source *source,
                                          mio_token token, uint32_t flags);

/* Returns the flags that the kernel reported with `event`, or 0 if the selector is not epoll. */
MIO_API uint32_t mio_event_epoll_flags(const mio_event *event);

#ifdef __cplusplus
}
#endif

#endif /* MIO_LINUX_EPOLL_H_ */
