#include "mio/sys/windows/net_winsock.h"

int mio_winsock_set_nonblocking(SOCKET s, bool on) {
  u_long value = on;
  return mio_winsock_result(ioctlsocket(s, FIONBIO, &value));
}

int mio_winsock_prepare(SOCKET s) {
  int result = mio_winsock_set_nonblocking(s, true);
  if (result == 0 && !SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0)) {
    result = -(int)GetLastError();
  }
  if (result < 0) (void)closesocket(s);
  return result;
}

int mio_winsock_family(SOCKET s, int *out_family) {
  WSAPROTOCOL_INFOW info;
  int len = sizeof info;
  if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len) != 0) {
    return mio_winsock_error();
  }
  *out_family = info.iAddressFamily;
  return 0;
}

int mio_winsock_type(SOCKET s, int *out_type) {
  int len = sizeof *out_type;
  return mio_winsock_result(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)out_type, &len));
}

/* The handle may be of another kind than a socket. Then closesocket fails and does not close it. */
void mio_net_close(mio_handle handle) {
  if (closesocket(mio_winsock_of(handle)) == 0) return;
  const int error = WSAGetLastError();
  if (error == WSAENOTSOCK || error == WSANOTINITIALISED) (void)CloseHandle((HANDLE)handle);
}
