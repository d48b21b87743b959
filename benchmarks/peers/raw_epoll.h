#ifndef BENCHMARKS_PEERS_RAW_EPOLL_H_
#define BENCHMARKS_PEERS_RAW_EPOLL_H_

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/common.h"

namespace mio_bench {

// The system calls and nothing else: what everybody else is measured against.
template <typename Handler>
class RawEpollLoop {
 public:
  static constexpr char kName[] = "raw_epoll";
  static constexpr bool kEdges = true;
  using Io = FdIo;

  struct Watch {
    int fd;
    uintptr_t token;
  };

  RawEpollLoop() = default;
  RawEpollLoop(const RawEpollLoop &) = delete;
  RawEpollLoop &operator=(const RawEpollLoop &) = delete;
  ~RawEpollLoop() {
    if (epoll_ >= 0) close(epoll_);
    if (eventfd_ >= 0) close(eventfd_);
  }

  bool Open(Handler *handler, const LoopOptions &options) {
    handler_ = handler;
    mode_ = options.level ? 0 : uint32_t{EPOLLET};
    spin_ns_ = options.spin_ns;
    events_.resize(options.max_events);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ >= 0;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->fd = HandleOf(source);
    watch->token = token;
    return Control(EPOLL_CTL_ADD, watch->fd, token, EPOLLIN | EPOLLRDHUP | mode_);
  }
  bool Change(Watch *watch, bool writable) {
    return Control(EPOLL_CTL_MOD, watch->fd, watch->token,
                   EPOLLIN | EPOLLRDHUP | (writable ? uint32_t{EPOLLOUT} : 0) | mode_);
  }
  bool Remove(Watch *watch) { return epoll_ctl(epoll_, EPOLL_CTL_DEL, watch->fd, nullptr) == 0; }
  void Apply() {}

  void Now() { Deliver(Ask(0)); }
  void Next() {
    int found = 0;
    if (spin_ns_ > 0) {
      const uint64_t end = NowNs() + spin_ns_;
      do {
        found = Ask(0);
      } while (found == 0 && NowNs() < end);
    }
    Deliver(found != 0 ? found : Ask(-1));
  }

  // Edges need no read that resets the counter, which takes far longer to fill than to be measured.
  bool OpenWaker() {
    eventfd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return eventfd_ >= 0 && Control(EPOLL_CTL_ADD, eventfd_, kWakeToken, EPOLLIN | EPOLLET);
  }
  void Wake() {
    const uint64_t one = 1;
    Require(write(eventfd_, &one, sizeof one) == sizeof one, "write");
  }

 private:
  static constexpr uint64_t kWakeToken = ~uint64_t{0};

  bool Control(int operation, int fd, uint64_t token, uint32_t flags) {
    epoll_event event;
    event.events = flags;
    event.data.u64 = token;
    return epoll_ctl(epoll_, operation, fd, &event) == 0;
  }

  int Ask(int timeout_ms) {
    return epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  }

  void Deliver(int found) {
    for (int i = 0; i < found; ++i) {
      const uint64_t token = events_[static_cast<size_t>(i)].data.u64;
      if (token == kWakeToken) {
        handler_->OnWake();
      } else {
        handler_->OnReady(static_cast<uintptr_t>(token));
      }
    }
  }

  Handler *handler_ = nullptr;
  int epoll_ = -1;
  int eventfd_ = -1;
  uint32_t mode_ = 0;
  uint64_t spin_ns_ = 0;
  std::vector<epoll_event> events_;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_RAW_EPOLL_H_
