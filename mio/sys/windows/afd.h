#ifndef MIO_SYS_WINDOWS_AFD_H_
#define MIO_SYS_WINDOWS_AFD_H_

#include "mio/sys/windows/nt.h"

#include "mio/sys/native.h"
#include "mio/sys/windows/port.h"

/* The Ancillary Function Driver implements Winsock's sockets. select() and WSAPoll() are made of its
 * poll request. Made on a handle of the driver that is not a socket, the request completes like any
 * overlapped one, at a completion port. It reports levels, and once. */

/* The request for one socket. The driver writes the answer to the same place. */
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

/* Asks for any of `events` on `socket`. Returns true if a packet will come. Then `operation`, which
 * the caller has put in flight before, and `poll` belong to the kernel until it is dequeued, and
 * `*out_status` is MIO_NT_PENDING, or something else if the poll is complete already. Returns false
 * if the driver refused the poll: `*out_status` says why. */
bool mio_afd_poll_begin(HANDLE afd, mio_port_operation *operation, mio_afd_poll *poll,
                        SOCKET socket, uint32_t events, NTSTATUS *out_status);

/* Finds the handle that the driver knows the socket `handle` by: the same, or the one below the
 * layered service providers that the socket was made through. `*out_datagram` is whether the socket
 * has no streams. Returns 0 or a negative error code: WSAENOTSOCK if `handle` is no socket. */
int mio_afd_base_socket(mio_handle handle, SOCKET *out_base, bool *out_datagram);

#endif /* MIO_SYS_WINDOWS_AFD_H_ */
