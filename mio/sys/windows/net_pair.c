#include "mio/sys/windows/os.h"

#include <afunix.h>
#include <string.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/net_winsock.h"

/* Windows has no socketpair(). Two Unix sockets are connected through a listener, whose file exists for
 * that moment only. Another process could find the file and connect too, so the accepted socket is checked.
 * It must come from this process. If it has a name, the name must be the client's. The sockets are blocking
 * until they are returned, so no call must be repeated.
 *
 * Wine has no Unix sockets, so this file was compiled and never executed. */

enum { PATH_ROOM = MIO_UNIX_ADDR_NAME_MAX };

static char *put_hex(char *out, uint32_t number) {
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[number >> shift & 15];
  return out;
}

/* Writes an unused path as UTF-16, and as UTF-8 for Winsock. The file is in the folder for temporary files.
 * Its name consists of the process, a counter and the time. */
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

/* Opens a socket that is bound to a new file. The caller deletes the file. */
typedef struct bound_socket {
  SOCKET socket;
  WCHAR path[PATH_ROOM];
  struct sockaddr_un name;
} bound_socket;

static const struct sockaddr *sockaddr_of(const bound_socket *bound) {
  return (const struct sockaddr *)(const void *)&bound->name;
}

static int open_bound(bound_socket *out) {
  int result = choose_path(out->path, &out->name);
  if (result == 0) result = open_blocking(&out->socket);
  if (result < 0) return result;
  result = mio_winsock_result(bind(out->socket, sockaddr_of(out), sizeof out->name));
  if (result < 0) (void)closesocket(out->socket);
  return result;
}

static bool is_of_this_process(SOCKET s) {
  ULONG pid = 0;
  DWORD bytes = 0;
  return WSAIoctl(s, SIO_AF_UNIX_GETPEERPID, NULL, 0, &pid, sizeof pid, &bytes, NULL, NULL) == 0 &&
         pid == GetCurrentProcessId();
}

/* Returns whether `server`, accepted with this peer name, is connected to `client`. A system that does not
 * report the names of clients reports none. */
static bool is_peer(SOCKET server, const struct sockaddr_un *peer, const bound_socket *client) {
  if (!is_of_this_process(server)) return false;
  return peer->sun_path[0] == '\0' ||
         strncmp(peer->sun_path, client->name.sun_path, sizeof peer->sun_path) == 0;
}

/* Connects `client` to `listener` and accepts the other end. Refuses other connections that came first. The
 * backlog limits their number, and so does this loop. */
static int connect_ends(const bound_socket *listener, const bound_socket *client,
                        SOCKET *out_server) {
  enum { BACKLOG = 8 };
  int result = mio_winsock_result(listen(listener->socket, BACKLOG));
  if (result == 0) {
    result =
        mio_winsock_result(connect(client->socket, sockaddr_of(listener), sizeof listener->name));
  }
  for (int i = 0; result == 0 && i <= BACKLOG; ++i) {
    struct sockaddr_un peer;
    int len = sizeof peer;
    memset(&peer, 0, sizeof peer);
    const SOCKET server = accept(listener->socket, (struct sockaddr *)(void *)&peer, &len);
    if (server == INVALID_SOCKET) return mio_winsock_error();
    if (is_peer(server, &peer, client)) {
      *out_server = server;
      return 0;
    }
    (void)closesocket(server);
  }
  return result < 0 ? result : -WSAECONNREFUSED;
}

static void close_bound(const bound_socket *bound) {
  (void)closesocket(bound->socket);
  (void)DeleteFileW(bound->path);
}

/* Makes both ends non-blocking. Closes both if that fails. */
static int prepare_ends(SOCKET client, SOCKET server) {
  int result = mio_winsock_prepare(server); /* closes it if it fails */
  if (result < 0) {
    (void)closesocket(client);
    return result;
  }
  result = mio_winsock_prepare(client);
  if (result < 0) (void)closesocket(server);
  return result;
}

static int open_ends(SOCKET *out_client, SOCKET *out_server) {
  bound_socket listener, client;
  int result = open_bound(&listener);
  if (result < 0) return result;
  result = open_bound(&client);
  if (result < 0) {
    close_bound(&listener);
    return result;
  }
  result = connect_ends(&listener, &client, out_server);
  close_bound(&listener);
  (void)DeleteFileW(client.path); /* the socket keeps the name */
  *out_client = client.socket;
  if (result == 0) return prepare_ends(client.socket, *out_server);
  (void)closesocket(client.socket);
  return result;
}

int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]) {
  SOCKET client, server;
  int result = mio_winsock_start();
  if (result == 0 && type == MIO_NET_DATAGRAM) result = -WSAEOPNOTSUPP;
  if (result == 0) result = open_ends(&client, &server);
  if (result < 0) return result;
  out_handles[0] = (mio_handle)client;
  out_handles[1] = (mio_handle)server;
  return 0;
}
