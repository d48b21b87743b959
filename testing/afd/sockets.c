#define _GNU_SOURCE 1

#include "testing/afd/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/afd/model.h"

/* What the model knows of each descriptor. */
static struct {
  bool own;
  bool own_datagram;
  bool connected; /* was seen connected */
  uint64_t inode; /* of the socket that was */
  uint64_t opened;
  uint32_t events;
  uint32_t question; /* which one leads to the socket below; 0 for none */
  int lower;
} sockets[SOCKET_MAX];

static uint64_t opened_count;

static _Thread_local int last_error;

static int option(int fd, int name) {
  int value = 0;
  socklen_t len = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

bool socket_is_own(int socket) { return socket >= 0 && socket < SOCKET_MAX && sockets[socket].own; }

bool socket_identify(int socket, socket_identity *out) {
  struct stat status;
  if (socket < 0 || socket >= SOCKET_MAX || fstat(socket, &status) != 0) return false;
  if (!sockets[socket].own && !S_ISSOCK(status.st_mode)) return false;
  *out = (socket_identity){status.st_dev, status.st_ino, sockets[socket].opened};
  return true;
}

void socket_notice(int socket) {
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  struct stat status;
  if (socket_is_own(socket) || fstat(socket, &status) != 0) return;
  if (sockets[socket].inode != status.st_ino) sockets[socket].connected = false;
  sockets[socket].inode = status.st_ino;
  if (getpeername(socket, (struct sockaddr *)&name, &len) == 0) sockets[socket].connected = true;
}

short socket_poll_events(uint32_t wanted) {
  short events = 0;
  if ((wanted & (MODEL_RECEIVE | MODEL_ACCEPT)) != 0) events |= POLLIN;
  if ((wanted & MODEL_DISCONNECT) != 0) events |= POLLRDHUP;
  if ((wanted & MODEL_SEND) != 0) events |= POLLOUT;
  if ((wanted & MODEL_EXPEDITED) != 0) events |= POLLPRI;
  return events;
}

static uint32_t stream_events(int socket, short answer) {
  uint32_t events = 0;
  int bytes = 0;
  socket_notice(socket);
  const bool connected = sockets[socket].connected;
  if (option(socket, SO_ACCEPTCONN) == 1) return (answer & POLLIN) != 0 ? MODEL_ACCEPT : 0;
  if (!connected) {
    /* Linux calls a socket that was never connected hung up. */
    return (answer & POLLERR) != 0 ? MODEL_CONNECT_FAIL : 0;
  }
  if ((answer & POLLIN) != 0) (void)ioctl(socket, FIONREAD, &bytes);
  if (bytes > 0) events |= MODEL_RECEIVE; /* else it is the end */
  if ((answer & POLLOUT) != 0) events |= MODEL_SEND;
  if ((answer & POLLPRI) != 0) events |= MODEL_EXPEDITED;
  if ((answer & (POLLRDHUP | POLLHUP)) != 0) events |= MODEL_DISCONNECT;
  if ((answer & POLLERR) != 0) events |= MODEL_ABORT;
  /* A Unix socket is hung up when its peer is closed, a TCP socket when both halves are shut. */
  if ((answer & POLLHUP) != 0 && option(socket, SO_DOMAIN) == AF_UNIX) events |= MODEL_ABORT;
  return events;
}

static uint32_t datagram_events(short answer) {
  uint32_t events = 0;
  if ((answer & POLLIN) != 0) events |= MODEL_RECEIVE;
  if ((answer & (POLLOUT | POLLERR)) != 0) events |= MODEL_SEND;
  if ((answer & POLLERR) != 0)
    events |= MODEL_RECEIVE | MODEL_CONNECT_FAIL; /* Wine's word for it */
  if ((answer & POLLRDHUP) != 0) events |= MODEL_DISCONNECT;
  return events;
}

uint32_t socket_events(int socket, short poll_answer, uint32_t wanted) {
  if (socket_is_own(socket)) return sockets[socket].events & wanted;
  if (poll_answer == 0) return 0;
  const uint32_t events = option(socket, SO_TYPE) == SOCK_STREAM
                              ? stream_events(socket, poll_answer)
                              : datagram_events(poll_answer);
  return events & wanted;
}

/* The model's own sockets. */

int model_socket_open(bool datagram) {
  const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0 || fd >= SOCKET_MAX) return -1;
  model_lock();
  memset(&sockets[fd], 0, sizeof sockets[fd]);
  sockets[fd].own = true;
  sockets[fd].own_datagram = datagram;
  sockets[fd].opened = ++opened_count;
  model_unlock();
  return fd;
}

void model_socket_set(int socket, uint32_t events) {
  model_lock();
  sockets[socket].events = events;
  model_sockets_changed();
  model_unlock();
}

void model_socket_close(int socket) {
  model_lock();
  sockets[socket].own = false;
  sockets[socket].opened = 0;
  (void)close(socket);
  model_sockets_changed();
  model_unlock();
}

void model_socket_layer(int socket, uint32_t question, int lower) {
  model_lock();
  sockets[socket].question = question;
  sockets[socket].lower = lower;
  model_unlock();
}

/* Winsock. */

int winsock_getsockopt(uintptr_t socket, int level, int name, char *out, int *len);
int WSAIoctl(uintptr_t socket, uint32_t code, void *in, uint32_t in_len, void *out,
             uint32_t out_len, uint32_t *out_written, void *overlapped, void *completion);
int WSAGetLastError(void);
int WSAStartup(int version, void *out);

static int result_of(int error) {
  last_error = error;
  return error == 0 ? 0 : -1;
}

int winsock_getsockopt(uintptr_t socket, int level, int name, char *out, int *len) {
  const int fd = (int)socket;
  int type = 0;
  model_lock();
  if (socket_is_own(fd)) {
    type = sockets[fd].own_datagram ? SOCK_DGRAM : SOCK_STREAM;
    memcpy(out, &type, sizeof type);
    model_unlock();
    return 0;
  }
  if (fd >= 0 && fd < SOCKET_MAX)
    socket_notice(fd); /* a connection that may be over by the first poll */
  model_unlock();
  socklen_t size = (socklen_t)*len;
  return result_of(getsockopt(fd, level, name, out, &size) == 0 ? 0 : errno);
}

int WSAIoctl(uintptr_t socket, uint32_t code, void *in, uint32_t in_len, void *out,
             uint32_t out_len, uint32_t *out_written, void *overlapped, void *completion) {
  const uint32_t base_handle = 0x48000022u;
  const int fd = (int)socket;
  uintptr_t answer = socket;
  int error = 0;
  (void)in, (void)in_len, (void)out_len, (void)overlapped, (void)completion;
  model_lock();
  if (fd < 0 || fd >= SOCKET_MAX) {
    error = ENOTSOCK;
  } else if (sockets[fd].question != 0) {
    if (code == sockets[fd].question) answer = (uintptr_t)sockets[fd].lower;
    if (code == base_handle) error = EOPNOTSUPP;
  }
  model_unlock();
  memcpy(out, &answer, sizeof answer);
  *out_written = sizeof answer;
  return result_of(error);
}

int WSAGetLastError(void) { return last_error; }

int WSAStartup(int version, void *out) {
  (void)version, (void)out;
  return 0;
}
