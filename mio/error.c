#include "mio/error.h"

#include <limits.h>

#include "mio/sys/error.h"
#include "mio/text.h"

/* Returns the native code of a failed result. No system has codes beyond int. */
static int native_code(ptrdiff_t result) { return result < -INT_MAX ? INT_MAX : (int)-result; }

mio_error mio_error_kind(ptrdiff_t result) {
  return result >= 0 ? MIO_OK : mio_sys_error_kind(native_code(result));
}

int mio_error_from_kind(mio_error kind) { return kind == MIO_OK ? 0 : -mio_sys_error_code(kind); }

const char *mio_error_message(ptrdiff_t result, char *out, size_t size) {
  if (out == NULL || size == 0) return "";
  if (result < 0) {
    mio_sys_error_message(native_code(result), out, size);
  } else {
    mio_text text = mio_text_begin(out, size);
    mio_text_string(&text, "success");
  }
  return out;
}

const char *mio_error_kind_name(mio_error kind) {
  switch (kind) {
    case MIO_OK:
      return "success";
    case MIO_ERROR_WOULD_BLOCK:
      return "would block";
    case MIO_ERROR_INTERRUPTED:
      return "interrupted";
    case MIO_ERROR_IN_PROGRESS:
      return "in progress";
    case MIO_ERROR_ALREADY_EXISTS:
      return "already exists";
    case MIO_ERROR_NOT_FOUND:
      return "not found";
    case MIO_ERROR_CONNECTION_REFUSED:
      return "connection refused";
    case MIO_ERROR_CONNECTION_RESET:
      return "connection reset";
    case MIO_ERROR_CONNECTION_ABORTED:
      return "connection aborted";
    case MIO_ERROR_NOT_CONNECTED:
      return "not connected";
    case MIO_ERROR_ADDR_IN_USE:
      return "address in use";
    case MIO_ERROR_ADDR_NOT_AVAILABLE:
      return "address not available";
    case MIO_ERROR_BROKEN_PIPE:
      return "broken pipe";
    case MIO_ERROR_TIMED_OUT:
      return "timed out";
    case MIO_ERROR_INVALID_INPUT:
      return "invalid input";
    case MIO_ERROR_PERMISSION_DENIED:
      return "permission denied";
    case MIO_ERROR_OUT_OF_MEMORY:
      return "out of memory";
    case MIO_ERROR_TOO_MANY_FILES:
      return "too many files";
    case MIO_ERROR_UNSUPPORTED:
      return "unsupported";
    case MIO_ERROR_NETWORK_UNREACHABLE:
      return "network unreachable";
    case MIO_ERROR_HOST_UNREACHABLE:
      return "host unreachable";
    case MIO_ERROR_NETWORK_DOWN:
      return "network down";
    case MIO_ERROR_MESSAGE_TOO_LONG:
      return "message too long";
    case MIO_ERROR_NO_SPACE:
      return "no space";
    case MIO_ERROR_NO_DEVICE:
      return "no device";
    case MIO_ERROR_LIMIT_REACHED:
      return "limit reached";
    case MIO_ERROR_ADDR_FAMILY_UNSUPPORTED:
      return "address family unsupported";
    case MIO_ERROR_OTHER:
      return "other";
  }
  return "unknown";
}
