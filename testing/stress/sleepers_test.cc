// Threads that wait without end, beside threads that each do one thing at a time and go on only when a
// waiting thread has seen it: a wake, a byte, a registration, a reregistration, a hang-up, a wake from a
// signal handler, a wake of a nested poll. One that is lost stops the test, which then shows what every
// thread did last. Meant for the thread sanitizer as well.

#include <pthread.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/net_util.h"
#include "testing/sanitizers.h"
#include "testing/stress/trace.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

enum Actor : mio_token {
  kWake,
  kByte,
  kRegister,
  kReregister,
  kHangUp,
  kSignal,
  kNested,
  kClone,
  kActors,
  kStop = kActors,
  kOuter,
};

constexpr const char *kNames[] = {"wake",    "byte",   "register", "reregister",
                                  "hang up", "signal", "nested",   "clone"};

constexpr int kRounds = 2000 / kSlowdown;

// For the signal handler.
const mio_waker *handler_waker;
void OnSignal(int) { (void)mio_waker_wake(handler_waker); }

class Sleepers {
 public:
  // `waiters` threads wait. Actors act all at once, or one after the other with nothing else going on.
  Sleepers(size_t waiters, bool at_once) : waiters_(waiters), at_once_(at_once) {}

  void Run() {
    ASSERT_OK(mio_waker_init(&wakers_[kWake], poll_.registry(), kWake));
    ASSERT_OK(mio_waker_init(&wakers_[kSignal], poll_.registry(), kSignal));
    ASSERT_OK(mio_waker_init(&stop_waker_, poll_.registry(), kStop));
    ASSERT_OK(mio_unix_stream_pair(&ours_, &theirs_));
    ASSERT_OK(poll_.Register(&ours_->source, kByte, MIO_READABLE));
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
    ASSERT_EQ(mio_pipe_sender_write(&sender_, "x", 1), 1);
    ASSERT_OK(poll_.Register(&receiver_->source, kReregister, MIO_READABLE | MIO_ONESHOT));
    Nest();
    Act();
  }

 private:
  void Nest() {
    mio_handle handle;
    nests_ = mio_poll_supports(poll_.get(), MIO_FEATURE_NESTING);
    if (!nests_) return;
    ASSERT_OK(mio_waker_init(&wakers_[kNested], inner_.registry(), kNested));
    ASSERT_OK(mio_poll_handle(inner_.get(), &handle));
    ASSERT_OK(mio_source_fd_init(&inner_source_, handle));
    ASSERT_OK(poll_.Register(&inner_source_->source, kOuter, MIO_READABLE));
  }

  void Act() {
    struct sigaction action = {}, before = {};
    action.sa_handler = OnSignal;
    handler_waker = &wakers_[kSignal];
    sigaction(SIGUSR1, &action, &before);
    std::vector<std::thread> waiters, actors;
    for (size_t i = 0; i < waiters_; ++i) waiters.emplace_back([this, i] { Wait(kActors + i); });
    for (std::thread &waiter : waiters) handles_.push_back(waiter.native_handle());
    // The registration that the test begins with.
    Expect(kReregister, 0, [] {});
    if (at_once_) {
      for (size_t actor = 0; actor < kActors; ++actor) {
        actors.emplace_back([this, actor] {
          for (int round = 0; round < kRounds && !lost_; ++round) Round(actor, round);
        });
      }
    } else {
      actors.emplace_back([this] {
        std::minstd_rand random(1);
        for (int round = 0; round < 4 * kRounds && !lost_; ++round)
          Round(random() % kActors, round);
      });
    }
    for (std::thread &actor : actors) actor.join();
    stop_ = true;
    for (std::thread &waiter : waiters) {
      EXPECT_OK(mio_waker_wake(&stop_waker_));
      waiter.join();
    }
    sigaction(SIGUSR1, &before, nullptr);
  }

  void Wait(size_t thread) {
    std::array<mio_event, 8> room;
    mio_events events = {};
    std::minstd_rand random(static_cast<unsigned>(thread));
    while (!stop_) {
      EXPECT_OK(mio_events_init_with_buffer(&events, room.data(), 1 + random() % room.size()));
      trace_.Note(thread, "sleeps, with room for", mio_events_capacity(&events));
      const int result = mio_poll_wait(poll_.get(), &events, MIO_FOREVER);
      trace_.Note(thread, "has events", mio_events_count(&events));
      EXPECT_TRUE(result == 0 || mio_error_kind(result) == MIO_ERROR_INTERRUPTED) << result;
      bool outer = false;
      for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
        outer |= mio_event_token(e) == kOuter;
        See(thread, mio_event_token(e));
      }
      mio_events_close(&events);
      if (outer) LookInside(thread);
    }
    // Whoever takes the wake that ends the test passes it on.
    EXPECT_OK(mio_waker_wake(&stop_waker_));
  }

  void See(size_t thread, mio_token token) {
    if (token >= kActors) return;
    trace_.Note(thread, kNames[token], 0);
    ++seen_[token];
  }

  // Until nothing is left: only then does the outer poll promise another event.
  void LookInside(size_t thread) {
    std::array<mio_event, 4> room;
    mio_events events = {};
    EXPECT_OK(mio_events_init_with_buffer(&events, room.data(), room.size()));
    do {
      EXPECT_OK(mio_poll_wait(inner_.get(), &events, 0));
      for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
        See(thread, mio_event_token(e));
      }
    } while (!mio_events_is_empty(&events));
    mio_events_close(&events);
  }

  // Lets `act` do its one thing, and waits until a thread has seen it.
  template <typename Action>
  void Expect(size_t actor, Action act) {
    Expect(actor, seen_[actor], act);
  }

  template <typename Action>
  void Expect(size_t actor, uint32_t before, Action act) {
    trace_.Note(actor, kNames[actor], before);
    act();
    const uint64_t deadline = NowNs() + kLong;
    while (seen_[actor] == before && !lost_) {
      if (NowNs() > deadline) {
        // Only the first is worth looking at: the rest may wait for it.
        if (!lost_.exchange(true)) {
          ADD_FAILURE() << kNames[actor] << " was lost; the threads did:\n" << trace_.Dump();
        }
        return;
      }
      std::this_thread::yield();
    }
  }

  void Round(size_t actor, int round) {
    switch (actor) {
      case kWake:
        return Expect(actor, [&] { EXPECT_OK(mio_waker_wake(&wakers_[kWake])); });
      case kByte:
        return SendByte(round);
      case kRegister:
        return RegisterOne(poll_.registry(), actor, round);
      case kReregister:
        return Reregister();
      case kHangUp:
        return HangUp();
      case kSignal:
        return Expect(actor, [&] {
          EXPECT_EQ(pthread_kill(handles_[static_cast<size_t>(round) % handles_.size()], SIGUSR1),
                    0);
        });
      case kNested:
        if (!nests_) return;
        return Expect(actor, [&] { EXPECT_OK(mio_waker_wake(&wakers_[kNested])); });
      case kClone:
        return UseClone(round);
    }
  }

  void SendByte(int round) {
    Expect(kByte, [&] { EXPECT_EQ(mio_unix_stream_write(&theirs_, "x", 1), 1); });
    char bytes[8];
    EXPECT_EQ(mio_unix_stream_read(&ours_, bytes, sizeof bytes), 1);
    // A short read has drained it; so has the would-block after it.
    if (round % 2 == 0) {
      EXPECT_ERROR(mio_unix_stream_read(&ours_, bytes, sizeof bytes), MIO_ERROR_WOULD_BLOCK);
    }
  }

  void RegisterOne(const mio_registry *registry, mio_token token, int round) {
    Sender sender;
    Receiver receiver;
    ASSERT_OK(mio_pipe_pair(&sender, &receiver));
    ASSERT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1);
    Expect(token, [&] {
      ASSERT_OK(mio_registry_register(registry, &receiver->source, token, MIO_READABLE));
    });
    if (round % 2 == 0) {
      EXPECT_OK(mio_registry_deregister(registry, &receiver->source));
    }
  }

  void Reregister() {
    const uint32_t before = seen_[kReregister];
    Expect(kReregister, [&] {
      EXPECT_OK(poll_.Reregister(&receiver_->source, kReregister, MIO_READABLE | MIO_ONESHOT));
    });
    EXPECT_LE(seen_[kReregister], before + 1) << "one-shot, and reported more than once";
  }

  void HangUp() {
    UnixStream near, far;
    ASSERT_OK(mio_unix_stream_pair(&near, &far));
    Expect(kHangUp, [&] { ASSERT_OK(poll_.Register(&near->source, kHangUp, MIO_WRITABLE)); });
    Expect(kHangUp, [&] { mio_unix_stream_close(&far); });
  }

  void UseClone(int round) {
    Registry clone;
    ASSERT_OK(mio_registry_clone(poll_.registry(), &clone));
    RegisterOne(&clone, kClone, round);
  }

  const size_t waiters_;
  const bool at_once_;
  Poll poll_, inner_;
  std::array<Waker, kActors> wakers_;
  Waker stop_waker_;
  UnixStream ours_, theirs_;
  Sender sender_;
  Receiver receiver_;
  Closing<mio_source_fd, mio_source_fd_close> inner_source_;
  bool nests_ = false;
  std::vector<pthread_t> handles_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> lost_{false};
  std::array<std::atomic<uint32_t>, kActors> seen_{};
  Trace trace_;
};

TEST(Sleepers, OneThingGetsTheOnlyWaiterOut) { Sleepers(1, false).Run(); }

TEST(Sleepers, OneThingGetsOneOfThreeWaitersOut) { Sleepers(3, false).Run(); }

TEST(Sleepers, EverythingAtOnceBesideOneWaiter) { Sleepers(1, true).Run(); }

TEST(Sleepers, EverythingAtOnceBesideThreeWaiters) { Sleepers(3, true).Run(); }

}  // namespace
}  // namespace mio_test
