// No call of the library raises SIGPIPE, whatever the program does about that signal.

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "testing/child.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using PipeSender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using PipeReceiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

const char kBytes[] = "bytes";
const mio_iovec kParts[] = {{const_cast<char *>(kBytes), 2}, {const_cast<char *>(kBytes) + 2, 3}};

sigset_t SigpipeSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool IsPending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

bool IsBlocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGPIPE) == 1;
}

// Runs `work` in a child that a SIGPIPE ends.
::testing::AssertionResult Survives(const std::function<void()> &work) {
  return InChild([&] {
    signal(SIGPIPE, SIG_DFL);
    const sigset_t set = SigpipeSet();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    work();
    EXPECT_FALSE(IsBlocked());
  });
}

// The control: this is what would happen otherwise.
TEST(Sigpipe, EndsAProcessThatWritesDirectly) {
  const ::testing::AssertionResult result = Survives([] {
    PipeSender sender;
    {
      PipeReceiver receiver;
      ASSERT_OK(mio_pipe_pair(&sender, &receiver));
    }
    EXPECT_EQ(write(sender->source.native.handle, kBytes, 1), -1);
  });
  EXPECT_FALSE(result);
  EXPECT_EQ(std::string(result.message()), "ended by signal " + std::to_string(SIGPIPE));
}

// Writes until the peer's absence is known, which for TCP is when its reset has arrived, and once
// more; `write_some` writes in one way or another.
void ExpectBrokenPipe(mio_source *source, const std::function<ptrdiff_t()> &write_some) {
  Poll poll;
  ASSERT_OK(poll.Register(source, 0, MIO_WRITABLE));
  ptrdiff_t result;
  do {
    result = write_some();
    if (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK) poll.WaitWritable(0);
  } while (result >= 0 || mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(mio_error_kind(result) == MIO_ERROR_BROKEN_PIPE ||
              mio_error_kind(result) == MIO_ERROR_CONNECTION_RESET)
      << result;
  EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
}

TEST(Sigpipe, Tcp) {
  EXPECT_TRUE(Survives([] {
    for (const bool vectored : {false, true}) {
      TcpStream client;
      {
        TcpStream server;
        ASSERT_OK(ConnectTcp(&client, &server));
      }
      ExpectBrokenPipe(&client->source, [&] {
        return vectored ? mio_tcp_stream_writev(&client, kParts, 2)
                        : mio_tcp_stream_write(&client, kBytes, 5);
      });
    }
  }));
}

TEST(Sigpipe, TcpAfterShutdown) {
  EXPECT_TRUE(Survives([] {
    TcpStream client, server;
    ASSERT_OK(ConnectTcp(&client, &server));
    ASSERT_OK(mio_tcp_stream_shutdown(&client, MIO_SHUTDOWN_WRITE));
    EXPECT_ERROR(mio_tcp_stream_write(&client, kBytes, 5), MIO_ERROR_BROKEN_PIPE);
    EXPECT_ERROR(mio_tcp_stream_writev(&client, kParts, 2), MIO_ERROR_BROKEN_PIPE);
  }));
}

TEST(Sigpipe, UnixStream) {
  EXPECT_TRUE(Survives([] {
    for (const bool vectored : {false, true}) {
      UnixStream a;
      {
        UnixStream b;
        ASSERT_OK(mio_unix_stream_pair(&a, &b));
      }
      ExpectBrokenPipe(&a->source, [&] {
        return vectored ? mio_unix_stream_writev(&a, kParts, 2)
                        : mio_unix_stream_write(&a, kBytes, 5);
      });
    }
  }));
}

TEST(Sigpipe, UnixDatagram) {
  EXPECT_TRUE(Survives([] {
    UnixDatagram a, b;
    ASSERT_OK(mio_unix_datagram_pair(&a, &b));
    ASSERT_OK(mio_unix_datagram_shutdown(&a, MIO_SHUTDOWN_WRITE));
    EXPECT_ERROR(mio_unix_datagram_send(&a, kBytes, 5), MIO_ERROR_BROKEN_PIPE);
    EXPECT_ERROR(mio_unix_datagram_send_vectored(&a, kParts, 2), MIO_ERROR_BROKEN_PIPE);
  }));
}

// Sockets that were made elsewhere are silenced as well.
TEST(Sigpipe, AdoptedSocket) {
  EXPECT_TRUE(Survives([] {
    UnixStream a, adopted;
    mio_handle handle;
    {
      UnixStream b;
      ASSERT_OK(mio_unix_stream_pair(&a, &b));
      ASSERT_OK(mio_unix_stream_release(&a, &handle));
    }
    ASSERT_OK(mio_unix_stream_adopt(&adopted, handle));
    EXPECT_ERROR(mio_unix_stream_write(&adopted, kBytes, 5), MIO_ERROR_BROKEN_PIPE);
  }));
}

TEST(Sigpipe, Waker) {
  EXPECT_TRUE(Survives([] {
    Waker waker;
    {
      Poll poll;
      ASSERT_OK(mio_waker_init(&waker, poll.registry(), 1));
      EXPECT_OK(mio_waker_wake(&waker));
    }
    EXPECT_OK(mio_waker_wake(&waker));
  }));
}

// Pipes have no flag against SIGPIPE on older kernels: each of the library's ways is tried, the second
// by making the first fail as such a kernel would. Where there is one way only it is tried twice.
class SigpipePipe : public ::testing::TestWithParam<bool> {
 protected:
  // In a child, on a pipe that nobody reads, `work(write)`, where `write` is the library's.
  ::testing::AssertionResult OnBrokenPipe(
      const std::function<void(const std::function<ptrdiff_t()> &)> &work) {
    const bool first_way_fails = GetParam();
    return Survives([=] {
      PipeSender sender;
      {
        PipeReceiver receiver;
        ASSERT_OK(mio_pipe_pair(&sender, &receiver));
        if (first_way_fails) {
          Faults faults(0, EOPNOTSUPP);
          (void)mio_pipe_sender_write(&sender, kBytes, 5);
        }
      }
      work([&] { return mio_pipe_sender_write(&sender, kBytes, 5); });
      EXPECT_ERROR(mio_pipe_sender_writev(&sender, kParts, 2), MIO_ERROR_BROKEN_PIPE);
    });
  }
};

TEST_P(SigpipePipe, DefaultAction) {
  EXPECT_TRUE(OnBrokenPipe([](const std::function<ptrdiff_t()> &write_some) {
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_FALSE(IsPending());
    EXPECT_FALSE(IsBlocked());
  }));
}

volatile sig_atomic_t handler_calls;

TEST_P(SigpipePipe, HandlerIsNotCalled) {
  EXPECT_TRUE(OnBrokenPipe([](const std::function<ptrdiff_t()> &write_some) {
    handler_calls = 0;
    signal(SIGPIPE, [](int) { handler_calls = handler_calls + 1; });
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_EQ(handler_calls, 0);
    // It is still the program's handler.
    raise(SIGPIPE);
    EXPECT_EQ(handler_calls, 1);
  }));
}

// A program that has the signal blocked finds none of ours pending, and keeps its own.
TEST_P(SigpipePipe, BlockedSignal) {
  EXPECT_TRUE(OnBrokenPipe([](const std::function<ptrdiff_t()> &write_some) {
    const sigset_t set = SigpipeSet();
    signal(SIGPIPE, [](int) { handler_calls = handler_calls + 1; });
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_FALSE(IsPending());
    EXPECT_TRUE(IsBlocked());

    handler_calls = 0;
    raise(SIGPIPE);
    ASSERT_TRUE(IsPending());
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_TRUE(IsPending());
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    EXPECT_EQ(handler_calls, 1);
  }));
}

TEST_P(SigpipePipe, IgnoredSignal) {
  EXPECT_TRUE(OnBrokenPipe([](const std::function<ptrdiff_t()> &write_some) {
    signal(SIGPIPE, SIG_IGN);
    EXPECT_ERROR(write_some(), MIO_ERROR_BROKEN_PIPE);
    EXPECT_FALSE(IsPending());
    EXPECT_EQ(signal(SIGPIPE, SIG_DFL), SIG_IGN);
  }));
}

INSTANTIATE_TEST_SUITE_P(Ways, SigpipePipe, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool> &way) {
                           return std::string(way.param ? "FirstWayMissing" : "FirstWay");
                         });

}  // namespace
}  // namespace mio_test
