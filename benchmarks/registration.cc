// What it costs to watch something and to stop watching it.

#include <atomic>
#include <thread>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"

namespace mio_bench {
namespace {

// Where calls only take notes, the loop has to turn for the kernel to hear of them: Apply().
template <template <typename> class Loop>
class AddAndRemove : public Repeated<AddAndRemove<Loop>> {
 public:
  const char *Open() override {
    return loop_.Open(this, {}) && pipe_.Open() ? nullptr : "no such loop here";
  }
  void Step() {
    Require(loop_.Add(&watch_, &pipe_, 1), "add");
    loop_.Apply();
    Require(loop_.Remove(&watch_), "remove");
    loop_.Apply();
  }
  void OnReady(uintptr_t) {}
  void OnWake() {}

 private:
  Pipe pipe_;
  typename Loop<AddAndRemove>::Watch watch_ = {};
  Loop<AddAndRemove> loop_;
};

// A pipe's reading end is never writable, so that asking for that changes the interest alone.
template <template <typename> class Loop>
class ChangeInterest : public Repeated<ChangeInterest<Loop>> {
 public:
  const char *Open() override {
    return loop_.Open(this, {}) && pipe_.Open() && loop_.Add(&watch_, &pipe_, 1)
               ? nullptr
               : "no such loop here";
  }
  void Step() {
    writable_ = !writable_;
    Require(loop_.Change(&watch_, writable_), "change");
    loop_.Apply();
  }
  void OnReady(uintptr_t) {}
  void OnWake() {}

 private:
  bool writable_ = false;
  Pipe pipe_;
  typename Loop<ChangeInterest>::Watch watch_ = {};
  Loop<ChangeInterest> loop_;
};

// While another thread waits in the loop.
template <template <typename> class Loop>
class FromAnotherThread : public Repeated<FromAnotherThread<Loop>> {
 public:
  ~FromAnotherThread() override {
    if (!thread_.joinable()) return;
    ending_ = true;
    loop_.Wake();
    thread_.join();
  }
  const char *Open() override {
    LoopOptions options;
    options.shared = true;
    if (!loop_.Open(this, options) || !loop_.OpenWaker() || !pipe_.Open()) {
      return "no such loop here";
    }
    thread_ = std::thread([this] {
      while (!ending_) loop_.Next();
    });
    return nullptr;
  }
  void Step() {
    Require(loop_.Add(&watch_, &pipe_, 1), "add");
    Require(loop_.Remove(&watch_), "remove");
  }
  void OnReady(uintptr_t) {}
  void OnWake() {}

 private:
  std::atomic<bool> ending_{false};
  Pipe pipe_;
  typename Loop<FromAnotherThread>::Watch watch_ = {};
  Loop<FromAnotherThread> loop_;
  std::thread thread_;
};

Measure Cheap() {
  Measure measure;
  measure.batch = 16;
  measure.count_instructions = true;
  return measure;
}

Measure Threads() {
  Measure measure;
  measure.batch = 16;
  return measure;
}

const int kAdded[] = {
    AddForAll<AddAndRemove>("registration/add_remove", Cheap()),
    AddForAll<ChangeInterest>("registration/change", Cheap()),
    AddForRaw<FromAnotherThread>("registration/other_thread", Threads()),
#if MIO_BENCH_PEERS
    // libuv and libev allow it from the loop's own thread only.
    AddFor<FromAnotherThread, EventLoop>("registration/other_thread", Threads()),
#endif
};

}  // namespace
}  // namespace mio_bench
