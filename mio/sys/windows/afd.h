#ifndef MIO_SYS_WINDOWS_AFD_H_
#define MIO_SYS_WINDOWS_AFD_H_

#include "mio/sys/windows/nt.h"

#include "mio/sys/native.h"
#include "mio/sys/windows/port.h"

/* The Ancillary Function Driver implements Winsock's sockets. select() and WSAPoll() use its poll request.
 * A request on a handle of the driver that is not a socket completes like any overlapped request, at a
 * completion port. It reports a level, and it reports once. */

/* The poll request for one socket. The driver writes the result to the same memory. */
typedef struct mio_afd_poll {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  HANDLE socket;
  ULONG events;
  NTSTATUS status;
} mio_afd_poll;

/* Opens the driver. Child processes do not inherit the handle. Its requests complete at the port of
 * `selector`. Returns 0 or a negative error code. */
int mio_afd_open(mio_selector *selector, HANDLE *out_afd);

/* Submits a poll for any of `events` on `socket`. The caller has put `operation` in flight before. Returns
 * true if a packet will come. `operation` and `poll` then belong to the kernel until the packet is
 * dequeued. `*out_status` is MIO_NT_PENDING, or another status if the poll has already completed. Returns
 * false if the driver refused the poll; `*out_status` is the reason. */
bool mio_afd_poll_begin(HANDLE afd, mio_port_operation *operation, mio_afd_poll *poll,
                        SOCKET socket, uint32_t events, NTSTATUS *out_status);

/* Finds the handle under which the driver knows the socket `handle`. It is `handle` itself, or the handle
 * below the layered service providers of the socket. Sets `*out_datagram` to whether the socket is not a
 * stream. Returns 0 or a negative error code: WSAENOTSOCK if `handle` is not a socket. */
int mio_afd_base_socket(mio_handle handle, SOCKET *out_base, bool *out_datagram);

#endif /* MIO_SYS_WINDOWS_AFD_H_ */
