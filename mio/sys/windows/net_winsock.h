#ifndef MIO_SYS_WINDOWS_NET_WINSOCK_H_
#define MIO_SYS_WINDOWS_NET_WINSOCK_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/winsock.h"

/* Inside the Windows backend: helpers for all calls of Winsock. */

static inline SOCKET mio_winsock_of(mio_handle handle) { return (SOCKET)handle; }

/* Returns the error of the last call as a negative code. */
static inline int mio_winsock_error(void) { return -WSAGetLastError(); }
static inline int mio_winsock_result(int result) { return result == 0 ? 0 : mio_winsock_error(); }

/* Makes a new socket non-blocking and not inherited, as mio_net_open promises. Closes it on failure. */
int mio_winsock_prepare(SOCKET s);

int mio_winsock_set_nonblocking(SOCKET s, bool on);

/* Return the family or the type of a socket (AF_..., SOCK_...), even if it has no name yet. */
int mio_winsock_family(SOCKET s, int *out_family);
int mio_winsock_type(SOCKET s, int *out_type);

#endif /* MIO_SYS_WINDOWS_NET_WINSOCK_H_ */
