#ifndef MIO_SYS_WINDOWS_AFD_H_
#define MIO_SYS_WINDOWS_AFD_H_

#include "mio/sys/windows/nt.h"

#include "mio/sys/native.h"
#include "mio/sys/windows/port.h"

/* The Ancillary Function Driver is what Winsock's own sockets are made of. Its poll request is what
 * select() and WSAPoll() call; made on a handle of the driver that is no socket, it completes like
 * any overlapped request, at a port. It looks at levels, and completes once. */

/* The request for one socket, and the answer to it, which the driver writes in its place. */
typedef struct mio_afd_poll {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  HANDLE socket;
  ULONG events;
  NTSTATUS status;
} mio_afd_poll;

/* Opens the driver; the handle is not inherited, and its requests complete at the port of
 * `selector`. Returns 0 or a negative error code. */
int mio_afd_open(mio_selector *selector, HANDLE *out_afd);

/* Asks for any of `events` on `socket`. True if the request was made: `operation`, which has to be
 * in flight already, and `poll` are the kernel's until its packet is dequeued. `*out_status` is why
 * not. */
bool mio_afd_poll_begin(HANDLE afd, mio_port_operation *operation, mio_afd_poll *poll,
                        SOCKET socket, uint32_t events, NTSTATUS *out_status);

/* Finds the socket that the driver knows `handle` by: itself, or what lies below the layered service
 * providers that it went through. Returns 0 or a negative error code, WSAENOTSOCK for what is no
 * socket. */
int mio_afd_base_socket(mio_handle handle, SOCKET *out_base);

#endif /* MIO_SYS_WINDOWS_AFD_H_ */
