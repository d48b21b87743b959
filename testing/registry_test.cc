// Misuse is answered in every build, and corrupts nothing; how long registrations last.

#include <cstdint>

#include "mio/mio.h"
#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo, kThree, kWake };

class RegistryTest : public ::testing::Test {
 protected:
  // That the pipe is registered with `poll`, under this token and for reading.
  void ExpectIntact(Poll *poll, mio_token token) {
    pipe_.Drain();
    pipe_.Write();
    const Readiness seen = poll->WaitReadable(token);
    EXPECT_TRUE(seen.readable);
    EXPECT_FALSE(seen.writable);
    EXPECT_TRUE(mio_events_is_empty(poll->events()));
  }

  Poll poll_, other_;
  LocalPipe pipe_;
};

TEST_F(RegistryTest, RegisteringTwiceIsAlreadyExists) {
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  EXPECT_ERROR(poll_.Register(pipe_.source(), kOne, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(poll_.Register(pipe_.source(), kTwo, MIO_WRITABLE), MIO_ERROR_ALREADY_EXISTS);
  ExpectIntact(&poll_, kOne);
}

TEST_F(RegistryTest, RegisteringWithTwoPollsIsAlreadyExists) {
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  EXPECT_ERROR(other_.Register(pipe_.source(), kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  ExpectIntact(&poll_, kOne);
  EXPECT_TRUE(other_.Quiet(kTwo).None());
}

TEST_F(RegistryTest, WhatIsNotRegisteredIsNotFound) {
  EXPECT_ERROR(poll_.Reregister(pipe_.source(), kOne, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  ASSERT_OK(poll_.Deregister(pipe_.source()));
  EXPECT_ERROR(poll_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Reregister(pipe_.source(), kOne, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  pipe_.Write();
  EXPECT_TRUE(poll_.Quiet(kOne).None());
}

TEST_F(RegistryTest, ThroughAnotherPollIsNotFound) {
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  EXPECT_ERROR(other_.Reregister(pipe_.source(), kTwo, MIO_WRITABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(other_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND);
  ExpectIntact(&poll_, kOne);
  EXPECT_OK(poll_.Deregister(pipe_.source()));
}

TEST_F(RegistryTest, ClosedSourcesAreInvalid) {
  mio_source zeroed = {};
  LocalPipe closed;
  mio_tcp_stream_close(&closed.receiver);
  for (mio_source *source : {&zeroed, closed.source()}) {
    EXPECT_ERROR(poll_.Register(source, kOne, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(poll_.Reregister(source, kOne, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(poll_.Deregister(source), MIO_ERROR_INVALID_INPUT);
  }
}

TEST_F(RegistryTest, ClosedRegistriesAreInvalid) {
  const mio_registry zeroed = {};
  mio_registry clone = {}, of_closed = {};
  ASSERT_OK(mio_registry_clone(poll_.registry(), &clone));
  mio_registry_close(&clone);
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  LocalPipe fresh;
  for (const mio_registry *closed : {&zeroed, static_cast<const mio_registry *>(&clone)}) {
    EXPECT_ERROR(mio_registry_register(closed, fresh.source(), kTwo, MIO_READABLE),
                 MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_registry_reregister(closed, pipe_.source(), kTwo, MIO_READABLE),
                 MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_registry_deregister(closed, pipe_.source()), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_registry_clone(closed, &of_closed), MIO_ERROR_INVALID_INPUT);
    EXPECT_EQ(nullptr, of_closed.selector);
  }
  ExpectIntact(&poll_, kOne);
}

TEST_F(RegistryTest, ClosedPollsAreInvalid) {
  mio_poll closed = {};
  mio_events events = {};
  ASSERT_OK(mio_events_init(&events, 1));
  for (const uint64_t timeout : {uint64_t{0}, uint64_t{1}, MIO_FOREVER}) {
    EXPECT_ERROR(mio_poll_wait(&closed, &events, timeout), MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_FALSE(mio_poll_supports(&closed, MIO_FEATURE_LEVEL));
  EXPECT_STREQ("closed", mio_poll_selector_name(&closed));
  EXPECT_ERROR(mio_poll_init(nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
  mio_poll_close(&closed);
  mio_poll_close(nullptr);
  mio_registry_close(nullptr);
  mio_events_close(&events);
}

TEST_F(RegistryTest, EventsWithoutRoomAreInvalid) {
  mio_events closed = {};
  pipe_.Write();
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  for (const uint64_t timeout : {uint64_t{0}, uint64_t{1}, MIO_FOREVER}) {
    EXPECT_ERROR(mio_poll_wait(poll_.get(), &closed, timeout), MIO_ERROR_INVALID_INPUT);
    EXPECT_EQ(0u, mio_events_count(&closed));
  }
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable) << "it got lost";
}

TEST_F(RegistryTest, InterestsThatMakeNoSenseAreRefused) {
  const mio_interest kinds = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY | MIO_AIO | MIO_LIO;
  const mio_interest known = kinds | MIO_LEVEL | MIO_ONESHOT;
  ASSERT_OK(other_.Register(&pipe_.sender->source, kThree, MIO_WRITABLE));
  for (const mio_interest none : {0u, MIO_LEVEL, MIO_ONESHOT, MIO_LEVEL | MIO_ONESHOT}) {
    EXPECT_ERROR(poll_.Register(pipe_.source(), kOne, none), MIO_ERROR_INVALID_INPUT) << none;
  }
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bit & known) != 0) continue;
    EXPECT_ERROR(poll_.Register(pipe_.source(), kOne, bit), MIO_ERROR_INVALID_INPUT) << bit;
    EXPECT_ERROR(poll_.Register(pipe_.source(), kOne, MIO_READABLE | bit), MIO_ERROR_INVALID_INPUT)
        << bit;
    EXPECT_ERROR(other_.Reregister(&pipe_.sender->source, kOne, MIO_READABLE | bit),
                 MIO_ERROR_INVALID_INPUT)
        << bit;
  }
  EXPECT_ERROR(poll_.Register(pipe_.source(), kOne, UINT32_MAX), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND) << "nothing was registered";
  EXPECT_TRUE(other_.WaitWritable(kThree).writable) << "the registration is as it was";
}

TEST_F(RegistryTest, WhatTheSelectorCannotDoIsUnsupported) {
  const struct {
    mio_feature feature;
    mio_interest interest;
  } cases[] = {{MIO_FEATURE_LEVEL, MIO_READABLE | MIO_LEVEL},
               {MIO_FEATURE_ONESHOT, MIO_READABLE | MIO_ONESHOT},
               {MIO_FEATURE_PRIORITY, MIO_READABLE | MIO_PRIORITY},
               {MIO_FEATURE_AIO, MIO_AIO},
               {MIO_FEATURE_AIO, MIO_READABLE | MIO_AIO | MIO_LEVEL},
               {MIO_FEATURE_LIO, MIO_LIO},
               {MIO_FEATURE_LIO, MIO_WRITABLE | MIO_LIO | MIO_ONESHOT}};
  for (const auto &one : cases) {
    const bool supported = mio_poll_supports(poll_.get(), one.feature);
    const int result = poll_.Register(pipe_.source(), kOne, one.interest);
    EXPECT_ERROR(result, supported ? MIO_OK : MIO_ERROR_UNSUPPORTED) << one.interest;
    EXPECT_ERROR(poll_.Deregister(pipe_.source()), supported ? MIO_OK : MIO_ERROR_NOT_FOUND);
  }
  const auto level_and_aio = static_cast<mio_feature>(MIO_FEATURE_LEVEL | MIO_FEATURE_AIO);
  EXPECT_EQ(mio_poll_supports(poll_.get(), MIO_FEATURE_LEVEL) &&
                mio_poll_supports(poll_.get(), MIO_FEATURE_AIO),
            mio_poll_supports(poll_.get(), level_and_aio));
}

TEST_F(RegistryTest, TokensAtTheExtremes) {
  for (const mio_token token : {mio_token{0}, mio_token{UINTPTR_MAX}, mio_token{INTPTR_MAX},
                                mio_token{UINTPTR_MAX - 1}, mio_token{UINT32_MAX}}) {
    ASSERT_OK(poll_.Register(pipe_.source(), token, MIO_READABLE));
    ExpectIntact(&poll_, token);
    ASSERT_OK(poll_.Deregister(pipe_.source()));
  }
  // As wakers' tokens, too.
  for (const mio_token token : {mio_token{0}, mio_token{UINTPTR_MAX}}) {
    Waker waker;
    ASSERT_OK(mio_waker_init(&waker, poll_.registry(), token));
    ASSERT_OK(mio_waker_wake(&waker));
    EXPECT_TRUE(poll_.WaitReadable(token).readable);
  }
}

TEST_F(RegistryTest, TokensNeedNotDiffer) {
  LocalPipe second;
  ASSERT_OK(poll_.Register(pipe_.source(), kOne, MIO_READABLE));
  ASSERT_OK(poll_.Register(second.source(), kOne, MIO_READABLE));
  pipe_.Write();
  second.Write();
  EXPECT_EQ(2, poll_.WaitFor(kOne, [](const Readiness &r) { return r.events == 2; }).events);
}

TEST_F(RegistryTest, SourcesOfAClosedPollAreFree) {
  {
    Poll gone;
    ASSERT_OK(gone.Register(pipe_.source(), kOne, MIO_READABLE));
  }
  EXPECT_ERROR(poll_.Reregister(pipe_.source(), kTwo, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll_.Register(pipe_.source(), kTwo, MIO_READABLE));
  ExpectIntact(&poll_, kTwo);
  EXPECT_OK(poll_.Deregister(pipe_.source()));
}

TEST_F(RegistryTest, SourcesOfAClosedPollAreReadAndClosedAsEver) {
  char byte = 0;
  pipe_.Write();
  {
    Poll gone;
    ASSERT_OK(gone.Register(pipe_.source(), kOne, MIO_READABLE));
  }
  EXPECT_EQ(1, mio_tcp_stream_read(&pipe_.receiver, &byte, 1));
  EXPECT_ERROR(mio_tcp_stream_read(&pipe_.receiver, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  mio_tcp_stream_close(&pipe_.receiver);
  EXPECT_FALSE(mio_source_is_open(pipe_.source()));
}

// What another poll has in its place is not mistaken for it.
TEST_F(RegistryTest, PollsThatComeAndGoAreNotMixedUp) {
  for (int round = 0; round < 200; ++round) {
    Poll first;
    ASSERT_OK(first.Register(pipe_.source(), kOne, MIO_READABLE));
    mio_poll_close(first.get());
    Poll second;
    ASSERT_ERROR(second.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND) << round;
    ASSERT_OK(second.Register(pipe_.source(), kTwo, MIO_READABLE)) << round;
  }
}

TEST_F(RegistryTest, CloneRegistersForThePoll) {
  Registry clone;
  ASSERT_OK(mio_registry_clone(poll_.registry(), &clone));
  ASSERT_OK(mio_registry_register(&clone, pipe_.source(), kOne, MIO_READABLE));
  ExpectIntact(&poll_, kOne);
  EXPECT_ERROR(poll_.Register(pipe_.source(), kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_OK(poll_.Reregister(pipe_.source(), kTwo, MIO_READABLE));
  EXPECT_OK(mio_registry_deregister(&clone, pipe_.source()));
  EXPECT_ERROR(poll_.Deregister(pipe_.source()), MIO_ERROR_NOT_FOUND);
}

TEST_F(RegistryTest, CloneKeepsTheSelectorAlive) {
  const int before = CountHandles();
  mio_registry clone = {}, second = {};
  {
    Poll gone;
    ASSERT_OK(mio_registry_clone(gone.registry(), &clone));
    ASSERT_OK(gone.Register(pipe_.source(), kOne, MIO_READABLE));
  }
  ASSERT_OK(mio_registry_clone(&clone, &second)) << "a clone's clone";
  mio_registry_close(&clone);
  mio_registry_close(&clone);
  EXPECT_ERROR(poll_.Register(pipe_.source(), kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_OK(mio_registry_reregister(&second, pipe_.source(), kTwo, MIO_READABLE | MIO_WRITABLE));
  EXPECT_OK(mio_registry_deregister(&second, pipe_.source()));
  EXPECT_OK(mio_registry_register(&second, pipe_.source(), kThree, MIO_READABLE));
  EXPECT_TRUE(before < 0 || before < CountHandles());
  mio_registry_close(&second);
  EXPECT_EQ(before, CountHandles());
  EXPECT_OK(poll_.Register(pipe_.source(), kTwo, MIO_READABLE)) << "the last registry has gone";
}

// A waker keeps the selector alive, but not its registrations.
TEST_F(RegistryTest, WakerOfAClosedPollHoldsNoSources) {
  Waker waker;
  {
    Poll gone;
    ASSERT_OK(mio_waker_init(&waker, gone.registry(), kWake));
    ASSERT_OK(gone.Register(pipe_.source(), kOne, MIO_READABLE));
  }
  EXPECT_OK(mio_waker_wake(&waker)) << "it wakes nobody, legally";
  ASSERT_OK(poll_.Register(pipe_.source(), kTwo, MIO_READABLE));
  ExpectIntact(&poll_, kTwo);
}

// The open file lives on in the duplicate, and with it, were nothing done, epoll's registration.
TEST_F(RegistryTest, CloseDeregistersADescriptorThatHasADuplicate) {
  mio_tcp_stream ours = {};
  TcpStream theirs, duplicate;
  ASSERT_OK(ConnectTcp(&ours, &theirs));
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(&ours, &handle));
  ASSERT_OK(mio_tcp_stream_adopt(&duplicate, Duplicate(handle)));
  ASSERT_OK(poll_.Register(&ours.source, kOne, MIO_READABLE));
  mio_tcp_stream_close(&ours);
  ASSERT_EQ(1, mio_tcp_stream_write(&theirs, "x", 1));
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_OK(poll_.Register(&duplicate->source, kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable) << "the duplicate is as good as ever";
}

TEST_F(RegistryTest, ReleaseDeregistersToo) {
  TcpStream ours, theirs;
  ASSERT_OK(ConnectTcp(&ours, &theirs));
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(poll_.Register(&ours->source, kOne, MIO_READABLE));
  ASSERT_OK(mio_tcp_stream_release(&ours, &handle));
  ASSERT_EQ(1, mio_tcp_stream_write(&theirs, "x", 1));
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_OK(mio_tcp_stream_adopt(&ours, handle));
  ASSERT_OK(poll_.Register(&ours->source, kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
}

// What is open is not overwritten, and so not leaked.
TEST(Registry, OpenObjectsAreNotMadeAgain) {
  Poll poll;
  EXPECT_ERROR(mio_poll_init(poll.get(), nullptr), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_events_init(poll.events(), 8), MIO_ERROR_ALREADY_EXISTS);
  mio_event room[1];
  EXPECT_ERROR(mio_events_init_with_buffer(poll.events(), room, 1), MIO_ERROR_ALREADY_EXISTS);
  Registry clone;
  ASSERT_OK(mio_registry_clone(poll.registry(), &clone));
  EXPECT_ERROR(mio_registry_clone(poll.registry(), &clone), MIO_ERROR_ALREADY_EXISTS);
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 5));
  EXPECT_ERROR(mio_waker_init(&waker, poll.registry(), 6), MIO_ERROR_ALREADY_EXISTS);
  ASSERT_OK(mio_waker_wake(&waker));
  EXPECT_TRUE(poll.WaitReadable(5).readable) << "the refused calls have done harm";
}

}  // namespace
}  // namespace mio_test
