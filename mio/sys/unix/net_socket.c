#include "mio/sys/unix/os.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_fd.h"

#if MIO_HAS_SOCK_FLAGS
#define BIRTH_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)
#else
#define BIRTH_FLAGS 0
#endif

static struct sockaddr *sockaddr_of(mio_net_name *name) {
  return (struct sockaddr *)(void *)name->storage.bytes;
}

static const struct sockaddr *const_sockaddr_of(const mio_net_name *name) {
  return (const struct sockaddr *)(const void *)name->storage.bytes;
}

static int os_type(mio_net_type type) {
  switch (type) {
    case MIO_NET_STREAM:
      return SOCK_STREAM;
    case MIO_NET_DATAGRAM:
      return SOCK_DGRAM;
    case MIO_NET_SEQPACKET:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

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

static int silence(int fd) {
#if MIO_HAS_SO_NOSIGPIPE
  const int on = 1;
  return mio_fd_result(setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on));
#else
  (void)fd;
  return 0;
#endif
}

/* Sets the properties that the creating call could not set on a new socket. Closes the socket on failure. */
static int finish_birth(int fd) {
#if !MIO_HAS_SOCK_FLAGS
  const int prepared = mio_fd_prepare(fd);
  if (prepared < 0) return prepared;
#endif
  const int result = silence(fd);
  if (result < 0) mio_net_close(fd);
  return result;
}

int mio_net_open(mio_net_family family, mio_net_type type, mio_handle *out_handle) {
  const int fd = socket(os_family(family), os_type(type) | BIRTH_FLAGS, 0);
  if (fd < 0) return -errno;
  const int result = finish_birth(fd);
  if (result == 0) *out_handle = fd;
  return result;
}

int mio_net_open_mptcp(mio_net_family family, mio_handle *out_handle) {
#if MIO_ON_LINUX
  const int protocol = 262; /* IPPROTO_MPTCP, of Linux 5.6 */
  const int fd = socket(os_family(family), SOCK_STREAM | BIRTH_FLAGS, protocol);
  if (fd < 0) return -errno;
  *out_handle = fd;
  return 0;
#else
  (void)family, (void)out_handle;
  return -EPROTONOSUPPORT;
#endif
}

int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]) {
  int fds[2];
  if (socketpair(AF_UNIX, os_type(type) | BIRTH_FLAGS, 0, fds) < 0) return -errno;
  int result = finish_birth(fds[0]);
  if (result < 0) {
    mio_net_close(fds[1]);
    return result;
  }
  result = finish_birth(fds[1]);
  if (result < 0) {
    mio_net_close(fds[0]);
    return result;
  }
  out_handles[0] = fds[0];
  out_handles[1] = fds[1];
  return 0;
}

static int check_family(int fd, bool is_unix) {
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(fd, (struct sockaddr *)&name, &len) < 0) {
    /* XNU, for a socket that is shut in both directions (sogetoptlock and friends). */
    return MIO_ON_APPLE && errno == EINVAL ? 0 : -errno;
  }
  const int family = name.ss_family;
  const bool fits = is_unix ? family == AF_UNIX : family == AF_INET || family == AF_INET6;
  return fits ? 0 : -EINVAL;
}

int mio_net_adopt(mio_handle handle, mio_net_type type, bool is_unix) {
  int actual = 0;
  socklen_t len = sizeof actual;
  if (getsockopt(handle, SOL_SOCKET, SO_TYPE, &actual, &len) < 0) return -errno;
  if (actual != os_type(type)) return -EINVAL;
  int result = check_family(handle, is_unix);
  if (result < 0) return result;
  result = silence(handle);
  /* XNU refuses every option of a stream that is shut down in both directions. Such a stream cannot raise
   * the signal. It can still be read, up to its end. */
  if (MIO_ON_APPLE && result == -EINVAL) result = 0;
  return result < 0 ? result : mio_fd_set_nonblocking(handle, true);
}

int mio_net_bind(mio_handle handle, const mio_net_name *name) {
  return mio_fd_result(bind(handle, const_sockaddr_of(name), name->len));
}

int mio_net_listen(mio_handle handle, int backlog) {
  return mio_fd_result(listen(handle, backlog));
}

#if MIO_HAS_PACCEPT

static int accept_once(int fd, struct sockaddr *peer, socklen_t *len) {
  int accepted;
  MIO_RETRY(accepted, paccept(fd, peer, len, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
  return mio_fd_result(accepted);
}

#else

static int accept_in_steps(int fd, struct sockaddr *peer, socklen_t *len) {
  int accepted;
  MIO_RETRY(accepted, accept(fd, peer, len));
  if (accepted < 0) return -errno;
  const int result = mio_fd_prepare(accepted);
  return result < 0 ? result : accepted;
}

#if MIO_HAS_ACCEPT4
/* A sandbox that does not know accept4(2) refuses it with an error that accept4 can also return itself
 * (EPERM comes from a firewall). accept(2) decides. If it returns another result, accept4 is not tried
 * again. */
static int accept_once(int fd, struct sockaddr *peer, socklen_t *len) {
  static atomic_bool is_missing;
  if (atomic_load_explicit(&is_missing, memory_order_relaxed)) {
    return accept_in_steps(fd, peer, len);
  }
  const socklen_t room = len == NULL ? 0 : *len;
  int accepted;
  MIO_RETRY(accepted, accept4(fd, peer, len, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted >= 0) return accepted;
  const int error = errno;
  if (!mio_fd_is_refusal(error)) return -error;
  if (len != NULL) *len = room;
  const int result = accept_in_steps(fd, peer, len);
  if (result != -error) atomic_store_explicit(&is_missing, true, memory_order_relaxed);
  return result;
}
#else
static int accept_once(int fd, struct sockaddr *peer, socklen_t *len) {
  return accept_in_steps(fd, peer, len);
}
#endif

#endif /* !MIO_HAS_PACCEPT */

int mio_net_accept(mio_handle handle, mio_handle *out_handle, mio_net_name *out_peer) {
  socklen_t len = sizeof out_peer->storage.bytes;
  const int fd = accept_once(handle, out_peer == NULL ? NULL : sockaddr_of(out_peer),
                             out_peer == NULL ? NULL : &len);
  if (fd < 0) return fd;
  /* On Apple's systems this fails if the peer has closed already. Its data can still be read, and the
   * socket has inherited the option from the listener (sonewconn() in XNU's uipc_socket2.c). */
  (void)silence(fd);
  *out_handle = fd;
  if (out_peer != NULL) out_peer->len = len;
  return 0;
}

int mio_net_connect(mio_handle handle, const mio_net_name *name) {
  if (connect(handle, const_sockaddr_of(name), name->len) == 0) return 0;
  /* POSIX on EINTR: "the connection shall be established asynchronously". */
  return errno == EINPROGRESS || errno == EINTR ? 0 : -errno;
}

/* Binds a socket that has lost its port to that port again, at the address that it has now. */
static int restore_port(int fd, const mio_net_name *before) {
  mio_net_name name;
  mio_addr old, now;
  int result = mio_net_local_name(fd, &name);
  if (result < 0) return result;
  if (mio_net_name_to_addr(before, &old) < 0 || mio_net_name_to_addr(&name, &now) < 0) return 0;
  if (old.port == now.port) return 0;
  now.port = old.port;
  result = mio_net_name_from_addr(&now, &name);
  return result < 0 ? result : mio_net_bind(fd, &name);
}

/* With the peer, Linux also forgets a port that the system had chosen (udp_disconnect() in
 * net/ipv4/udp.c). */
int mio_net_disconnect(mio_handle handle) {
  mio_net_name before;
  struct sockaddr none;
  int result = mio_net_local_name(handle, &before);
  if (result < 0) return result;
  memset(&none, 0, sizeof none);
  none.sa_family = AF_UNSPEC;
#if MIO_HAS_SA_LEN
  none.sa_len = sizeof none;
#endif
  if (connect(handle, &none, sizeof none) < 0 &&
      !(MIO_DISCONNECT_SAYS_UNSUPPORTED && errno == EAFNOSUPPORT)) {
    return -errno;
  }
  return restore_port(handle, &before);
}

int mio_net_shutdown(mio_handle handle, mio_shutdown how) {
  const int os_how = how == MIO_SHUTDOWN_READ    ? SHUT_RD
                     : how == MIO_SHUTDOWN_WRITE ? SHUT_WR
                                                 : SHUT_RDWR;
  return mio_fd_result(shutdown(handle, os_how));
}

int mio_net_local_name(mio_handle handle, mio_net_name *out_name) {
  socklen_t len = sizeof out_name->storage.bytes;
  if (getsockname(handle, sockaddr_of(out_name), &len) < 0) return -errno;
  out_name->len = len;
  return 0;
}

int mio_net_peer_name(mio_handle handle, mio_net_name *out_name) {
  socklen_t len = sizeof out_name->storage.bytes;
  if (getpeername(handle, sockaddr_of(out_name), &len) < 0) return -errno;
  out_name->len = len;
  return 0;
}
