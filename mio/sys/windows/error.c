#include "mio/sys/windows/os.h"

#include "mio/sys/error.h"

/* The first code of a kind stands for it. */
static const struct {
  int code;
  mio_error kind;
} codes[] = {
    {WSAEWOULDBLOCK, MIO_ERROR_WOULD_BLOCK},
    {ERROR_PIPE_LISTENING, MIO_ERROR_WOULD_BLOCK}, /* a pipe that nobody has connected to yet */
    {WSAEINTR, MIO_ERROR_INTERRUPTED},
    {WSAEINPROGRESS, MIO_ERROR_IN_PROGRESS},
    {WSAEALREADY, MIO_ERROR_IN_PROGRESS},
    {ERROR_IO_PENDING, MIO_ERROR_IN_PROGRESS},
    {ERROR_ALREADY_EXISTS, MIO_ERROR_ALREADY_EXISTS},
    {ERROR_FILE_EXISTS, MIO_ERROR_ALREADY_EXISTS},
    {WSAEISCONN, MIO_ERROR_ALREADY_EXISTS},
    {ERROR_PIPE_CONNECTED, MIO_ERROR_ALREADY_EXISTS},
    {ERROR_NOT_FOUND, MIO_ERROR_NOT_FOUND},
    {ERROR_FILE_NOT_FOUND, MIO_ERROR_NOT_FOUND},
    {ERROR_PATH_NOT_FOUND, MIO_ERROR_NOT_FOUND},
    {WSAECONNREFUSED, MIO_ERROR_CONNECTION_REFUSED},
    {ERROR_PIPE_BUSY, MIO_ERROR_CONNECTION_REFUSED}, /* each server has a client */
    {ERROR_CONNECTION_REFUSED, MIO_ERROR_CONNECTION_REFUSED},
    {WSAECONNRESET, MIO_ERROR_CONNECTION_RESET},
    {ERROR_NETNAME_DELETED, MIO_ERROR_CONNECTION_RESET},
    {WSAENETRESET, MIO_ERROR_CONNECTION_RESET},
    {WSAECONNABORTED, MIO_ERROR_CONNECTION_ABORTED},
    {ERROR_CONNECTION_ABORTED, MIO_ERROR_CONNECTION_ABORTED},
    {ERROR_OPERATION_ABORTED, MIO_ERROR_CONNECTION_ABORTED}, /* the request was cancelled */
    {WSAENOTCONN, MIO_ERROR_NOT_CONNECTED},
    {WSAEDESTADDRREQ, MIO_ERROR_NOT_CONNECTED}, /* a datagram without a receiver */
    {ERROR_PIPE_NOT_CONNECTED, MIO_ERROR_NOT_CONNECTED},
    {WSAEADDRINUSE, MIO_ERROR_ADDR_IN_USE},
    {WSAEADDRNOTAVAIL, MIO_ERROR_ADDR_NOT_AVAILABLE},
    {ERROR_BROKEN_PIPE, MIO_ERROR_BROKEN_PIPE},
    {ERROR_NO_DATA, MIO_ERROR_BROKEN_PIPE}, /* "the pipe is being closed" */
    {WSAESHUTDOWN, MIO_ERROR_BROKEN_PIPE},
    {WSAETIMEDOUT, MIO_ERROR_TIMED_OUT},
    {ERROR_SEM_TIMEOUT, MIO_ERROR_TIMED_OUT},
    {WAIT_TIMEOUT, MIO_ERROR_TIMED_OUT},
    {WSAEINVAL, MIO_ERROR_INVALID_INPUT},
    {ERROR_INVALID_PARAMETER, MIO_ERROR_INVALID_INPUT},
    {ERROR_INVALID_HANDLE, MIO_ERROR_INVALID_INPUT},
    {ERROR_BAD_PATHNAME, MIO_ERROR_INVALID_INPUT},
    {ERROR_INVALID_NAME, MIO_ERROR_INVALID_INPUT},
    {ERROR_FILENAME_EXCED_RANGE, MIO_ERROR_INVALID_INPUT},
    {WSAENOTSOCK, MIO_ERROR_INVALID_INPUT},
    {WSAEBADF, MIO_ERROR_INVALID_INPUT},
    {WSAEFAULT, MIO_ERROR_INVALID_INPUT},
    {WSAEMSGSIZE, MIO_ERROR_INVALID_INPUT},
    {WSAENAMETOOLONG, MIO_ERROR_INVALID_INPUT},
    {WSAEPROTOTYPE, MIO_ERROR_INVALID_INPUT},
    {WSAELOOP, MIO_ERROR_INVALID_INPUT},
    {WSAEACCES, MIO_ERROR_PERMISSION_DENIED},
    {ERROR_ACCESS_DENIED, MIO_ERROR_PERMISSION_DENIED},
    {ERROR_PRIVILEGE_NOT_HELD, MIO_ERROR_PERMISSION_DENIED},
    {ERROR_NOT_ENOUGH_MEMORY, MIO_ERROR_OUT_OF_MEMORY},
    {ERROR_OUTOFMEMORY, MIO_ERROR_OUT_OF_MEMORY},
    {ERROR_NO_SYSTEM_RESOURCES, MIO_ERROR_OUT_OF_MEMORY},
    {ERROR_COMMITMENT_LIMIT, MIO_ERROR_OUT_OF_MEMORY},
    {ERROR_NOT_ENOUGH_QUOTA, MIO_ERROR_OUT_OF_MEMORY},
    {WSAENOBUFS, MIO_ERROR_OUT_OF_MEMORY},
    {WSAEMFILE, MIO_ERROR_TOO_MANY_FILES},
    {ERROR_TOO_MANY_OPEN_FILES, MIO_ERROR_TOO_MANY_FILES},
    {WSAEOPNOTSUPP, MIO_ERROR_UNSUPPORTED},
    {ERROR_NOT_SUPPORTED, MIO_ERROR_UNSUPPORTED},
    {ERROR_CALL_NOT_IMPLEMENTED, MIO_ERROR_UNSUPPORTED},
    {WSAEAFNOSUPPORT, MIO_ERROR_UNSUPPORTED},
    {WSAEPFNOSUPPORT, MIO_ERROR_UNSUPPORTED},
    {WSAEPROTONOSUPPORT, MIO_ERROR_UNSUPPORTED},
    {WSAESOCKTNOSUPPORT, MIO_ERROR_UNSUPPORTED},
    {WSAENOPROTOOPT, MIO_ERROR_UNSUPPORTED},
    {ERROR_GEN_FAILURE, MIO_ERROR_OTHER},
};

enum { CODE_COUNT = sizeof codes / sizeof codes[0] };

mio_error mio_sys_error_kind(int code) {
  for (size_t i = 0; i < CODE_COUNT; ++i) {
    if (codes[i].code == code) return codes[i].kind;
  }
  return MIO_ERROR_OTHER;
}

int mio_sys_error_code(mio_error kind) {
  for (size_t i = 0; i < CODE_COUNT; ++i) {
    if (codes[i].kind == kind) return codes[i].code;
  }
  return ERROR_GEN_FAILURE;
}

/* Texts end in a full stop and a line break, and have breaks inside where they are long; the flag
 * turns the latter into spaces. */
static DWORD trim(const wchar_t *text, DWORD length) {
  while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.')) --length;
  return length;
}

/* The longest beginning of `text` that is at most `room` bytes as UTF-8. */
static int to_utf8(const wchar_t *text, DWORD length, char *out, int room) {
  for (; length > 0; --length) {
    if (length > 1 && IS_HIGH_SURROGATE(text[length - 1])) continue; /* half a character */
    const int wanted = WideCharToMultiByte(CP_UTF8, 0, text, (int)length, NULL, 0, NULL, NULL);
    if (wanted > room) continue;
    return WideCharToMultiByte(CP_UTF8, 0, text, (int)length, out, room, NULL, NULL);
  }
  return 0;
}

void mio_sys_error_message(int code, char *out, size_t size) {
  static const wchar_t unknown[] = L"unknown error";
  const DWORD saved = GetLastError();
  wchar_t text[MIO_ERROR_MESSAGE_MAX];
  const wchar_t *found = text;
  const DWORD flags =
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
  DWORD length = FormatMessageW(flags, NULL, (DWORD)code, 0, text, MIO_ERROR_MESSAGE_MAX, NULL);
  length = trim(text, length);
  if (length == 0) {
    found = unknown;
    length = sizeof unknown / sizeof unknown[0] - 1;
  }
  const int room = size > MIO_ERROR_MESSAGE_MAX ? MIO_ERROR_MESSAGE_MAX - 1 : (int)size - 1;
  out[to_utf8(found, length, out, room)] = '\0';
  SetLastError(saved);
}
