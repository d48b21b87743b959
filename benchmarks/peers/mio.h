#ifndef BENCHMARKS_PEERS_MIO_H_
#define BENCHMARKS_PEERS_MIO_H_

#include "benchmarks/channel.h"
#include "benchmarks/peers/common.h"
#include "mio/mio.h"

namespace mio_bench {

template <typename Handler>
class MioLoop {
 public:
  static constexpr char kName[] = "mio";
  static constexpr bool kEdges = true;
  using Io = MioIo;

  // The source itself is part of what is read from.
  struct Watch {
    mio_source *source;
    mio_token token;
  };

  MioLoop() = default;
  MioLoop(const MioLoop &) = delete;
  MioLoop &operator=(const MioLoop &) = delete;
  ~MioLoop() {
    mio_waker_close(&waker_);
    mio_events_close(&events_);
    mio_poll_close(&poll_);
  }

  bool Open(Handler *handler, const LoopOptions &options) {
    handler_ = handler;
    mode_ = options.level ? MIO_LEVEL : 0;
    mio_poll_options poll_options = {};
    poll_options.spin_ns = options.spin_ns;
    return mio_poll_init(&poll_, &poll_options) == 0 &&
           mio_events_init(&events_, options.max_events) == 0 &&
           (!options.level || mio_poll_supports(&poll_, MIO_FEATURE_LEVEL));
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->source = SourceOf(source);
    watch->token = token;
    const mio_registry *const registry = mio_poll_registry(&poll_);
    // As programs write it: what is a constant is worked out by the compiler.
    return (mode_ == 0
                ? mio_registry_register(registry, watch->source, token, MIO_READABLE)
                : mio_registry_register(registry, watch->source, token, MIO_READABLE | mode_)) == 0;
  }
  bool Change(Watch *watch, bool writable) {
    return mio_registry_reregister(mio_poll_registry(&poll_), watch->source, watch->token,
                                   MIO_READABLE | (writable ? MIO_WRITABLE : 0) | mode_) == 0;
  }
  bool Remove(Watch *watch) {
    return mio_registry_deregister(mio_poll_registry(&poll_), watch->source) == 0;
  }
#if MIO_NATIVE_REARMS
  // The driver hears of a registration by the next wait.
  void Apply() { Now(); }
#else
  void Apply() {}
#endif

  void Now() { Wait(0); }
  void Next() { Wait(MIO_FOREVER); }
  void Wait(uint64_t timeout_ns) {
    mio_poll_wait(&poll_, &events_, timeout_ns);
    const mio_event *const end = mio_events_end(&events_);
    for (const mio_event *e = mio_events_begin(&events_); e != end; ++e) {
      const mio_token token = mio_event_token(e);
      if (token == kWakeToken) {
        handler_->OnWake();
      } else {
        handler_->OnReady(token);
      }
    }
  }

  bool OpenWaker() { return mio_waker_init(&waker_, mio_poll_registry(&poll_), kWakeToken) == 0; }
  void Wake() { mio_waker_wake(&waker_); }

 private:
  static constexpr mio_token kWakeToken = ~mio_token{0};

  Handler *handler_ = nullptr;
  mio_poll poll_ = {};
  mio_events events_ = {};
  mio_waker waker_ = {};
  mio_interest mode_ = 0;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_MIO_H_
