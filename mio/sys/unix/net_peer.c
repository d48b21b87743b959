#include "mio/sys/unix/os.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "mio/sys/net.h"
#include "mio/sys/unix/features.h"

#if MIO_HAS_XUCRED_PID
#include <sys/ucred.h>
#endif

/* For a socket without a peer the kernels succeed too, with the user -1. That counts as a failure. The
 * process 0, which is the kernel, never connects. So 0 means that the peer is in a PID namespace that this
 * process cannot see into (Linux), or that the kernel does not report the process (FreeBSD before 13). */

#if MIO_HAS_PEERCRED

int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  struct ucred peer = {0, 0, 0};
  socklen_t len = sizeof peer;
  if (getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) return -errno;
  if (peer.uid == (uid_t)-1) return -ENOTCONN;
  *out_uid = peer.uid;
  *out_gid = peer.gid;
  *out_pid = peer.pid > 0 ? peer.pid : -1;
  return 0;
}

#elif MIO_HAS_GETPEEREID

#if !defined(SOL_LOCAL)
#define SOL_LOCAL 0 /* the level of LOCAL_PEERCRED and similar options (unix(4)) */
#endif

static int64_t pid_of_peer(int fd) {
#if MIO_ON_APPLE
  pid_t pid = 0;
  socklen_t len = sizeof pid;
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) == 0 && pid > 0) return pid;
#elif MIO_HAS_XUCRED_PID
  struct xucred peer;
  socklen_t len = sizeof peer;
  memset(&peer, 0, sizeof peer);
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &peer, &len) == 0 && peer.cr_pid > 0) {
    return peer.cr_pid;
  }
#elif MIO_ON_NETBSD
  struct unpcbid peer;
  socklen_t len = sizeof peer;
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEEREID, &peer, &len) == 0 && peer.unp_pid > 0) {
    return peer.unp_pid;
  }
#elif MIO_ON_OPENBSD
  struct sockpeercred peer;
  socklen_t len = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 0) return peer.pid;
#else
  (void)fd;
#endif
  return -1;
}

int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  uid_t uid = 0;
  gid_t gid = 0;
  if (getpeereid(handle, &uid, &gid) < 0) return -errno;
  if (uid == (uid_t)-1) return -ENOTCONN;
  *out_uid = uid;
  *out_gid = gid;
  *out_pid = pid_of_peer(handle);
  return 0;
}

#else

int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  (void)handle, (void)out_uid, (void)out_gid, (void)out_pid;
  return -EOPNOTSUPP;
}

#endif
