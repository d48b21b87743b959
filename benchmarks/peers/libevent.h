#ifndef BENCHMARKS_PEERS_LIBEVENT_H_
#define BENCHMARKS_PEERS_LIBEVENT_H_

#include <sys/time.h>

#include <deque>

#include "benchmarks/channel.h"
#include "benchmarks/peers/common.h"
#include "event2/event.h"
#include "event2/event_struct.h"
#include "event2/thread.h"

namespace mio_bench {

// Persistent, edge-triggered events in the user's own memory, in a base without locks unless several
// threads use it.
template <typename Handler>
class EventLoop {
 public:
  static constexpr char kName[] = "libevent";
  static constexpr bool kEdges = true;
  using Io = FdIo;

  struct Watch {
    event watched;
    uintptr_t token;
    EventLoop *loop;
    event *writing;  // made by Change()
  };

  EventLoop() = default;
  EventLoop(const EventLoop &) = delete;
  EventLoop &operator=(const EventLoop &) = delete;
  ~EventLoop() {
    if (base_ != nullptr) event_base_free(base_);
  }

  bool Open(Handler *handler, const LoopOptions &options) {
    handler_ = handler;
    mode_ = static_cast<short>(EV_PERSIST | (options.level ? 0 : EV_ET));
    if (options.shared) evthread_use_pthreads();
    event_config *config = event_config_new();
    if (config == nullptr) return false;
    if (!options.shared) event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base_ = event_base_new_with_config(config);
    event_config_free(config);
    return base_ != nullptr;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->token = token;
    watch->loop = this;
    return Assign(&watch->watched, HandleOf(source), EV_READ, watch) &&
           event_add(&watch->watched, nullptr) == 0;
  }
  // An event's kind is for life: what can be written is an event of its own, and to add it takes one
  // EPOLL_CTL_MOD.
  bool Change(Watch *watch, bool writable) {
    if (watch->writing == nullptr) {
      writing_.emplace_back();
      watch->writing = &writing_.back();
      if (!Assign(watch->writing, event_get_fd(&watch->watched), EV_WRITE, watch)) return false;
    }
    return (writable ? event_add(watch->writing, nullptr) : event_del(watch->writing)) == 0;
  }
  bool Remove(Watch *watch) {
    return event_del(&watch->watched) == 0 &&
           (watch->writing == nullptr || event_del(watch->writing) == 0);
  }
  void Apply() {}

  // Without EVLOOP_ONCE it would go on for as long as there is something.
  void Now() { event_base_loop(base_, EVLOOP_ONCE | EVLOOP_NONBLOCK); }
  void Next() { event_base_loop(base_, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY); }

  // An event without a descriptor, made active by whoever wakes.
  bool OpenWaker() {
    return event_assign(
               &waker_, base_, -1, EV_PERSIST,
               [](evutil_socket_t, short, void *loop) {
                 static_cast<EventLoop *>(loop)->handler_->OnWake();
               },
               this) == 0;
  }
  void Wake() { event_active(&waker_, EV_READ, 0); }

  event_base *base() { return base_; }

 private:
  bool Assign(event *what, evutil_socket_t fd, int kind, Watch *watch) {
    return event_assign(what, base_, fd, static_cast<short>(kind | mode_), OnEvent, watch) == 0;
  }

  static void OnEvent(evutil_socket_t, short, void *context) {
    const Watch *watch = static_cast<const Watch *>(context);
    watch->loop->handler_->OnReady(watch->token);
  }

  Handler *handler_ = nullptr;
  event_base *base_ = nullptr;
  event waker_ = {};
  std::deque<event> writing_;
  short mode_ = 0;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_LIBEVENT_H_
