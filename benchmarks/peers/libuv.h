#ifndef BENCHMARKS_PEERS_LIBUV_H_
#define BENCHMARKS_PEERS_LIBUV_H_

#include <memory>

#include "benchmarks/channel.h"
#include "benchmarks/peers/common.h"
#include "uv.h"

namespace mio_bench {

// uv_poll_t: level-triggered, which is all it has. What was started is told to the kernel by the next
// turn of the loop.
template <typename Handler>
class UvLoop {
 public:
  static constexpr char kName[] = "libuv";
  static constexpr bool kEdges = false;
  using Io = FdIo;

  // A handle has to stay where it is until its close callback has run, so it is not in the Watch.
  struct Watch {
    uv_poll_t *handle;
    bool added;
  };

  UvLoop() = default;
  UvLoop(const UvLoop &) = delete;
  UvLoop &operator=(const UvLoop &) = delete;
  ~UvLoop() {
    if (!open_) return;
    uv_walk(&loop_, [](uv_handle_t *handle, void *) { CloseHandle(handle); }, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  bool Open(Handler *handler, const LoopOptions &) {
    handler_ = handler;
    open_ = uv_loop_init(&loop_) == 0;
    loop_.data = this;
    return open_;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    if (!watch->added) {
      watch->handle = new uv_poll_t;
      watch->added = uv_poll_init(&loop_, watch->handle, HandleOf(source)) == 0;
      watch->handle->data = reinterpret_cast<void *>(token);
    }
    return uv_poll_start(watch->handle, UV_READABLE, OnPoll) == 0;
  }
  bool Change(Watch *watch, bool writable) {
    return uv_poll_start(watch->handle, UV_READABLE | (writable ? UV_WRITABLE : 0), OnPoll) == 0;
  }
  bool Remove(Watch *watch) { return uv_poll_stop(watch->handle) == 0; }
  void Apply() { Now(); }

  void Now() { uv_run(&loop_, UV_RUN_NOWAIT); }
  void Next() { uv_run(&loop_, UV_RUN_ONCE); }

  bool OpenWaker() {
    async_ = new uv_async_t;
    return uv_async_init(&loop_, async_, [](uv_async_t *async) {
             static_cast<UvLoop *>(async->loop->data)->handler_->OnWake();
           }) == 0;
  }
  void Wake() { uv_async_send(async_); }

  uv_loop_t *loop() { return &loop_; }

 private:
  static void OnPoll(uv_poll_t *handle, int, int) {
    static_cast<UvLoop *>(handle->loop->data)
        ->handler_->OnReady(reinterpret_cast<uintptr_t>(handle->data));
  }

  static void CloseHandle(uv_handle_t *handle) {
    if (uv_is_closing(handle)) return;
    uv_close(handle, [](uv_handle_t *closed) {
      if (closed->type == UV_POLL) {
        delete reinterpret_cast<uv_poll_t *>(closed);
      } else if (closed->type == UV_ASYNC) {
        delete reinterpret_cast<uv_async_t *>(closed);
      }
    });
  }

  Handler *handler_ = nullptr;
  uv_loop_t loop_ = {};
  uv_async_t *async_ = nullptr;
  bool open_ = false;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_LIBUV_H_
