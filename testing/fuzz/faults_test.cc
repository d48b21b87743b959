// Each system call of the library fails in turn, with each error that its manual names and with those
// that a seccomp filter gives. After each the call says so or has succeeded wholly, the same call works
// the next time, no descriptor and no byte is lost, and nobody sleeps on.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/runfile.h"
#include "testing/stress/asleep.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

// The errors of section 2 of the manual, as far as they can come of what the library passes; EPERM,
// EACCES and ENOSYS are those of a sandbox.
std::vector<int> ErrorsOf(Sys sys) {
  static const std::map<Sys, std::vector<int>> errors = {
      {Sys::kAccept, {EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTO}},
      {Sys::kBind, {EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOMEM, ENOENT, EROFS}},
      {Sys::kClose, {EINTR, EIO, ENOSPC, EDQUOT}},
      {Sys::kConnect, {EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, EINTR, ENETUNREACH, ETIMEDOUT}},
      {Sys::kDup, {EMFILE, ENOMEM}},
      {Sys::kEpollCreate, {EMFILE, ENFILE, ENOMEM}},
      {Sys::kEpollCtl, {ENOMEM, ENOSPC}},
      {Sys::kEpollWait, {EINTR}},
      {Sys::kEventfd, {EMFILE, ENFILE, ENODEV, ENOMEM}},
      {Sys::kFcntl, {EAGAIN, EINVAL, EMFILE}},
      {Sys::kGetName, {ENOBUFS, ENOTCONN}},
      {Sys::kGetOption, {EINVAL, ENOPROTOOPT}},
      {Sys::kIoctl, {EINVAL, ENOTTY}},
      {Sys::kListen, {EADDRINUSE, EOPNOTSUPP}},
      {Sys::kPipe, {EMFILE, ENFILE}},
      {Sys::kPoll, {EINTR, EINVAL, ENOMEM}},
      {Sys::kRead, {EAGAIN, EINTR, ECONNREFUSED, EIO, ENOMEM}},
      {Sys::kSetOption, {EINVAL, ENOPROTOOPT, ENOMEM}},
      {Sys::kShutdown, {ENOTCONN}},
      {Sys::kSocket, {EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT}},
      {Sys::kWrite, {EAGAIN, EINTR, ENOBUFS, ENOMEM, EIO}},
  };
  std::vector<int> found = {EPERM, EACCES, ENOSYS};
  const auto entry = errors.find(sys);
  if (entry != errors.end()) found.insert(found.end(), entry->second.begin(), entry->second.end());
  return found;
}

// What the operations work on: fresh for each of them.
struct World {
  World() : poll(8) {
    EXPECT_OK(mio_unix_stream_pair(&a, &b));
    EXPECT_OK(mio_pipe_pair(&sender, &receiver));
    EXPECT_OK(mio_waker_init(&waker, poll.registry(), 9));
    EXPECT_OK(ConnectUdp(&u, &v));
    addr = Listen(&listener);
  }

  // Whether an event with this token comes, or none.
  bool Comes(mio_token token) {
    poll.Wait(0);
    const mio_events *events = poll.events();
    for (const mio_event *e = mio_events_begin(events); e != mio_events_end(events); ++e) {
      if (mio_event_token(e) == token) return true;
    }
    return false;
  }

  bool Sends(char byte) { return mio_unix_stream_write(&b, &byte, 1) == 1; }

  Poll poll;
  UnixStream a, b;
  Sender sender;
  Receiver receiver;
  UdpSocket u, v;
  TcpListener listener;
  mio_addr addr;
  Waker waker;
  TcpStream stream, client;
  Registry clone;
  char bytes[16] = {};
  mio_iovec vector[2] = {{bytes, 1}, {bytes + 1, 4}};
};

// A call of the library. `works` is asked after it has succeeded, `kept` after it has failed: that all
// is as before.
struct Operation {
  std::string name;
  std::function<void(World &)> prepare;
  std::function<ptrdiff_t(World &)> run;
  std::function<bool(World &)> works;
  std::function<bool(World &)> kept = [](World &) { return true; };
};

// What the calls of a first run were.
std::vector<Sys> CallsOf(const Operation &operation) {
  World world;
  operation.prepare(world);
  Faults recording;
  EXPECT_OK(operation.run(world));
  return recording.calls();
}

void Fail(const Operation &operation, size_t index, Sys sys, int error) {
  SCOPED_TRACE(operation.name + ": call " + std::to_string(index) + ", " + SysName(sys) +
               ", fails: " + strerror(error));
  World world;
  operation.prepare(world);
  ptrdiff_t result;
  int stray_closes;
  {
    Faults faults(static_cast<int>(index), error);
    result = operation.run(world);
    stray_closes = faults.stray_closes();
  }
  EXPECT_EQ(stray_closes, 0) << "closed twice";
  if (result < 0) {
    const bool may_be_interrupted = operation.name == "wait" || operation.name == "wait for a wake";
    EXPECT_TRUE(error != EINTR || may_be_interrupted) << "passes an interruption on";
    EXPECT_TRUE(operation.kept(world)) << "failed with " << result << ", and changed something";
    result = operation.run(world);
    EXPECT_OK(result) << "does not work the next time";
  }
  EXPECT_TRUE(operation.works(world)) << "succeeded, and did nothing";
}

void FailEverywhere(const Operation &operation) {
  const std::vector<int> before = OpenDescriptors();
  const std::vector<Sys> calls = CallsOf(operation);
  for (size_t index = 0; index < calls.size(); ++index) {
    for (const int error : ErrorsOf(calls[index])) {
      Fail(operation, index, calls[index], error);
      EXPECT_EQ(OpenDescriptors(), before) << operation.name << " leaves descriptors";
      if (::testing::Test::HasFailure()) return;
    }
  }
}

const auto kNothing = [](World &) {};

TEST(Faults, Registrations) {
  for (const mio_interest mode : {mio_interest{0}, MIO_LEVEL, MIO_ONESHOT}) {
    const mio_interest both = MIO_READABLE | MIO_WRITABLE | mode;
    FailEverywhere({"register", kNothing,
                    [&](World &w) { return w.poll.Register(&w.a->source, 1, both); },
                    [](World &w) { return w.Comes(1); }, [](World &w) { return !w.Comes(1); }});
    FailEverywhere(
        {"reregister",
         [&](World &w) { EXPECT_OK(w.poll.Register(&w.a->source, 1, MIO_READABLE | mode)); },
         [&](World &w) { return w.poll.Reregister(&w.a->source, 2, MIO_WRITABLE | mode); },
         [](World &w) { return w.Comes(2); }, [](World &w) { return w.Sends('x') && w.Comes(1); }});
    FailEverywhere(
        {"deregister",
         [&](World &w) { EXPECT_OK(w.poll.Register(&w.a->source, 1, MIO_READABLE | mode)); },
         [](World &w) { return w.poll.Deregister(&w.a->source); },
         [](World &w) { return w.Sends('x') && !w.Comes(1); },
         [](World &w) { return w.Sends('x') && w.Comes(1); }});
  }
}

TEST(Faults, Clones) {
  FailEverywhere(
      {"clone", kNothing, [](World &w) { return mio_registry_clone(w.poll.registry(), &w.clone); },
       [](World &w) {
         return mio_registry_register(&w.clone, &w.a->source, 1, MIO_WRITABLE) == 0 && w.Comes(1);
       }});
}

TEST(Faults, Waits) {
  for (const uint64_t timeout_ns : {uint64_t{0}, kMillisecond, kSecond, MIO_FOREVER}) {
    FailEverywhere(
        {"wait",
         [](World &w) {
           EXPECT_OK(w.poll.Register(&w.a->source, 1, MIO_READABLE));
           EXPECT_TRUE(w.Sends('x'));
         },
         [=](World &w) { return mio_poll_wait(w.poll.get(), w.poll.events(), timeout_ns); },
         [](World &w) {
           const mio_event *event = mio_events_get(w.poll.events(), 0);
           return event != nullptr && mio_event_token(event) == 1;
         },
         [](World &w) { return mio_events_is_empty(w.poll.events()); }});
  }
}

TEST(Faults, Wakes) {
  const auto export_handle = [](World &w) {
    mio_handle handle;
    (void)mio_poll_handle(w.poll.get(), &handle);
  };
  FailEverywhere({"wake", export_handle, [](World &w) { return mio_waker_wake(&w.waker); },
                  [](World &w) { return w.Comes(9) && !w.Comes(9); }});
  FailEverywhere({"wait for a wake",
                  [&](World &w) {
                    export_handle(w);
                    EXPECT_OK(mio_waker_wake(&w.waker));
                  },
                  [](World &w) { return mio_poll_wait(w.poll.get(), w.poll.events(), kSecond); },
                  [](World &w) { return mio_events_count(w.poll.events()) == 1 && !w.Comes(9); }});
}

TEST(Faults, TransfersOfStreams) {
  const auto sent = [](World &w) { EXPECT_TRUE(w.Sends('x')); };
  const auto got = [](World &w) { return w.bytes[0] == 'x'; };
  const auto arrived = [](World &w) {
    char bytes[8];
    return mio_unix_stream_read(&w.b, bytes, sizeof bytes) == 5;
  };
  FailEverywhere(
      {"read", sent, [](World &w) { return mio_unix_stream_read(&w.a, w.bytes, 5); }, got});
  FailEverywhere(
      {"readv", sent, [](World &w) { return mio_unix_stream_readv(&w.a, w.vector, 2); }, got});
  FailEverywhere(
      {"peek", sent, [](World &w) { return mio_unix_stream_peek(&w.a, w.bytes, 5); }, got});
  FailEverywhere({"write", kNothing,
                  [](World &w) { return mio_unix_stream_write(&w.a, w.bytes, 5); }, arrived});
  FailEverywhere({"writev", kNothing,
                  [](World &w) { return mio_unix_stream_writev(&w.a, w.vector, 2); }, arrived});
  FailEverywhere({"shutdown", kNothing,
                  [](World &w) { return mio_unix_stream_shutdown(&w.a, MIO_SHUTDOWN_WRITE); },
                  [](World &w) { return mio_unix_stream_read(&w.b, w.bytes, 5) == 0; }});
  FailEverywhere({"take_error", kNothing, [](World &w) { return mio_unix_stream_take_error(&w.a); },
                  [](World &) { return true; }});
}

TEST(Faults, TransfersOfPipes) {
  const auto sent = [](World &w) { EXPECT_EQ(mio_pipe_sender_write(&w.sender, "x", 1), 1); };
  const auto got = [](World &w) { return w.bytes[0] == 'x'; };
  const auto arrived = [](World &w) {
    char bytes[8];
    return mio_pipe_receiver_read(&w.receiver, bytes, sizeof bytes) == 5;
  };
  FailEverywhere({"pipe read", sent,
                  [](World &w) { return mio_pipe_receiver_read(&w.receiver, w.bytes, 5); }, got});
  FailEverywhere({"pipe readv", sent,
                  [](World &w) { return mio_pipe_receiver_readv(&w.receiver, w.vector, 2); }, got});
  FailEverywhere({"pipe write", kNothing,
                  [](World &w) { return mio_pipe_sender_write(&w.sender, w.bytes, 5); }, arrived});
  FailEverywhere({"pipe writev", kNothing,
                  [](World &w) { return mio_pipe_sender_writev(&w.sender, w.vector, 2); },
                  arrived});
}

TEST(Faults, TransfersOfDatagrams) {
  FailEverywhere({"send", kNothing, [](World &w) { return mio_udp_socket_send(&w.u, "hello", 5); },
                  [](World &w) {
                    AwaitReadable(w.v->source.native.handle);
                    return mio_udp_socket_recv(&w.v, w.bytes, sizeof w.bytes) == 5;
                  }});
  FailEverywhere({"recv",
                  [](World &w) {
                    EXPECT_EQ(mio_udp_socket_send(&w.u, "x", 1), 1);
                    AwaitReadable(w.v->source.native.handle);
                  },
                  [](World &w) { return mio_udp_socket_recv(&w.v, w.bytes, sizeof w.bytes); },
                  [](World &w) { return w.bytes[0] == 'x'; }});
}

TEST(Faults, Connections) {
  FailEverywhere({"connect", kNothing,
                  [](World &w) { return mio_tcp_stream_connect(&w.stream, &w.addr); },
                  [](World &w) { return mio_source_is_open(&w.stream->source); },
                  [](World &w) { return !mio_source_is_open(&w.stream->source); }});
  FailEverywhere({"accept",
                  [](World &w) {
                    EXPECT_OK(mio_tcp_stream_connect(&w.client, &w.addr));
                    AwaitReadable(w.listener->source.native.handle);
                  },
                  [](World &w) { return mio_tcp_listener_accept(&w.listener, &w.stream, nullptr); },
                  [](World &w) { return mio_source_is_open(&w.stream->source); },
                  [](World &w) { return !mio_source_is_open(&w.stream->source); }});
  FailEverywhere({"local_addr", kNothing,
                  [](World &w) { return mio_tcp_listener_local_addr(&w.listener, &w.addr); },
                  [](World &w) { return w.addr.port != 0; }});
  FailEverywhere({"set_broadcast", kNothing,
                  [](World &w) { return mio_udp_socket_set_broadcast(&w.u, true); },
                  [](World &w) {
                    bool on = false;
                    return mio_udp_socket_broadcast(&w.u, &on) == 0 && on;
                  }});
}

// --- A thread that sleeps

// A thread that waits without end until it has seen a token.
class Sleeper {
 public:
  Sleeper(World *world, mio_token token) : world_(world), token_(token) {
    thread_ = std::thread([this] { Sleep(); });
    AwaitAsleep(id_);
  }
  ~Sleeper() {
    given_up_ = true;
    EXPECT_OK(mio_waker_wake(&world_->waker));
    thread_.join();
  }
  Sleeper(const Sleeper &) = delete;
  Sleeper &operator=(const Sleeper &) = delete;

  bool HasSeen() const {
    const uint64_t deadline = NowNs() + kLong;
    while (!seen_ && NowNs() < deadline) std::this_thread::yield();
    return seen_;
  }

 private:
  void Sleep() {
    std::array<mio_event, 4> room;
    mio_events events = {};
    EXPECT_OK(mio_events_init_with_buffer(&events, room.data(), room.size()));
    id_ = ThisThread();
    while (!seen_ && !given_up_) {
      EXPECT_OK(mio_poll_wait(world_->poll.get(), &events, MIO_FOREVER));
      for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
        if (mio_event_token(e) == token_) seen_ = true;
      }
    }
  }

  World *const world_;
  const mio_token token_;
  std::atomic<long> id_{0};
  std::atomic<bool> seen_{false};
  std::atomic<bool> given_up_{false};
  std::thread thread_;
};

// An operation that has to get a sleeping thread out, because an event with `token` follows. EAGAIN is not
// among the errors: a notification that finds its pipe or counter full has been sent before.
void FailBesideASleeper(const Operation &operation, mio_token token) {
  int struck = 0;
  for (int index = 0; index < 6; ++index) {
    for (const int error : {EINTR, ENOMEM, ENOBUFS, EPERM, ENOSYS, EIO}) {
      SCOPED_TRACE(operation.name + " beside a sleeping thread: call " + std::to_string(index) +
                   " fails: " + strerror(error));
      World world;
      operation.prepare(world);
      const Sleeper sleeper(&world, token);
      ptrdiff_t result;
      {
        Faults faults(index, error);
        result = operation.run(world);
        struck += faults.struck();
      }
      if (result < 0) result = operation.run(world);
      EXPECT_OK(result) << "does not work the next time";
      EXPECT_TRUE(sleeper.HasSeen()) << "the thread sleeps on";
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(struck, 0) << operation.name << " makes no system call: nothing is tested";
}

TEST(Faults, NobodySleepsOn) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kevent is not among what can be failed here";
  FailBesideASleeper({"wake", kNothing, [](World &w) { return mio_waker_wake(&w.waker); }, nullptr},
                     9);
  FailBesideASleeper(
      {"register", [](World &w) { EXPECT_TRUE(w.Sends('x')); },
       [](World &w) { return w.poll.Register(&w.a->source, 1, MIO_READABLE); }, nullptr},
      1);
  FailBesideASleeper(
      {"reregister", [](World &w) { EXPECT_OK(w.poll.Register(&w.a->source, 1, MIO_READABLE)); },
       [](World &w) { return w.poll.Reregister(&w.a->source, 2, MIO_WRITABLE); }, nullptr},
      2);
}

// --- The list of calls

// Every function of the C library that the library calls is in calls.tsv, which the build checks; those
// that may fail there must be among those that the injection replaces.
TEST(Faults, EveryCallThatMayFailIsReplaced) {
  std::ifstream list(Runfile("testing/fuzz/calls.tsv"));
  std::ifstream file(Runfile("testing/fault_injection.cc"));
  const std::string source((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
  ASSERT_FALSE(source.empty());
  int count = 0;
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string name, level, kind;
    words >> name >> level >> kind;
    if (name.empty() || name[0] == '#' || kind != "fails") continue;
    ++count;
    EXPECT_NE(source.find("__asm__(\"" + name + "\")"), std::string::npos)
        << name << " is called by the library and never made to fail";
  }
  EXPECT_GT(count, 20);
}

}  // namespace
}  // namespace mio_test
