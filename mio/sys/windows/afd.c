#include "mio/sys/windows/afd.h"

#include <mswsock.h>

#include "mio/error.h"
#include "mio/sys/windows/winsock.h"

/* CTL_CODE of the driver's own kind (FSCTL_AFD_BASE 0x12, request 9, METHOD_BUFFERED). */
#define IOCTL_AFD_POLL 0x00012024u

#if !defined(SIO_BSP_HANDLE)
#define SIO_BSP_HANDLE 0x4800001Bu
#endif
#if !defined(SIO_BSP_HANDLE_SELECT)
#define SIO_BSP_HANDLE_SELECT 0x4800001Cu
#endif
#if !defined(SIO_BSP_HANDLE_POLL)
#define SIO_BSP_HANDLE_POLL 0x4800001Du
#endif
#if !defined(SIO_BASE_HANDLE)
#define SIO_BASE_HANDLE 0x48000022u
#endif

_Static_assert(sizeof(IO_STATUS_BLOCK) <= offsetof(OVERLAPPED, Offset), "its first two members");
_Static_assert(offsetof(mio_afd_poll, socket) == 16, "as the driver reads it");
_Static_assert(offsetof(mio_afd_poll, status) == 20 + sizeof(HANDLE), "as the driver reads it");

int mio_afd_open(mio_selector *selector, HANDLE *out_afd) {
  /* Opens the device without the extended attributes that would make the handle a socket. Any name may
   * follow the name of the device. */
  static wchar_t path[] = L"\\Device\\Afd\\mio";
  UNICODE_STRING name = {sizeof path - sizeof path[0], sizeof path, path};
  OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .ObjectName = &name};
  IO_STATUS_BLOCK outcome;
  HANDLE afd;
  const NTSTATUS status = NtCreateFile(&afd, SYNCHRONIZE, &attributes, &outcome, NULL, 0,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0);
  if (status != MIO_NT_SUCCESS) return mio_nt_result(status);
  int result = mio_port_attach(selector, afd);
  /* No thread waits for the handle itself to be signaled. */
  if (result == 0 && !SetFileCompletionNotificationModes(afd, FILE_SKIP_SET_EVENT_ON_HANDLE)) {
    result = -(int)GetLastError();
  }
  if (result < 0) {
    (void)CloseHandle(afd);
    return result;
  }
  *out_afd = afd;
  return 0;
}

bool mio_afd_poll_begin(HANDLE afd, mio_port_operation *operation, mio_afd_poll *poll,
                        SOCKET socket, uint32_t events, NTSTATUS *out_status) {
  IO_STATUS_BLOCK *outcome = (IO_STATUS_BLOCK *)&operation->overlapped;
  poll->timeout.QuadPart = INT64_MAX;
  poll->count = 1;
  poll->exclusive = FALSE;
  poll->socket = (HANDLE)socket;
  poll->events = events;
  poll->status = MIO_NT_SUCCESS;
  outcome->Status = MIO_NT_PENDING;
  *out_status = NtDeviceIoControlFile(afd, NULL, NULL, operation, outcome, IOCTL_AFD_POLL, poll,
                                      sizeof *poll, poll, sizeof *poll);
  /* A poll that is completed at once has a packet too, whatever its status, unless that is an error. */
  return !mio_nt_is_error(*out_status);
}

static int ask_provider(SOCKET socket, DWORD question, SOCKET *out_base) {
  DWORD written;
  if (WSAIoctl(socket, question, NULL, 0, out_base, sizeof *out_base, &written, NULL, NULL) == 0)
    return 0;
  return -WSAGetLastError();
}

/* According to its reference in the SDK, a provider must not handle SIO_BASE_HANDLE itself. Some do, and
 * return an error. The requests that Winsock sends to providers for select, WSAPoll and others lead at
 * least one layer down. */
static bool descend(SOCKET socket, SOCKET *out_lower) {
  static const DWORD questions[] = {SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE};
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; ++i) {
    SOCKET lower;
    if (ask_provider(socket, questions[i], &lower) == 0 && lower != socket) {
      *out_lower = lower;
      return true;
    }
  }
  return false;
}

int mio_afd_base_socket(mio_handle handle, SOCKET *out_base, bool *out_datagram) {
  enum { LAYERS_MAX = 64 }; /* limits the loop if providers refer to each other */
  SOCKET socket = (SOCKET)handle;
  int type = 0;
  int len = sizeof type;
  int result = mio_winsock_start();
  if (result < 0) return result;
  /* Checked first, because Wine 8's SIO_BASE_HANDLE succeeds for any handle. */
  if (getsockopt(socket, SOL_SOCKET, SO_TYPE, (char *)&type, &len) != 0) return -WSAGetLastError();
  *out_datagram = type != SOCK_STREAM;
  for (int layer = 0; layer < LAYERS_MAX; ++layer) {
    result = ask_provider(socket, SIO_BASE_HANDLE, out_base);
    if (result == 0 || !descend(socket, &socket)) break;
  }
  return result;
}
