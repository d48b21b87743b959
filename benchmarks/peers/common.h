#ifndef BENCHMARKS_PEERS_COMMON_H_
#define BENCHMARKS_PEERS_COMMON_H_

#include <cstddef>
#include <cstdint>

// Every peer is a class template Loop<Handler> with the same members, so that one benchmark's text
// serves all of them and nothing is virtual:
//
//   static constexpr char kName[];   as the tables have it
//   using Io;                        how its user reads and writes (benchmarks/channel.h)
//   struct Watch;                    what its user keeps for each source
//   Open(handler, options)           false: not on this machine
//   Add(watch, source, token)        watches what can be read
//   Change(watch, writable)          also, or no longer, what can be written
//   Remove(watch)
//   Apply()                          tells the kernel, where that is not done by the calls above
//   Now()                            looks what is there, without waiting
//   Next()                           waits for something and delivers it
//   OpenWaker(), Wake()              Wake() from any thread
//
// Now() and Next() call handler->OnReady(token) for each event and handler->OnWake() for a wake.
namespace mio_bench {

struct LoopOptions {
  size_t max_events = 1024;
  bool level = false;  // events for as long as something is there; else edges, where there are such
  bool shared = false;   // used from several threads
  uint64_t spin_ns = 0;  // how long to look again before sleeping
};

// What has no use for wakes.
struct Handler {
  void OnReady(uintptr_t) {}
  void OnWake() {}
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_COMMON_H_
