#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/allocator.h"
#include "mio/net/tcp_listener.h"
#include "mio/net/tcp_stream.h"
#include "mio/net/unix_stream.h"
#include "mio/poll.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "mio/waker.h"
#include "testing/util.h"
#include "testing/waiting.h"

// What a selector has to do that makes its edges itself and keeps a table of its own: every case
// here is one that poll(2) gets wrong if it is used naively. They hold for the others as well.
namespace {

using mio_test::Closing;
using mio_test::kLong;
using mio_test::kMillisecond;
using mio_test::Poll;
using mio_test::Readiness;
using mio_test::SelectorName;
using mio_test::Waiting;
using mio_test::Waker;

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using Stream = Closing<mio_unix_stream, mio_unix_stream_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

constexpr mio_token kToken = 7;
constexpr mio_token kOther = 8;

struct Pipe {
  Sender sender;
  Receiver receiver;
  Pipe() { EXPECT_OK(mio_pipe_pair(&sender, &receiver)); }
  void Write() { EXPECT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1); }
  // Reads until would-block; returns how many bytes there were.
  int Drain() {
    char byte;
    int count = 0;
    ptrdiff_t got;
    while ((got = mio_pipe_receiver_read(&receiver, &byte, 1)) == 1) ++count;
    EXPECT_ERROR(got, MIO_ERROR_WOULD_BLOCK);
    return count;
  }
};

TEST(SelectorPollTest, EdgeComesBackAfterWouldBlockOnly) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  pipe.Write();
  EXPECT_TRUE(poll.WaitReadable(kToken).readable);
  EXPECT_TRUE(poll.Quiet(kToken).None());
  EXPECT_EQ(pipe.Drain(), 1);
  EXPECT_TRUE(poll.Quiet(kToken).None());
  for (int i = 0; i < 100; ++i) {
    pipe.Write();
    EXPECT_TRUE(poll.WaitReadable(kToken).readable);
    EXPECT_EQ(pipe.Drain(), 1);
  }
}

TEST(SelectorPollTest, PeeksWouldBlockRearms) {
  Poll poll;
  Stream a, b;
  char byte;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll.Register(&a->source, kToken, MIO_READABLE));
  EXPECT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
  poll.WaitReadable(kToken);
  EXPECT_EQ(mio_unix_stream_read(&a, &byte, 1), 1);
  EXPECT_ERROR(mio_unix_stream_peek(&a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
  poll.WaitReadable(kToken);
}

TEST(SelectorPollTest, HangUpIsToldOnceThoughNothingElseIsAwaited) {
  Poll poll;
  Stream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll.Register(&a->source, kToken, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitWritable(kToken).writable);
  mio_unix_stream_close(&b);
  const Readiness closed = poll.WaitFor(kToken, [](const Readiness &r) { return r.write_closed; });
  EXPECT_TRUE(closed.writable) << "a program that looks for writable only has to hear of the end";
  EXPECT_TRUE(poll.Quiet(kToken).None());
  EXPECT_OK(poll.Reregister(&a->source, kOther, MIO_READABLE));
  EXPECT_TRUE(poll.WaitFor(kOther, [](const Readiness &r) { return r.read_closed; }).read_closed);
  EXPECT_OK(poll.Deregister(&a->source));
}

TEST(SelectorPollTest, HalfCloseIsToldAfterDataThatWasNotDrained) {
  Poll poll;
  Stream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll.Register(&a->source, kToken, MIO_READABLE | MIO_WRITABLE));
  EXPECT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
  EXPECT_FALSE(poll.WaitReadable(kToken).read_closed);
  EXPECT_OK(mio_unix_stream_shutdown(&b, MIO_SHUTDOWN_WRITE));
  const Readiness closed = poll.WaitFor(kToken, [](const Readiness &r) { return r.read_closed; });
  EXPECT_TRUE(closed.readable);
  EXPECT_FALSE(closed.write_closed);
  EXPECT_TRUE(poll.Quiet(kToken).None());
}

TEST(SelectorPollTest, PipeWithoutReaderIsToldOnce) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(&pipe.sender->source, kToken, MIO_WRITABLE));
  poll.WaitWritable(kToken);
  mio_pipe_receiver_close(&pipe.receiver);
  const Readiness closed = poll.WaitFor(kToken, [](const Readiness &r) { return r.write_closed; });
  EXPECT_EQ(SelectorName() != "kqueue", closed.error) << "a hint, which kqueue does not give";
  EXPECT_TRUE(poll.Quiet(kToken).None());
}

TEST(SelectorPollTest, LevelIsToldByEveryWaitAndOneShotOnce) {
  Poll poll;
  Pipe level, once;
  ASSERT_OK(poll.Register(&level.receiver->source, kToken, MIO_READABLE | MIO_LEVEL));
  ASSERT_OK(poll.Register(&once.receiver->source, kOther, MIO_READABLE | MIO_LEVEL | MIO_ONESHOT));
  level.Write();
  once.Write();
  EXPECT_EQ(poll.WaitReadable(kOther).events, 1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(poll.Now(kToken).readable);
  EXPECT_TRUE(poll.Now(kOther).None());
  once.Drain();
  once.Write();
  mio_pipe_sender_close(&once.sender);
  EXPECT_TRUE(poll.Now(kOther).None()) << "neither would-block nor a hang-up arms a one-shot";
  EXPECT_OK(poll.Reregister(&once.receiver->source, kOther, MIO_READABLE | MIO_ONESHOT));
  EXPECT_TRUE(poll.Now(kOther).read_closed);
  EXPECT_TRUE(poll.Now(kOther).None());
}

TEST(SelectorPollTest, OneShotOfBothDirectionsIsReportedOnce) {
  Poll poll;
  for (const mio_interest mode : {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL}) {
    Stream a, b;
    char bytes[8];
    ASSERT_OK(mio_unix_stream_pair(&a, &b));
    ASSERT_OK(poll.Register(&a->source, kToken, MIO_READABLE | MIO_WRITABLE | mode));
    EXPECT_EQ(poll.WaitWritable(kToken).events, 1);
    EXPECT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
    EXPECT_TRUE(poll.Quiet(kToken).None());
    EXPECT_EQ(mio_unix_stream_read(&a, bytes, sizeof bytes), 1);
    EXPECT_ERROR(mio_unix_stream_read(&a, bytes, sizeof bytes), MIO_ERROR_WOULD_BLOCK);
    EXPECT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
    mio_unix_stream_close(&b);
    EXPECT_TRUE(poll.Quiet(kToken).None());
    EXPECT_OK(poll.Reregister(&a->source, kToken, MIO_READABLE | MIO_WRITABLE | mode));
    EXPECT_TRUE(poll.Now(kToken).read_closed);
    EXPECT_TRUE(poll.Now(kToken).None());
  }
}

// Reading past urgent data uses it up: the next urgent data must yield an event, and only that.
TEST(SelectorPollTest, UrgentDataIsToldEachTime) {
  if (!mio_test::Supports(MIO_FEATURE_PRIORITY)) GTEST_SKIP() << "no priority here";
  Poll poll;
  Closing<mio_tcp_listener, mio_tcp_listener_close> listener;
  Closing<mio_tcp_stream, mio_tcp_stream_close> client, server;
  mio_addr addr;
  mio_handle handle;
  ASSERT_OK(mio_addr_parse("127.0.0.1:0", &addr));
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  ASSERT_OK(poll.Register(&listener->source, kOther, MIO_READABLE));
  ASSERT_OK(poll.Register(&client->source, kOther + 1, MIO_WRITABLE));
  poll.WaitReadable(kOther);
  poll.WaitWritable(kOther + 1);
  ASSERT_OK(mio_tcp_listener_accept(&listener, &server, nullptr));
  ASSERT_OK(mio_tcp_stream_handle(&client, &handle));
  ASSERT_OK(poll.Register(&server->source, kToken, MIO_READABLE | MIO_PRIORITY));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(send(handle, "ab", 2, MSG_OOB), 2);  // the last byte is the urgent one
    EXPECT_TRUE(poll.WaitFor(kToken, [](const Readiness &r) { return r.priority; }).readable);
    char bytes[4];
    ptrdiff_t got;
    while ((got = mio_tcp_stream_read(&server, bytes, sizeof bytes)) > 0) EXPECT_EQ(bytes[0], 'a');
    EXPECT_ERROR(got, MIO_ERROR_WOULD_BLOCK);
    EXPECT_TRUE(poll.Quiet(kToken).None());
  }
}

TEST(SelectorPollTest, NobodyIsLeftOutWhenRoomIsShort) {
  Poll poll(1);
  constexpr int kPipes = 5;
  Pipe pipes[kPipes];
  for (int i = 0; i < kPipes; ++i) {
    ASSERT_OK(poll.Register(&pipes[i].receiver->source, i, MIO_READABLE | MIO_LEVEL));
    pipes[i].Write();
  }
  int seen[kPipes] = {};
  for (int i = 0; i < 10 * kPipes; ++i) {
    ASSERT_OK(poll.Wait(0));
    ASSERT_EQ(mio_events_count(poll.events()), 1u);
    ++seen[mio_event_token(mio_events_begin(poll.events()))];
  }
  for (int count : seen) EXPECT_EQ(count, 10);
}

TEST(SelectorPollTest, ClosedDescriptorIsForgottenAndItsNumberIsFree) {
  if (SelectorName() != "poll") {
    GTEST_SKIP() << "the kernel's table knows descriptors by number, not by source";
  }
  Poll poll;
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  SourceFd before, after;
  ASSERT_OK(mio_source_fd_init(&before, fds[0]));
  ASSERT_OK(poll.Register(&before->source, kToken, MIO_READABLE));
  ASSERT_EQ(close(fds[0]), 0);
  EXPECT_TRUE(poll.Quiet(kToken).None());
  ASSERT_EQ(dup2(fds[1], fds[0]), fds[0]);
  ASSERT_OK(mio_source_fd_init(&after, fds[0]));
  ASSERT_OK(poll.Register(&after->source, kOther, MIO_WRITABLE));
  (void)poll.Deregister(&before->source);
  EXPECT_OK(poll.Reregister(&after->source, kOther, MIO_READABLE));
  EXPECT_OK(poll.Deregister(&after->source)) << "was not the other source's to end";
  close(fds[0]);
  close(fds[1]);
}

TEST(SelectorPollTest, TwoSourcesOverOneDescriptorAreNotMixedUp) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "to a kqueue, the second updates the first";
  Poll poll;
  Pipe pipe;
  mio_handle handle;
  ASSERT_OK(mio_pipe_receiver_handle(&pipe.receiver, &handle));
  SourceFd second;
  ASSERT_OK(mio_source_fd_init(&second, handle));
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  EXPECT_ERROR(poll.Register(&second->source, kOther, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  pipe.Write();
  EXPECT_TRUE(poll.WaitReadable(kToken).readable);
  EXPECT_TRUE(poll.Now(kOther).None());
}

TEST(SelectorPollTest, WhatIsNotOpenIsRefused) {
  Poll poll;
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  SourceFd source;
  ASSERT_OK(mio_source_fd_init(&source, fds[0]));
  close(fds[0]);
  close(fds[1]);
  EXPECT_LT(poll.Register(&source->source, kToken, MIO_READABLE), 0);
}

TEST(SelectorPollTest, RegisteringReachesABlockedWait) {
  Poll poll;
  Pipe pipe;
  pipe.Write();
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  waiting.Join();
  EXPECT_EQ(waiting.token(), kToken);
}

TEST(SelectorPollTest, ReregisteringReachesABlockedWait) {
  Poll poll;
  Pipe pipe;
  pipe.Write();
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  poll.WaitReadable(kToken);
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  ASSERT_OK(poll.Reregister(&pipe.receiver->source, kOther, MIO_READABLE));
  waiting.Join();
  EXPECT_EQ(waiting.token(), kOther);
}

TEST(SelectorPollTest, WouldBlockInAnotherThreadReachesABlockedWait) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  pipe.Write();
  poll.WaitReadable(kToken);
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  pipe.Drain();
  pipe.Write();
  waiting.Join();
  EXPECT_EQ(waiting.token(), kToken);
}

TEST(SelectorPollTest, TimeIsKeptThroughChangesInABlockedWait) {
  Poll poll;
  Pipe pipe;
  constexpr uint64_t kTimeout = 100 * kMillisecond;
  const uint64_t start = mio_test::NowNs();
  Waiting waiting(poll.get(), kTimeout);
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
    ASSERT_OK(poll.Deregister(&pipe.receiver->source));
  }
  waiting.Join();
  EXPECT_EQ(waiting.result(), 0);
  EXPECT_EQ(waiting.count(), 0u);
  EXPECT_GE(mio_test::NowNs() - start, kTimeout);
}

// The kernel holds on to what it polls: without care the pipe would have a reader for as long as
// the other thread stays in poll(2).
TEST(SelectorPollTest, ClosingTakesEffectAtOnceDuringABlockedWait) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  for (int i = 0; i < 200; ++i) {
    Pipe pipe;
    ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
    waiting.LetItBlock();
    mio_pipe_receiver_close(&pipe.receiver);
    ASSERT_ERROR(mio_pipe_sender_write(&pipe.sender, "x", 1), MIO_ERROR_BROKEN_PIPE);
  }
  EXPECT_OK(mio_waker_wake(&waker));
  waiting.Join();
  EXPECT_EQ(waiting.token(), kOther);
}

TEST(SelectorPollTest, ReusedDescriptorsTellOfThemselvesOnly) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  for (int i = 0; i < 200; ++i) {
    Waiting waiting(poll.get());
    Pipe before;
    mio_handle number, again;
    ASSERT_OK(poll.Register(&before.receiver->source, kToken, MIO_READABLE));
    ASSERT_OK(mio_pipe_receiver_handle(&before.receiver, &number));
    mio_pipe_receiver_close(&before.receiver);
    Pipe after;
    ASSERT_OK(mio_pipe_receiver_handle(&after.receiver, &again));
    ASSERT_EQ(number, again) << "the lowest number that is free";
    ASSERT_OK(poll.Register(&after.receiver->source, kToken + 100, MIO_READABLE));
    after.Write();
    waiting.Join();
    EXPECT_EQ(waiting.token(), kToken + 100);
  }
}

// What was found about a source must not be taken for news of the one that took its place in the
// table before the waiting thread could look.
TEST(SelectorPollTest, NeighbourOfWhatWentIsNotBlamed) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  std::atomic<bool> blamed{false};
  std::string state_file;
  std::atomic<bool> started{false};
  std::thread waiting([&] {
    state_file = mio_test::ThreadStateFile();
    started = true;
    for (mio_token token = 0; token != kOther && !blamed;) {
      ASSERT_OK(poll.Wait());
      for (size_t i = 0; i < mio_events_count(poll.events()); ++i) {
        token = mio_event_token(mio_events_get(poll.events(), i));
        if (token == kToken) blamed = true;
      }
    }
  });
  while (!started) std::this_thread::yield();
  Pipe quiet;
  for (int i = 0; i < 500; ++i) {
    Pipe victim;
    ASSERT_OK(poll.Register(&victim.receiver->source, 1, MIO_READABLE));
    ASSERT_OK(poll.Register(&quiet.receiver->source, kToken, MIO_READABLE));
    // In poll(2) for all sources: also after the pause that the poll(2) selector makes for a burst of changes.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    while (mio_test::IsAwake(state_file)) std::this_thread::yield();
    mio_pipe_sender_close(&victim.sender);
    ASSERT_OK(poll.Deregister(&victim.receiver->source));
    ASSERT_OK(poll.Deregister(&quiet.receiver->source));
  }
  ASSERT_OK(mio_waker_wake(&waker));
  waiting.join();
  EXPECT_FALSE(blamed);
}

TEST(SelectorPollTest, WakeThenRegisterThenWait) {
  Poll poll;
  Waker waker;
  Pipe pipe;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
    EXPECT_TRUE(poll.WaitReadable(kOther).readable);
    ASSERT_OK(poll.Deregister(&pipe.receiver->source));
  }
}

TEST(SelectorPollTest, WakeAndRegisterInABlockedWait) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  for (int i = 0; i < 200; ++i) {
    Waiting waiting(poll.get());
    Pipe pipe;
    ASSERT_OK(mio_waker_wake(&waker));
    ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
    waiting.Join();
    ASSERT_EQ(waiting.token(), kOther);
  }
}

// An allocator that fails once, after `left` more pieces.
struct Scarce {
  int left = -1;
  int given = 0;
  mio_allocator allocator = {Allocate, Release, this};

  static void *Allocate(void *context, size_t size) {
    Scarce *scarce = static_cast<Scarce *>(context);
    if (scarce->left-- == 0) return nullptr;
    ++scarce->given;
    return std::malloc(size);
  }
  static void Release(void *, void *memory, size_t) { std::free(memory); }
};

TEST(SelectorPollTest, RegisteringWithoutMemoryChangesNothing) {
  Scarce scarce;
  ASSERT_OK(mio_set_allocator(&scarce.allocator));
  {
    Poll poll;
    constexpr int kPipes = 40;
    Pipe pipes[kPipes];
    for (int i = 0; i < kPipes; ++i) {
      mio_source *source = &pipes[i].receiver->source;
      for (int pieces = 0; pieces < 4; ++pieces) {
        scarce.left = pieces;
        const int result = poll.Register(source, i, MIO_READABLE);
        if (result == 0) break;
        ASSERT_ERROR(result, MIO_ERROR_OUT_OF_MEMORY);
        ASSERT_ERROR(poll.Deregister(source), MIO_ERROR_NOT_FOUND);
      }
      for (int j = 0; j <= i; ++j) pipes[j].Write();
      for (int j = 0; j <= i; ++j) ASSERT_EQ(poll.WaitReadable(j).events, 1);
      for (int j = 0; j <= i; ++j) pipes[j].Drain();
    }
  }
  EXPECT_OK(mio_set_allocator(nullptr));
}

TEST(SelectorPollTest, TableGrowsDuringABlockedWait) {
  Poll poll;
  constexpr int kPipes = 100;
  std::vector<std::unique_ptr<Pipe>> pipes;
  Waiting waiting(poll.get());
  waiting.LetItBlock();
  for (int i = 0; i < kPipes; ++i) {
    pipes.push_back(std::make_unique<Pipe>());
    ASSERT_OK(poll.Register(&pipes[i]->receiver->source, i, MIO_READABLE));
  }
  pipes.back()->Write();
  waiting.Join();
  EXPECT_EQ(waiting.token(), static_cast<mio_token>(kPipes - 1));
}

TEST(SelectorPollTest, ReservedRoomNeedsNoMemory) {
  Scarce scarce;
  ASSERT_OK(mio_set_allocator(&scarce.allocator));
  {
    constexpr int kPipes = 40;
    mio_poll_options options = {};
    options.reserve_sources = kPipes;
    Poll poll(64, &options);
    Pipe pipes[kPipes];
    const int before = scarce.given;
    for (int i = 0; i < kPipes; ++i) {
      ASSERT_OK(poll.Register(&pipes[i].receiver->source, i, MIO_READABLE));
    }
    EXPECT_EQ(scarce.given, before);
  }
  EXPECT_OK(mio_set_allocator(nullptr));
}

TEST(SelectorPollTest, EachOfSeveralWaitingThreadsGetsItsShare) {
  Poll poll;
  Pipe pipes[3];
  Waiting first(poll.get()), second(poll.get()), third(poll.get());
  first.LetItBlock();
  second.LetItBlock();
  third.LetItBlock();
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(poll.Register(&pipes[i].receiver->source, 1u << i, MIO_READABLE | MIO_ONESHOT));
    pipes[i].Write();
  }
  first.Join();
  second.Join();
  third.Join();
  EXPECT_EQ(first.token() | second.token() | third.token(), 7u);
}

TEST(SelectorPollTest, WaitingThreadTakesOverFromOneWhoseTimeIsUp) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(poll.Register(&pipe.receiver->source, kToken, MIO_READABLE));
  Waiting brief(poll.get(), 50 * kMillisecond);
  Waiting lasting(poll.get());
  brief.Join();
  EXPECT_EQ(brief.result(), 0);
  EXPECT_EQ(brief.count(), 0u);
  pipe.Write();
  lasting.Join();
  EXPECT_EQ(lasting.token(), kToken);
}

TEST(SelectorPollTest, SecondWaitingThreadKeepsItsOwnTime) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  Waiting lasting(poll.get());
  lasting.LetItBlock();
  const uint64_t start = mio_test::NowNs();
  Waiting brief(poll.get(), 50 * kMillisecond);
  brief.Join();
  EXPECT_EQ(brief.result(), 0);
  EXPECT_EQ(brief.count(), 0u);
  EXPECT_GE(mio_test::NowNs() - start, 50 * kMillisecond);
  ASSERT_OK(mio_waker_wake(&waker));
  lasting.Join();
  EXPECT_EQ(lasting.token(), kOther);
}

void Ignore(int) {}

TEST(SelectorPollTest, SignalInterruptsAnyWaitingThread) {
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = Ignore;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kOther));
  Waiting first(poll.get());
  first.LetItBlock();
  Waiting second(poll.get());
  second.LetItBlock();
  EXPECT_EQ(pthread_kill(second.handle(), SIGUSR1), 0);
  second.Join();
  EXPECT_ERROR(second.result(), MIO_ERROR_INTERRUPTED);
  EXPECT_EQ(pthread_kill(first.handle(), SIGUSR1), 0);
  first.Join();
  EXPECT_ERROR(first.result(), MIO_ERROR_INTERRUPTED);
  EXPECT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

}  // namespace
