#ifndef MIO_SYS_WINDOWS_NET_WINSOCK_H_
#define MIO_SYS_WINDOWS_NET_WINSOCK_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/winsock.h"

/* Inside the Windows backend: what all calls of Winsock have in common. */

static inline SOCKET mio_winsock_of(mio_handle handle) { return (SOCKET)handle; }

/* What the last call said, in the shape of the contract. */
static inline int mio_winsock_error(void) { return -WSAGetLastError(); }
static inline int mio_winsock_result(int result) { return result == 0 ? 0 : mio_winsock_error(); }

/* Makes a new socket what mio_net_open promises: non-blocking and not inherited. Closes it if that
 * fails. */
int mio_winsock_prepare(SOCKET s);

int mio_winsock_set_nonblocking(SOCKET s, bool on);

/* The family or the type of a socket (AF_..., SOCK_...), also where it has no name yet. */
int mio_winsock_family(SOCKET s, int *out_family);
int mio_winsock_type(SOCKET s, int *out_type);

#endif /* MIO_SYS_WINDOWS_NET_WINSOCK_H_ */
