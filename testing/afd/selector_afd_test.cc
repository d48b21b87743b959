// The Windows selector over the model of the calls that it makes: what each socket's poll goes through, and
// what follows if a call fails.

#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "mio/error.h"
#include "mio/unix/source_fd.h"
#include "testing/afd/model.h"
#include "testing/util.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2 };

// A socket of the model's, and a source for it.
class Socket {
 public:
  explicit Socket(bool datagram = false) : fd_(model_socket_open(datagram)) {
    EXPECT_OK(mio_source_fd_init(&source_, fd_));
  }
  ~Socket() {
    mio_source_fd_close(&source_);
    if (fd_ >= 0) model_socket_close(fd_);
  }
  Socket(const Socket &) = delete;
  Socket &operator=(const Socket &) = delete;

  mio_source *source() { return &source_.source; }
  int fd() const { return fd_; }
  void Set(uint32_t events) { model_socket_set(fd_, events); }

  // As a program does that closes its socket without a word to the library.
  void CloseTheHandle() {
    model_socket_close(fd_);
    fd_ = -1;
  }

  // The source was drained: an operation said would-block, or met an end or an error.
  void Drain(mio_interest interest) {
    const auto nothing = [](void *) -> ptrdiff_t { return 0; };
    EXPECT_EQ(0, mio_source_fd_try_io(&source_, interest, nothing, nullptr));
  }

 private:
  int fd_;
  mio_source_fd source_ = {};
};

class SelectorAfd : public ::testing::Test {
 protected:
  SelectorAfd() { model_reset(); }
  ~SelectorAfd() override { model_reset(); }
};

using SelectorAfdEdge = SelectorAfd;

TEST_F(SelectorAfdEdge, ComesAgainOnceDrained) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE | MIO_WRITABLE));
  socket.Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).readable);
  EXPECT_TRUE(poll.Now(kSource).None());
  socket.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kSource).readable) << "it was not, in truth";
  socket.Set(0);
  socket.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kSource).None());
  socket.Set(MODEL_RECEIVE | MODEL_SEND);
  const Readiness readiness = poll.Now(kSource);
  EXPECT_TRUE(readiness.readable && readiness.writable);
}

// The driver goes on to report it, and a program may go on to read 0.
TEST_F(SelectorAfdEdge, AnEndIsReportedOnceHoweverOftenItIsRead) {
  for (const uint32_t end : {MODEL_DISCONNECT, MODEL_ABORT, MODEL_CONNECT_FAIL}) {
    Poll poll;
    Socket socket;
    ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
    socket.Set(end);
    EXPECT_TRUE(poll.Now(kSource).read_closed) << end;
    for (int i = 0; i < 5; ++i) {
      socket.Drain(MIO_READABLE | MIO_WRITABLE);
      EXPECT_TRUE(poll.Now(kSource).None()) << end;
    }
    ASSERT_OK(poll.Reregister(socket.source(), kOther, MIO_READABLE));
    EXPECT_TRUE(poll.Now(kOther).read_closed) << end;
  }
}

TEST_F(SelectorAfdEdge, AResetAfterTheEndIsReported) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.Set(MODEL_DISCONNECT);
  EXPECT_FALSE(poll.Now(kSource).write_closed);
  socket.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kSource).None());
  socket.Set(MODEL_DISCONNECT | MODEL_ABORT);
  EXPECT_TRUE(poll.Now(kSource).write_closed);
}

// A socket that is connected again.
TEST_F(SelectorAfdEdge, AConditionThatHadCeasedIsNews) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_WRITABLE));
  socket.Set(MODEL_CONNECT_FAIL);
  EXPECT_TRUE(poll.Now(kSource).error);
  for (int i = 0; i < 3; ++i) {
    socket.Set(0);
    socket.Drain(MIO_WRITABLE);
    EXPECT_TRUE(poll.Now(kSource).None());
    socket.Set(MODEL_CONNECT_FAIL);
    EXPECT_TRUE(poll.Now(kSource).error) << i;
  }
}

TEST_F(SelectorAfdEdge, ErrorsOfDatagramsCloseNothingAndComeAgain) {
  Poll poll;
  Socket socket(true);
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_WRITABLE));
  for (int i = 0; i < 3; ++i) {
    socket.Set(MODEL_CONNECT_FAIL);
    const Readiness readiness = poll.Now(kSource);
    EXPECT_TRUE(readiness.error && readiness.readable && readiness.writable) << i;
    EXPECT_FALSE(readiness.read_closed || readiness.write_closed) << i;
    socket.Drain(MIO_WRITABLE);
  }
}

TEST_F(SelectorAfd, ModesAreKept) {
  Poll poll;
  Socket level, once;
  ASSERT_OK(poll.Register(level.source(), kSource, MIO_READABLE | MIO_LEVEL));
  ASSERT_OK(poll.Register(once.source(), kOther, MIO_READABLE | MIO_ONESHOT));
  level.Set(MODEL_DISCONNECT);
  once.Set(MODEL_DISCONNECT);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(poll.Now(kSource).read_closed) << i;
  EXPECT_TRUE(poll.Now(kOther).read_closed);
  once.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kOther).None());
}

// Polls that the driver refuses or fails.

using SelectorAfdRefused = SelectorAfd;

void ExpectBareError(const Readiness &readiness) {
  EXPECT_TRUE(readiness.error && readiness.readable && readiness.writable);
  EXPECT_FALSE(readiness.read_closed || readiness.write_closed);
}

TEST_F(SelectorAfdRefused, ByTheNextWaitItIsAnEvent) {
  for (const int32_t status : {MODEL_STATUS_ACCESS_DENIED, MODEL_STATUS_WARNING}) {
    Poll poll;
    Socket socket;
    ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
    model_fail(MODEL_POLL, status, 0, 1);
    ExpectBareError(poll.Now(kSource));
    EXPECT_TRUE(poll.Now(kSource).None());
    socket.Drain(MIO_READABLE);
    socket.Set(MODEL_RECEIVE);
    EXPECT_TRUE(poll.Now(kSource).readable);
  }
}

TEST_F(SelectorAfdRefused, AfterADrainItIsAnEvent) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).readable);
  socket.Set(0);
  socket.Drain(MIO_READABLE);
  model_fail(MODEL_POLL, MODEL_STATUS_ACCESS_DENIED, 0, 1);
  ExpectBareError(poll.Now(kSource));
}

TEST_F(SelectorAfdRefused, ALevelRepeatsIt) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE | MIO_LEVEL));
  model_fail(MODEL_POLL, MODEL_STATUS_ACCESS_DENIED, 0, 3);
  for (int i = 0; i < 3; ++i) ExpectBareError(poll.Now(kSource));
  EXPECT_TRUE(poll.Now(kSource).None());
}

TEST_F(SelectorAfdRefused, TheEventIsNotLostIfThePortHasNoMemory) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  model_fail(MODEL_POLL, MODEL_STATUS_ACCESS_DENIED, 0, 2);
  model_fail(MODEL_POST, 12 /* ENOMEM */, 0, 1);
  EXPECT_ERROR(poll.Wait(kLong), MIO_ERROR_OUT_OF_MEMORY);
  ExpectBareError(poll.Now(kSource));
}

// Whether a thread waits decides when a poll is made.
class WaitingThread {
 public:
  explicit WaitingThread(Poll *poll) {
    EXPECT_OK(mio_waker_init(&waker_, poll->registry(), 99));
    const int before = model_count(MODEL_REMOVE);
    thread_ = std::thread([this, poll] {
      EXPECT_OK(poll->Wait(kLong));
      token_ = mio_event_token(mio_events_get(poll->events(), 0));
    });
    while (model_count(MODEL_REMOVE) == before) std::this_thread::yield();
  }
  ~WaitingThread() {
    if (thread_.joinable()) End();
  }
  // The token of the event that it got.
  mio_token Join() {
    thread_.join();
    return token_;
  }
  void End() {
    EXPECT_OK(mio_waker_wake(&waker_));
    thread_.join();
  }

 private:
  Waker waker_;
  mio_token token_ = 0;
  std::thread thread_;
};

TEST_F(SelectorAfdRefused, WhileAThreadWaitsItIsTheCallersError) {
  Poll poll;
  Socket socket;
  WaitingThread waiting(&poll);
  model_fail(MODEL_POLL, MODEL_STATUS_ACCESS_DENIED, 0, 1);
  EXPECT_LT(poll.Register(socket.source(), kSource, MIO_READABLE), 0);
  EXPECT_ERROR(poll.Deregister(socket.source()), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.Set(MODEL_RECEIVE);
  EXPECT_EQ(mio_token{kSource}, waiting.Join());
}

TEST_F(SelectorAfdRefused, AShortageIsTheWaitsErrorAndPasses) {
  Poll poll;
  Socket first, second;
  ASSERT_OK(poll.Register(first.source(), kSource, MIO_READABLE));
  ASSERT_OK(poll.Register(second.source(), kOther, MIO_READABLE));
  first.Set(MODEL_RECEIVE);
  second.Set(MODEL_RECEIVE);
  model_fail(MODEL_POLL, MODEL_STATUS_NO_RESOURCES, 1, 2);
  EXPECT_TRUE(poll.Now(kSource).readable) << "what there is comes first";
  EXPECT_ERROR(poll.Wait(kLong), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_TRUE(poll.Now(kOther).readable);
}

TEST_F(SelectorAfdRefused, ACancellationThatFailsChangesNothing) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  EXPECT_TRUE(poll.Now(kSource).None());
  model_fail(MODEL_CANCEL, MODEL_STATUS_NO_RESOURCES, 0, 1);
  EXPECT_ERROR(poll.Reregister(socket.source(), kOther, MIO_READABLE | MIO_WRITABLE),
               MIO_ERROR_OUT_OF_MEMORY);
  socket.Set(MODEL_SEND);
  EXPECT_TRUE(poll.Now(kSource).None());
  socket.Set(MODEL_SEND | MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).readable);
}

TEST_F(SelectorAfdRefused, ACancellationForADrainIsTriedAgain) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).readable);
  EXPECT_TRUE(poll.Now(kSource).None()); /* polls for the end alone */
  model_fail(MODEL_CANCEL, MODEL_STATUS_NO_RESOURCES, 0, 1);
  socket.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kSource).readable);
}

// Slots.

using SelectorAfdSlots = SelectorAfd;

std::vector<std::unique_ptr<Socket>> Sockets(size_t count) {
  std::vector<std::unique_ptr<Socket>> sockets;
  for (size_t i = 0; i < count; ++i) sockets.push_back(std::make_unique<Socket>());
  return sockets;
}

TEST_F(SelectorAfdSlots, AHandleForEach32) {
  const size_t before = model_handles();
  auto sockets = Sockets(65);
  {
    Poll poll;
    for (size_t i = 0; i < sockets.size(); ++i) {
      ASSERT_OK(poll.Register(sockets[i]->source(), i, MIO_READABLE));
      EXPECT_EQ(before + 1 + i / 32 + 1, model_handles()) << i;
    }
    EXPECT_OK(poll.Wait(0));
    EXPECT_EQ(sockets.size(), model_polls());
  }
  EXPECT_EQ(before, model_handles());
  EXPECT_EQ(0u, model_polls());
}

// The packets of the cancelled polls are with another thread, or still to come.
TEST_F(SelectorAfdSlots, AreGivenToOthersBeforeTheirPollHasEnded) {
  mio_poll_options options = {};
  options.reserve_sources = 32;
  Poll poll(64, &options);
  auto first = Sockets(32), second = Sockets(32);
  for (size_t i = 0; i < 32; ++i) {
    ASSERT_OK(poll.Register(first[i]->source(), i, MIO_READABLE));
  }
  EXPECT_OK(poll.Wait(0));
  const size_t handles = model_handles();
  model_hold_packets(true);
  for (size_t i = 0; i < 32; ++i) {
    first[i]->Set(MODEL_RECEIVE); /* complete, which no wait has seen yet */
    ASSERT_OK(poll.Deregister(first[i]->source()));
  }
  for (size_t i = 0; i < 32; ++i) {
    second[i]->Set(MODEL_RECEIVE);
    ASSERT_OK(poll.Register(second[i]->source(), 100 + i, MIO_READABLE));
  }
  EXPECT_EQ(handles, model_handles()) << "no slot was added";
  EXPECT_OK(poll.Wait(0));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
  model_hold_packets(false);
  EXPECT_OK(poll.Wait(0));
  EXPECT_EQ(32u, mio_events_count(poll.events()));
  for (size_t i = 0; i < mio_events_count(poll.events()); ++i) {
    EXPECT_GE(mio_event_token(mio_events_get(poll.events(), i)), 100u);
  }
}

// Once it never ended: the packet it looked for was with a thread that waited for the lock it held.
TEST_F(SelectorAfdSlots, RegisteringDoesNotWaitForAThreadThatHasThePacket) {
  mio_poll_options options = {};
  options.reserve_sources = 64;
  Poll poll(64, &options), none;
  auto ready = Sockets(63);
  Socket dropped, next;
  for (size_t i = 0; i < ready.size(); ++i) {
    ASSERT_OK(poll.Register(ready[i]->source(), i, MIO_READABLE));
  }
  ASSERT_OK(poll.Register(dropped.source(), 1000, MIO_READABLE));
  EXPECT_OK(poll.Wait(0));
  ASSERT_OK(poll.Deregister(dropped.source()));
  /* The thread stops between its dequeuing and the lock. */
  struct Stop {
    std::atomic<bool> reached{false}, go_on{false};
  } stop;
  model_after_remove(
      [](void *context) {
        Stop *at = static_cast<Stop *>(context);
        at->reached = true;
        while (!at->go_on) std::this_thread::yield();
      },
      &stop);
  std::thread thread([&] { EXPECT_OK(poll.Wait(0)); });
  while (!stop.reached) std::this_thread::yield();
  for (auto &socket : ready) socket->Set(MODEL_RECEIVE);
  EXPECT_OK(poll.Register(next.source(), 1001, MIO_READABLE));
  stop.go_on = true;
  thread.join();
}

TEST_F(SelectorAfdSlots, ADroppedPollThatCannotBeCancelledStaysSilent) {
  mio_poll_options options = {};
  options.reserve_sources = 32;
  Poll poll(64, &options);
  auto sockets = Sockets(32);
  Socket next;
  for (size_t i = 0; i < 32; ++i) {
    ASSERT_OK(poll.Register(sockets[i]->source(), i, MIO_READABLE));
  }
  EXPECT_OK(poll.Wait(0));
  model_fail(MODEL_CANCEL, MODEL_STATUS_NO_RESOURCES, 0, 1);
  ASSERT_OK(poll.Deregister(sockets[0]->source()));
  ASSERT_OK(poll.Register(next.source(), kOther, MIO_READABLE));
  next.Set(MODEL_RECEIVE);
  sockets[0]->Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kOther).readable);
  EXPECT_TRUE(poll.Now(0).None());
}

// Sockets that the program closes while they are registered.

using SelectorAfdClosed = SelectorAfd;

TEST_F(SelectorAfdClosed, WhileAPollIsInFlightItIsSilentAndSoIsItsSuccessor) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  EXPECT_OK(poll.Wait(0));
  const int fd = socket.fd();
  socket.CloseTheHandle();
  Socket successor;
  ASSERT_EQ(fd, successor.fd());
  successor.Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).None());
  socket.Drain(MIO_READABLE);
  EXPECT_TRUE(poll.Now(kSource).None());
  ASSERT_OK(poll.Reregister(socket.source(), kOther, MIO_READABLE));
  EXPECT_TRUE(poll.Now(kOther).readable) << "registered again, it means the successor";
}

TEST_F(SelectorAfdClosed, BeforeItsPollIsMadeItIsSilent) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.CloseTheHandle();
  EXPECT_TRUE(poll.Now(kSource).None());
  EXPECT_OK(poll.Deregister(socket.source()));
}

// What mio/windows/socket.h warns of: no poll is in flight that the driver could tell of the close.
TEST_F(SelectorAfdClosed, BetweenAnEventAndTheNextWaitItsSuccessorIsTakenForIt) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  socket.Set(MODEL_RECEIVE);
  EXPECT_TRUE(poll.Now(kSource).readable);
  const int fd = socket.fd();
  socket.CloseTheHandle();
  Socket successor;
  ASSERT_EQ(fd, successor.fd());
  successor.Set(MODEL_DISCONNECT);
  EXPECT_TRUE(poll.Now(kSource).read_closed);
  ASSERT_OK(poll.Deregister(socket.source()));
  successor.Set(MODEL_DISCONNECT | MODEL_ABORT);
  EXPECT_TRUE(poll.Now(kSource).None()) << "never after the registration has ended";
}

TEST_F(SelectorAfdClosed, ACloseThatCrossesACancellationIsSilent) {
  Poll poll;
  Socket socket;
  ASSERT_OK(poll.Register(socket.source(), kSource, MIO_READABLE));
  EXPECT_OK(poll.Wait(0));
  model_hold_packets(true);
  socket.CloseTheHandle();
  ASSERT_OK(poll.Reregister(socket.source(), kOther, MIO_READABLE | MIO_WRITABLE));
  model_hold_packets(false);
  EXPECT_OK(poll.Wait(0));
  EXPECT_TRUE(mio_events_is_empty(poll.events()));
}

TEST_F(SelectorAfd, PollsTheSocketBelowALayeredProvider) {
  for (const uint32_t question : {0x4800001Bu, 0x4800001Cu, 0x4800001Du}) {
    Poll poll;
    Socket upper, lower;
    model_socket_layer(upper.fd(), question, lower.fd());
    ASSERT_OK(poll.Register(upper.source(), kSource, MIO_READABLE));
    lower.Set(MODEL_RECEIVE);
    EXPECT_TRUE(poll.Now(kSource).readable) << question;
  }
  Poll poll;
  Socket one, two;
  model_socket_layer(one.fd(), 0x4800001Cu, two.fd());
  model_socket_layer(two.fd(), 0x4800001Cu, one.fd());
  EXPECT_LT(poll.Register(one.source(), kSource, MIO_READABLE), 0) << "they lead to each other";
}

// Waiting.

using SelectorAfdWait = SelectorAfd;

TEST_F(SelectorAfdWait, WithoutATimeFindsWhatIsBehindOtherPackets) {
  Poll poll(1);
  auto dropped = Sockets(20);
  Socket ready;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 99));
  for (size_t i = 0; i < dropped.size(); ++i) {
    ASSERT_OK(poll.Register(dropped[i]->source(), 100 + i, MIO_READABLE));
  }
  ASSERT_OK(poll.Register(ready.source(), kSource, MIO_READABLE));
  EXPECT_OK(poll.Wait(0));
  for (auto &socket : dropped) ASSERT_OK(poll.Deregister(socket->source()));
  ready.Set(MODEL_RECEIVE);
  EXPECT_OK(poll.Wait(0));
  ASSERT_EQ(1u, mio_events_count(poll.events()));
  EXPECT_EQ(mio_token{kSource}, mio_event_token(mio_events_get(poll.events(), 0)));
}

// A port that lets no more threads run than there are processors keeps the others waiting.
TEST_F(SelectorAfdWait, AnyThreadGetsAnEventHoweverManyAreBusy) {
  const int count = 2 * static_cast<int>(std::thread::hardware_concurrency()) + 2;
  Poll poll;
  auto sockets = Sockets(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_OK(poll.Register(sockets[static_cast<size_t>(i)]->source(), static_cast<mio_token>(i),
                            MIO_READABLE | MIO_ONESHOT));
  }
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      mio_events events = {};
      ASSERT_OK(mio_events_init(&events, 1));
      EXPECT_OK(mio_poll_wait(poll.get(), &events, kSecond));
      told += static_cast<int>(mio_events_count(&events));
      /* Busy with its event until all have one. */
      const uint64_t end = NowNs() + 2 * kSecond;
      while (told < count && NowNs() < end) std::this_thread::yield();
      mio_events_close(&events);
    });
  }
  for (auto &socket : sockets) socket->Set(MODEL_RECEIVE);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(count, told);
}

TEST_F(SelectorAfdWait, AnErrorOfThePortIsReturned) {
  Poll poll;
  model_fail(MODEL_REMOVE, MODEL_STATUS_NO_MEMORY, 0, 1);
  EXPECT_ERROR(poll.Wait(kLong), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_OK(poll.Wait(0));
}

// Each call fails at each step: the error is returned, nothing stays behind, and trying again works.
TEST_F(SelectorAfd, FailuresOfEachCallLeaveNothing) {
  const size_t before = model_handles();
  const struct {
    model_call call;
    int32_t error;
  } failures[] = {{MODEL_CREATE_PORT, 12},
                  {MODEL_OPEN, MODEL_STATUS_NO_RESOURCES},
                  {MODEL_ATTACH, 12},
                  {MODEL_MODES, 12},
                  {MODEL_POLL, MODEL_STATUS_NO_RESOURCES},
                  {MODEL_CANCEL, MODEL_STATUS_NO_RESOURCES},
                  {MODEL_REMOVE, MODEL_STATUS_NO_RESOURCES}};
  for (const auto &failure : failures) {
    for (int skip = 0; skip < 3; ++skip) {
      mio_poll poll = {};
      mio_events events = {};
      Socket sockets[3];
      ASSERT_OK(mio_events_init(&events, 8));
      const auto again = [&](auto &&call) {
        const int result = call();
        if (result == 0) return;
        EXPECT_ERROR(result, MIO_ERROR_OUT_OF_MEMORY) << failure.call << " " << skip;
        EXPECT_OK(call()) << failure.call << " " << skip;
      };
      model_fail(failure.call, failure.error, skip, 1);
      again([&] { return mio_poll_init(&poll, nullptr); });
      for (mio_token i = 0; i < 3; ++i) {
        again([&] {
          return mio_registry_register(mio_poll_registry(&poll), sockets[i].source(), i,
                                       MIO_READABLE);
        });
      }
      again([&] { return mio_poll_wait(&poll, &events, 0); });
      for (mio_token i = 0; i < 3; ++i) {
        again([&] {
          return mio_registry_reregister(mio_poll_registry(&poll), sockets[i].source(), i,
                                         MIO_READABLE | MIO_WRITABLE);
        });
        sockets[i].Set(MODEL_SEND);
      }
      again([&] { return mio_poll_wait(&poll, &events, 0); });
      EXPECT_EQ(3u, mio_events_count(&events)) << failure.call << " " << skip;
      mio_events_close(&events);
      mio_poll_close(&poll);
      model_reset();
      EXPECT_EQ(before, model_handles());
    }
  }
}

// Registering, draining, closing and waiting, all at once.
TEST_F(SelectorAfd, ThreadsMayDoAnythingAtOnce) {
  enum { kThreads = 3, kSockets = 40, kRounds = 300 };
  Poll poll;
  std::atomic<bool> done{false};
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      mio_events events = {};
      ASSERT_OK(mio_events_init(&events, 5));
      while (!done) {
        EXPECT_OK(mio_poll_wait(poll.get(), &events, kMillisecond));
        told += static_cast<int>(mio_events_count(&events));
      }
      mio_events_close(&events);
    });
  }
  std::vector<std::thread> workers;
  for (int t = 0; t < kThreads; ++t) {
    workers.emplace_back([&, t] {
      auto sockets = Sockets(kSockets);
      for (int round = 0; round < kRounds; ++round) {
        Socket &socket = *sockets[static_cast<size_t>(round % kSockets)];
        const mio_interest mode = round % 3 == 0 ? MIO_LEVEL : round % 3 == 1 ? MIO_ONESHOT : 0;
        EXPECT_OK(poll.Register(socket.source(), static_cast<mio_token>(t), MIO_READABLE | mode));
        socket.Set(MODEL_RECEIVE);
        socket.Drain(MIO_READABLE);
        EXPECT_OK(poll.Reregister(socket.source(), static_cast<mio_token>(t),
                                  MIO_READABLE | MIO_WRITABLE | mode));
        socket.Set(MODEL_SEND | MODEL_DISCONNECT);
        EXPECT_OK(poll.Deregister(socket.source()));
        socket.Set(0);
      }
    });
  }
  for (std::thread &worker : workers) worker.join();
  done = true;
  for (std::thread &thread : threads) thread.join();
  EXPECT_GT(told, 0);
}

}  // namespace
}  // namespace mio_test
