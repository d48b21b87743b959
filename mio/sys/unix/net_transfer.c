#include "mio/sys/transfer.h"

#include <limits.h>
#include <string.h>
#include <sys/uio.h>

/* mio_iovec is passed to the system as it is. */
_Static_assert(sizeof(mio_iovec) == sizeof(struct iovec) &&
                   offsetof(mio_iovec, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(mio_iovec, len) == offsetof(struct iovec, iov_len),
               "mio_iovec is struct iovec");
_Static_assert(MIO_IOVEC_COUNT_MAX <= USHRT_MAX, "a count of buffers fits every msg_iovlen");

ptrdiff_t mio_net_send_again(mio_handle handle, const void *buffer, size_t len) {
  ptrdiff_t sent = -1;
  while (mio_send_goes_on(sent)) sent = send(handle, buffer, mio_fd_clamp(len), MIO_SEND_FLAGS);
  return mio_fd_transfer(sent);
}

ptrdiff_t mio_net_recv_again(mio_handle handle, void *buffer, size_t len, int flags) {
  ptrdiff_t received = -1;
  while (received < 0 && errno == EINTR) {
    received = recv(handle, buffer, mio_fd_clamp(len), flags);
  }
  return mio_fd_transfer(received);
}

ptrdiff_t mio_net_send_to(mio_handle handle, const void *buffer, size_t len,
                          const mio_net_name *to) {
  const struct sockaddr *name = (const struct sockaddr *)(const void *)to->storage.bytes;
  ptrdiff_t sent;
  MIO_RETRY(sent, sendto(handle, buffer, mio_fd_clamp(len), MIO_SEND_FLAGS, name, to->len));
  return mio_fd_transfer(sent);
}

ptrdiff_t mio_net_recv_from(mio_handle handle, void *buffer, size_t len, int flags,
                            mio_net_name *out_from) {
  struct sockaddr *name = (struct sockaddr *)(void *)out_from->storage.bytes;
  socklen_t name_len = 0;
  ptrdiff_t received;
  do {
    name_len = sizeof out_from->storage.bytes;
    received = recvfrom(handle, buffer, mio_fd_clamp(len), flags, name, &name_len);
  } while (received < 0 && errno == EINTR);
  if (received >= 0) out_from->len = name_len;
  return mio_fd_transfer(received);
}

/* The fields of the system's struct point to memory that is not const. A call that sends only reads it. */
static struct msghdr message(const mio_iovec *buffers, size_t count, const void *name,
                             size_t name_len) {
  const union {
    const void *ours;
    void *theirs;
  } iov = {buffers}, address = {name};
  struct msghdr header;
  memset(&header, 0, sizeof header);
  header.msg_name = address.theirs;
  header.msg_namelen = (socklen_t)name_len;
  header.msg_iov = iov.theirs;
  /* int on the BSDs and in POSIX, size_t in glibc. */
  header.msg_iovlen = (unsigned short)count;
  return header;
}

ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to) {
  const struct msghdr header = to == NULL ? message(buffers, count, NULL, 0)
                                          : message(buffers, count, to->storage.bytes, to->len);
  ptrdiff_t sent;
  do {
    sent = sendmsg(handle, &header, MIO_SEND_FLAGS);
  } while (to == NULL ? mio_send_goes_on(sent) : sent < 0 && errno == EINTR);
  return mio_fd_transfer(sent);
}

ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from, bool *out_truncated) {
  struct msghdr header;
  ptrdiff_t received;
  do {
    header = out_from == NULL
                 ? message(buffers, count, NULL, 0)
                 : message(buffers, count, out_from->storage.bytes, sizeof out_from->storage.bytes);
    received = recvmsg(handle, &header, MIO_RECV_FLAGS);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  if (out_from != NULL) out_from->len = header.msg_namelen;
  if (out_truncated != NULL) *out_truncated = (header.msg_flags & MSG_TRUNC) != 0;
  return received;
}
