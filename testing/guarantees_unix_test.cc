// The promises of mio/poll.h that are about signals and descriptors; the others are in
// guarantees_test.cc.

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2, kWaker = 99 };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

// A handler of SIGUSR1 for one test; the calls that it interrupts are not restarted.
class Handler {
 public:
  explicit Handler(void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    EXPECT_EQ(0, sigaction(SIGUSR1, &action, &before_));
  }
  ~Handler() { EXPECT_EQ(0, sigaction(SIGUSR1, &before_, nullptr)); }

 private:
  struct sigaction before_ = {};
};

// Sends SIGUSR1 to the thread that made this, again and again, until the scope ends. The pauses let that
// thread run: on FreeBSD one that gets signal after signal never comes to its wait.
class Signals {
 public:
  Signals()
      : thread_([this, target = pthread_self()] {
          while (!over_) {
            pthread_kill(target, SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(100));
          }
        }) {}
  ~Signals() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST(GuaranteesUnix, G09_ASignalSurfacesAsInterrupted) {
  const Handler handler([](int) {});
  Poll poll;
  for (const uint64_t timeout_ns : {kLong, uint64_t{MIO_FOREVER}}) {
    const Signals signals;
    EXPECT_ERROR(mio_poll_wait(poll.get(), poll.events(), timeout_ns), MIO_ERROR_INTERRUPTED);
    EXPECT_TRUE(mio_events_is_empty(poll.events()));
  }
}

TEST(GuaranteesUnix, G09_AnInterruptionLosesNothing) {
  const Handler handler([](int) {});
  Poll poll;
  StreamPair pair;
  Waker waker;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  const Signals signals;
  for (int round = 0; round < 200; ++round) {
    std::thread other([&] {
      EXPECT_OK(mio_waker_wake(&waker));
      pair.Send();
    });
    poll.WaitReadable(kWaker);
    poll.WaitReadable(kSource);
    EXPECT_EQ("x", pair.Drain());
    other.join();
  }
}

mio_waker *signalled_waker;

// A handler that wakes the poll in which its own thread sleeps.
TEST(GuaranteesUnix, G15_AWakeFromASignalHandler) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  signalled_waker = &waker;
  const Handler handler([](int) { (void)mio_waker_wake(signalled_waker); });
  const Signals signals;
  for (int round = 0; round < 200; ++round) poll.WaitReadable(kWaker);
}

TEST(GuaranteesUnix, G15_AWakeInAHandlerLeavesErrnoAlone) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  errno = E2BIG;
  ASSERT_OK(mio_waker_wake(&waker));
  EXPECT_EQ(E2BIG, errno);
}

// epoll(7), question 6: closing a descriptor ends its registration only with its last duplicate.
TEST(GuaranteesUnix, G17_ClosingASourceDeregistersItsDuplicatesToo) {
  Poll poll;
  StreamPair pair;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(pair.ours(), &handle));
  const int duplicate = fcntl(handle, F_DUPFD_CLOEXEC, 0);
  ASSERT_GE(duplicate, 0);
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE | MIO_WRITABLE));
  poll.WaitWritable(kSource);
  mio_tcp_stream_close(pair.ours());
  pair.Send();
  EXPECT_TRUE(poll.Quiet(kSource).None());
  EXPECT_EQ(0, close(duplicate));
}

TEST(GuaranteesUnix, G17_ReleasingASourceDeregistersIt) {
  Poll poll;
  StreamPair pair;
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_release(pair.ours(), &handle));
  pair.Send();
  EXPECT_TRUE(poll.Quiet(kSource).None());
  // The handle is as good as new, here too.
  SourceFd source;
  ASSERT_OK(mio_source_fd_init(&source, handle));
  ASSERT_OK(poll.Register(&source->source, kOther, MIO_READABLE));
  poll.WaitReadable(kOther);
  mio_source_fd_close(&source);
  EXPECT_EQ(0, close(handle));
}

TEST(GuaranteesUnix, G17_ADescriptorUsedAgainIsAnotherSource) {
  Poll poll;
  for (int round = 0; round < 20; ++round) {
    Sender sender;
    Receiver receiver;
    ASSERT_OK(mio_pipe_pair(&sender, &receiver));
    ASSERT_OK(poll.Register(&receiver->source, static_cast<mio_token>(round), MIO_READABLE));
    EXPECT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
    const auto token = static_cast<mio_token>(round);
    ASSERT_OK(poll.Wait());
    EXPECT_EQ(std::vector<mio_token>{token}, Tokens(poll.events()));
  }
}

TEST(GuaranteesUnix, G18_DirectIoKeepsEdgesComing) {
  if (!Supports(MIO_FEATURE_DIRECT_IO)) GTEST_SKIP() << "edges are made by the library here";
  Poll poll;
  StreamPair pair;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(pair.ours(), &handle));
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  for (int round = 0; round < 10; ++round) {
    pair.Send();
    poll.WaitReadable(kSource);
    char buffer[8];
    EXPECT_EQ(1, recv(handle, buffer, sizeof buffer, 0));
    EXPECT_EQ(-1, recv(handle, buffer, sizeof buffer, 0));
  }
}

ptrdiff_t ReadDirectly(void *context) {
  char buffer[8];
  const ssize_t got = recv(*static_cast<int *>(context), buffer, sizeof buffer, 0);
  return got < 0 ? -errno : got;
}

TEST(GuaranteesUnix, G18_TryIoKeepsEdgesComingEverywhere) {
  Poll poll;
  StreamPair pair;
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(pair.ours(), &handle));
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  for (int round = 0; round < 10; ++round) {
    pair.Send();
    poll.WaitReadable(kSource);
    EXPECT_EQ(1, mio_tcp_stream_try_io(pair.ours(), MIO_READABLE, ReadDirectly, &handle));
    EXPECT_ERROR(mio_tcp_stream_try_io(pair.ours(), MIO_READABLE, ReadDirectly, &handle),
                 MIO_ERROR_WOULD_BLOCK);
  }
}

// Whatever the poll opens for itself.
TEST(GuaranteesUnix, G19_APollsOwnDescriptorsAreNotInherited) {
  std::vector<bool> open_before;
  for (int fd = 0; fd < 256; ++fd) open_before.push_back(IsOpen(fd));
  const Poll poll;
  int opened = 0;
  for (int fd = 0; fd < 256; ++fd) {
    if (open_before[static_cast<size_t>(fd)] || !IsOpen(fd)) continue;
    ++opened;
    EXPECT_FALSE(IsInherited(fd)) << fd;
  }
  // A kqueue is its own waker.
  EXPECT_GE(opened, SelectorName() == "kqueue" ? 1 : 2) << "a selector, or its bells, and a waker";
}

TEST(GuaranteesUnix, G19_PipesAreNonBlockingNotInheritedAndSilent) {
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_pipe_sender_handle(&sender, &handle));
  EXPECT_TRUE(IsNonBlocking(handle));
  EXPECT_FALSE(IsInherited(handle));
  ASSERT_OK(mio_pipe_receiver_handle(&receiver, &handle));
  EXPECT_TRUE(IsNonBlocking(handle));
  EXPECT_FALSE(IsInherited(handle));
  mio_pipe_receiver_close(&receiver);
  EXPECT_ERROR(mio_pipe_sender_write(&sender, "x", 1), MIO_ERROR_BROKEN_PIPE);
}

TEST(GuaranteesUnix, G19_NoSigpipeOfUnixStreams) {
  UnixStream a, b;
  ASSERT_OK(ConnectUnix(&a, &b));
  mio_unix_stream_close(&b);
  const char byte = 0;
  mio_iovec vector = {const_cast<char *>(&byte), 1};
  // A signal would end the process.
  for (int i = 0; i < 3; ++i) {
    EXPECT_ERROR(mio_unix_stream_write(&a, &byte, 1), MIO_ERROR_BROKEN_PIPE);
    EXPECT_ERROR(mio_unix_stream_writev(&a, &vector, 1), MIO_ERROR_BROKEN_PIPE);
  }
}

// 22. Cancellation (pthread_cancel) of a thread in any call leaves nothing locked, led, half-registered or
// leaked: others go on waiting, waking and closing.
TEST(Guarantees, G22_ACancelledWaiterLeavesThePollUsable) {
  Poll poll;
  Waker waker;
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll.Register(&a->source, kSource, MIO_READABLE));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int round = 0; round < 20; ++round) {
    pthread_t thread;
    ASSERT_EQ(0, pthread_create(
                     &thread, nullptr,
                     [](void *context) -> void * {
                       mio_event room[4];
                       mio_events events = {};
                       mio_events_init_with_buffer(&events, room, 4);
                       mio_poll_wait(static_cast<mio_poll *>(context), &events, MIO_FOREVER);
                       pthread_testcancel();
                       return nullptr;
                     },
                     poll.get()));
    if (round % 2 != 0) usleep(1000);  // may sleep by now, or not
    EXPECT_EQ(0, pthread_cancel(thread));
    EXPECT_OK(mio_waker_wake(&waker));  // for a wait that is no cancellation point
    EXPECT_EQ(0, pthread_join(thread, nullptr));
    ASSERT_EQ(1, mio_unix_stream_write(&b, "x", 1));
    EXPECT_TRUE(poll.WaitReadable(kSource).readable);
    char byte;
    ASSERT_EQ(1, mio_unix_stream_read(&a, &byte, 1));
    (void)poll.Now(kWaker);
    EXPECT_OK(mio_waker_wake(&waker));
    EXPECT_TRUE(poll.WaitReadable(kWaker).readable);
    EXPECT_OK(poll.Reregister(&a->source, kSource, MIO_READABLE));
  }
  EXPECT_OK(poll.Deregister(&a->source));
}

// The thread that is cancelled in its wake may be the one that must notify the sleeping thread.
TEST(Guarantees, G22_ACancelledWakerDisablesNoOther) {
  Poll poll;
  static mio_waker *shared;
  Waker waker;
  shared = &waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> woken{false};
    std::thread sleeper([&] { woken = poll.WaitReadable(kWaker).readable; });
    usleep(2000);  // sleeps by now, or the round shows nothing
    pthread_t thread;
    ASSERT_EQ(0, pthread_create(
                     &thread, nullptr,
                     [](void *) -> void * {
                       pthread_cancel(pthread_self());
                       mio_waker_wake(shared);
                       pthread_testcancel();
                       return nullptr;
                     },
                     nullptr));
    EXPECT_EQ(0, pthread_join(thread, nullptr));
    EXPECT_OK(mio_waker_wake(&waker));
    sleeper.join();
    EXPECT_TRUE(woken);
    (void)poll.Now(kWaker);
  }
}

// 25. Any change that answered 0 has happened: no lost kick, bell or wake, also when the kernel is short of
// memory or the limit on descriptors was lowered.
TEST(Guarantees, G25_ChangesHappenAlthoughTheLimitOnDescriptorsWasLowered) {
  Poll poll;
  Waker waker;
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  rlimit before = {};
  ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
  std::thread changer([&] {
    rlimit lowered = before;
    lowered.rlim_cur = 1;
    EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &lowered));
    EXPECT_OK(poll.Register(&a->source, kSource, MIO_WRITABLE));
  });
  EXPECT_TRUE(poll.WaitWritable(kSource).writable);
  changer.join();
  EXPECT_OK(mio_waker_wake(&waker));
  EXPECT_TRUE(poll.WaitReadable(kWaker).readable);
  EXPECT_OK(poll.Deregister(&a->source));
  EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
}

}  // namespace
}  // namespace mio_test
