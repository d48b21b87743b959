#include "mio/sys/windows/os.h"

#include "mio/windows/socket.h"

#include "mio/net/socket.h"
#include "mio/sys/windows/winsock.h"

/* This asks Winsock and not the kernel, because the sockets of a layered provider need not be kernel
 * objects. */
static int check_socket(mio_handle handle) {
  int type = 0;
  int len = sizeof type;
  const int result = mio_winsock_start();
  if (result < 0) return result;
  if (getsockopt((SOCKET)handle, SOL_SOCKET, SO_TYPE, (char *)&type, &len) == 0) return 0;
  return -WSAGetLastError();
}

static mio_source *source_of(mio_windows_socket *socket) {
  return socket == NULL ? NULL : &socket->source;
}

int mio_windows_socket_init(mio_windows_socket *socket, mio_handle handle) {
  int result = mio_socket_check_closed(source_of(socket));
  if (result == 0) result = check_socket(handle);
  if (result == 0) mio_handle_source_open(&socket->source, handle);
  return result;
}

void mio_windows_socket_close(mio_windows_socket *socket) {
  mio_handle still_open;
  (void)mio_socket_release(source_of(socket), &still_open);
}

int mio_windows_socket_handle(const mio_windows_socket *socket, mio_handle *out_handle) {
  return mio_socket_handle(socket == NULL ? NULL : &socket->source, out_handle);
}

ptrdiff_t mio_windows_socket_try_io(mio_windows_socket *socket, mio_interest interest,
                                    mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(socket), interest, operation, context);
}
