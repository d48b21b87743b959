#ifndef BENCHMARKS_PEERS_PEERS_H_
#define BENCHMARKS_PEERS_PEERS_H_

#include <string>

#include "benchmarks/harness.h"
#include "benchmarks/peers/mio.h"

#if MIO_BENCH_UNIX
#include "benchmarks/peers/raw_poll.h"
#endif
#if MIO_BENCH_PEERS
#include "benchmarks/peers/libev.h"
#include "benchmarks/peers/libevent.h"
#include "benchmarks/peers/libuv.h"
#endif
#if MIO_BENCH_EPOLL
#include "benchmarks/peers/raw_epoll.h"
#elif MIO_BENCH_KQUEUE
#include "benchmarks/peers/raw_kqueue.h"
#elif MIO_BENCH_AFD
#include "benchmarks/peers/raw_afd.h"
#endif

// What this system waits with, without anything between; not there where that is poll(2).
#define MIO_BENCH_RAW (MIO_BENCH_EPOLL || MIO_BENCH_KQUEUE || MIO_BENCH_AFD)

namespace mio_bench {

#if MIO_BENCH_EPOLL
template <typename Handler>
using RawLoop = RawEpollLoop<Handler>;
#elif MIO_BENCH_KQUEUE
template <typename Handler>
using RawLoop = RawKqueueLoop<Handler>;
#elif MIO_BENCH_AFD
template <typename Handler>
using RawLoop = RawAfdLoop<Handler>;
#endif

// Adds ROW of the question for one kind of loop. W is a template over kinds of loops.
template <template <template <typename> class> class W, template <typename> class Loop,
          typename... Args>
int AddFor(const std::string &row, const Measure &measure, Args... args) {
  return AddWork<W<Loop>>(row + "/" + Loop<Handler>::kName, measure, args...);
}

// For mio and the kernel's own calls.
template <template <template <typename> class> class W, typename... Args>
int AddForRaw(const std::string &row, const Measure &measure, Args... args) {
#if MIO_BENCH_RAW
  AddFor<W, RawLoop>(row, measure, args...);
#endif
  return AddFor<W, MioLoop>(row, measure, args...);
}

// For all that there are here, poll(2) apart.
template <template <template <typename> class> class W, typename... Args>
int AddForAll(const std::string &row, const Measure &measure, Args... args) {
  AddForRaw<W>(row, measure, args...);
#if MIO_BENCH_PEERS
  AddFor<W, UvLoop>(row, measure, args...);
  AddFor<W, EventLoop>(row, measure, args...);
  AddFor<W, EvLoop>(row, measure, args...);
#endif
  return 0;
}

template <template <template <typename> class> class W, typename... Args>
int AddForPoll(const std::string &row, const Measure &measure, Args... args) {
#if MIO_BENCH_UNIX
  AddFor<W, RawPollLoop>(row, measure, args...);
#else
  (void)row, (void)measure;
  ((void)args, ...);
#endif
  return 0;
}

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_PEERS_H_
