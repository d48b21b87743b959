#include "mio/sys/windows/os.h"

#include <limits.h>
#include <stddef.h>

#include "mio/sys/net.h"
#include "mio/sys/transfer.h"
#include "mio/sys/windows/net_winsock.h"

/* WSABUF has the two members of mio_iovec in the other order, and a length of 32 bits, so buffers are
 * converted. All buffers are converted at once, because one call sends a datagram. This takes at most 16 KB
 * of stack. */
typedef struct buffer_list {
  WSABUF buffers[MIO_IOVEC_COUNT_MAX];
  DWORD count;
  ptrdiff_t len; /* of all of them together */
} buffer_list;

/* Winsock's counts are int or DWORD. The result must also fit a ptrdiff_t of 32 bits. */
static int clamp(size_t len) { return len < INT_MAX ? (int)len : INT_MAX; }

/* Buffers of length 0 are left out, so that their `base`, which may have any value, is never used. Bytes
 * beyond INT_MAX are cut. */
static void translate(const mio_iovec *buffers, size_t count, buffer_list *out) {
  out->count = 0;
  out->len = 0;
  for (size_t i = 0; i < count; ++i) {
    const int room = clamp((size_t)(INT_MAX - out->len));
    const int len = buffers[i].len < (size_t)room ? (int)buffers[i].len : room;
    if (len == 0) continue;
    out->buffers[out->count].buf = buffers[i].base;
    out->buffers[out->count].len = (ULONG)len;
    ++out->count;
    out->len += len;
  }
  if (out->count == 0) {
    static char nothing;
    out->buffers[0].buf = &nothing;
    out->buffers[0].len = 0;
    out->count = 1;
  }
}

static ptrdiff_t send_list(mio_handle handle, buffer_list *list, const mio_net_name *to) {
  const SOCKET s = mio_winsock_of(handle);
  DWORD sent = 0;
  const int result = to == NULL
                         ? WSASend(s, list->buffers, list->count, &sent, 0, NULL, NULL)
                         : WSASendTo(s, list->buffers, list->count, &sent, 0,
                                     (const struct sockaddr *)(const void *)to->storage.bytes,
                                     (int)to->len, NULL, NULL);
  return result == 0 ? (ptrdiff_t)sent : mio_winsock_error();
}

/* Returns the result of a receive with room for `room` bytes. `*out_truncated` may be NULL.
 *
 * WSAEMSGSIZE means that the datagram was longer than the room. The room is full, the sender's name is
 * written, and the rest is lost. After a peek the datagram is still in the socket. WSAESHUTDOWN means that
 * this side has shut down reading, which is the end of the stream on all other systems. */
static ptrdiff_t receive_result(int result, DWORD received, ptrdiff_t room, bool *out_truncated) {
  const int error = result == 0 ? 0 : WSAGetLastError();
  if (out_truncated != NULL) *out_truncated = error == WSAEMSGSIZE;
  if (error == 0) return (ptrdiff_t)received;
  if (error == WSAEMSGSIZE) return room;
  return error == WSAESHUTDOWN ? 0 : -error;
}

static ptrdiff_t receive_list(mio_handle handle, buffer_list *list, mio_net_name *out_from,
                              bool *out_truncated) {
  const SOCKET s = mio_winsock_of(handle);
  DWORD received = 0, flags = 0;
  if (out_from == NULL) {
    const int result = WSARecv(s, list->buffers, list->count, &received, &flags, NULL, NULL);
    return receive_result(result, received, list->len, out_truncated);
  }
  int name_len = sizeof out_from->storage.bytes;
  out_from->storage.alignment = 0; /* no family, where the system writes no name */
  const int result =
      WSARecvFrom(s, list->buffers, list->count, &received, &flags,
                  (struct sockaddr *)(void *)out_from->storage.bytes, &name_len, NULL, NULL);
  const ptrdiff_t transferred = receive_result(result, received, list->len, out_truncated);
  if (transferred >= 0) out_from->len = (uint32_t)name_len;
  return transferred;
}

ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len, const mio_net_name *to) {
  const SOCKET s = mio_winsock_of(handle);
  const char *bytes = len == 0 ? "" : buffer;
  const int sent =
      to == NULL ? send(s, bytes, clamp(len), 0)
                 : sendto(s, bytes, clamp(len), 0,
                          (const struct sockaddr *)(const void *)to->storage.bytes, (int)to->len);
  return sent >= 0 ? sent : mio_winsock_error();
}

ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len, mio_net_recv_mode mode,
                       mio_net_name *out_from) {
  const SOCKET s = mio_winsock_of(handle);
  const int flags = mode == MIO_NET_PEEK ? MSG_PEEK : 0;
  char nothing;
  char *bytes = len == 0 ? &nothing : buffer;
  if (out_from == NULL) {
    const int received = recv(s, bytes, clamp(len), flags);
    return receive_result(received < 0 ? received : 0, (DWORD)received, clamp(len), NULL);
  }
  int name_len = sizeof out_from->storage.bytes;
  out_from->storage.alignment = 0; /* no family, where the system writes no name */
  const int received = recvfrom(s, bytes, clamp(len), flags,
                                (struct sockaddr *)(void *)out_from->storage.bytes, &name_len);
  const ptrdiff_t transferred =
      receive_result(received < 0 ? received : 0, (DWORD)received, clamp(len), NULL);
  if (transferred >= 0) out_from->len = (uint32_t)name_len;
  return transferred;
}

ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to) {
  buffer_list list;
  translate(buffers, count, &list);
  return send_list(handle, &list, to);
}

ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from, bool *out_truncated) {
  buffer_list list;
  translate(buffers, count, &list);
  return receive_list(handle, &list, out_from, out_truncated);
}
