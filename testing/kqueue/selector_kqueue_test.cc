// The kqueue selector and waker over the model: what they ask the kernel for, and what they make of
// every answer that a kernel can give.

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/kqueue/model.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo, kThree };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

constexpr mio_interest kBoth = MIO_READABLE | MIO_WRITABLE;

class SelectorKqueue : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ("kqueue", SelectorName());
    ASSERT_OK(mio_unix_stream_pair(&ours_, &theirs_));
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
    ASSERT_OK(mio_poll_handle(poll_.get(), &kq_));
    empty_ = model_source_count();
    poll_.Now(0);
    model_reset();
  }
  void TearDown() override { model_reset(); }

  mio_source *stream() { return &ours_->source; }
  mio_source *sender() { return &sender_->source; }
  void Send() { ASSERT_EQ(1, mio_unix_stream_write(&theirs_, "x", 1)); }
  // The filters of sources, in both kqueues of a selector.
  size_t Filters() const { return model_source_count() - empty_; }

  // "READ 61" for each change since the last reset: filter and flags, in hexadecimal.
  static std::vector<std::string> Log() {
    struct kevent changes[64];
    std::vector<std::string> lines;
    const size_t count = model_log(changes, 64);
    for (size_t i = 0; i < count; ++i) {
      const int filter = changes[i].filter;
      char line[32];
      snprintf(line, sizeof line, "%s %x",
               filter == EVFILT_READ    ? "READ"
               : filter == EVFILT_WRITE ? "WRITE"
               : filter == EVFILT_USER  ? "USER"
                                        : "other",
               static_cast<unsigned>(changes[i].flags));
      lines.push_back(line);
    }
    return lines;
  }

  Poll poll_;
  Closing<mio_unix_stream, mio_unix_stream_close> ours_, theirs_;
  Sender sender_;
  Receiver receiver_;
  mio_handle kq_ = MIO_HANDLE_NONE;
  size_t empty_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(SelectorKqueue, RegisterIsOneCallWithReceipts) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth));
  EXPECT_EQ((Lines{"READ 61", "WRITE 61"}), Log());
  EXPECT_EQ(1u, model_changing_calls());
}

TEST_F(SelectorKqueue, ModesAreFlags) {
  const struct {
    mio_interest interest;
    Lines expected;
  } cases[] = {{MIO_READABLE, {"READ 61"}},
               {MIO_WRITABLE | MIO_LEVEL, {"WRITE 41"}},
               {MIO_READABLE | MIO_ONESHOT, {"READ 51"}},
               {MIO_READABLE | MIO_ONESHOT | MIO_LEVEL, {"READ 51"}}};
  for (const auto &one : cases) {
    model_reset();
    ASSERT_OK(poll_.Register(stream(), kOne, one.interest));
    EXPECT_EQ(one.expected, Log()) << one.interest;
    ASSERT_OK(poll_.Deregister(stream()));
    EXPECT_EQ(0u, Filters());
  }
}

TEST_F(SelectorKqueue, ReregisterDeletesBothFiltersFirstInOneCall) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth));
  model_reset();
  ASSERT_OK(poll_.Reregister(stream(), kTwo, MIO_READABLE));
  EXPECT_EQ((Lines{"READ 42", "WRITE 42", "READ 61"}), Log());
  EXPECT_EQ(1u, model_changing_calls());
  EXPECT_EQ(1u, Filters());
}

// Whatever was there before: nothing is deleted until the kernel has taken EVFILT_WRITE, and what is
// deleted is there.
TEST_F(SelectorKqueue, ReregisterForWritingIsOneCallThatEndsWhereItFails) {
  const struct {
    mio_interest interest;
    Lines expected;
  } cases[] = {
      {MIO_WRITABLE, {"WRITE 9", "WRITE 2", "WRITE 21", "READ 2"}},
      {kBoth | MIO_LEVEL, {"WRITE 9", "READ 9", "WRITE 2", "READ 2", "READ 1", "WRITE 1"}}};
  for (const mio_interest before :
       {mio_interest{MIO_READABLE}, mio_interest{MIO_WRITABLE}, kBoth}) {
    for (const auto &one : cases) {
      ASSERT_OK(poll_.Register(stream(), kOne, before));
      model_reset();
      ASSERT_OK(poll_.Reregister(stream(), kTwo, one.interest));
      EXPECT_EQ(one.expected, Log());
      EXPECT_EQ(1u, model_changing_calls());
      EXPECT_EQ(one.interest == MIO_WRITABLE ? 1u : 2u, Filters());
      EXPECT_TRUE(poll_.Now(kTwo).writable);
      EXPECT_TRUE(poll_.Now(kOne).None());
      ASSERT_OK(poll_.Deregister(stream()));
      EXPECT_EQ(0u, Filters());
    }
  }
}

TEST_F(SelectorKqueue, ALevelBecomesAnEdge) {
  Send();
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_READABLE | MIO_LEVEL));
  EXPECT_TRUE(poll_.Now(kOne).readable);
  EXPECT_TRUE(poll_.Now(kOne).readable);
  ASSERT_OK(poll_.Reregister(stream(), kOne, MIO_READABLE));
  EXPECT_TRUE(poll_.Now(kOne).readable);
  EXPECT_TRUE(poll_.Now(kOne).None()) << "EV_CLEAR did not reach the level that was there";
}

TEST_F(SelectorKqueue, AFailedHalfIsUndone) {
  for (const int filter : {EVFILT_READ, EVFILT_WRITE}) {
    model_fail_changes(filter, EV_ADD, ENOMEM, 1);
    EXPECT_ERROR(poll_.Register(stream(), kOne, kBoth), MIO_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(0u, Filters()) << filter;
    EXPECT_ERROR(poll_.Deregister(stream()), MIO_ERROR_NOT_FOUND);
  }
  EXPECT_TRUE(poll_.Now(kOne).None());
  EXPECT_OK(poll_.Register(stream(), kTwo, kBoth));
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
}

TEST_F(SelectorKqueue, ARefusedReregisterLeavesTheRegistrationAsItWas) {
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_READABLE));
  for (const mio_interest wanted : {kBoth | MIO_LEVEL, mio_interest{MIO_WRITABLE}}) {
    model_fail_changes(EVFILT_WRITE, EV_ADD, EINVAL, 1);
    EXPECT_ERROR(poll_.Reregister(stream(), kTwo, wanted), MIO_ERROR_INVALID_INPUT);
    EXPECT_EQ(1u, Filters());
    Send();
    EXPECT_TRUE(poll_.Now(kOne).readable);
    EXPECT_TRUE(poll_.Now(kOne).None()) << "an edge still";
    EXPECT_TRUE(poll_.Now(kTwo).None());
  }
}

TEST_F(SelectorKqueue, AReregisterWithoutMemoryLeavesNothingAndCanBeTriedAgain) {
  // Refused at once, or half-way.
  for (const unsigned change : {EV_ADD, EV_CLEAR}) {
    ASSERT_OK(poll_.Register(stream(), kOne, kBoth));
    model_fail_changes(EVFILT_WRITE, change, ENOMEM, 1);
    EXPECT_ERROR(poll_.Reregister(stream(), kTwo, kBoth), MIO_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(0u, Filters());
    EXPECT_TRUE(poll_.Now(kOne).None());
    EXPECT_TRUE(poll_.Now(kTwo).None());
    ASSERT_OK(poll_.Reregister(stream(), kThree, kBoth));
    EXPECT_TRUE(poll_.WaitWritable(kThree).writable);
    ASSERT_OK(poll_.Deregister(stream()));
  }
}

TEST_F(SelectorKqueue, AnInterruptedChangeIsASuccess) {
  Send();
  model_interrupt_changes(3);
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_READABLE));
  ASSERT_OK(poll_.Reregister(stream(), kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  ASSERT_OK(poll_.Deregister(stream()));
  EXPECT_EQ(0u, Filters());
}

TEST_F(SelectorKqueue, AnInterruptedNotificationHasLanded) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), kOne));
  model_interrupt_changes(1);
  EXPECT_OK(mio_waker_wake(&waker));
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
}

TEST_F(SelectorKqueue, ReceiptsWithMoreFlagsAreUnderstood) {
  model_keep_flags_in_receipts(true);
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth));
  ASSERT_OK(poll_.Reregister(stream(), kTwo, MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
  ASSERT_OK(poll_.Deregister(stream()));
  model_fail_changes(EVFILT_WRITE, EV_ADD, ENOMEM, 1);
  EXPECT_ERROR(poll_.Register(stream(), kOne, kBoth), MIO_ERROR_OUT_OF_MEMORY);
}

TEST_F(SelectorKqueue, WhatIsGoneByItselfIsDeregisteredAsWell) {
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_WRITABLE | MIO_ONESHOT));
  EXPECT_TRUE(poll_.WaitWritable(kOne).writable);
  EXPECT_EQ(0u, Filters());
  EXPECT_OK(poll_.Deregister(stream()));
}

TEST_F(SelectorKqueue, EventsOfOneSourceMayComeApart) {
  Send();
  model_deliver_at_most(1);
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth));
  const auto both = [](const Readiness &seen) { return seen.readable && seen.writable; };
  EXPECT_EQ(2, poll_.WaitFor(kOne, both).events);
}

TEST_F(SelectorKqueue, ExtraWriteEdgesAreEventsLikeOthers) {
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(kOne).writable);
  mio_handle fd = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_stream_handle(&ours_, &fd));
  model_touch(static_cast<uintptr_t>(fd), EVFILT_WRITE);
  EXPECT_TRUE(poll_.Now(kOne).writable);
}

// Two filters, one shot.

TEST_F(SelectorKqueue, APairIsSilentAfterItsFirstEvent) {
  Send();
  model_deliver_at_most(1);
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  const auto any = [](const Readiness &seen) { return seen.events > 0; };
  EXPECT_EQ(1, poll_.WaitFor(kOne, any).events);
  EXPECT_EQ(0u, Filters());
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_OK(poll_.Reregister(stream(), kTwo, kBoth | MIO_ONESHOT));
  EXPECT_EQ(1, poll_.WaitFor(kTwo, any).events);
  EXPECT_TRUE(poll_.Quiet(kTwo).None());
  EXPECT_OK(poll_.Deregister(stream()));
}

TEST_F(SelectorKqueue, APairMayTellBothAtOnce) {
  Send();
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  const Readiness seen = poll_.Now(kOne);
  EXPECT_TRUE(seen.readable && seen.writable) << seen;
  EXPECT_EQ(0u, Filters());
}

TEST_F(SelectorKqueue, MorePairsThanOneCallTakes) {
  constexpr int kCount = 23;
  std::vector<Closing<mio_unix_stream, mio_unix_stream_close>> a(kCount), b(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_OK(mio_unix_stream_pair(&a[i], &b[i]));
    ASSERT_OK(poll_.Register(&a[i]->source, kOne, kBoth | MIO_ONESHOT));
  }
  EXPECT_EQ(kCount, poll_.Now(kOne).events);
  EXPECT_EQ(0u, Filters());
}

TEST_F(SelectorKqueue, OthersGoOnAsTheyWereBesidePairs) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  ASSERT_OK(poll_.Register(sender(), kTwo, MIO_WRITABLE | MIO_LEVEL));
  EXPECT_TRUE(poll_.Now(kOne).writable);
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
  EXPECT_TRUE(poll_.Quiet(kOne).None());
}

TEST_F(SelectorKqueue, WaitsWithPairsKeepTheirTimeout) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  EXPECT_TRUE(poll_.WaitWritable(kOne).writable);
  const uint64_t start = NowNs();
  ASSERT_OK(poll_.Wait(kQuiet));
  EXPECT_GE(NowNs() - start, kQuiet);
  EXPECT_TRUE(mio_events_is_empty(poll_.events()));
}

// A hang-up of a pipe's writer ends its one filter with EV_ONESHOT, which is no pair.
TEST_F(SelectorKqueue, APipesHangUpIsNotTakenForAPair) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  EXPECT_TRUE(poll_.Now(kOne).writable);
  ASSERT_OK(poll_.Register(sender(), kTwo, kBoth));
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
  mio_pipe_receiver_close(&receiver_);
  const auto closed = [](const Readiness &seen) { return seen.write_closed; };
  EXPECT_TRUE(poll_.WaitFor(kTwo, closed).write_closed);
  EXPECT_EQ(1u, Filters()) << "EVFILT_READ is there still";
}

// The event of the old registration is in the poller's hands when the new one comes: it must not
// be disarmed with the old.
TEST_F(SelectorKqueue, ARegistrationThatComesInBetweenIsNotDisarmed) {
  struct Context {
    Poll *poll;
    mio_source *source;
    std::thread thread;
    std::atomic<bool> done{false};
  } context;
  context.poll = &poll_;
  context.source = stream();
  Send();
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  model_deliver_at_most(1);
  poll_.Now(0);  // what told of the first pair
  ASSERT_OK(poll_.Reregister(stream(), kOne, kBoth | MIO_ONESHOT));
  const auto hook = [](void *arg) {
    Context *c = static_cast<Context *>(arg);
    c->thread = std::thread([c] {
      EXPECT_OK(c->poll->Reregister(c->source, kTwo, kBoth | MIO_ONESHOT));
      c->done = true;
    });
    // It has to wait for the select to be over, and so never comes to an end here.
    for (const uint64_t end = NowNs() + kQuiet; !c->done && NowNs() < end;) {
      std::this_thread::yield();
    }
  };
  model_after_wait(hook, &context);
  EXPECT_OK(poll_.Wait(0));
  ASSERT_TRUE(context.thread.joinable());
  context.thread.join();
  ASSERT_EQ(1u, mio_events_count(poll_.events()));
  EXPECT_EQ(mio_token{kOne}, mio_event_token(mio_events_get(poll_.events(), 0)));
  EXPECT_EQ(2u, Filters()) << "the new pair is whole";
}

// A wait that began before there were pairs would take one of the two only.
TEST_F(SelectorKqueue, TheFirstPairReachesAWaitThatSleeps) {
  std::atomic<bool> begun{false};
  Send();
  Poll poll;
  model_deliver_at_most(1);
  model_before_wait([](void *arg) { *static_cast<std::atomic<bool> *>(arg) = true; }, &begun);
  std::thread sleeper([&poll] { EXPECT_OK(poll.Wait()); });
  while (!begun) std::this_thread::yield();
  ASSERT_OK(poll.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  sleeper.join();
  EXPECT_EQ(1u, mio_events_count(poll.events()));
  EXPECT_TRUE(poll.Quiet(kOne).None());
}

// Several threads wait when the first pair of a poll is registered, and both of its filters are ready or
// become ready one after the other: one event is delivered, to one of them.
TEST_F(SelectorKqueue, TheFirstPairIsToldOnceWhoeverWaits) {
  constexpr int kThreads = 3;
  for (int round = 0; round < 10; ++round) {
    Poll poll;
    Closing<mio_unix_stream, mio_unix_stream_close> ours, theirs;
    std::atomic<int> asleep{0}, waits_with_events{0};
    std::atomic<bool> stop{false};
    ASSERT_OK(mio_unix_stream_pair(&ours, &theirs));
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        mio_events events = {};
        ASSERT_OK(mio_events_init(&events, 8));
        ++asleep;
        while (!stop) {
          ASSERT_OK(mio_poll_wait(poll.get(), &events, 20 * kMillisecond));
          if (mio_events_count(&events) > 0) ++waits_with_events;
        }
        mio_events_close(&events);
      });
    }
    while (asleep < kThreads) std::this_thread::yield();
    ASSERT_OK(poll.Register(&ours->source, kOne, kBoth | MIO_ONESHOT));
    const uint64_t end = NowNs() + 5 * kSecond;
    while (waits_with_events == 0 && NowNs() < end) std::this_thread::yield();
    ASSERT_EQ(1, mio_unix_stream_write(&theirs, "x", 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    stop = true;
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(1, waits_with_events) << "in round " << round;
  }
}

// A wait that looked at the poll before it had pairs finds only the marker of the locked queue.
TEST_F(SelectorKqueue, AWaitThatBeganBeforeTheFirstPairLetsNothingElseOut) {
  struct Context {
    Poll poll;
    mio_source *source;
  } context;
  context.source = stream();
  Send();
  const auto hook = [](void *arg) {
    Context *c = static_cast<Context *>(arg);
    EXPECT_OK(c->poll.Register(c->source, kOne, kBoth | MIO_ONESHOT));
  };
  model_before_wait(hook, &context);
  const Readiness seen = context.poll.Now(kOne);
  EXPECT_TRUE(seen.readable && seen.writable) << seen;
  EXPECT_TRUE(context.poll.Quiet(kOne).None());
}

// The same change between the event and the lock: the pair is replaced by a registration for reading.
TEST_F(SelectorKqueue, AReplacedPairLeavesTheNewRegistrationAlone) {
  Send();
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  ASSERT_OK(poll_.Reregister(stream(), kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.Now(kOne).None());
  EXPECT_EQ(1u, Filters());
  Send();
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  ASSERT_OK(poll_.Reregister(stream(), kThree, kBoth | MIO_ONESHOT));
  EXPECT_TRUE(poll_.WaitReadable(kThree).readable);
  EXPECT_TRUE(poll_.Quiet(kThree).None());
  EXPECT_EQ(0u, Filters()) << "the one for reading is gone too";
}

// What pairs cost ends with the last of them.
TEST_F(SelectorKqueue, WaitsAreOneCallAgainWhenTheLastPairIsGone) {
  Closing<mio_unix_stream, mio_unix_stream_close> a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  const auto calls_of_a_wait = [this] {
    const size_t before = model_calls();
    EXPECT_OK(poll_.Wait(0));
    return model_calls() - before;
  };
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  ASSERT_OK(poll_.Register(&a->source, kTwo, kBoth | MIO_ONESHOT));
  EXPECT_EQ(2, poll_.Now(kOne).events + poll_.Now(kTwo).events) << "one ends by its event";
  ASSERT_OK(poll_.Reregister(&a->source, kTwo, kBoth | MIO_ONESHOT));
  ASSERT_OK(poll_.Deregister(&a->source));
  EXPECT_EQ(0u, Filters());
  EXPECT_EQ(1u, calls_of_a_wait());
}

TEST_F(SelectorKqueue, ReadComesBeforeWrite) {
  Send();
  for (const mio_interest mode :
       {mio_interest{0}, mio_interest{MIO_LEVEL}, mio_interest{MIO_ONESHOT}}) {
    ASSERT_OK(poll_.Register(stream(), kOne, kBoth | mode));
    for (int round = 0; round < 2; ++round) {
      ASSERT_OK(poll_.Wait(0));
      ASSERT_EQ(2u, mio_events_count(poll_.events())) << mode << ", round " << round;
      EXPECT_TRUE(mio_event_is_readable(mio_events_get(poll_.events(), 0)));
      EXPECT_TRUE(mio_event_is_writable(mio_events_get(poll_.events(), 1)));
      ASSERT_OK(poll_.Reregister(stream(), kOne, kBoth | mode));
    }
    ASSERT_OK(poll_.Deregister(stream()));
  }
}

// Room for one event: neither kqueue keeps the other's events back.
TEST_F(SelectorKqueue, BothKindsGetTheirTurnWithRoomForOne) {
  Closing<mio_unix_stream, mio_unix_stream_close> a, b;
  mio_events events = {};
  int seen[3] = {};
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(mio_events_init(&events, 1));
  ASSERT_OK(poll_.Register(&a->source, kTwo, MIO_WRITABLE | MIO_LEVEL));
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  for (int round = 0; round < 20; ++round) {
    ASSERT_OK(mio_poll_wait(poll_.get(), &events, 0));
    ASSERT_EQ(1u, mio_events_count(&events)) << "in round " << round;
    const mio_token token = mio_event_token(mio_events_get(&events, 0));
    ASSERT_TRUE(token == kOne || token == kTwo);
    ++seen[token];
    if (token != kOne) continue;
    ASSERT_OK(poll_.Reregister(stream(), kOne, kBoth | MIO_ONESHOT));
  }
  EXPECT_GE(seen[kOne], 5);
  EXPECT_GE(seen[kTwo], 5);
  mio_events_close(&events);
}

TEST_F(SelectorKqueue, APairWithoutADescriptorForItsQueueIsRefused) {
  struct rlimit old;
  ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
  struct rlimit none = old;
  none.rlim_cur = 0;
  ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
  const int result = poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT);
  ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
  EXPECT_ERROR(result, MIO_ERROR_TOO_MANY_FILES);
  EXPECT_EQ(0u, Filters());
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  EXPECT_TRUE(poll_.Now(kOne).writable);
}

// pthread_cancel(3). FreeBSD's kevent is a cancellation point if it has room for events.

// Runs `change` in a thread that has been cancelled and ends at the first cancellation point. Returns true
// if there was none.
bool GoesThrough(const std::function<void()> &change) {
  std::atomic<bool> through{false};
  std::thread([&] {
    int state;
    pthread_cancel(pthread_self());
    change();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    through = true;
  }).join();
  return through;
}

TEST_F(SelectorKqueue, ACancelledThreadFinishesItsChange) {
  EXPECT_TRUE(GoesThrough([this] { EXPECT_OK(poll_.Register(stream(), kOne, kBoth)); }));
  EXPECT_TRUE(GoesThrough([this] { EXPECT_OK(poll_.Reregister(stream(), kTwo, kBoth)); }));
  EXPECT_TRUE(
      GoesThrough([this] { EXPECT_OK(poll_.Reregister(stream(), kTwo, kBoth | MIO_ONESHOT)); }));
  EXPECT_TRUE(poll_.Now(kTwo).writable);
  EXPECT_TRUE(GoesThrough([this] { EXPECT_OK(poll_.Deregister(stream())); }));
  EXPECT_EQ(0u, Filters());
}

struct Waiter {
  mio_poll *poll;
  mio_events events;
};

// Has nothing to destroy: the C library's unwinder cannot run the cleanups of every C++ library.
extern "C" void *WaitCancelled(void *arg) {
  Waiter *waiter = static_cast<Waiter *>(arg);
  pthread_cancel(pthread_self());
  for (;;) mio_poll_wait(waiter->poll, &waiter->events, MIO_FOREVER);
}

TEST_F(SelectorKqueue, ACancelledWaiterLeavesPairsToOthers) {
  Waiter waiter = {poll_.get(), {}};
  ASSERT_OK(mio_events_init(&waiter.events, 4));
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  for (int round = 0; round < 2; ++round) {
    pthread_t thread;
    void *result = nullptr;
    ASSERT_EQ(0, pthread_create(&thread, nullptr, WaitCancelled, &waiter));
    ASSERT_EQ(0, pthread_join(thread, &result));
    EXPECT_EQ(PTHREAD_CANCELED, result);
    ASSERT_OK(poll_.Reregister(stream(), kTwo, kBoth | MIO_ONESHOT));
    EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
    ASSERT_OK(poll_.Reregister(stream(), kOne, kBoth | MIO_ONESHOT));
  }
  mio_events_close(&waiter.events);
}

// A descriptor that was closed first has no filters any more: the registration has ended. Any other refusal
// changes nothing.
TEST_F(SelectorKqueue, ADescriptorThatWasClosedFirstIsDeregistered) {
  SourceFd source;
  ASSERT_OK(mio_source_fd_init(&source, dup(kq_)));
  mio_handle fd = MIO_HANDLE_NONE;
  ASSERT_OK(mio_source_fd_handle(&source, &fd));
  Poll outer;
  ASSERT_OK(outer.Register(&source->source, kOne, MIO_READABLE));
  close(fd);
  EXPECT_OK(outer.Deregister(&source->source));
  EXPECT_ERROR(outer.Deregister(&source->source), MIO_ERROR_NOT_FOUND);
}

TEST_F(SelectorKqueue, ARefusedDeregistrationChangesNothing) {
  ASSERT_OK(poll_.Register(stream(), kOne, MIO_READABLE));
  model_fail_changes(EVFILT_READ, EV_DELETE, ENOMEM, 2);
  EXPECT_ERROR(poll_.Deregister(stream()), MIO_ERROR_OUT_OF_MEMORY);
  mio_handle fd = MIO_HANDLE_NONE;
  EXPECT_ERROR(mio_unix_stream_release(&ours_, &fd), MIO_ERROR_OUT_OF_MEMORY);
  Send();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
  EXPECT_OK(poll_.Deregister(stream()));
}

// fork(2): the numbers of a parent's kqueues are free in the child.

TEST_F(SelectorKqueue, AChildDoesNotCloseWhatIsNowAnothersDescriptor) {
  ASSERT_OK(poll_.Register(stream(), kOne, kBoth | MIO_ONESHOT));
  mio_poll inherited = {};
  ASSERT_OK(mio_poll_init(&inherited, nullptr));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int status = 0;
    int others[16];
    if (fcntl(kq_, F_GETFD) >= 0) status |= 1;
    for (int &fd : others) fd = open("/dev/null", O_RDONLY);
    mio_events events = {};
    if (mio_events_init(&events, 4) != 0) status |= 2;
    if (mio_poll_wait(&inherited, &events, 0) >= 0) status |= 4;
    if (mio_poll_wait(poll_.get(), &events, 0) >= 0) status |= 8;
    mio_poll_close(&inherited);
    mio_poll_close(poll_.get());
    for (const int fd : others) {
      if (fcntl(fd, F_GETFD) < 0) status |= 16;
    }
    _exit(status);
  }
  int status = -1;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(0, WEXITSTATUS(status));
  EXPECT_TRUE(poll_.Now(kOne).writable) << "the parent's poll is as it was";
  mio_poll_close(&inherited);
}

// An empty file: FreeBSD's EVFILT_READ reports it only with NOTE_FILE_POLL.
TEST_F(SelectorKqueue, AnEmptyFileIsReadable) {
  FILE *file = tmpfile();
  ASSERT_NE(nullptr, file);
  SourceFd source;
  ASSERT_OK(mio_source_fd_init(&source, fileno(file)));
  for (const mio_interest mode : {mio_interest{0}, mio_interest{MIO_LEVEL}}) {
    ASSERT_OK(poll_.Register(&source->source, kOne, MIO_READABLE | mode));
    EXPECT_TRUE(poll_.Now(kOne).readable);
    ASSERT_OK(poll_.Reregister(&source->source, kTwo, kBoth | mode));
    EXPECT_TRUE(poll_.Now(kTwo).readable);
    ASSERT_OK(poll_.Deregister(&source->source));
  }
  fclose(file);
}

// Pipes whose other end has gone.

// FreeBSD reports the end of a pipe's reader once. A level lasts.
TEST_F(SelectorKqueue, ALevelTriggeredWriterIsToldOfItsReadersEndByEveryWait) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE | MIO_LEVEL));
  EXPECT_FALSE(poll_.Now(kOne).write_closed);
  mio_pipe_receiver_close(&receiver_);
  for (int round = 0; round < 3; ++round) {
    const Readiness seen = poll_.Now(kOne);
    EXPECT_TRUE(seen.writable && seen.write_closed) << "in round " << round << ": " << seen;
  }
  ASSERT_OK(poll_.Reregister(sender(), kTwo, MIO_WRITABLE));
  EXPECT_TRUE(poll_.Now(kTwo).write_closed);
  EXPECT_TRUE(poll_.Now(kTwo).None()) << "an edge now, and the token of before never again";
  ASSERT_OK(poll_.Deregister(sender()));
  EXPECT_EQ(0u, Filters());
}

TEST_F(SelectorKqueue, AFullPipesWriterIsToldOfItsReadersEnd) {
  char block[4096] = {};
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE));
  while (mio_pipe_sender_write(&sender_, block, sizeof block) > 0) {
  }
  poll_.Now(kOne);
  mio_pipe_receiver_close(&receiver_);
  const Readiness seen = poll_.Now(kOne);
  EXPECT_TRUE(seen.writable && seen.write_closed) << seen;
}

// The stand-in of a writer that was refused goes when the writer is registered anew.
TEST_F(SelectorKqueue, AStandInEndsWithItsRegistration) {
  for (const mio_interest mode : {mio_interest{0}, mio_interest{MIO_LEVEL}}) {
    for (const mio_interest next :
         {mio_interest{MIO_WRITABLE}, kBoth, mio_interest{MIO_READABLE}}) {
      model_fail_changes(EVFILT_WRITE, EV_ADD, EPIPE, 1);
      ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE | mode));
      EXPECT_TRUE(poll_.Now(kOne).write_closed);
      ASSERT_OK(poll_.Reregister(sender(), kTwo, next | mode));
      EXPECT_TRUE(poll_.Now(kOne).None());
      EXPECT_FALSE(poll_.Now(kTwo).write_closed);
      ASSERT_OK(poll_.Deregister(sender()));
      EXPECT_EQ(0u, Filters());
    }
  }
}

TEST_F(SelectorKqueue, AStandInThatCannotBeHadIsAnError) {
  mio_pipe_receiver_close(&receiver_);
  model_fail_changes(EVFILT_USER, EV_ADD, ENOMEM, 1);
  EXPECT_ERROR(poll_.Register(sender(), kOne, kBoth), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(0u, Filters());
}

// A FIFO is accepted without a reader, and its reader may come back.
TEST_F(SelectorKqueue, AFifosReaderMayComeBack) {
  char folder[] = "/tmp/mio_fifo_XXXXXX";
  ASSERT_NE(nullptr, mkdtemp(folder));
  const std::string path = std::string(folder) + "/fifo";
  ASSERT_EQ(0, mkfifo(path.c_str(), 0600));
  int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const int writer = open(path.c_str(), O_WRONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_GE(writer, 0);
  close(reader);
  Sender sender;
  ASSERT_OK(mio_pipe_sender_adopt(&sender, writer));
  ASSERT_OK(poll_.Register(&sender->source, kOne, MIO_WRITABLE | MIO_LEVEL));
  EXPECT_TRUE(poll_.Now(kOne).write_closed);
  reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_OK(poll_.Reregister(&sender->source, kTwo, MIO_WRITABLE | MIO_LEVEL));
  const Readiness seen = poll_.Now(kTwo);
  EXPECT_TRUE(seen.writable && !seen.write_closed) << seen;
  EXPECT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
  close(reader);
  unlink(path.c_str());
  rmdir(folder);
}

// Writers that are registered after their reader has gone.

class HungUpWriter : public SelectorKqueue, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    SelectorKqueue::SetUp();
    model_refuse_pipes_with(GetParam());
    mio_pipe_receiver_close(&receiver_);
  }
};

TEST_P(HungUpWriter, IsTold) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE));
  const Readiness seen = poll_.Now(kOne);
  EXPECT_TRUE(seen.writable && seen.write_closed) << seen;
  EXPECT_TRUE(seen.readable) << "every operation returns at once";
  EXPECT_TRUE(poll_.Now(kOne).None()) << "an edge";
  ASSERT_OK(poll_.Reregister(sender(), kTwo, MIO_WRITABLE));
  EXPECT_TRUE(poll_.Now(kTwo).write_closed) << "reported anew";
}

TEST_P(HungUpWriter, IsToldAgainAndAgainAsALevel) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE | MIO_LEVEL));
  EXPECT_TRUE(poll_.Now(kOne).write_closed);
  EXPECT_TRUE(poll_.Now(kOne).write_closed);
}

TEST_P(HungUpWriter, IsToldOnceWithOneShot) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE | MIO_ONESHOT));
  EXPECT_TRUE(poll_.Now(kOne).write_closed);
  EXPECT_TRUE(poll_.Now(kOne).None());
  ASSERT_OK(poll_.Deregister(sender()));
  EXPECT_EQ(0u, Filters());
}

TEST_P(HungUpWriter, IsToldOnceAsAPair) {
  ASSERT_OK(poll_.Register(sender(), kOne, kBoth | MIO_ONESHOT));
  EXPECT_TRUE(poll_.Now(kOne).write_closed);
  EXPECT_TRUE(poll_.Now(kOne).None());
  EXPECT_EQ(0u, Filters());
}

TEST_P(HungUpWriter, IsDeregistered) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE));
  ASSERT_OK(poll_.Deregister(sender()));
  EXPECT_EQ(0u, Filters());
  EXPECT_TRUE(poll_.Now(kOne).None());
}

TEST_P(HungUpWriter, IsGoneWhenItIsClosed) {
  ASSERT_OK(poll_.Register(sender(), kOne, MIO_WRITABLE | MIO_LEVEL));
  mio_pipe_sender_close(&sender_);
  EXPECT_EQ(0u, Filters());
  EXPECT_TRUE(poll_.Now(kOne).None());
}

TEST_P(HungUpWriter, IsToldAnewThoughItsFilterIsThere) {
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(poll_.Register(&sender->source, kOne, MIO_WRITABLE));
  mio_pipe_receiver_close(&receiver);
  for (const mio_interest interest : {mio_interest{MIO_WRITABLE}, kBoth}) {
    ASSERT_OK(poll_.Reregister(&sender->source, kTwo, interest));
    EXPECT_TRUE(poll_.Now(kTwo).write_closed);
    EXPECT_TRUE(poll_.Now(kOne).None());
  }
}

TEST_P(HungUpWriter, ADescriptorThatIsNotOpenIsAnErrorAllTheSame) {
  SourceFd source;
  const mio_handle stale = NoSocket();
  ASSERT_OK(mio_source_fd_init(&source, stale));
  CloseHandle(stale);
  EXPECT_ERROR(poll_.Register(&source->source, kOne, MIO_WRITABLE), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(0u, Filters());
}

INSTANTIATE_TEST_SUITE_P(Refusal, HungUpWriter, ::testing::Values(EPIPE, EBADF),
                         [](const ::testing::TestParamInfo<int> &test) {
                           return test.param == EPIPE ? "EPIPE" : "EBADF";
                         });

// The waker.

TEST_F(SelectorKqueue, APollIsOneDescriptorAndOneFilter) {
  const int before = CountHandles();
  const Poll poll;
  EXPECT_EQ(before + 1, CountHandles());
  EXPECT_EQ(1u, model_filter_count(kq_));
}

TEST_F(SelectorKqueue, ANotificationIsABareTrigger) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), kOne));
  model_reset();
  ASSERT_OK(mio_waker_wake(&waker));  // the handle is exported: somebody may sleep
  struct kevent changes[8];
  ASSERT_EQ(1u, model_log(changes, 8));
  EXPECT_EQ(EVFILT_USER, changes[0].filter);
  EXPECT_EQ(0, changes[0].flags) << "EV_CLEAR would take it back, EV_ADD would make what is gone";
  EXPECT_EQ(NOTE_TRIGGER, changes[0].fflags);
}

TEST_F(SelectorKqueue, APollWhoseWakerCannotBeHadIsNone) {
  const int before = CountHandles();
  mio_poll poll = {};
  model_fail_changes(EVFILT_USER, EV_ADD, ENOMEM, 1);
  EXPECT_ERROR(mio_poll_init(&poll, nullptr), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(before, CountHandles());
}

TEST_F(SelectorKqueue, WakesFromSignalHandlers) {
  static mio_waker waker;
  waker = {};
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), kOne));
  ASSERT_NE(SIG_ERR, std::signal(SIGUSR1, [](int) { (void)mio_waker_wake(&waker); }));
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ(0, std::raise(SIGUSR1));
    ASSERT_TRUE(poll_.WaitReadable(kOne).readable);
  }
  std::signal(SIGUSR1, SIG_DFL);
  mio_waker_close(&waker);
}

// Timeouts and misuse.

TEST_F(SelectorKqueue, AnyTimeoutIsLegal) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), kOne));
  for (const uint64_t timeout :
       {uint64_t{1}, kSecond - 1, kSecond, UINT64_MAX / 2, UINT64_MAX - 1}) {
    Send();
    ASSERT_OK(poll_.Register(stream(), kTwo, MIO_READABLE));
    EXPECT_OK(poll_.Wait(timeout)) << timeout;
    EXPECT_EQ(1u, mio_events_count(poll_.events()));
    ASSERT_OK(poll_.Deregister(stream()));
  }
}

TEST_F(SelectorKqueue, AKqueueInItselfIsRefused) {
  SourceFd self;
  ASSERT_OK(mio_source_fd_init(&self, kq_));
  EXPECT_ERROR(poll_.Register(&self->source, kOne, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
}

// Its EVFILT_WRITE does not exist, and with it the whole registration fails.
TEST_F(SelectorKqueue, APollInAPollCannotBeWritable) {
  Poll outer;
  SourceFd inner;
  Waker waker;
  ASSERT_OK(mio_source_fd_init(&inner, kq_));
  EXPECT_ERROR(outer.Register(&inner->source, kOne, kBoth), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(outer.Register(&inner->source, kOne, MIO_READABLE));
  EXPECT_ERROR(outer.Reregister(&inner->source, kTwo, kBoth), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(mio_waker_init(&waker, poll_.registry(), kThree));
  ASSERT_OK(mio_waker_wake(&waker));
  EXPECT_TRUE(outer.WaitReadable(kOne).readable) << "as it was registered";
}

}  // namespace
}  // namespace mio_test
