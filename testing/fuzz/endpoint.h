#ifndef TESTING_FUZZ_ENDPOINT_H_
#define TESTING_FUZZ_ENDPOINT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"

// The sources that fuzzed programs use, all in one dress.
namespace mio_fuzz {

// What a type can do. Members that a type lacks are null.
struct Type {
  const char *name;  // as in mio_<name>_read
  bool is_stream;    // a transfer of fewer bytes than asked for has drained it
  bool is_pipe;
  bool reads;
  bool writes;
  ptrdiff_t (*read)(void *, void *, size_t);
  ptrdiff_t (*write)(void *, const void *, size_t);
  int (*shutdown)(void *, mio_shutdown);
  int (*take_error)(void *);
  void (*close)(void *);
  int (*release)(void *, mio_handle *);
};

extern const Type kTcpStream, kUnixStream, kUdpSocket, kUnixDatagram, kPipeSender, kPipeReceiver,
    kTcpListener, kUnixListener, kEventfd, kNested;

class Endpoint {
 public:
  Endpoint(const Type &type, std::string name) : type_(type), name_(std::move(name)) {}
  ~Endpoint();
  Endpoint(const Endpoint &) = delete;
  Endpoint &operator=(const Endpoint &) = delete;

  const Type &type() const { return type_; }
  const std::string &name() const { return name_; }
  void *object() { return &object_; }
  mio_source *source() { return &object_.source; }
  int fd() const { return object_.source.native.handle; }

  // Closes it; a descriptor that a mio_source_fd only borrowed is closed too.
  void Close();
  int owned_fd = -1;

 private:
  const Type &type_;
  const std::string name_;
  union Object {
    mio_source source;
    mio_tcp_stream tcp_stream;
    mio_tcp_listener tcp_listener;
    mio_unix_stream unix_stream;
    mio_unix_listener unix_listener;
    mio_udp_socket udp_socket;
    mio_unix_datagram unix_datagram;
    mio_pipe_sender pipe_sender;
    mio_pipe_receiver pipe_receiver;
    mio_source_fd source_fd;
  } object_ = {};
};

using Endpoints = std::vector<std::unique_ptr<Endpoint>>;

// Ways to make one endpoint or two that are connected.
constexpr int kWaysToMake = 9;

// Appends what way number `way` makes to `*out`, and its C text to `*code` if that is not null. Names
// are numbered from `number` on. False, and nothing made, if the system has no more.
bool Make(int way, int number, Endpoints *out, std::string *code);

// Connects a client to a listener. Null, and nothing made, if the listener's queue is full.
std::unique_ptr<Endpoint> ConnectTo(const Endpoint &listener, int number, std::string *code);

}  // namespace mio_fuzz

#endif  // TESTING_FUZZ_ENDPOINT_H_
