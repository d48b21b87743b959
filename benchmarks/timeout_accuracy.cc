// How late a wait ends whose time is up, and that it never ends early.

#include <string>

#include "benchmarks/harness.h"
#include "mio/mio.h"

#if MIO_BENCH_EPOLL
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif MIO_BENCH_KQUEUE || MIO_BENCH_AFD
#include "benchmarks/peers/peers.h"
#endif

#if MIO_BENCH_PEERS
#include "ev.h"
#include "event2/event.h"
#include "event2/event_struct.h"
#include "uv.h"
#endif

namespace mio_bench {
namespace {

// Timer: Open(), and Wait(timeout_ns) that returns when the time is up.
template <typename Timer>
class Timeout : public Repeated<Timeout<Timer>> {
 public:
  explicit Timeout(uint64_t timeout_ns) : timeout_ns_(timeout_ns) {}
  const char *Open() override { return timer_.Open(); }
  void Step() {
    const uint64_t begin = NowNs();
    timer_.Wait(timeout_ns_);
    const uint64_t took = NowNs() - begin;
    if (took < timeout_ns_) ++early_;
    took_.Add(took);
  }
  void Report(benchmark::State *state) override {
    took_.Report(state);
    state->counters["early"] = static_cast<double>(early_);
    state->counters["timeout_ns"] = static_cast<double>(timeout_ns_);
  }

 private:
  const uint64_t timeout_ns_;
  uint64_t early_ = 0;
  Samples took_;
  Timer timer_;
};

class MioTimer {
 public:
  ~MioTimer() {
    mio_events_close(&events_);
    mio_poll_close(&poll_);
  }
  const char *Open() {
    return mio_poll_init(&poll_, nullptr) == 0 && mio_events_init(&events_, 16) == 0 ? nullptr
                                                                                     : "no poll";
  }
  void Wait(uint64_t timeout_ns) { mio_poll_wait(&poll_, &events_, timeout_ns); }

 private:
  mio_poll poll_ = {};
  mio_events events_ = {};
};

#if MIO_BENCH_EPOLL

class EpollTimer {
 public:
  ~EpollTimer() { close(epoll_); }
  const char *Open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ >= 0 ? nullptr : "no epoll";
  }
  // Milliseconds, rounded up lest it be early.
  void Wait(uint64_t timeout_ns) {
    epoll_wait(epoll_, events_, 16, static_cast<int>((timeout_ns + 999999) / 1000000));
  }

 protected:
  int epoll_ = -1;
  epoll_event events_[16] = {};
};

class EpollPwait2Timer : public EpollTimer {
 public:
  const char *Open() {
    if (const char *why_not = EpollTimer::Open()) return why_not;
    timespec none = {};
    const long result = syscall(kEpollPwait2, epoll_, events_, 16, &none, nullptr, 0);
    return result == 0 ? nullptr : MIO_BENCH_UNSUPPORTED "this kernel has no epoll_pwait2";
  }
  void Wait(uint64_t timeout_ns) {
    timespec timeout = {static_cast<time_t>(timeout_ns / 1000000000),
                        static_cast<long>(timeout_ns % 1000000000)};
    syscall(kEpollPwait2, epoll_, events_, 16, &timeout, nullptr, 0);
  }

 private:
  static constexpr long kEpollPwait2 = 441;  // on every architecture but Alpha
};

#elif MIO_BENCH_KQUEUE

class KqueueTimer {
 public:
  ~KqueueTimer() { close(kqueue_); }
  const char *Open() {
    kqueue_ = kqueue();
    return kqueue_ >= 0 ? nullptr : "no kqueue";
  }
  void Wait(uint64_t timeout_ns) {
    timespec timeout = {};
    timeout.tv_sec = static_cast<decltype(timeout.tv_sec)>(timeout_ns / 1000000000);
    timeout.tv_nsec = static_cast<long>(timeout_ns % 1000000000);
    kevent(kqueue_, nullptr, 0, events_, 16, &timeout);
  }

 private:
  int kqueue_ = -1;
  struct kevent events_[16] = {};
};

#elif MIO_BENCH_AFD

class PortTimer {
 public:
  ~PortTimer() { CloseHandle(port_); }
  const char *Open() {
    port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
    return port_ != nullptr ? nullptr : "no port";
  }
  void Wait(uint64_t timeout_ns) {
    LARGE_INTEGER timeout;
    ULONG removed = 0;
    timeout.QuadPart = -static_cast<LONGLONG>((timeout_ns + 99) / 100);
    NtRemoveIoCompletionEx(port_, entries_, 16, &removed, &timeout, FALSE);
  }

 protected:
  HANDLE port_ = nullptr;
  OVERLAPPED_ENTRY entries_[16] = {};
};

class PortMsTimer : public PortTimer {
 public:
  // Milliseconds, rounded up lest it be early.
  void Wait(uint64_t timeout_ns) {
    ULONG removed = 0;
    const DWORD timeout_ms = static_cast<DWORD>((timeout_ns + 999999) / 1000000);
    GetQueuedCompletionStatusEx(port_, entries_, 16, &removed, timeout_ms, FALSE);
  }
};

#endif
#if MIO_BENCH_PEERS

class UvTimer {
 public:
  ~UvTimer() {
    uv_close(reinterpret_cast<uv_handle_t *>(&timer_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  const char *Open() {
    return uv_loop_init(&loop_) == 0 && uv_timer_init(&loop_, &timer_) == 0 ? nullptr : "no loop";
  }
  // Its timers count milliseconds from the loop's last look at the clock.
  void Wait(uint64_t timeout_ns) {
    bool fired = false;
    timer_.data = &fired;
    uv_update_time(&loop_);
    uv_timer_start(
        &timer_, [](uv_timer_t *timer) { *static_cast<bool *>(timer->data) = true; },
        (timeout_ns + 999999) / 1000000, 0);
    while (!fired) uv_run(&loop_, UV_RUN_ONCE);
  }

 private:
  uv_loop_t loop_ = {};
  uv_timer_t timer_ = {};
};

class EventTimer {
 public:
  ~EventTimer() { event_base_free(base_); }
  const char *Open() {
    event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK);
    base_ = event_base_new_with_config(config);
    event_config_free(config);
    if (base_ == nullptr) return "no base";
    const auto on_time = [](evutil_socket_t, short, void *fired) {
      *static_cast<bool *>(fired) = true;
    };
    return evtimer_assign(&timer_, base_, on_time, &fired_) == 0 ? nullptr : "no timer";
  }
  void Wait(uint64_t timeout_ns) {
    const timeval timeout = {static_cast<time_t>(timeout_ns / 1000000000),
                             static_cast<suseconds_t>(timeout_ns % 1000000000 / 1000)};
    fired_ = false;
    evtimer_add(&timer_, &timeout);
    while (!fired_) event_base_loop(base_, EVLOOP_ONCE);
  }

 private:
  bool fired_ = false;
  event_base *base_ = nullptr;
  event timer_ = {};
};

class EvTimer {
 public:
  ~EvTimer() {
    if (loop_ != nullptr) ev_loop_destroy(loop_);
  }
  const char *Open() {
    loop_ = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    return loop_ != nullptr ? nullptr : "no loop";
  }
  void Wait(uint64_t timeout_ns) {
    fired_ = false;
    timer_.data = &fired_;
    ev_now_update(loop_);
    ev_timer_init(
        &timer_,
        [](struct ev_loop *, ev_timer *timer, int) { *static_cast<bool *>(timer->data) = true; },
        static_cast<double>(timeout_ns) * 1e-9, 0.);
    ev_timer_start(loop_, &timer_);
    while (!fired_) ev_run(loop_, EVRUN_ONCE);
  }

 private:
  bool fired_ = false;
  struct ev_loop *loop_ = nullptr;
  ev_timer timer_ = {};
};

#endif

int AddAll() {
  const struct {
    const char *name;
    uint64_t ns;
  } timeouts[] = {{"50us", 50000}, {"1ms", 1000000}, {"10ms", 10000000}};
  for (const auto &timeout : timeouts) {
    const std::string row = std::string("timeout_accuracy/") + timeout.name;
    AddWork<Timeout<MioTimer>>(row + "/mio", Measure(), timeout.ns);
#if MIO_BENCH_EPOLL
    AddWork<Timeout<EpollPwait2Timer>>(row + "/raw_epoll", Measure(), timeout.ns);
    AddWork<Timeout<EpollTimer>>(row + "/raw_epoll_ms", Measure(), timeout.ns);
#elif MIO_BENCH_KQUEUE
    AddWork<Timeout<KqueueTimer>>(row + "/raw_kqueue", Measure(), timeout.ns);
#elif MIO_BENCH_AFD
    AddWork<Timeout<PortTimer>>(row + "/raw_afd", Measure(), timeout.ns);
    AddWork<Timeout<PortMsTimer>>(row + "/raw_afd_ms", Measure(), timeout.ns);
#endif
#if MIO_BENCH_PEERS
    AddWork<Timeout<UvTimer>>(row + "/libuv", Measure(), timeout.ns);
    AddWork<Timeout<EventTimer>>(row + "/libevent", Measure(), timeout.ns);
    AddWork<Timeout<EvTimer>>(row + "/libev", Measure(), timeout.ns);
#endif
  }
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
