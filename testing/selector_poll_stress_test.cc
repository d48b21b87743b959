#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/poll.h"
#include "mio/unix/pipe.h"
#include "mio/waker.h"
#include "testing/util.h"

// Threads that register, use, reregister, deregister and close sources while two others wait on the
// same poll, and one wakes it: every readiness and every wake has to arrive, and nothing of what is
// gone. Meant to be run under the thread sanitizer as well.
namespace {

using mio_test::Closing;
using mio_test::kLong;
using mio_test::kMillisecond;
using mio_test::NowNs;
using mio_test::Poll;
using mio_test::Waker;

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

constexpr int kWorkers = 3;
constexpr int kWaiters = 2;
constexpr uint32_t kRounds = 4000;
constexpr int kWakerIndex = kWorkers;

// A token is who registered, and the how-manieth of its registrations it was.
mio_token TokenOf(int who, uint32_t turn) { return static_cast<mio_token>(turn) * 8 + who; }
int WhoOf(mio_token token) { return static_cast<int>(token % 8); }
uint32_t TurnOf(mio_token token) { return static_cast<uint32_t>(token / 8); }

class Stress {
 public:
  void Run() {
    std::vector<std::thread> waiters, workers;
    ASSERT_OK(mio_waker_init(&stop_waker_, poll_.registry(), TokenOf(kWakerIndex + 1, 0)));
    for (int i = 0; i < kWaiters; ++i) waiters.emplace_back([this] { Wait(); });
    for (int i = 0; i < kWorkers; ++i) workers.emplace_back([this, i] { Work(i); });
    workers.emplace_back([this] { Wake(); });
    for (std::thread &worker : workers) worker.join();
    stop_ = true;
    for (std::thread &waiter : waiters) {
      EXPECT_OK(mio_waker_wake(&stop_waker_));
      waiter.join();
    }
  }

 private:
  // Waits, and counts what came for whom. Both waiters stop at the same wake: who takes it passes
  // it on.
  void Wait() {
    std::array<mio_event, 4> room;
    mio_events events = {};
    ASSERT_OK(mio_events_init_with_buffer(&events, room.data(), room.size()));
    while (!stop_) {
      std::array<uint32_t, kWorkers> ended;
      for (int i = 0; i < kWorkers; ++i) ended[i] = ended_[i];
      ASSERT_OK(mio_poll_wait(poll_.get(), &events, kLong));
      for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
        const mio_token token = mio_event_token(e);
        const int who = WhoOf(token);
        if (who > kWakerIndex) continue;
        if (who < kWorkers) {
          EXPECT_GT(TurnOf(token), ended[who]) << "an event of what was gone";
        }
        if (who == kWakerIndex || TurnOf(token) == turn_[who]) ++seen_[who];
      }
    }
    EXPECT_OK(mio_waker_wake(&stop_waker_));
  }

  // Lets `act` make something ready, and waits until that has been seen.
  template <typename Act>
  bool Expect(int who, Act act) {
    const uint32_t before = seen_[who];
    act();
    const uint64_t deadline = NowNs() + kLong;
    while (seen_[who] == before) {
      if (NowNs() > deadline) {
        ADD_FAILURE() << "readiness of " << who << " was lost";
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  void Work(int who) {
    std::minstd_rand random(static_cast<unsigned>(who) + 1);
    for (uint32_t round = 0; round < kRounds; ++round) {
      Sender sender;
      Receiver receiver;
      ASSERT_OK(mio_pipe_pair(&sender, &receiver));
      ASSERT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1);
      if (!Expect(who, [&] {
            ASSERT_OK(poll_.Register(&receiver->source, TokenOf(who, ++turn_[who]), MIO_READABLE));
          })) {
        return;
      }
      const unsigned choice = random();
      if ((choice & 1) != 0) {
        if (!Expect(who, [&] {
              char bytes[8];
              ASSERT_EQ(mio_pipe_receiver_read(&receiver, bytes, sizeof bytes), 1);
              ASSERT_ERROR(mio_pipe_receiver_read(&receiver, bytes, sizeof bytes),
                           MIO_ERROR_WOULD_BLOCK);
              ASSERT_EQ(mio_pipe_sender_write(&sender, "x", 1), 1);
            })) {
          return;
        }
      }
      if ((choice & 2) != 0) {
        if (!Expect(who, [&] {
              const mio_interest mode = (choice & 4) != 0 ? MIO_ONESHOT : 0;
              ASSERT_OK(poll_.Reregister(&receiver->source, TokenOf(who, ++turn_[who]),
                                         MIO_READABLE | mode));
            })) {
          return;
        }
      }
      if ((choice & 8) != 0) {
        ASSERT_OK(poll_.Deregister(&receiver->source));
      }
      mio_pipe_receiver_close(&receiver);
      ended_[who] = turn_[who].load();
      ASSERT_ERROR(mio_pipe_sender_write(&sender, "x", 1), MIO_ERROR_BROKEN_PIPE);
    }
  }

  void Wake() {
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll_.registry(), TokenOf(kWakerIndex, 0)));
    for (uint32_t round = 0; round < kRounds; ++round) {
      if (!Expect(kWakerIndex, [&] { ASSERT_OK(mio_waker_wake(&waker)); })) return;
    }
  }

  Poll poll_;
  Waker stop_waker_;
  std::atomic<bool> stop_{false};
  std::array<std::atomic<uint32_t>, kWorkers> turn_{};
  std::array<std::atomic<uint32_t>, kWorkers> ended_{};
  std::array<std::atomic<uint32_t>, kWorkers + 1> seen_{};
};

TEST(SelectorPollStressTest, NothingIsLostAndNothingComesLate) { Stress().Run(); }

}  // namespace
