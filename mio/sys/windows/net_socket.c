#include "mio/sys/windows/os.h"

#include <mswsock.h>
#include <string.h>

#include "mio/sys/net.h"
#include "mio/sys/windows/net_winsock.h"

/* From mstcpip.h and mswsock.h, since Windows 2000 and Windows 8. Some SDKs' headers lack one of them. */
#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif
#ifndef SIO_UDP_NETRESET
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)
#endif

static struct sockaddr *sockaddr_of(mio_net_name *name) {
  return (struct sockaddr *)(void *)name->storage.bytes;
}

static const struct sockaddr *const_sockaddr_of(const mio_net_name *name) {
  return (const struct sockaddr *)(const void *)name->storage.bytes;
}

static int os_type(mio_net_type type) { return type == MIO_NET_STREAM ? SOCK_STREAM : SOCK_DGRAM; }

static int os_family(mio_net_family family) {
  switch (family) {
    case MIO_NET_V4:
      return AF_INET;
    case MIO_NET_V6:
      return AF_INET6;
    case MIO_NET_UNIX:
      return AF_UNIX;
  }
  return AF_UNSPEC;
}

/* Sets whether an ICMP error for an earlier datagram (port unreachable, time exceeded) makes a later
 * receive fail. A new Windows socket does this even if it has no single peer. On Unix only a connected
 * socket gets such errors, and this library follows Unix. */
static void report_resets(SOCKET s, bool on) {
  BOOL value = on;
  DWORD bytes = 0;
  (void)WSAIoctl(s, SIO_UDP_CONNRESET, &value, sizeof value, NULL, 0, &bytes, NULL, NULL);
  (void)WSAIoctl(s, SIO_UDP_NETRESET, &value, sizeof value, NULL, 0, &bytes, NULL, NULL);
}

int mio_net_open(mio_net_family family, mio_net_type type, mio_handle *out_handle) {
  int result = mio_winsock_start();
  if (result < 0) return result;
  if (family == MIO_NET_UNIX && type == MIO_NET_DATAGRAM) return -WSAEOPNOTSUPP;
  const SOCKET s = WSASocketW(os_family(family), os_type(type), 0, NULL, 0,
                              WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (s == INVALID_SOCKET) return mio_winsock_error();
  result = mio_winsock_set_nonblocking(s, true);
  if (result < 0) {
    (void)closesocket(s);
    return result;
  }
  if (type == MIO_NET_DATAGRAM) report_resets(s, false);
  *out_handle = (mio_handle)s;
  return 0;
}

int mio_net_adopt(mio_handle handle, mio_net_type type, bool is_unix) {
  const SOCKET s = mio_winsock_of(handle);
  int actual = 0, family = AF_UNSPEC;
  int result = mio_winsock_start();
  if (result == 0) result = mio_winsock_type(s, &actual);
  if (result == 0 && actual != os_type(type)) result = -WSAEINVAL;
  if (result == 0) result = mio_winsock_family(s, &family);
  if (result == 0 && !(is_unix ? family == AF_UNIX : family == AF_INET || family == AF_INET6)) {
    result = -WSAEINVAL;
  }
  return result < 0 ? result : mio_winsock_set_nonblocking(s, true);
}

int mio_net_bind(mio_handle handle, const mio_net_name *name) {
  return mio_winsock_result(bind(mio_winsock_of(handle), const_sockaddr_of(name), (int)name->len));
}

int mio_net_listen(mio_handle handle, int backlog) {
  return mio_winsock_result(listen(mio_winsock_of(handle), backlog));
}

/* An accepted socket inherits properties of its listener, including undocumented ones. accept takes no
 * flags. */
int mio_net_accept(mio_handle handle, mio_handle *out_handle, mio_net_name *out_peer) {
  int len = sizeof out_peer->storage.bytes;
  const SOCKET s = accept(mio_winsock_of(handle), out_peer == NULL ? NULL : sockaddr_of(out_peer),
                          out_peer == NULL ? NULL : &len);
  if (s == INVALID_SOCKET) return mio_winsock_error();
  const int result = mio_winsock_prepare(s);
  if (result < 0) return result;
  *out_handle = (mio_handle)s;
  if (out_peer != NULL) out_peer->len = (uint32_t)len;
  return 0;
}

int mio_net_connect(mio_handle handle, const mio_net_name *name) {
  const SOCKET s = mio_winsock_of(handle);
  int type = 0;
  if (connect(s, const_sockaddr_of(name), (int)name->len) == 0) {
    if (mio_winsock_type(s, &type) == 0 && type == SOCK_DGRAM) report_resets(s, true);
    return 0;
  }
  const int error = WSAGetLastError();
  return error == WSAEWOULDBLOCK ? 0 : -error;
}

int mio_net_open_mptcp(mio_net_family family, mio_handle *out_handle) {
  (void)family, (void)out_handle;
  return -WSAEPROTONOSUPPORT;
}

/* A connect to an address of zeros ends the association (MSDN on connect()). */
int mio_net_disconnect(mio_handle handle) {
  const SOCKET s = mio_winsock_of(handle);
  int family = AF_UNSPEC;
  const int result = mio_winsock_family(s, &family);
  if (result < 0) return result;
  SOCKADDR_STORAGE none;
  memset(&none, 0, sizeof none);
  none.ss_family = (ADDRESS_FAMILY)family;
  const int len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if (connect(s, (const struct sockaddr *)(const void *)&none, len) != 0)
    return mio_winsock_error();
  report_resets(s, false);
  return 0;
}

int mio_net_shutdown(mio_handle handle, mio_shutdown how) {
  const int os_how = how == MIO_SHUTDOWN_READ    ? SD_RECEIVE
                     : how == MIO_SHUTDOWN_WRITE ? SD_SEND
                                                 : SD_BOTH;
  return mio_winsock_result(shutdown(mio_winsock_of(handle), os_how));
}

int mio_net_local_name(mio_handle handle, mio_net_name *out_name) {
  int len = sizeof out_name->storage.bytes;
  if (getsockname(mio_winsock_of(handle), sockaddr_of(out_name), &len) != 0) {
    return mio_winsock_error();
  }
  out_name->len = (uint32_t)len;
  return 0;
}

int mio_net_peer_name(mio_handle handle, mio_net_name *out_name) {
  int len = sizeof out_name->storage.bytes;
  if (getpeername(mio_winsock_of(handle), sockaddr_of(out_name), &len) != 0) {
    return mio_winsock_error();
  }
  out_name->len = (uint32_t)len;
  return 0;
}
