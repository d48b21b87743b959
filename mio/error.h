#ifndef MIO_ERROR_H_
#define MIO_ERROR_H_

#include <stddef.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Results and errors.
 *
 * A call returns 0, or a count if its comment mentions one, or a NEGATIVE NATIVE ERROR CODE. The code is
 * -errno on Unix, and minus the Win32 or Winsock code on Windows. So the exact code of the system is
 * preserved. One function maps every code to a portable kind:
 *
 *   ptrdiff_t n = mio_tcp_stream_read(&stream, buffer, sizeof buffer);
 *   if (n < 0) {
 *     if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) break;
 *     char text[MIO_ERROR_MESSAGE_MAX];
 *     mio_error_message(n, text, sizeof text);
 *     fprintf(stderr, "read: %s\n", text);
 *   }
 *
 * The contract of no function involves errno or GetLastError. No function prints. */

/* The portable kinds. MIO_OK is the kind of every result that is not negative. */
typedef enum mio_error {
  MIO_OK = 0,
  MIO_ERROR_WOULD_BLOCK,         /* drained or full; wait for the next event */
  MIO_ERROR_INTERRUPTED,         /* a signal was handled; call again */
  MIO_ERROR_IN_PROGRESS,         /* started, and not finished yet */
  MIO_ERROR_ALREADY_EXISTS,      /* registered twice; connected twice; the path exists */
  MIO_ERROR_NOT_FOUND,           /* not registered, or not with this poll; no such path */
  MIO_ERROR_CONNECTION_REFUSED,  /* no socket listens there */
  MIO_ERROR_CONNECTION_RESET,    /* the peer aborted the connection */
  MIO_ERROR_CONNECTION_ABORTED,  /* the local system aborted it */
  MIO_ERROR_NOT_CONNECTED,       /* no peer yet, or no longer */
  MIO_ERROR_ADDR_IN_USE,         /* another socket is bound there */
  MIO_ERROR_ADDR_NOT_AVAILABLE,  /* not an address of this machine */
  MIO_ERROR_BROKEN_PIPE,         /* written to a connection or pipe without a reader */
  MIO_ERROR_TIMED_OUT,           /* the peer does not answer */
  MIO_ERROR_INVALID_INPUT,       /* a bad argument, or the object is closed */
  MIO_ERROR_PERMISSION_DENIED,   /* the system does not allow it for this process */
  MIO_ERROR_OUT_OF_MEMORY,       /* the allocator or the kernel has no memory left */
  MIO_ERROR_TOO_MANY_FILES,      /* the process or the system has no descriptors left */
  MIO_ERROR_UNSUPPORTED,         /* this system, or this selector, cannot do it */
  MIO_ERROR_NETWORK_UNREACHABLE, /* no route to that network */
  MIO_ERROR_HOST_UNREACHABLE,    /* the network is reachable, the host does not answer */
  MIO_ERROR_NETWORK_DOWN,        /* the interface is down, or no network is up */
  MIO_ERROR_MESSAGE_TOO_LONG,    /* longer than a datagram can be; nothing was sent */
  MIO_ERROR_NO_SPACE,            /* no space on the file system, or for another watch of epoll */
  MIO_ERROR_NO_DEVICE,           /* no such interface or device */
  MIO_ERROR_LIMIT_REACHED,       /* a quota or limit other than memory and descriptors */
  MIO_ERROR_ADDR_FAMILY_UNSUPPORTED, /* no IPv6, or no Unix sockets, on this system */
  MIO_ERROR_OTHER                    /* any other error; the code itself is specific */
} mio_error;

/* Returns the kind of `result`, which may be any result of this library. Returns MIO_OK for 0 and for
 * counts. May be called from any thread, and cannot fail. */
MIO_API mio_error mio_error_kind(ptrdiff_t result);

/* Returns the native code that represents `kind`, as a negative result, or 0 for MIO_OK. Custom sources use
 * it to return errors as the library does. mio_error_kind(mio_error_from_kind(k)) == k holds for every kind
 * k. May be called from any thread. */
MIO_API int mio_error_from_kind(mio_error kind);

/* Size in bytes of a buffer for any message, including the NUL. Longer messages of the system are cut. */
#define MIO_ERROR_MESSAGE_MAX 256

/* Writes the system's message for `result` ("Connection refused") to `out`, at most `size` bytes. A longer
 * message is cut. It is NUL-terminated unless `size` is 0. Returns `out`, for use in a printf, or an empty
 * literal if `size` is 0 or `out` is NULL. Allocates nothing. May be called from any thread. */
MIO_API const char *mio_error_message(ptrdiff_t result, char *out, size_t size);

/* Returns the name of `kind` in lower-case words ("would block"). The string is static. May be called from
 * any thread. */
MIO_API const char *mio_error_kind_name(mio_error kind);

#ifdef __cplusplus
}
#endif

#endif /* MIO_ERROR_H_ */
