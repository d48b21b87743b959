// Guarantee 21: a child of fork(2) owns nothing of its parent's polls, and whatever it does to what it
// inherited leaves the parent's registrations and waits as they are.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/child.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Stream = Closing<mio_unix_stream, mio_unix_stream_close>;
using Listener = Closing<mio_tcp_listener, mio_tcp_listener_close>;
using TcpStream = Closing<mio_tcp_stream, mio_tcp_stream_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

constexpr mio_token kStream = 1, kWaker = 2, kListener = 3, kFd = 4;

// No call on inherited things may take long in a child, although its parent's threads wait.
constexpr uint64_t kPrompt = 5 * kSecond;

// A poll with a source of each kind.
class Fork : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(mio_unix_stream_pair(&a_, &b_));
    ASSERT_OK(poll_.Register(&a_->source, kStream, MIO_READABLE));
    ASSERT_OK(mio_waker_init(&waker_, poll_.registry(), kWaker));
    ASSERT_OK(mio_registry_clone(poll_.registry(), &clone_));
    mio_addr at = mio_addr_loopback_v4(0);
    ASSERT_OK(mio_tcp_listener_bind(&listener_, &at));
    ASSERT_OK(mio_tcp_listener_local_addr(&listener_, &at_));
    ASSERT_OK(poll_.Register(&listener_->source, kListener, MIO_READABLE));
    ASSERT_OK(mio_unix_stream_pair(&c_, &d_));
    mio_handle fd;
    ASSERT_OK(mio_unix_stream_handle(&c_, &fd));
    ASSERT_OK(mio_source_fd_init(&fd_, fd));
    ASSERT_OK(poll_.Register(&fd_->source, kFd, MIO_READABLE));
  }

  // Every source and the waker still yield events, and can be changed.
  void ExpectAllWork() {
    EXPECT_EQ(1, mio_unix_stream_write(&b_, "x", 1));
    EXPECT_TRUE(poll_.WaitReadable(kStream).readable);
    EXPECT_OK(mio_waker_wake(&waker_));
    EXPECT_TRUE(poll_.WaitReadable(kWaker).readable);
    TcpStream client, accepted;
    EXPECT_OK(mio_tcp_stream_connect(&client, &at_));
    EXPECT_TRUE(poll_.WaitReadable(kListener).readable);
    EXPECT_OK(mio_tcp_listener_accept(&listener_, &accepted, nullptr));
    EXPECT_EQ(1, mio_unix_stream_write(&d_, "x", 1));
    EXPECT_TRUE(poll_.WaitReadable(kFd).readable);
    EXPECT_OK(poll_.Reregister(&a_->source, kStream, MIO_READABLE | MIO_WRITABLE));
    EXPECT_TRUE(poll_.WaitWritable(kStream).writable);
    EXPECT_OK(poll_.Deregister(&a_->source));
    EXPECT_OK(poll_.Deregister(&listener_->source));
    EXPECT_OK(poll_.Deregister(&fd_->source));
  }

  void CloseAll() {
    mio_unix_stream_close(&a_);
    mio_tcp_listener_close(&listener_);
    mio_source_fd_close(&fd_);
    mio_waker_close(&waker_);
    mio_registry_close(&clone_);
    mio_poll_close(poll_.get());
  }

  void ExpectCallsAreRefused() {
    mio_events *events = poll_.events();
    for (const uint64_t timeout : {uint64_t{0}, kMillisecond, MIO_FOREVER}) {
      EXPECT_ERROR(mio_poll_wait(poll_.get(), events, timeout), MIO_ERROR_INVALID_INPUT);
      EXPECT_TRUE(mio_events_is_empty(events));
    }
    Stream mine, other;
    ASSERT_OK(mio_unix_stream_pair(&mine, &other));
    const mio_registry *const registries[] = {poll_.registry(), &clone_};
    for (const mio_registry *registry : registries) {
      EXPECT_ERROR(mio_registry_register(registry, &mine->source, 9, MIO_READABLE),
                   MIO_ERROR_INVALID_INPUT);
      EXPECT_ERROR(mio_registry_register(registry, &mine->source, 9, MIO_READABLE | MIO_LEVEL),
                   MIO_ERROR_INVALID_INPUT);
      EXPECT_ERROR(mio_registry_reregister(registry, &a_->source, 9, MIO_READABLE),
                   MIO_ERROR_INVALID_INPUT);
      EXPECT_ERROR(mio_registry_deregister(registry, &a_->source), MIO_ERROR_INVALID_INPUT);
      Registry clone;
      EXPECT_ERROR(mio_registry_clone(registry, &clone), MIO_ERROR_INVALID_INPUT);
      Waker waker;
      EXPECT_ERROR(mio_waker_init(&waker, registry, 9), MIO_ERROR_INVALID_INPUT);
    }
    EXPECT_ERROR(mio_waker_wake(&waker_), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_waker_wake(&waker_), MIO_ERROR_INVALID_INPUT);
    mio_handle handle;
    EXPECT_ERROR(mio_poll_handle(poll_.get(), &handle), MIO_ERROR_INVALID_INPUT);
    EXPECT_FALSE(mio_poll_supports(poll_.get(), MIO_FEATURE_ONESHOT));
    EXPECT_STREQ("closed", mio_poll_selector_name(poll_.get()));
  }

  // Inherited sources are free, and work with a poll of the child's own.
  void ExpectOwnPollWorks() {
    Poll own;
    EXPECT_ERROR(own.Deregister(&a_->source), MIO_ERROR_NOT_FOUND);
    ASSERT_OK(own.Register(&a_->source, 11, MIO_READABLE | MIO_WRITABLE));
    EXPECT_TRUE(own.WaitWritable(11).writable);
    ASSERT_OK(own.Register(&listener_->source, 13, MIO_READABLE));
    ASSERT_OK(own.Register(&fd_->source, 14, MIO_READABLE));
    TcpStream client, accepted;
    EXPECT_OK(mio_tcp_stream_connect(&client, &at_));
    EXPECT_TRUE(own.WaitReadable(13).readable);
    EXPECT_OK(mio_tcp_listener_accept(&listener_, &accepted, nullptr));
    Waker waker;
    EXPECT_OK(mio_waker_init(&waker, own.registry(), 12));
    EXPECT_OK(mio_waker_wake(&waker));
    EXPECT_TRUE(own.WaitReadable(12).readable);
    EXPECT_OK(own.Reregister(&a_->source, 15, MIO_WRITABLE));
    EXPECT_TRUE(own.WaitWritable(15).writable);
    EXPECT_OK(own.Deregister(&a_->source));
    EXPECT_OK(own.Deregister(&fd_->source));
  }

  Poll poll_;
  Stream a_, b_, c_, d_;
  Listener listener_;
  SourceFd fd_;
  Waker waker_;
  Registry clone_;
  mio_addr at_ = {};
};

// Threads that sleep in the parent's poll while children come and go.
class Sleepers {
 public:
  Sleepers(mio_poll *poll, const mio_waker *waker, size_t count) : waker_(waker) {
    for (size_t i = 0; i < count; ++i) threads_.emplace_back([this, poll] { Sleep(poll); });
  }

  ~Sleepers() {
    over_ = true;
    mio_waker_wake(waker_);
    for (std::thread &thread : threads_) thread.join();
  }

  int events() const { return events_; }

 private:
  void Sleep(mio_poll *poll) {
    mio_events events = {};
    EXPECT_OK(mio_events_init(&events, 4));
    while (!over_) {
      const int result = mio_poll_wait(poll, &events, MIO_FOREVER);
      if (mio_error_kind(result) != MIO_ERROR_INTERRUPTED) {
        EXPECT_OK(result);
      }
      events_ += static_cast<int>(mio_events_count(&events));
    }
    mio_waker_wake(waker_);  // the next one
    mio_events_close(&events);
  }

  const mio_waker *const waker_;
  std::atomic<bool> over_{false};
  std::atomic<int> events_{0};
  std::vector<std::thread> threads_;
};

TEST_F(Fork, AChildThatClosesEverythingLeavesTheParentAlone) {
  EXPECT_TRUE(InChild([this] {
    const uint64_t start = NowNs();
    CloseAll();
    EXPECT_LT(NowNs() - start, kPrompt);
  }));
  ExpectAllWork();
}

TEST_F(Fork, AChildThatClosesEverythingWhileThreadsOfTheParentWait) {
  {
    Sleepers sleepers(poll_.get(), &waker_, 3);
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(InChild([this] {
        const uint64_t start = NowNs();
        CloseAll();
        EXPECT_LT(NowNs() - start, kPrompt);
      }));
    }
    EXPECT_EQ(1, mio_unix_stream_write(&b_, "x", 1));
    while (sleepers.events() == 0) std::this_thread::yield();
    char byte;
    EXPECT_EQ(1, mio_unix_stream_read(&a_, &byte, 1));
  }
  EXPECT_OK(poll_.Reregister(&a_->source, kStream, MIO_READABLE));
  ExpectAllWork();
}

TEST_F(Fork, CallsOnWhatWasInheritedAreRefused) {
  {
    Sleepers sleepers(poll_.get(), &waker_, 1);
    EXPECT_TRUE(InChild([this] { ExpectCallsAreRefused(); }));
    EXPECT_EQ(0, sleepers.events()) << "the child has woken the parent";
  }
  ExpectAllWork();
}

TEST_F(Fork, AWakeThatIsPendingAtTheForkIsTheParentsAlone) {
  ASSERT_OK(mio_waker_wake(&waker_));
  EXPECT_TRUE(InChild([this] { ExpectCallsAreRefused(); }));
  EXPECT_TRUE(poll_.WaitReadable(kWaker).readable);
}

TEST_F(Fork, AChildHasPollsOfItsOwn) {
  EXPECT_TRUE(InChild([this] {
    ExpectOwnPollWorks();
    CloseAll();
    const uint64_t start = NowNs();
    Poll another;
    EXPECT_LT(NowNs() - start, kPrompt);
  }));
  ExpectAllWork();
}

TEST_F(Fork, AChildOfAChild) {
  EXPECT_TRUE(InChild([this] {
    EXPECT_TRUE(InChild([this] {
      ExpectCallsAreRefused();
      ExpectOwnPollWorks();
      CloseAll();
    }));
    ExpectCallsAreRefused();
    Poll own;
    ASSERT_OK(own.Register(&a_->source, 21, MIO_READABLE));
    EXPECT_TRUE(InChild([this, &own] {
      EXPECT_ERROR(mio_poll_wait(own.get(), own.events(), 0), MIO_ERROR_INVALID_INPUT);
      ExpectOwnPollWorks();
      CloseAll();
    }));
    EXPECT_EQ(1, mio_unix_stream_write(&b_, "x", 1));
    EXPECT_TRUE(own.WaitReadable(21).readable);
    char byte;
    EXPECT_EQ(1, mio_unix_stream_read(&a_, &byte, 1));
  }));
  ExpectAllWork();
}

TEST_F(Fork, AChildThatExecutesAnotherProgram) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 7", static_cast<char *>(nullptr));
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_EQ(7, WEXITSTATUS(status));
  ExpectAllWork();
}

TEST_F(Fork, ASelectorThatOnlyACloneOrAWakerKeeps) {
  Poll other;
  Waker waker;
  Stream e, f;
  ASSERT_OK(mio_unix_stream_pair(&e, &f));
  mio_registry clone = {};
  {
    Poll gone;
    ASSERT_OK(mio_registry_clone(gone.registry(), &clone));
    ASSERT_OK(mio_registry_register(&clone, &e->source, 1, MIO_READABLE));
    ASSERT_OK(mio_waker_init(&waker, gone.registry(), 2));
  }
  const auto close_in_child = [&] {
    return InChild([&] {
      EXPECT_ERROR(mio_waker_wake(&waker), MIO_ERROR_INVALID_INPUT);
      Poll own;
      EXPECT_OK(own.Register(&e->source, 1, MIO_READABLE));
      mio_registry_close(&clone);
      mio_waker_close(&waker);
    });
  };
  EXPECT_TRUE(close_in_child());
  EXPECT_ERROR(other.Register(&e->source, 1, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  mio_registry_close(&clone);
  EXPECT_OK(mio_waker_wake(&waker));
  EXPECT_TRUE(close_in_child());
  EXPECT_OK(other.Register(&e->source, 1, MIO_READABLE));
}

// A source that is made of another one.
struct Wrapper {
  mio_source source;
  mio_unix_stream *stream;
};

TEST_F(Fork, ASourceOfTheProgramsOwn) {
  static const mio_source_ops ops = {
      [](mio_source *source, const mio_registry *registry, mio_token token, mio_interest interest) {
        return mio_registry_register(registry, &reinterpret_cast<Wrapper *>(source)->stream->source,
                                     token, interest);
      },
      [](mio_source *source, const mio_registry *registry, mio_token token, mio_interest interest) {
        return mio_registry_reregister(
            registry, &reinterpret_cast<Wrapper *>(source)->stream->source, token, interest);
      },
      [](mio_source *source, const mio_registry *registry) {
        return mio_registry_deregister(registry,
                                       &reinterpret_cast<Wrapper *>(source)->stream->source);
      },
  };
  Stream e, f;
  ASSERT_OK(mio_unix_stream_pair(&e, &f));
  Wrapper wrapper = {};
  mio_source_init(&wrapper.source, &ops);
  wrapper.stream = &e;
  ASSERT_OK(poll_.Register(&wrapper.source, 31, MIO_READABLE));
  EXPECT_TRUE(InChild([&] {
    EXPECT_ERROR(poll_.Reregister(&wrapper.source, 32, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(poll_.Deregister(&wrapper.source), MIO_ERROR_INVALID_INPUT);
    Poll own;
    EXPECT_OK(own.Register(&wrapper.source, 33, MIO_WRITABLE));
    EXPECT_TRUE(own.WaitWritable(33).writable);
    EXPECT_OK(own.Deregister(&wrapper.source));
    mio_unix_stream_close(&e);
  }));
  EXPECT_EQ(1, mio_unix_stream_write(&f, "x", 1));
  EXPECT_TRUE(poll_.WaitReadable(31).readable);
  EXPECT_OK(poll_.Deregister(&wrapper.source));
}

// The child may not meet a lock that another thread of the parent held when it forked.
TEST_F(Fork, WhileOtherThreadsAreInsideTheLibrary) {
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    Stream e, f;
    EXPECT_OK(mio_unix_stream_pair(&e, &f));
    while (!over) {
      EXPECT_OK(poll_.Register(&e->source, 41, MIO_WRITABLE));
      EXPECT_OK(poll_.Deregister(&e->source));
    }
  });
  threads.emplace_back([&] {
    while (!over) {
      Waker waker;
      EXPECT_OK(mio_waker_init(&waker, poll_.registry(), 42));
      EXPECT_OK(mio_waker_wake(&waker));
    }
  });
  threads.emplace_back([&] {
    mio_event room[4];
    mio_events events = {};
    EXPECT_OK(mio_events_init_with_buffer(&events, room, 4));
    while (!over) EXPECT_OK(mio_poll_wait(poll_.get(), &events, kMillisecond));
  });
  for (int i = 0; i < 100; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(30);
      CloseAll();
      mio_poll own = {};
      const int result = mio_poll_init(&own, nullptr);
      mio_poll_close(&own);
      _exit(result == 0 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(0, WEXITSTATUS(status));
  }
  over = true;
  for (std::thread &thread : threads) thread.join();
  ExpectAllWork();
}

}  // namespace
}  // namespace mio_test
