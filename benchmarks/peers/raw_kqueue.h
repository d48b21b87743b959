#ifndef BENCHMARKS_PEERS_RAW_KQUEUE_H_
#define BENCHMARKS_PEERS_RAW_KQUEUE_H_

/* clang-format off */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
/* clang-format on */
#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/common.h"

namespace mio_bench {

// The system calls and nothing else. The waker is an EVFILT_USER of the queue itself where the system
// has that, else a pipe.
template <typename Handler>
class RawKqueueLoop {
 public:
  static constexpr char kName[] = "raw_kqueue";
  static constexpr bool kEdges = true;
  using Io = FdIo;

  struct Watch {
    int fd;
    bool writable;
    uintptr_t token;
  };

  RawKqueueLoop() = default;
  RawKqueueLoop(const RawKqueueLoop &) = delete;
  RawKqueueLoop &operator=(const RawKqueueLoop &) = delete;
  ~RawKqueueLoop() {
    if (kqueue_ >= 0) close(kqueue_);
  }

  bool Open(Handler *handler, const LoopOptions &options) {
    handler_ = handler;
    mode_ = options.level ? 0 : EV_CLEAR;
    spin_ns_ = options.spin_ns;
    events_.resize(options.max_events);
    kqueue_ = kqueue();
    return kqueue_ >= 0 && fcntl(kqueue_, F_SETFD, FD_CLOEXEC) == 0;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->fd = HandleOf(source);
    watch->writable = false;
    watch->token = token;
    return Tell(watch->fd, EVFILT_READ, EV_ADD | mode_, 0, token);
  }
  bool Change(Watch *watch, bool writable) {
    if (writable == watch->writable) return true;
    watch->writable = writable;
    return Tell(watch->fd, EVFILT_WRITE, writable ? EV_ADD | mode_ : EV_DELETE, 0, watch->token);
  }
  bool Remove(Watch *watch) {
    return Tell(watch->fd, EVFILT_READ, EV_DELETE, 0, 0) && Change(watch, false);
  }
  void Apply() {}

  void Now() { Deliver(Ask(&kNow)); }
  void Next() {
    int found = 0;
    if (spin_ns_ > 0) {
      const uint64_t end = NowNs() + spin_ns_;
      do {
        found = Ask(&kNow);
      } while (found == 0 && NowNs() < end);
    }
    Deliver(found != 0 ? found : Ask(nullptr));
  }

#if defined(EVFILT_USER)
  bool OpenWaker() { return Tell(0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, kWakeToken); }
  void Wake() { Require(Tell(0, EVFILT_USER, 0, NOTE_TRIGGER, kWakeToken), "kevent"); }
#else
  bool OpenWaker() {
    return pipe_.Open() && Tell(pipe_.read_fd, EVFILT_READ, EV_ADD | EV_CLEAR, 0, kWakeToken);
  }
  void Wake() { Require(FdIo::Write(&pipe_, "", 1) == 1, "write"); }
#endif

 private:
  static constexpr uintptr_t kWakeToken = ~uintptr_t{0};
  static constexpr timespec kNow = {0, 0};

  bool Tell(int fd, int filter, int flags, unsigned more, uintptr_t token) {
    struct kevent change = {};
    change.ident = static_cast<uintptr_t>(fd);
    change.filter = static_cast<decltype(change.filter)>(filter);
    change.flags = static_cast<decltype(change.flags)>(flags);
    change.fflags = more;
    change.udata = reinterpret_cast<void *>(token);
    return kevent(kqueue_, &change, 1, nullptr, 0, nullptr) == 0;
  }

  int Ask(const timespec *timeout) { return AskBy(kevent, timeout); }

  // The counts are int, but size_t on NetBSD.
  template <typename Count>
  int AskBy(int (*call)(int, const struct kevent *, Count, struct kevent *, Count,
                        const timespec *),
            const timespec *timeout) {
    return call(kqueue_, nullptr, 0, events_.data(), static_cast<Count>(events_.size()), timeout);
  }

  void Deliver(int found) {
    for (int i = 0; i < found; ++i) {
      const auto token = reinterpret_cast<uintptr_t>(events_[static_cast<size_t>(i)].udata);
      if (token == kWakeToken) {
#if !defined(EVFILT_USER)
        char bytes[64];
        FdIo::Read(&pipe_, bytes, sizeof bytes);
#endif
        handler_->OnWake();
      } else {
        handler_->OnReady(token);
      }
    }
  }

  Handler *handler_ = nullptr;
  int kqueue_ = -1;
  int mode_ = 0;
  uint64_t spin_ns_ = 0;
  std::vector<struct kevent> events_;
#if !defined(EVFILT_USER)
  Pipe pipe_;
#endif
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_RAW_KQUEUE_H_
