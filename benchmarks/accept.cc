// Connections a second: one client after the other connects over loopback, is accepted and is gone. The
// client is the same for all. Everybody accepts until there is nothing left to accept.

#include <string>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

#if MIO_BENCH_PEERS
#include "event2/listener.h"
#endif

namespace mio_bench {
namespace {

// Server: Open(listener), Next() that waits and accepts, and accepted().
template <typename Server>
class Accept : public Repeated<Accept<Server>> {
 public:
  ~Accept() override { mio_tcp_listener_close(&listener_); }
  const char *Open() override {
    addr_ = mio_addr_loopback_v4(0);
    if (mio_tcp_listener_bind(&listener_, &addr_) != 0 ||
        mio_tcp_listener_local_addr(&listener_, &addr_) != 0) {
      return "no listener";
    }
    return server_.Open(&listener_) ? nullptr : "no such loop here";
  }
  void Step() {
    mio_tcp_stream client = {};
    const uint64_t before = server_.accepted;
    Require(mio_tcp_stream_connect(&client, &addr_) == 0, "connect");
    while (server_.accepted == before) server_.Next();
    // A reset leaves no port behind that has to be waited for.
    mio_tcp_stream_set_linger(&client, 0);
    mio_tcp_stream_close(&client);
  }

 private:
  mio_tcp_listener listener_ = {};
  mio_addr addr_ = {};
  Server server_;
};

struct Listener {
  mio_tcp_listener *listener;
  mio_handle fd;
};
mio_source *SourceOf(Listener *listener) { return &listener->listener->source; }

class MioServer {
 public:
  uint64_t accepted = 0;
  bool Open(mio_tcp_listener *listener) {
    listener_.listener = listener;
    return loop_.Open(this, {}) && loop_.Add(&watch_, &listener_, 0);
  }
  void Next() { loop_.Next(); }
  void OnReady(uintptr_t) {
    mio_tcp_stream peer = {};
    while (mio_tcp_listener_accept(listener_.listener, &peer, nullptr) == 0) {
      ++accepted;
      mio_tcp_stream_close(&peer);
    }
  }
  void OnWake() {}

 private:
  Listener listener_ = {};
  MioLoop<MioServer>::Watch watch_ = {};
  MioLoop<MioServer> loop_;
};

#if MIO_BENCH_RAW || MIO_BENCH_PEERS

mio_handle HandleOf(const Listener *listener) { return listener->fd; }

template <template <typename> class Loop>
class FdServer {
 public:
  uint64_t accepted = 0;
  bool Open(mio_tcp_listener *listener) {
    listener_.listener = listener;
    return mio_tcp_listener_handle(listener, &listener_.fd) == 0 && loop_.Open(this, {}) &&
           loop_.Add(&watch_, &listener_, 0);
  }
  void Next() { loop_.Next(); }
  void OnReady(uintptr_t) {
    while (AcceptAndClose(listener_.fd)) ++accepted;
  }
  void OnWake() {}

 private:
  Listener listener_ = {};
  typename Loop<FdServer>::Watch watch_ = {};
  Loop<FdServer> loop_;
};

#endif
#if MIO_BENCH_PEERS

class UvServer {
 public:
  uint64_t accepted = 0;
  ~UvServer() {
    uv_close(reinterpret_cast<uv_handle_t *>(&server_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  bool Open(mio_tcp_listener *listener) {
    mio_handle fd = -1;
    server_.data = this;
    return mio_tcp_listener_handle(listener, &fd) == 0 && uv_loop_init(&loop_) == 0 &&
           uv_tcp_init(&loop_, &server_) == 0 && uv_tcp_open(&server_, dup(fd)) == 0 &&
           uv_listen(reinterpret_cast<uv_stream_t *>(&server_), 1024, OnConnection) == 0;
  }
  void Next() { uv_run(&loop_, UV_RUN_ONCE); }

 private:
  // One connection lives at a time, so that its handle is used again and again.
  static void OnConnection(uv_stream_t *stream, int) {
    UvServer *self = static_cast<UvServer *>(stream->data);
    uv_tcp_init(&self->loop_, &self->peer_);
    if (uv_accept(stream, reinterpret_cast<uv_stream_t *>(&self->peer_)) == 0) {
      uv_close(reinterpret_cast<uv_handle_t *>(&self->peer_), [](uv_handle_t *handle) {
        ++static_cast<UvServer *>(static_cast<uv_tcp_t *>(handle->loop->data)->data)->accepted;
      });
      self->loop_.data = &self->server_;
    }
  }

  uv_loop_t loop_ = {};
  uv_tcp_t server_ = {};
  uv_tcp_t peer_ = {};
};

class EventServer {
 public:
  uint64_t accepted = 0;
  ~EventServer() {
    if (listener_ != nullptr) evconnlistener_free(listener_);
    if (base_ != nullptr) event_base_free(base_);
  }
  bool Open(mio_tcp_listener *listener) {
    mio_handle fd = -1;
    event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base_ = event_base_new_with_config(config);
    event_config_free(config);
    if (base_ == nullptr || mio_tcp_listener_handle(listener, &fd) != 0) return false;
    const auto on_accept = [](evconnlistener *, evutil_socket_t peer, sockaddr *, int, void *self) {
      ++static_cast<EventServer *>(self)->accepted;
      close(peer);
    };
    listener_ = evconnlistener_new(base_, on_accept, this, LEV_OPT_CLOSE_ON_EXEC, -1, fd);
    return listener_ != nullptr;
  }
  void Next() { event_base_loop(base_, EVLOOP_ONCE); }

 private:
  event_base *base_ = nullptr;
  evconnlistener *listener_ = nullptr;
};

#endif

int AddAll() {
  Measure measure;
  measure.batch = 4;
  AddWork<Accept<MioServer>>("accept/tcp/mio", measure);
#if MIO_BENCH_RAW
  AddWork<Accept<FdServer<RawLoop>>>(std::string("accept/tcp/") + RawLoop<Handler>::kName, measure);
#endif
#if MIO_BENCH_PEERS
  AddWork<Accept<UvServer>>("accept/tcp/libuv", measure);
  AddWork<Accept<EventServer>>("accept/tcp/libevent", measure);
  AddWork<Accept<FdServer<EvLoop>>>("accept/tcp/libev", measure);
#endif
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
