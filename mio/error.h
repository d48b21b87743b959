#ifndef MIO_ERROR_H_
#define MIO_ERROR_H_

#include <stddef.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How calls of this library say that they failed.
 *
 * A call returns 0, or a count where it says so, or a NEGATIVE NATIVE ERROR CODE: -errno on Unix,
 * minus the Win32 or Winsock code on Windows. Nothing of the OS's answer is lost, and one function
 * turns any of them into a portable kind:
 *
 *   ptrdiff_t n = mio_tcp_stream_read(&stream, buffer, sizeof buffer);
 *   if (n < 0) {
 *     if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) break;
 *     char text[MIO_ERROR_MESSAGE_MAX];
 *     mio_error_message(n, text, sizeof text);
 *     fprintf(stderr, "read: %s\n", text);
 *   }
 *
 * No call of this library sets, clears or depends on errno or GetLastError for its contract, and
 * none prints. */

/* The portable kinds. MIO_OK stands for every result that is not negative. */
typedef enum mio_error {
  MIO_OK = 0,
  MIO_ERROR_WOULD_BLOCK,        /* drained, or full: wait for the next event */
  MIO_ERROR_INTERRUPTED,        /* a signal was handled; call again */
  MIO_ERROR_IN_PROGRESS,        /* begun, and goes on by itself */
  MIO_ERROR_ALREADY_EXISTS,     /* registered twice; connected twice; the path is taken */
  MIO_ERROR_NOT_FOUND,          /* not registered, or not with this poll; no such path */
  MIO_ERROR_CONNECTION_REFUSED, /* nobody listens there */
  MIO_ERROR_CONNECTION_RESET,   /* the peer threw the connection away */
  MIO_ERROR_CONNECTION_ABORTED, /* this side's system threw it away */
  MIO_ERROR_NOT_CONNECTED,      /* no peer yet, or no more */
  MIO_ERROR_ADDR_IN_USE,        /* somebody is bound there */
  MIO_ERROR_ADDR_NOT_AVAILABLE, /* not an address of this machine */
  MIO_ERROR_BROKEN_PIPE,        /* written to what nobody will read any more */
  MIO_ERROR_TIMED_OUT,          /* the peer went silent */
  MIO_ERROR_INVALID_INPUT,      /* an argument makes no sense, or the object is closed */
  MIO_ERROR_PERMISSION_DENIED,  /* the system does not let this process do that */
  MIO_ERROR_OUT_OF_MEMORY,      /* the allocator, or the kernel, had none left */
  MIO_ERROR_TOO_MANY_FILES,     /* out of descriptors, of this process or of the system */
  MIO_ERROR_UNSUPPORTED,        /* this system, or this selector, cannot do it */
  MIO_ERROR_OTHER               /* anything else: look at the code itself */
} mio_error;

/* The kind of any result of this library; MIO_OK for 0 and for counts. Any thread; cannot fail. */
MIO_API mio_error mio_error_kind(ptrdiff_t result);

/* The other way: the native code, as a negative result, that best stands for `kind`, for custom
 * sources that have to answer as the library would. 0 for MIO_OK.
 * mio_error_kind(mio_error_from_kind(k)) == k for every kind. Any thread. */
MIO_API int mio_error_from_kind(mio_error kind);

/* Room for every message, with its NUL; longer system texts are cut. */
#define MIO_ERROR_MESSAGE_MAX 256

/* Writes what the system says about `result` ("Connection refused") to the `size` bytes at `out`,
 * cut to fit and always NUL-terminated unless `size` is 0. Returns `out`, so that it can stand in a
 * printf (an empty literal where `size` is 0 or `out` is NULL). Any thread; allocates nothing. */
MIO_API const char *mio_error_message(ptrdiff_t result, char *out, size_t size);

/* The name of a kind in lower case words ("would block"), a static string. Any thread. */
MIO_API const char *mio_error_kind_name(mio_error kind);

#ifdef __cplusplus
}
#endif

#endif /* MIO_ERROR_H_ */
