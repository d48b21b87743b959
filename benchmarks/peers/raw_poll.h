#ifndef BENCHMARKS_PEERS_RAW_POLL_H_
#define BENCHMARKS_PEERS_RAW_POLL_H_

#include <poll.h>
#include <unistd.h>

#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/common.h"

namespace mio_bench {

// poll(2) over an array: its events are levels, and it has no waker but a pipe that is read.
template <typename Handler>
class RawPollLoop {
 public:
  static constexpr char kName[] = "raw_poll";
  static constexpr bool kEdges = false;
  using Io = FdIo;

  struct Watch {
    size_t index;
  };

  bool Open(Handler *handler, const LoopOptions &) {
    handler_ = handler;
    return true;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    watch->index = fds_.size();
    fds_.push_back({HandleOf(source), POLLIN, 0});
    tokens_.push_back(token);
    return true;
  }
  void Apply() {}

  void Now() { Deliver(poll(fds_.data(), fds_.size(), 0)); }
  void Next() { Deliver(poll(fds_.data(), fds_.size(), -1)); }

  bool OpenWaker() {
    if (!pipe_.Open()) return false;
    Watch watch;
    return Add(&watch, &pipe_, kWakeToken);
  }
  void Wake() { Require(FdIo::Write(&pipe_, "", 1) == 1, "write"); }

 private:
  static constexpr uintptr_t kWakeToken = ~uintptr_t{0};

  void Deliver(int found) {
    for (size_t i = 0; found > 0 && i < fds_.size(); ++i) {
      if (fds_[i].revents == 0) continue;
      --found;
      if (tokens_[i] == kWakeToken) {
        char bytes[64];
        FdIo::Read(&pipe_, bytes, sizeof bytes);
        handler_->OnWake();
      } else {
        handler_->OnReady(tokens_[i]);
      }
    }
  }

  Handler *handler_ = nullptr;
  std::vector<pollfd> fds_;
  std::vector<uintptr_t> tokens_;
  Pipe pipe_;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_RAW_POLL_H_
