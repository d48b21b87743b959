// An echo server in one thread: a request on each of 1, 100 or 1,000 connections, and its answer.
//
// The client is in the same thread, so that all counts repeat. It writes all requests, lets the server
// answer them and reads all answers, by the system's own calls: two system calls a request, which are
// the same for every peer.

#include <deque>
#include <memory>
#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

// More than one request: a read that returns less has emptied the socket.
constexpr size_t kBuffer = size_t{64} << 10;

// The clients of a server, one after the other.
class Clients {
 public:
  Clients(size_t count, size_t size) : ends_(count), request_(size, 'x'), answer_(kBuffer) {}
  Clients(const Clients &) = delete;
  Clients &operator=(const Clients &) = delete;
  ~Clients() {
    for (TcpEnd &end : ends_) Close(&end);
  }

  bool Connect(size_t index, TcpEnd *server) { return OpenPair(&ends_[index], server); }
  size_t count() const { return ends_.size(); }
  size_t size() const { return request_.size(); }

  void Ask() {
    for (const TcpEnd &end : ends_) {
      Require(WriteHandle(end.fd, request_.data(), size()) == static_cast<ptrdiff_t>(size()),
              "the client's write");
    }
  }
  void TakeAnswers() {
    for (const TcpEnd &end : ends_) {
      size_t got = 0;
      while (got < size()) {
        const ptrdiff_t len = ReadHandle(end.fd, answer_.data(), answer_.size());
        Require(len > 0, "the client's read");
        got += static_cast<size_t>(len);
      }
    }
  }

 private:
  std::deque<TcpEnd> ends_;
  std::vector<char> request_, answer_;
};

const char *CheckLimit(size_t connections) {
  return RaiseDescriptorLimit(2 * connections) ? nullptr : "too few descriptors allowed";
}

template <template <typename> class Loop>
class Echo : public Repeated<Echo<Loop>> {
 public:
  Echo(size_t connections, size_t size) : clients_(connections, size), buffer_(kBuffer) {}
  ~Echo() override {
    for (Connection &connection : connections_) Close(&connection.end);
  }

  const char *Open() override {
    if (const char *why_not = CheckLimit(clients_.count())) return why_not;
    if (!loop_.Open(this, {})) return "no such loop here";
    for (size_t i = 0; i < clients_.count(); ++i) {
      connections_.emplace_back();
      Connection *connection = &connections_.back();
      if (!clients_.Connect(i, &connection->end)) return "no TCP connection";
      if (!loop_.Add(&connection->watch, &connection->end,
                     reinterpret_cast<uintptr_t>(connection))) {
        return "no add";
      }
    }
    loop_.Apply();
    return nullptr;
  }

  void Step() {
    left_ = clients_.count() * clients_.size();
    clients_.Ask();
    while (left_ > 0) loop_.Next();
    clients_.TakeAnswers();
  }

  void OnReady(uintptr_t token) {
    Connection *connection = reinterpret_cast<Connection *>(token);
    const ptrdiff_t len = Io::Read(&connection->end, buffer_.data(), buffer_.size());
    if (len <= 0) return;
    Require(Io::Write(&connection->end, buffer_.data(), static_cast<size_t>(len)) == len, "write");
    left_ -= static_cast<size_t>(len);
  }
  void OnWake() {}

 private:
  using Io = typename Loop<Handler>::Io;

  struct Connection {
    TcpEnd end;
    typename Loop<Echo>::Watch watch = {};
  };

  Clients clients_;
  std::deque<Connection> connections_;
  std::vector<char> buffer_;
  size_t left_ = 0;
  Loop<Echo> loop_;
};

#if MIO_BENCH_PEERS

// libuv's own streams, which read by themselves.
class UvEcho : public Repeated<UvEcho> {
 public:
  UvEcho(size_t connections, size_t size) : clients_(connections, size), buffer_(kBuffer) {}
  ~UvEcho() override {
    for (Connection &connection : connections_) {
      uv_close(reinterpret_cast<uv_handle_t *>(&connection.tcp), nullptr);
      Close(&connection.end);
    }
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  const char *Open() override {
    if (const char *why_not = CheckLimit(3 * clients_.count() / 2)) return why_not;
    if (uv_loop_init(&loop_) != 0) return "no such loop here";
    for (size_t i = 0; i < clients_.count(); ++i) {
      connections_.emplace_back();
      Connection *connection = &connections_.back();
      if (!clients_.Connect(i, &connection->end)) return "no TCP connection";
      // The stream closes its descriptor itself.
      if (uv_tcp_init(&loop_, &connection->tcp) != 0 ||
          uv_tcp_open(&connection->tcp, dup(connection->end.fd)) != 0) {
        return "no stream";
      }
      connection->tcp.data = this;
      if (uv_read_start(reinterpret_cast<uv_stream_t *>(&connection->tcp), OnRoom, OnRead) != 0)
        return "uv_read_start";
    }
    uv_run(&loop_, UV_RUN_NOWAIT);
    return nullptr;
  }

  void Step() {
    left_ = clients_.count() * clients_.size();
    clients_.Ask();
    while (left_ > 0) uv_run(&loop_, UV_RUN_ONCE);
    clients_.TakeAnswers();
  }

 private:
  struct Connection {
    TcpEnd end;
    uv_tcp_t tcp;
  };

  static void OnRoom(uv_handle_t *handle, size_t, uv_buf_t *buffer) {
    UvEcho *self = static_cast<UvEcho *>(handle->data);
    *buffer = uv_buf_init(self->buffer_.data(), static_cast<unsigned>(self->buffer_.size()));
  }
  static void OnRead(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes) {
    if (len <= 0) return;
    uv_buf_t answer = uv_buf_init(bytes->base, static_cast<unsigned>(len));
    Require(uv_try_write(stream, &answer, 1) == len, "uv_try_write");
    static_cast<UvEcho *>(stream->data)->left_ -= static_cast<size_t>(len);
  }

  Clients clients_;
  std::deque<Connection> connections_;
  std::vector<char> buffer_;
  size_t left_ = 0;
  uv_loop_t loop_;
};

#endif

// callgrind takes minutes for 1,000 connections.
Measure Measured(size_t connections) {
  Measure measure;
  measure.batch = connections == 1 ? 4 : 1;
  measure.items = static_cast<int64_t>(connections);
  measure.count_instructions = connections <= 100;
  return measure;
}

int AddAll() {
  for (const size_t connections : {size_t{1}, size_t{100}, size_t{1000}}) {
    for (const size_t size : {size_t{64}, size_t{16} << 10}) {
      const std::string row =
          "echo_server/" + std::to_string(connections) + "_" + (size == 64 ? "64B" : "16KiB");
      const Measure measure = Measured(connections);
      AddForRaw<Echo>(row, measure, connections, size);
      AddForPoll<Echo>(row, measure, connections, size);
#if MIO_BENCH_PEERS
      AddFor<Echo, EventLoop>(row, measure, connections, size);
      AddFor<Echo, EvLoop>(row, measure, connections, size);
      AddWork<UvEcho>(row + "/libuv", measure, connections, size);
#endif
    }
  }
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
