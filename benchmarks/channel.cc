#include "benchmarks/channel.h"

#if MIO_BENCH_UNIX
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#else
#include <winsock2.h>
#endif

namespace mio_bench {
namespace {

// Two ends of a connection.
bool Connect(mio_tcp_stream *a, mio_tcp_stream *b) {
  mio_tcp_listener listener = {};
  mio_addr addr = mio_addr_loopback_v4(0);
  bool worked = mio_tcp_listener_bind(&listener, &addr) == 0 &&
                mio_tcp_listener_local_addr(&listener, &addr) == 0 &&
                mio_tcp_stream_connect(a, &addr) == 0;
  int result = -1;
  while (worked && (result = mio_tcp_listener_accept(&listener, b, nullptr)) != 0) {
    worked = mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK;
  }
  mio_tcp_listener_close(&listener);
  return worked && mio_tcp_stream_set_nodelay(a, true) == 0 &&
         mio_tcp_stream_set_nodelay(b, true) == 0;
}

}  // namespace

#if MIO_BENCH_UNIX

bool AcceptAndClose(mio_handle listener) {
#if defined(SOCK_NONBLOCK)
  const int peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (peer < 0) return false;
#else
  const int peer = accept(listener, nullptr, nullptr);
  if (peer < 0) return false;
  fcntl(peer, F_SETFD, FD_CLOEXEC);
  fcntl(peer, F_SETFL, O_NONBLOCK);
#endif
  close(peer);
  return true;
}

bool Pipe::Open() {
  return mio_pipe_pair(&writer, &reader) == 0 && mio_pipe_receiver_handle(&reader, &read_fd) == 0 &&
         mio_pipe_sender_handle(&writer, &write_fd) == 0;
}

Pipe::~Pipe() {
  mio_pipe_receiver_close(&reader);
  mio_pipe_sender_close(&writer);
}

bool RaiseDescriptorLimit(size_t needed) {
  rlimit limit = {};
  const auto least = static_cast<rlim_t>(needed + 64);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= least) return true;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= least;
}

#else

ptrdiff_t ReadHandle(mio_handle handle, void *data, size_t len) {
  return recv(static_cast<SOCKET>(handle), static_cast<char *>(data), static_cast<int>(len), 0);
}

ptrdiff_t WriteHandle(mio_handle handle, const void *data, size_t len) {
  return send(static_cast<SOCKET>(handle), static_cast<const char *>(data), static_cast<int>(len),
              0);
}

// It is non-blocking as its listener is.
bool AcceptAndClose(mio_handle listener) {
  const SOCKET peer = accept(static_cast<SOCKET>(listener), nullptr, nullptr);
  if (peer == INVALID_SOCKET) return false;
  closesocket(peer);
  return true;
}

bool Pipe::Open() {
  return Connect(&writer, &reader) && mio_tcp_stream_handle(&reader, &read_fd) == 0 &&
         mio_tcp_stream_handle(&writer, &write_fd) == 0;
}

Pipe::~Pipe() {
  mio_tcp_stream_close(&reader);
  mio_tcp_stream_close(&writer);
}

bool RaiseDescriptorLimit(size_t) { return true; }

#endif

bool OpenPair(UnixEnd *a, UnixEnd *b) {
  return mio_unix_stream_pair(&a->stream, &b->stream) == 0 &&
         mio_unix_stream_handle(&a->stream, &a->fd) == 0 &&
         mio_unix_stream_handle(&b->stream, &b->fd) == 0;
}

bool OpenPair(TcpEnd *a, TcpEnd *b) {
  return Connect(&a->stream, &b->stream) && mio_tcp_stream_handle(&a->stream, &a->fd) == 0 &&
         mio_tcp_stream_handle(&b->stream, &b->fd) == 0;
}

void Close(UnixEnd *end) { mio_unix_stream_close(&end->stream); }
void Close(TcpEnd *end) { mio_tcp_stream_close(&end->stream); }

}  // namespace mio_bench
