#include "mio/sys/windows/os.h"

#include <afunix.h>
#include <string.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/net_winsock.h"

/* Windows has no socketpair(): two Unix sockets are connected by way of a listener whose file is
 * there for that moment only. They block until they are handed out, so nothing has to be waited
 * for. */

enum { PATH_ROOM = MIO_UNIX_ADDR_NAME_MAX };

static char *put_hex(char *out, uint32_t number) {
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[number >> shift & 15];
  return out;
}

/* A path that nobody else uses, as UTF-16 and in UTF-8, which is what Winsock takes: the folder for
 * temporary files, and a name of this process, this moment and a counter. */
static int choose_path(WCHAR wide[PATH_ROOM], struct sockaddr_un *out_name) {
  static volatile LONG count;
  WCHAR folder[MAX_PATH + 1];
  char name[] = "mio000000001111111122222222";
  const DWORD folder_len = GetTempPathW(MAX_PATH + 1, folder);
  if (folder_len == 0) return -(int)GetLastError();
  if (folder_len + sizeof name > PATH_ROOM) return -WSAENAMETOOLONG;
  LARGE_INTEGER now;
  (void)QueryPerformanceCounter(&now);
  char *end = put_hex(name + 3, (uint32_t)GetCurrentProcessId());
  end = put_hex(end, (uint32_t)InterlockedIncrement(&count));
  (void)put_hex(end, (uint32_t)now.QuadPart);
  memcpy(wide, folder, folder_len * sizeof *wide);
  for (size_t i = 0; i < sizeof name; ++i) wide[folder_len + i] = (WCHAR)name[i];
  memset(out_name, 0, sizeof *out_name);
  out_name->sun_family = AF_UNIX;
  const int len = WideCharToMultiByte(CP_UTF8, 0, wide, -1, out_name->sun_path,
                                      (int)sizeof out_name->sun_path, NULL, NULL);
  return len == 0 ? -WSAENAMETOOLONG : 0;
}

static int open_blocking(SOCKET *out_socket) {
  *out_socket = WSASocketW(AF_UNIX, SOCK_STREAM, 0, NULL, 0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  return *out_socket == INVALID_SOCKET ? mio_winsock_error() : 0;
}

static bool is_own(SOCKET s) {
  ULONG pid = 0;
  DWORD bytes = 0;
  return WSAIoctl(s, SIO_AF_UNIX_GETPEERPID, NULL, 0, &pid, sizeof pid, &bytes, NULL, NULL) == 0 &&
         pid == GetCurrentProcessId();
}

/* Connects `client` to `listener` and takes the other end. Whoever else has found the file in that
 * moment is sent away; our own connection is in the queue, so this comes to an end. */
static int connect_ends(SOCKET listener, const struct sockaddr_un *name, SOCKET client,
                        SOCKET *out_server) {
  const struct sockaddr *sockaddr = (const struct sockaddr *)(const void *)name;
  int result = mio_winsock_result(listen(listener, SOMAXCONN));
  if (result == 0) result = mio_winsock_result(connect(client, sockaddr, sizeof *name));
  if (result < 0) return result;
  for (;;) {
    const SOCKET server = accept(listener, NULL, NULL);
    if (server == INVALID_SOCKET) return mio_winsock_error();
    if (is_own(server)) {
      *out_server = server;
      return 0;
    }
    (void)closesocket(server);
  }
}

/* The same with a listener of its own, and both ends non-blocking; closes `client` if that fails.
 */
static int connect_by_file(SOCKET client, SOCKET *out_server) {
  WCHAR path[PATH_ROOM];
  struct sockaddr_un name;
  SOCKET listener = INVALID_SOCKET, server = INVALID_SOCKET;
  int result = choose_path(path, &name);
  if (result == 0) result = open_blocking(&listener);
  if (result == 0) {
    result = mio_winsock_result(
        bind(listener, (const struct sockaddr *)(const void *)&name, sizeof name));
    if (result == 0) {
      result = connect_ends(listener, &name, client, &server);
      (void)DeleteFileW(path);
    }
    (void)closesocket(listener);
  }
  if (result == 0) result = mio_winsock_prepare(server); /* closes it if it fails */
  if (result < 0) {
    (void)closesocket(client);
    return result;
  }
  result = mio_winsock_prepare(client);
  if (result < 0) (void)closesocket(server);
  *out_server = server;
  return result;
}

int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]) {
  SOCKET client, server;
  int result = mio_winsock_start();
  if (result == 0 && type == MIO_NET_DATAGRAM) result = -WSAEOPNOTSUPP;
  if (result == 0) result = open_blocking(&client);
  if (result == 0) result = connect_by_file(client, &server);
  if (result < 0) return result;
  out_handles[0] = (mio_handle)client;
  out_handles[1] = (mio_handle)server;
  return 0;
}
