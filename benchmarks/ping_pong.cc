// A byte there and back: over a Unix pair in one thread, and over TCP between two threads.

#include <atomic>
#include <thread>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

// Reads what there is. Less than there is room for: the socket is empty, and what comes next is an edge.
template <typename Io, typename End>
bool Receive(End *end) {
  char bytes[64];
  return Io::Read(end, bytes, sizeof bytes) > 0;
}

// Reads and writes as a user of the loop does, unless `Io` says otherwise.
template <template <typename> class Loop, typename Io = typename Loop<Handler>::Io>
class UnixPair : public Repeated<UnixPair<Loop, Io>> {
 public:
  ~UnixPair() override {
    Close(&here_);
    Close(&there_);
  }
  const char *Open() override {
    if (!OpenPair(&here_, &there_)) return MIO_BENCH_UNSUPPORTED "no Unix pair";
    return loop_.Open(this, {}) && loop_.Add(&watches_[0], &here_, 0) &&
                   loop_.Add(&watches_[1], &there_, 1)
               ? nullptr
               : "no such loop here";
  }
  void Step() {
    const uint64_t begin = NowNs();
    back_ = false;
    Require(Io::Write(&here_, "x", 1) == 1, "write");
    while (!back_) loop_.Next();
    samples_.Add(NowNs() - begin);
  }
  void OnReady(uintptr_t token) {
    if (token == 0) {
      if (Receive<Io>(&here_)) back_ = true;
    } else if (Receive<Io>(&there_)) {
      Require(Io::Write(&there_, "x", 1) == 1, "write");
    }
  }
  void OnWake() {}
  void Report(benchmark::State *state) override { samples_.Report(state); }

 private:
  bool back_ = false;
  UnixEnd here_, there_;
  typename Loop<UnixPair>::Watch watches_[2] = {};
  Samples samples_;
  Loop<UnixPair> loop_;
};

template <template <typename> class Loop>
using UnixPairRawIo = UnixPair<Loop, FdIo>;

template <template <typename> class Loop>
using UnixPairOwnIo = UnixPair<Loop>;

// One end of the connection in a loop of its own.
template <template <typename> class Loop>
class TcpSide {
 public:
  bool Open(TcpEnd *end, bool answers) {
    end_ = end;
    answers_ = answers;
    return loop_.Open(this, {}) && loop_.Add(&watch_, end, 0);
  }
  void Send() { Require(Io::Write(end_, "x", 1) == 1, "write"); }
  // Until something has come; false at the end of the connection.
  bool AwaitByte() {
    came_ = false;
    do {
      loop_.Next();
    } while (!came_ && !ended_);
    return !ended_;
  }
  void OnReady(uintptr_t) {
    char bytes[64];
    const ptrdiff_t len = Io::Read(end_, bytes, sizeof bytes);
    if (len > 0) came_ = true;
    if (len == 0) ended_ = true;
    if (len > 0 && answers_) Send();
  }
  void OnWake() {}

 private:
  using Io = typename Loop<Handler>::Io;

  TcpEnd *end_ = nullptr;
  bool answers_ = false;
  bool came_ = false;
  bool ended_ = false;
  typename Loop<TcpSide>::Watch watch_ = {};
  Loop<TcpSide> loop_;
};

template <typename Side>
class TcpBetween : public Repeated<TcpBetween<Side>> {
 public:
  ~TcpBetween() override {
    if (thread_.joinable()) {
      mio_tcp_stream_shutdown(&here_end_.stream, MIO_SHUTDOWN_BOTH);
      thread_.join();
    }
    Close(&here_end_);
    Close(&there_end_);
  }
  const char *Open() override {
    if (!OpenPair(&here_end_, &there_end_)) return "no TCP connection";
    if (!here_.Open(&here_end_, false) || !there_.Open(&there_end_, true)) {
      return "no such loop here";
    }
    thread_ = std::thread([this] {
      while (there_.AwaitByte()) {
      }
    });
    return nullptr;
  }
  void Step() {
    const uint64_t begin = NowNs();
    here_.Send();
    here_.AwaitByte();
    samples_.Add(NowNs() - begin);
  }
  void Report(benchmark::State *state) override { samples_.Report(state); }

 private:
  TcpEnd here_end_, there_end_;
  Side here_, there_;
  Samples samples_;
  std::thread thread_;
};

template <template <typename> class Loop>
using TcpThreads = TcpBetween<TcpSide<Loop>>;

#if MIO_BENCH_PEERS

// libuv has streams that read by themselves: that is how it is used, rather than with uv_poll_t.
struct UvStream {
  union {
    uv_pipe_t pipe;
    uv_tcp_t tcp;
    uv_stream_t stream;
    uv_handle_t handle;
  };

  UvStream() {}

  void Listen(void *user, uv_read_cb on_read) {
    stream.data = user;
    Require(uv_read_start(
                &stream,
                [](uv_handle_t *, size_t, uv_buf_t *buffer) {
                  static thread_local char bytes[64];
                  *buffer = uv_buf_init(bytes, sizeof bytes);
                },
                on_read) == 0,
            "uv_read_start");
  }
  void Send() {
    char byte = 'x';
    uv_buf_t buffer = uv_buf_init(&byte, 1);
    Require(uv_try_write(&stream, &buffer, 1) == 1, "uv_try_write");
  }
};

class UvUnixPair : public Repeated<UvUnixPair> {
 public:
  ~UvUnixPair() override {
    uv_close(&here_.handle, nullptr);
    uv_close(&there_.handle, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  const char *Open() override {
    int fds[2];
    if (uv_loop_init(&loop_) != 0 || uv_pipe_init(&loop_, &here_.pipe, 0) != 0 ||
        uv_pipe_init(&loop_, &there_.pipe, 0) != 0 ||
        uv_socketpair(SOCK_STREAM, 0, fds, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE) != 0 ||
        uv_pipe_open(&here_.pipe, fds[0]) != 0 || uv_pipe_open(&there_.pipe, fds[1]) != 0) {
      return MIO_BENCH_UNSUPPORTED "no Unix pair";
    }
    here_.Listen(this, [](uv_stream_t *stream, ssize_t len, const uv_buf_t *) {
      if (len > 0) static_cast<UvUnixPair *>(stream->data)->back_ = true;
    });
    there_.Listen(this, [](uv_stream_t *stream, ssize_t len, const uv_buf_t *) {
      if (len > 0) static_cast<UvUnixPair *>(stream->data)->there_.Send();
    });
    return nullptr;
  }
  void Step() {
    const uint64_t begin = NowNs();
    back_ = false;
    here_.Send();
    while (!back_) uv_run(&loop_, UV_RUN_ONCE);
    samples_.Add(NowNs() - begin);
  }
  void Report(benchmark::State *state) override { samples_.Report(state); }

 private:
  bool back_ = false;
  uv_loop_t loop_;
  UvStream here_, there_;
  Samples samples_;
};

class UvTcpSide {
 public:
  ~UvTcpSide() {
    uv_close(&stream_.handle, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  bool Open(TcpEnd *end, bool answers) {
    answers_ = answers;
    if (uv_loop_init(&loop_) != 0 || uv_tcp_init(&loop_, &stream_.tcp) != 0) return false;
    // The stream closes its descriptor itself.
    if (uv_tcp_open(&stream_.tcp, dup(end->fd)) != 0) return false;
    stream_.Listen(this, [](uv_stream_t *stream, ssize_t len, const uv_buf_t *) {
      static_cast<UvTcpSide *>(stream->data)->OnRead(len);
    });
    return true;
  }
  void Send() { stream_.Send(); }
  bool AwaitByte() {
    came_ = false;
    do {
      uv_run(&loop_, UV_RUN_ONCE);
    } while (!came_ && !ended_);
    return !ended_;
  }

 private:
  void OnRead(ssize_t len) {
    if (len > 0) came_ = true;
    if (len < 0) {
      ended_ = true;
      uv_read_stop(&stream_.stream);
    }
    if (len > 0 && answers_) Send();
  }

  bool answers_ = false;
  bool came_ = false;
  bool ended_ = false;
  uv_loop_t loop_;
  UvStream stream_;
};

#endif

Measure Measured() {
  Measure measure;
  measure.batch = 4;
  return measure;
}

Measure OneThread() {
  Measure measure = Measured();
  measure.count_instructions = true;
  return measure;
}

int AddAll() {
  AddForRaw<UnixPairOwnIo>("ping_pong/unix", OneThread());
#if !MIO_NATIVE_REARMS
  AddForRaw<UnixPairRawIo>("ping_pong/unix_raw", OneThread());
#endif
  AddForRaw<TcpThreads>("ping_pong/tcp", Measured());
#if MIO_BENCH_PEERS
  AddFor<UnixPairOwnIo, EventLoop>("ping_pong/unix", OneThread());
  AddFor<UnixPairOwnIo, EvLoop>("ping_pong/unix", OneThread());
  AddWork<UvUnixPair>("ping_pong/unix/libuv", OneThread());
  AddFor<TcpThreads, EventLoop>("ping_pong/tcp", Measured());
  AddFor<TcpThreads, EvLoop>("ping_pong/tcp", Measured());
  AddWork<TcpBetween<UvTcpSide>>("ping_pong/tcp/libuv", Measured());
#endif
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
