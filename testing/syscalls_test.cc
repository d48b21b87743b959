// What an operation costs in system calls: a wait makes one or none, and waking a poller that is awake
// makes none.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "testing/child.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/sanitizers.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using PipeSender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using PipeReceiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

int Selects(const Faults &calls) { return calls.count(Sys::kEpollWait) + calls.count(Sys::kPoll); }

// Fails, saying which calls there were, unless `operation` succeeds with exactly `expected` of them.
#define EXPECT_CALLS(expected, operation)                          \
  do {                                                             \
    Faults recording;                                              \
    const ptrdiff_t recorded_result = (operation);                 \
    const int recorded = recording.count();                        \
    EXPECT_OK(recorded_result);                                    \
    EXPECT_EQ(recorded, expected) << "  " << recording.Describe(); \
  } while (false)

class Syscalls : public ::testing::Test {
 protected:
  // The first one may have to find out that there is no epoll_pwait2.
  void SetUp() override { EXPECT_OK(Wait(1)); }

  int Wait(uint64_t timeout_ns) { return mio_poll_wait(poll_.get(), poll_.events(), timeout_ns); }

  Poll poll_;
};

TEST_F(Syscalls, AreSeen) {
  Faults recording;
  mio_poll poll = {};
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  EXPECT_GE(recording.count(), 1);
  const int opened = recording.count();
  mio_poll_close(&poll);
  EXPECT_GE(recording.count(Sys::kClose), 1);
  EXPECT_EQ(recording.count() - opened, recording.count(Sys::kClose));
}

TEST_F(Syscalls, WaitThatFindsNothing) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kevent is not among what is counted here";
  if (!Faults::SeesRawCalls()) GTEST_SKIP() << "syscall(2) cannot be intercepted here";
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, kMillisecond}) {
    EXPECT_CALLS(1, Wait(timeout_ns));
    EXPECT_TRUE(mio_events_is_empty(poll_.events()));
  }
}

TEST_F(Syscalls, WaitThatFindsEvents) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kevent is not among what is counted here";
  if (!Faults::SeesRawCalls()) GTEST_SKIP() << "syscall(2) cannot be intercepted here";
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll_.Register(&a->source, 1, MIO_READABLE));
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, kLong, MIO_FOREVER}) {
    char byte;
    ASSERT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
    EXPECT_CALLS(1, Wait(timeout_ns));
    EXPECT_EQ(mio_events_count(poll_.events()), 1u);
    ASSERT_EQ(mio_unix_stream_read(&a, &byte, 1), 1);
    ASSERT_ERROR(mio_unix_stream_read(&a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  }
}

// With wakers woken a wait returns without asking the OS, but now and then for the sockets' sake.
TEST_F(Syscalls, SelfWake) {
  constexpr int kRounds = 1600;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), 7));
  Faults recording;
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(Wait(MIO_FOREVER));
    ASSERT_EQ(mio_events_count(poll_.events()), 1u);
  }
  EXPECT_LE(recording.count(), kRounds / 16);
  EXPECT_EQ(recording.count(), Selects(recording));
}

// Zero still asks the OS, with a wake pending too, and once.
TEST_F(Syscalls, ZeroTimeoutAsksTheSystem) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kevent is not among what is counted here";
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), 7));
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK(mio_waker_wake(&waker));
    EXPECT_CALLS(1, Wait(0));
    ASSERT_EQ(mio_events_count(poll_.events()), 1u);
  }
}

// A poller and a thread that wakes it take turns, so that the poller sleeps, or is about to.
TEST_F(Syscalls, WakingASleeper) {
  constexpr int kRounds = 5000 / kSlowdown;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), 7));
  bool uses_eventfd;
  {
    Faults recording;
    mio_poll poll = {};
    ASSERT_OK(mio_poll_init(&poll, nullptr));
    mio_poll_close(&poll);
    uses_eventfd = recording.count(Sys::kEventfd) > 0;
  }
  // A pipe has to be emptied, and so has whatever a selector would find again and again.
  const int limit = uses_eventfd && SelectorName() == "epoll" ? 1 : 2;

  std::atomic<int> delivered{0};
  std::atomic<int> most_wake_calls{0};
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (delivered.load() < i) std::this_thread::yield();
      Faults recording;
      EXPECT_OK(mio_waker_wake(&waker));
      if (recording.count() > most_wake_calls) most_wake_calls = recording.count();
    }
  });
  int most_selects = 0, most_calls = 0, most_events = 0;
  for (int i = 0; i < kRounds; ++i) {
    Faults recording;
    EXPECT_OK(Wait(kLong));
    const int events = static_cast<int>(mio_events_count(poll_.events()));
    EXPECT_GE(events, 1);
    most_events = std::max(most_events, events);
    most_selects = std::max(most_selects, Selects(recording));
    most_calls = std::max(most_calls, recording.count());
    delivered = i + 1;
  }
  other.join();
  EXPECT_EQ(most_events, 1);
  EXPECT_LE(most_selects, 1);
  EXPECT_LE(most_calls, limit);
  EXPECT_LE(most_wake_calls, 1);
}

// A poller that spins is woken without a system call.
TEST_F(Syscalls, WakingASpinner) {
  mio_poll_options options = {};
  options.spin_ns = kLong;
  Poll spinner(4, &options);
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, spinner.registry(), 7));
  int wake_calls = -1;
  std::thread other([&] {
    Faults recording;
    EXPECT_OK(mio_waker_wake(&waker));
    wake_calls = recording.count();
  });
  EXPECT_OK(mio_poll_wait(spinner.get(), spinner.events(), MIO_FOREVER));
  EXPECT_EQ(mio_events_count(spinner.events()), 1u);
  other.join();
  EXPECT_EQ(wake_calls, 0);
}

TEST_F(Syscalls, WakersAndClonesAreFree) {
  EXPECT_CALLS(0, [&] {
    Waker waker;
    Registry clone;
    const int result = mio_registry_clone(poll_.registry(), &clone);
    return result < 0 ? result : mio_waker_init(&waker, &clone, 7);
  }());
}

TEST_F(Syscalls, Registrations) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  Faults recording;
  ASSERT_OK(poll_.Register(&a->source, 1, MIO_READABLE));
  EXPECT_LE(recording.count(), 1);
  ASSERT_OK(poll_.Reregister(&a->source, 1, MIO_WRITABLE));
  EXPECT_LE(recording.count(), 2);
  ASSERT_OK(poll_.Deregister(&a->source));
  EXPECT_LE(recording.count(), 3);
  // Misuse is known without the system.
  const int before = recording.count();
  EXPECT_ERROR(poll_.Deregister(&a->source), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Reregister(&a->source, 1, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_EQ(recording.count(), before);
}

TEST_F(Syscalls, Transfers) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  char buffer[8] = {};
  const mio_iovec parts[] = {{buffer, 2}, {buffer + 2, 2}};
  EXPECT_CALLS(1, mio_unix_stream_write(&a, "four", 4));
  EXPECT_CALLS(1, mio_unix_stream_peek(&b, buffer, 4));
  EXPECT_CALLS(1, mio_unix_stream_read(&b, buffer, 4));
  EXPECT_CALLS(1, mio_unix_stream_writev(&a, parts, 2));
  EXPECT_CALLS(1, mio_unix_stream_readv(&b, parts, 2));
  EXPECT_CALLS(0, mio_unix_stream_read(&b, buffer, 0));

  PipeSender sender;
  PipeReceiver receiver;
  EXPECT_CALLS(1, mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(mio_pipe_sender_write(&sender, "four", 4));
  EXPECT_CALLS(1, mio_pipe_sender_write(&sender, "four", 4));
  EXPECT_CALLS(1, mio_pipe_receiver_read(&receiver, buffer, 8));
}

TEST_F(Syscalls, Sockets) {
  TcpListener listener;
  mio_addr addr = mio_addr_loopback_v4(0);
  EXPECT_CALLS(4, mio_tcp_listener_bind(&listener, &addr));  // socket setsockopt bind listen
  EXPECT_CALLS(1, mio_tcp_listener_local_addr(&listener, &addr));
  ASSERT_OK(poll_.Register(&listener->source, 1, MIO_READABLE));
  TcpStream client, server;
  EXPECT_CALLS(2, mio_tcp_stream_connect(&client, &addr));
  EXPECT_TRUE(poll_.WaitReadable(1).readable);
  EXPECT_CALLS(1, mio_tcp_listener_accept(&listener, &server, nullptr));
  EXPECT_CALLS(1, mio_tcp_stream_take_error(&client));
  EXPECT_CALLS(1, mio_tcp_stream_set_nodelay(&client, true));

  UdpSocket udp;
  addr = mio_addr_loopback_v4(0);
  EXPECT_CALLS(2, mio_udp_socket_bind(&udp, &addr));
  EXPECT_CALLS(1, mio_udp_socket_local_addr(&udp, &addr));
  EXPECT_CALLS(1, mio_udp_socket_send_to(&udp, "x", 1, &addr));
}

// Kernels before 5.11, and sandboxes that do not know epoll_pwait2: asked once, then no more, and a
// timeout is rounded up, not down. In a child, as the library remembers it.
TEST_F(Syscalls, WithoutEpollPwait2) {
  if (SelectorName() != "epoll") GTEST_SKIP() << SelectorName() << " does not use it";
  if (!Faults::SeesRawCalls()) GTEST_SKIP() << "syscall(2) cannot be intercepted here";
  if (!HasEpollPwait2()) GTEST_SKIP() << "as on kernels before 5.11, qemu-user 7.2 has none";
  for (const int error : {ENOSYS, EPERM, EACCES, EINVAL}) {
    EXPECT_TRUE(InChild([&] {
      mio_poll_close(poll_.get());  // the parent's
      ASSERT_OK(mio_poll_init(poll_.get(), nullptr));
      const uint64_t start = NowNs();
      {
        Faults faults(0, error);
        EXPECT_OK(Wait(kMillisecond + 1));
        EXPECT_TRUE(faults.struck());
        EXPECT_EQ(faults.count(), 2) << faults.Describe();
      }
      EXPECT_GE(NowNs() - start, kMillisecond + 1);
      for (const uint64_t timeout_ns : {uint64_t{1}, kMillisecond - 1, kMillisecond + 1}) {
        const uint64_t begin = NowNs();
        EXPECT_CALLS(1, Wait(timeout_ns));
        EXPECT_GE(NowNs() - begin, timeout_ns);
      }
    }));
  }
}

}  // namespace
}  // namespace mio_test
