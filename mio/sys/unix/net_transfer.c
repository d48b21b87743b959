#include "mio/sys/unix/os.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

#if MIO_HAS_MSG_NOSIGNAL
#define SEND_FLAGS MSG_NOSIGNAL
#else
#define SEND_FLAGS 0
#endif

/* mio_iovec is handed to the system as it is. */
_Static_assert(sizeof(mio_iovec) == sizeof(struct iovec) &&
                   offsetof(mio_iovec, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(mio_iovec, len) == offsetof(struct iovec, iov_len),
               "mio_iovec is struct iovec");

/* XNU refuses lengths beyond INT_MAX (EINVAL), and Linux cuts them to less. */
static size_t clamp(size_t len) { return len < INT_MAX ? len : INT_MAX; }

ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len, const mio_net_name *to) {
  const struct sockaddr *name =
      to == NULL ? NULL : (const struct sockaddr *)(const void *)to->storage.bytes;
  ptrdiff_t sent;
  MIO_RETRY(sent, sendto(handle, buffer, clamp(len), SEND_FLAGS, name, to == NULL ? 0 : to->len));
  return mio_fd_transfer(sent);
}

static ptrdiff_t receive_from(mio_handle handle, void *buffer, size_t len, int flags,
                              mio_net_name *out_from) {
  socklen_t name_len = 0;
  ptrdiff_t received;
  do {
    name_len = sizeof out_from->storage.bytes;
    received = recvfrom(handle, buffer, clamp(len), flags,
                        (struct sockaddr *)(void *)out_from->storage.bytes, &name_len);
  } while (received < 0 && errno == EINTR);
  if (received >= 0) out_from->len = name_len;
  return mio_fd_transfer(received);
}

ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len, mio_net_recv_mode mode,
                       mio_net_name *out_from) {
  const int flags = mode == MIO_NET_PEEK ? MSG_PEEK : 0;
  if (out_from != NULL) return receive_from(handle, buffer, len, flags, out_from);
  ptrdiff_t received;
  MIO_RETRY(received, recv(handle, buffer, clamp(len), flags));
  return mio_fd_transfer(received);
}

/* The systems' struct has pointers to what they may change, and these only read. */
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

_Static_assert(MIO_IOVEC_COUNT_MAX <= USHRT_MAX, "a count of buffers fits every msg_iovlen");

ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to) {
  const struct msghdr header = to == NULL ? message(buffers, count, NULL, 0)
                                          : message(buffers, count, to->storage.bytes, to->len);
  ptrdiff_t sent;
  MIO_RETRY(sent, sendmsg(handle, &header, SEND_FLAGS));
  return mio_fd_transfer(sent);
}

ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from) {
  struct msghdr header;
  ptrdiff_t received;
  do {
    header = out_from == NULL
                 ? message(buffers, count, NULL, 0)
                 : message(buffers, count, out_from->storage.bytes, sizeof out_from->storage.bytes);
    received = recvmsg(handle, &header, 0);
  } while (received < 0 && errno == EINTR);
  if (received >= 0 && out_from != NULL) out_from->len = header.msg_namelen;
  return mio_fd_transfer(received);
}
