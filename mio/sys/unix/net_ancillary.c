#include "mio/sys/unix/os.h"

#include "mio/sys/unix/net_ancillary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mio/sys/unix/features.h"
#include "mio/sys/unix/net_cmsg.h"
#include "mio/sys/unix/net_fd.h"

/* MSG_DONTWAIT: another process that shares the open file may have made it block. */
#if MIO_HAS_MSG_NOSIGNAL
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#else
#define SEND_FLAGS MSG_DONTWAIT
#endif

#if defined(MSG_CMSG_CLOEXEC)
#define RECV_FLAGS       (MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
#define RECEIVES_CLOEXEC 1
#else
#define RECV_FLAGS       MSG_DONTWAIT /* Apple */
#define RECEIVES_CLOEXEC 0
#endif

enum {
  FDS_MAX = 253, /* SCM_MAX_FD of Linux */
  SEND_ROOM = CMSG_SPACE(FDS_MAX * sizeof(int)) + 128,
  /* Room for the greatest number of descriptors that any kernel sends at once. macOS installs all
   * descriptors and then cuts the list, so with less room the rest would be open with unknown numbers. The
   * limit is 253 on Linux. Elsewhere the control data of a send is limited to a page or less. */
  RECV_ROOM = MIO_ON_LINUX ? 2048 : 8192
};

_Static_assert((int)SEND_ROOM <= (int)RECV_ROOM, "whatever is sent can be received");

/* The fields of the system's struct point to memory that is not const, but these calls only read it. */
static void set_data(struct msghdr *message, const mio_iovec *buffers, size_t count) {
  const union {
    const void *ours;
    void *theirs;
  } iov = {buffers};
  memset(message, 0, sizeof *message);
  message->msg_iov = iov.theirs;
  /* int on the BSDs and in POSIX, size_t in glibc. */
  message->msg_iovlen = (unsigned short)count;
}

#if MIO_SENDS_UCRED

static int put_credentials(unsigned char *buffer, size_t room, size_t *used) {
  const struct ucred own = {getpid(), geteuid(), getegid()};
  mio_cmsg_put(buffer, room, used, SOL_SOCKET, SCM_CREDENTIALS, &own, sizeof own);
  return 0;
}

/* A process of another pid namespace has pid 0. A sender that sent before this socket requested credentials
 * has pid 0 and the user and group that represent "none" (overflowuid, 65534). */
static void read_credentials(const mio_cmsg *found, mio_net_ancillary *with) {
  enum { NOBODY = 65534 };
  struct ucred peer;
  if (found->type != SCM_CREDENTIALS || !mio_cmsg_read(found, &peer, sizeof peer)) return;
  if (peer.pid == 0 && peer.uid == NOBODY && peer.gid == NOBODY) return;
  if (peer.uid == (uid_t)-1) return;
  with->has_credentials = true;
  with->uid = peer.uid;
  with->gid = peer.gid;
  with->pid = peer.pid > 0 ? peer.pid : -1;
}

#elif MIO_SENDS_CMSGCRED

/* The kernel fills it in. */
static int put_credentials(unsigned char *buffer, size_t room, size_t *used) {
  struct cmsgcred blank;
  memset(&blank, 0, sizeof blank);
  mio_cmsg_put(buffer, room, used, SOL_SOCKET, SCM_CREDS, &blank, sizeof blank);
  return 0;
}

static void read_credentials(const mio_cmsg *found, mio_net_ancillary *with) {
  struct cmsgcred peer;
  if (found->type != SCM_CREDS || !mio_cmsg_read(found, &peer, sizeof peer)) return;
  with->has_credentials = true;
  with->uid = peer.cmcred_euid;
  with->gid = peer.cmcred_ngroups > 0 ? peer.cmcred_groups[0] : peer.cmcred_gid;
  with->pid = peer.cmcred_pid > 0 ? peer.cmcred_pid : -1;
}

#else

static int put_credentials(unsigned char *buffer, size_t room, size_t *used) {
  (void)buffer, (void)room, (void)used;
  return -EOPNOTSUPP;
}

static void read_credentials(const mio_cmsg *found, mio_net_ancillary *with) {
  (void)found, (void)with;
}

#endif

ptrdiff_t mio_ancillary_send(mio_handle handle, const mio_iovec *buffers, size_t count,
                             const mio_net_name *to, const mio_net_ancillary *with) {
  MIO_CMSG_ROOM(control, SEND_ROOM);
  struct msghdr message;
  size_t used = 0;
  set_data(&message, buffers, count);
  memset(control, 0, sizeof control);
  if (with->fd_count > 0) {
    mio_cmsg_put(control, sizeof control, &used, SOL_SOCKET, SCM_RIGHTS, with->fds,
                 with->fd_count * sizeof(int));
  }
  if (with->has_credentials) {
    const int result = put_credentials(control, sizeof control, &used);
    if (result < 0) return result;
  }
  if (used > 0) {
    message.msg_control = control;
    message.msg_controllen = (socklen_t)used;
  }
  mio_net_name name;
  if (to != NULL) {
    name = *to;
    message.msg_name = name.storage.bytes;
    message.msg_namelen = name.len;
  }
  ptrdiff_t sent;
  MIO_RETRY(sent, sendmsg(handle, &message, SEND_FLAGS));
  return mio_fd_transfer(sent);
}

/* Keeps or closes the descriptors of one message. If the kernel has cut the length, an incomplete
 * descriptor at the end is ignored. */
static void take_fds(const mio_cmsg *found, mio_net_ancillary *with) {
  for (size_t at = 0; at + sizeof(int) <= found->len; at += sizeof(int)) {
    int fd;
    memcpy(&fd, found->data + at, sizeof fd);
    if (fd < 0) continue;
    if (with->fd_count == with->fd_capacity) {
      mio_net_close(fd);
      with->fds_lost = true;
      continue;
    }
    if (!RECEIVES_CLOEXEC) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    with->fds[with->fd_count++] = fd;
  }
}

static void take_control(const unsigned char *control, size_t size, mio_net_ancillary *with) {
  mio_cmsg found;
  size_t offset = 0;
  while (mio_cmsg_next(control, size, &offset, &found)) {
    if (found.level != SOL_SOCKET) continue;
    if (found.type == SCM_RIGHTS) {
      take_fds(&found, with);
    } else {
      read_credentials(&found, with);
    }
  }
}

ptrdiff_t mio_ancillary_recv(mio_handle handle, const mio_iovec *buffers, size_t count,
                             mio_net_name *out_from, mio_net_ancillary *with) {
  MIO_CMSG_ROOM(control, RECV_ROOM);
  struct msghdr message;
  ptrdiff_t received;
  do {
    set_data(&message, buffers, count);
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (out_from != NULL) {
      message.msg_name = out_from->storage.bytes;
      message.msg_namelen = sizeof out_from->storage.bytes;
    }
    received = recvmsg(handle, &message, RECV_FLAGS);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  if (out_from != NULL) out_from->len = message.msg_namelen;
  with->fd_count = 0;
  with->has_credentials = false;
  with->uid = with->gid = 0;
  with->pid = -1;
  with->fds_lost = (message.msg_flags & MSG_CTRUNC) != 0;
  with->truncated = (message.msg_flags & MSG_TRUNC) != 0;
  const size_t size = (size_t)message.msg_controllen;
  take_control(control, size < sizeof control ? size : sizeof control, with);
  return received;
}

int mio_ancillary_pass_credentials(mio_handle handle, bool on) {
#if MIO_SENDS_UCRED
  const int value = on;
  return mio_fd_result(setsockopt(handle, SOL_SOCKET, SO_PASSCRED, &value, sizeof value));
#else
  (void)handle, (void)on;
  return -EOPNOTSUPP;
#endif
}
