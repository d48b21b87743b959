#ifndef BENCHMARKS_PEERS_LIBEV_H_
#define BENCHMARKS_PEERS_LIBEV_H_

#include "benchmarks/channel.h"
#include "benchmarks/peers/common.h"
#include "ev.h"

namespace mio_bench {

// Watchers in the user's own memory over the epoll backend, level-triggered, which is all it has. What
// was started is told to the kernel by the next turn of the loop.
template <typename Handler>
class EvLoop {
 public:
  static constexpr char kName[] = "libev";
  static constexpr bool kEdges = false;
  using Io = FdIo;

  struct Watch {
    ev_io io;
    uintptr_t token;
  };

  EvLoop() = default;
  EvLoop(const EvLoop &) = delete;
  EvLoop &operator=(const EvLoop &) = delete;
  ~EvLoop() {
    if (loop_ != nullptr) ev_loop_destroy(loop_);
  }

  bool Open(Handler *handler, const LoopOptions &) {
    handler_ = handler;
    loop_ = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (loop_ == nullptr) return false;
    ev_set_userdata(loop_, this);
    return true;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->token = token;
    ev_io_init(&watch->io, OnIo, HandleOf(source), EV_READ);
    ev_io_start(loop_, &watch->io);
    return true;
  }
  bool Change(Watch *watch, bool writable) {
    ev_io_stop(loop_, &watch->io);
    ev_io_modify(&watch->io, EV_READ | (writable ? EV_WRITE : 0));
    ev_io_start(loop_, &watch->io);
    return true;
  }
  bool Remove(Watch *watch) {
    ev_io_stop(loop_, &watch->io);
    return true;
  }
  void Apply() { Now(); }

  void Now() { ev_run(loop_, EVRUN_NOWAIT); }
  void Next() { ev_run(loop_, EVRUN_ONCE); }

  bool OpenWaker() {
    ev_async_init(&async_, [](struct ev_loop *loop, ev_async *, int) {
      static_cast<EvLoop *>(ev_userdata(loop))->handler_->OnWake();
    });
    ev_async_start(loop_, &async_);
    return true;
  }
  void Wake() { ev_async_send(loop_, &async_); }

  struct ev_loop *loop() { return loop_; }

 private:
  static void OnIo(struct ev_loop *loop, ev_io *io, int) {
    const Watch *watch = reinterpret_cast<const Watch *>(io);
    static_cast<EvLoop *>(ev_userdata(loop))->handler_->OnReady(watch->token);
  }

  Handler *handler_ = nullptr;
  struct ev_loop *loop_ = nullptr;
  ev_async async_ = {};
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_LIBEV_H_
