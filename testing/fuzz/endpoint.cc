#include "testing/fuzz/endpoint.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace mio_fuzz {
namespace {

template <typename T, ptrdiff_t (*kRead)(T *, void *, size_t)>
ptrdiff_t ReadOf(void *object, void *buffer, size_t len) {
  return kRead(static_cast<T *>(object), buffer, len);
}

template <typename T, ptrdiff_t (*kWrite)(T *, const void *, size_t)>
ptrdiff_t WriteOf(void *object, const void *buffer, size_t len) {
  return kWrite(static_cast<T *>(object), buffer, len);
}

template <typename T, int (*kShutdown)(T *, mio_shutdown)>
int ShutdownOf(void *object, mio_shutdown how) {
  return kShutdown(static_cast<T *>(object), how);
}

template <typename T, int (*kTakeError)(T *)>
int TakeErrorOf(void *object) {
  return kTakeError(static_cast<T *>(object));
}

template <typename T, void (*kClose)(T *)>
void CloseOf(void *object) {
  kClose(static_cast<T *>(object));
}

template <typename T, int (*kRelease)(T *, mio_handle *)>
int ReleaseOf(void *object, mio_handle *out) {
  return kRelease(static_cast<T *>(object), out);
}

// What a mio_source_fd needs: the operation runs inside try_io.
struct Transfer {
  int fd;
  uint64_t value;
};

ptrdiff_t ReadCounter(void *context) {
  auto *transfer = static_cast<Transfer *>(context);
  const ssize_t n = read(transfer->fd, &transfer->value, sizeof transfer->value);
  return n < 0 ? -errno : n;
}

ptrdiff_t WriteCounter(void *context) {
  auto *transfer = static_cast<Transfer *>(context);
  const ssize_t n = write(transfer->fd, &transfer->value, sizeof transfer->value);
  return n < 0 ? -errno : n;
}

ptrdiff_t ReadEventfd(void *object, void *, size_t) {
  auto *source = static_cast<mio_source_fd *>(object);
  Transfer transfer = {source->source.native.handle, 0};
  return mio_source_fd_try_io(source, MIO_READABLE, ReadCounter, &transfer);
}

ptrdiff_t WriteEventfd(void *object, const void *, size_t len) {
  auto *source = static_cast<mio_source_fd *>(object);
  // Two long writes fill the counter.
  Transfer transfer = {source->source.native.handle, len > 4096 ? UINT64_MAX - 1 : 1};
  return mio_source_fd_try_io(source, MIO_WRITABLE, WriteCounter, &transfer);
}

template <typename T, typename Stream, int (*kAccept)(T *, Stream *), void (*kClose)(Stream *)>
ptrdiff_t AcceptOf(void *object, void *, size_t) {
  Stream accepted = {};
  const int result = kAccept(static_cast<T *>(object), &accepted);
  kClose(&accepted);
  return result < 0 ? result : 1;
}

int AcceptTcp(mio_tcp_listener *listener, mio_tcp_stream *out) {
  return mio_tcp_listener_accept(listener, out, nullptr);
}
int AcceptUnix(mio_unix_listener *listener, mio_unix_stream *out) {
  return mio_unix_listener_accept(listener, out, nullptr);
}

}  // namespace

const Type kTcpStream = {"tcp_stream",
                         true,
                         false,
                         true,
                         true,
                         ReadOf<mio_tcp_stream, mio_tcp_stream_read>,
                         WriteOf<mio_tcp_stream, mio_tcp_stream_write>,
                         ShutdownOf<mio_tcp_stream, mio_tcp_stream_shutdown>,
                         TakeErrorOf<mio_tcp_stream, mio_tcp_stream_take_error>,
                         CloseOf<mio_tcp_stream, mio_tcp_stream_close>,
                         ReleaseOf<mio_tcp_stream, mio_tcp_stream_release>};
const Type kUnixStream = {"unix_stream",
                          true,
                          false,
                          true,
                          true,
                          ReadOf<mio_unix_stream, mio_unix_stream_read>,
                          WriteOf<mio_unix_stream, mio_unix_stream_write>,
                          ShutdownOf<mio_unix_stream, mio_unix_stream_shutdown>,
                          TakeErrorOf<mio_unix_stream, mio_unix_stream_take_error>,
                          CloseOf<mio_unix_stream, mio_unix_stream_close>,
                          ReleaseOf<mio_unix_stream, mio_unix_stream_release>};
const Type kUdpSocket = {"udp_socket",
                         false,
                         false,
                         true,
                         true,
                         ReadOf<mio_udp_socket, mio_udp_socket_recv>,
                         WriteOf<mio_udp_socket, mio_udp_socket_send>,
                         nullptr,
                         TakeErrorOf<mio_udp_socket, mio_udp_socket_take_error>,
                         CloseOf<mio_udp_socket, mio_udp_socket_close>,
                         ReleaseOf<mio_udp_socket, mio_udp_socket_release>};
const Type kUnixDatagram = {"unix_datagram",
                            false,
                            false,
                            true,
                            true,
                            ReadOf<mio_unix_datagram, mio_unix_datagram_recv>,
                            WriteOf<mio_unix_datagram, mio_unix_datagram_send>,
                            ShutdownOf<mio_unix_datagram, mio_unix_datagram_shutdown>,
                            TakeErrorOf<mio_unix_datagram, mio_unix_datagram_take_error>,
                            CloseOf<mio_unix_datagram, mio_unix_datagram_close>,
                            ReleaseOf<mio_unix_datagram, mio_unix_datagram_release>};
const Type kPipeSender = {"pipe_sender",
                          true,
                          true,
                          false,
                          true,
                          nullptr,
                          WriteOf<mio_pipe_sender, mio_pipe_sender_write>,
                          nullptr,
                          nullptr,
                          CloseOf<mio_pipe_sender, mio_pipe_sender_close>,
                          ReleaseOf<mio_pipe_sender, mio_pipe_sender_release>};
const Type kPipeReceiver = {"pipe_receiver",
                            true,
                            true,
                            true,
                            false,
                            ReadOf<mio_pipe_receiver, mio_pipe_receiver_read>,
                            nullptr,
                            nullptr,
                            nullptr,
                            CloseOf<mio_pipe_receiver, mio_pipe_receiver_close>,
                            ReleaseOf<mio_pipe_receiver, mio_pipe_receiver_release>};
const Type kTcpListener = {
    "tcp_listener",
    false,
    false,
    true,
    false,
    AcceptOf<mio_tcp_listener, mio_tcp_stream, AcceptTcp, mio_tcp_stream_close>,
    nullptr,
    nullptr,
    TakeErrorOf<mio_tcp_listener, mio_tcp_listener_take_error>,
    CloseOf<mio_tcp_listener, mio_tcp_listener_close>,
    ReleaseOf<mio_tcp_listener, mio_tcp_listener_release>};
const Type kUnixListener = {
    "unix_listener",
    false,
    false,
    true,
    false,
    AcceptOf<mio_unix_listener, mio_unix_stream, AcceptUnix, mio_unix_stream_close>,
    nullptr,
    nullptr,
    TakeErrorOf<mio_unix_listener, mio_unix_listener_take_error>,
    CloseOf<mio_unix_listener, mio_unix_listener_close>,
    ReleaseOf<mio_unix_listener, mio_unix_listener_release>};
const Type kEventfd = {
    "source_fd", false,        false,   true,    true,
    ReadEventfd, WriteEventfd, nullptr, nullptr, CloseOf<mio_source_fd, mio_source_fd_close>,
    nullptr};
const Type kNested = {
    "source_fd", false,   false,   true,    false,
    nullptr,     nullptr, nullptr, nullptr, CloseOf<mio_source_fd, mio_source_fd_close>,
    nullptr};

Endpoint::~Endpoint() { Close(); }

void Endpoint::Close() {
  type_.close(object());
  if (owned_fd >= 0) close(owned_fd);
  owned_fd = -1;
}

namespace {

enum {
  kWayPipe,
  kWayUnix,
  kWayTcp,
  kWayUdp,
  kWayUnixDatagram,
  kWayFifo,
  kWayEventfd,
  kWayTcpListener,
  kWayUnixListener
};

std::string Name(int number) { return "s" + std::to_string(number); }

void Say(std::string *code, const std::string &text) {
  if (code != nullptr) *code += "  " + text + "\n";
}

void Declare(std::string *code, const Endpoint &endpoint) {
  Say(code, std::string("static mio_") + endpoint.type().name + " " + endpoint.name() + ";");
}

bool MakeTcp(Endpoint *a, Endpoint *b, std::string *code) {
  mio_tcp_listener listener = {};
  mio_addr addr = mio_addr_loopback_v4(0);
  int result = mio_tcp_listener_bind(&listener, &addr);
  if (result == 0) result = mio_tcp_listener_local_addr(&listener, &addr);
  if (result == 0) {
    result = mio_tcp_stream_connect(static_cast<mio_tcp_stream *>(a->object()), &addr);
  }
  if (result == 0) {
    pollfd entry = {listener.source.native.handle, POLLIN, 0};
    (void)poll(&entry, 1, 5000);
    result =
        mio_tcp_listener_accept(&listener, static_cast<mio_tcp_stream *>(b->object()), nullptr);
  }
  mio_tcp_listener_close(&listener);
  if (result == 0) {
    pollfd entry = {a->fd(), POLLOUT, 0};
    (void)poll(&entry, 1, 5000);
  }
  Say(code, "connect_tcp(&" + a->name() + ", &" + b->name() + ");");
  return result == 0;
}

bool MakeUdp(Endpoint *a, Endpoint *b, std::string *code) {
  auto *one = static_cast<mio_udp_socket *>(a->object());
  auto *other = static_cast<mio_udp_socket *>(b->object());
  const mio_addr any = mio_addr_loopback_v4(0);
  mio_addr addr;
  int result = mio_udp_socket_bind(one, &any);
  if (result == 0) result = mio_udp_socket_bind(other, &any);
  if (result == 0) result = mio_udp_socket_local_addr(one, &addr);
  if (result == 0) result = mio_udp_socket_connect(other, &addr);
  if (result == 0) result = mio_udp_socket_local_addr(other, &addr);
  if (result == 0) result = mio_udp_socket_connect(one, &addr);
  Say(code, "connect_udp(&" + a->name() + ", &" + b->name() + ");");
  return result == 0;
}

bool MakeFifo(Endpoint *sender, Endpoint *receiver, std::string *code) {
  const char *base = getenv("TEST_TMPDIR");
  std::string folder = std::string(base != nullptr ? base : "/tmp") + "/mio-fuzz-XXXXXX";
  if (mkdtemp(&folder[0]) == nullptr) return false;
  const std::string path = folder + "/fifo";
  bool made = false;
  if (mkfifo(path.c_str(), 0600) == 0) {
    const int in = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int out = in < 0 ? -1 : open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    made = out >= 0 &&
           mio_pipe_receiver_adopt(static_cast<mio_pipe_receiver *>(receiver->object()), in) == 0 &&
           mio_pipe_sender_adopt(static_cast<mio_pipe_sender *>(sender->object()), out) == 0;
    unlink(path.c_str());
  }
  rmdir(folder.c_str());
  Say(code, "open_fifo(&" + sender->name() + ", &" + receiver->name() + ");");
  return made;
}

bool MakeListener(Endpoint *listener, std::string *code) {
  int result;
  if (&listener->type() == &kTcpListener) {
    const mio_addr any = mio_addr_loopback_v4(0);
    result = mio_tcp_listener_bind(static_cast<mio_tcp_listener *>(listener->object()), &any);
    Say(code, "bind_tcp(&" + listener->name() + ");");
  } else {
    static int count;
    const std::string unique =
        "mio-fuzz-" + std::to_string(getpid()) + "-" + std::to_string(++count);
    mio_unix_addr addr;
    result = mio_unix_addr_from_abstract_name(unique.data(), unique.size(), &addr);
    if (result == 0) {
      result =
          mio_unix_listener_bind_addr(static_cast<mio_unix_listener *>(listener->object()), &addr);
    }
    Say(code, "bind_unix(&" + listener->name() + ");");
  }
  return result == 0;
}

bool MakeEventfd(Endpoint *endpoint, std::string *code) {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return false;
  endpoint->owned_fd = fd;
  Say(code, "mio_source_fd_init(&" + endpoint->name() + ", eventfd(0, EFD_NONBLOCK));");
  return mio_source_fd_init(static_cast<mio_source_fd *>(endpoint->object()), fd) == 0;
}

bool MakePair(int way, Endpoint *a, Endpoint *b, std::string *code) {
  switch (way) {
    case kWayPipe:
      Say(code, "mio_pipe_pair(&" + a->name() + ", &" + b->name() + ");");
      return mio_pipe_pair(static_cast<mio_pipe_sender *>(a->object()),
                           static_cast<mio_pipe_receiver *>(b->object())) == 0;
    case kWayUnix:
      Say(code, "mio_unix_stream_pair(&" + a->name() + ", &" + b->name() + ");");
      return mio_unix_stream_pair(static_cast<mio_unix_stream *>(a->object()),
                                  static_cast<mio_unix_stream *>(b->object())) == 0;
    case kWayUnixDatagram:
      Say(code, "mio_unix_datagram_pair(&" + a->name() + ", &" + b->name() + ");");
      return mio_unix_datagram_pair(static_cast<mio_unix_datagram *>(a->object()),
                                    static_cast<mio_unix_datagram *>(b->object())) == 0;
    case kWayTcp:
      return MakeTcp(a, b, code);
    case kWayUdp:
      return MakeUdp(a, b, code);
    default:
      return MakeFifo(a, b, code);
  }
}

}  // namespace

bool Make(int way, int number, Endpoints *out, std::string *code) {
  static const Type *const kTypes[kWaysToMake][2] = {{&kPipeSender, &kPipeReceiver},
                                                     {&kUnixStream, &kUnixStream},
                                                     {&kTcpStream, &kTcpStream},
                                                     {&kUdpSocket, &kUdpSocket},
                                                     {&kUnixDatagram, &kUnixDatagram},
                                                     {&kPipeSender, &kPipeReceiver},
                                                     {&kEventfd, nullptr},
                                                     {&kTcpListener, nullptr},
                                                     {&kUnixListener, nullptr}};
  auto a = std::make_unique<Endpoint>(*kTypes[way][0], Name(number));
  Declare(code, *a);
  if (kTypes[way][1] == nullptr) {
    if (!(way == kWayEventfd ? MakeEventfd(a.get(), code) : MakeListener(a.get(), code))) {
      return false;
    }
    out->push_back(std::move(a));
    return true;
  }
  auto b = std::make_unique<Endpoint>(*kTypes[way][1], Name(number + 1));
  Declare(code, *b);
  if (!MakePair(way, a.get(), b.get(), code)) return false;
  out->push_back(std::move(a));
  out->push_back(std::move(b));
  return true;
}

std::unique_ptr<Endpoint> ConnectTo(const Endpoint &listener, int number, std::string *code) {
  auto &target = const_cast<Endpoint &>(listener);
  if (&listener.type() == &kTcpListener) {
    auto client = std::make_unique<Endpoint>(kTcpStream, Name(number));
    mio_addr addr;
    if (mio_tcp_listener_local_addr(static_cast<mio_tcp_listener *>(target.object()), &addr) != 0 ||
        mio_tcp_stream_connect(static_cast<mio_tcp_stream *>(client->object()), &addr) != 0) {
      return nullptr;
    }
    Declare(code, *client);
    Say(code, "connect_to(&" + client->name() + ", &" + listener.name() + ");");
    return client;
  }
  auto client = std::make_unique<Endpoint>(kUnixStream, Name(number));
  mio_unix_addr addr;
  if (mio_unix_listener_local_addr(static_cast<mio_unix_listener *>(target.object()), &addr) != 0 ||
      mio_unix_stream_connect_addr(static_cast<mio_unix_stream *>(client->object()), &addr) != 0) {
    return nullptr;
  }
  Declare(code, *client);
  Say(code, "connect_to(&" + client->name() + ", &" + listener.name() + ");");
  return client;
}

}  // namespace mio_fuzz
