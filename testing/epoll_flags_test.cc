#include "mio/linux/epoll.h"

#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo, kThree };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

class EpollFlags : public ::testing::Test {
 protected:
  void SetUp() override {
    if (SelectorName() != "epoll") GTEST_SKIP() << SelectorName() << " has no such flags";
    ASSERT_TRUE(Supports(MIO_FEATURE_RAW_FLAGS));
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
  }

  int Register(mio_token token, uint32_t flags) {
    return mio_registry_register_epoll(poll_.registry(), &receiver_->source, token, flags);
  }
  int Reregister(mio_token token, uint32_t flags) {
    return mio_registry_reregister_epoll(poll_.registry(), &receiver_->source, token, flags);
  }
  void Write() { ASSERT_EQ(1, mio_pipe_sender_write(&sender_, "x", 1)); }
  void Drain() {
    char bytes[64];
    while (mio_pipe_receiver_read(&receiver_, bytes, sizeof bytes) > 0) {
    }
  }

  // The flags of the only event that there is right now; 0 if there is none.
  uint32_t FlagsNow() {
    EXPECT_OK(poll_.Wait(0));
    EXPECT_LE(mio_events_count(poll_.events()), 1u);
    const mio_event *event = mio_events_get(poll_.events(), 0);
    return event == nullptr ? 0 : mio_event_epoll_flags(event);
  }

  Poll poll_;
  Sender sender_;
  Receiver receiver_;
};

TEST_F(EpollFlags, WithoutEtItIsALevel) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN));
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
  EXPECT_TRUE(poll_.Now(kOne).readable) << "it was not read";
  Drain();
  EXPECT_TRUE(poll_.Now(kOne).None());
}

TEST_F(EpollFlags, WithEtItIsAnEdge) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN | MIO_EPOLL_ET));
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
  EXPECT_TRUE(poll_.Now(kOne).None());
  Drain();
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
}

TEST_F(EpollFlags, OneShotIsSilentUntilReregistered) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN | MIO_EPOLL_ONESHOT));
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
  Write();
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_OK(Reregister(kTwo, MIO_EPOLL_IN | MIO_EPOLL_ONESHOT));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  EXPECT_TRUE(poll_.Now(kTwo).None());
}

TEST_F(EpollFlags, TheKernelsFlagsAreTold) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN | MIO_EPOLL_RDNORM));
  Write();
  EXPECT_EQ(MIO_EPOLL_IN | MIO_EPOLL_RDNORM, FlagsNow());
  mio_pipe_sender_close(&sender_);
  EXPECT_EQ(MIO_EPOLL_IN | MIO_EPOLL_RDNORM | MIO_EPOLL_HUP, FlagsNow());
  Drain();
  EXPECT_EQ(MIO_EPOLL_HUP, FlagsNow());
}

// An interest would have asked for RDHUP too.
TEST_F(EpollFlags, NothingIsAdded) {
  TcpStream client, server;
  ASSERT_OK(ConnectTcp(&client, &server));
  ASSERT_OK(mio_registry_register_epoll(poll_.registry(), &server->source, kOne, MIO_EPOLL_IN));
  ASSERT_OK(mio_tcp_stream_shutdown(&client, MIO_SHUTDOWN_WRITE));
  EXPECT_FALSE(poll_.WaitReadable(kOne).read_closed);
  ASSERT_OK(mio_registry_reregister_epoll(poll_.registry(), &server->source, kOne,
                                          MIO_EPOLL_IN | MIO_EPOLL_RDHUP));
  EXPECT_TRUE(poll_.WaitReadable(kOne).read_closed);
}

TEST_F(EpollFlags, NoFlagsAtAllStillTellOfErrorsAndHangUps) {
  ASSERT_OK(Register(kOne, 0));
  Write();
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  mio_pipe_sender_close(&sender_);
  EXPECT_TRUE(poll_.WaitFor(kOne, [](const Readiness &r) { return r.read_closed; }).read_closed);
}

TEST_F(EpollFlags, ReregisterReplacesWholly) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN));
  Write();
  ASSERT_OK(Reregister(kTwo, MIO_EPOLL_IN | MIO_EPOLL_ET));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  EXPECT_TRUE(poll_.Now(kTwo).None()) << "an edge now";
  EXPECT_TRUE(poll_.Now(kOne).None());
}

TEST_F(EpollFlags, MixesWithInterests) {
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN));
  Write();
  ASSERT_OK(poll_.Reregister(&receiver_->source, kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  EXPECT_TRUE(poll_.Now(kTwo).None()) << "an edge now";
  ASSERT_OK(Reregister(kThree, MIO_EPOLL_IN));
  EXPECT_TRUE(poll_.WaitReadable(kThree).readable);
  EXPECT_TRUE(poll_.Now(kThree).readable) << "a level again";
  ASSERT_OK(poll_.Deregister(&receiver_->source));
  EXPECT_TRUE(poll_.Now(kThree).None());
}

// One listener in the polls of several threads.
class EpollExclusive : public EpollFlags {
 protected:
  void SetUp() override {
    EpollFlags::SetUp();
    if (IsSkipped()) return;
    addr_ = Listen(&listener_);
    mio_handle handle = MIO_HANDLE_NONE;
    ASSERT_OK(mio_tcp_listener_handle(&listener_, &handle));
    ASSERT_OK(mio_source_fd_init(&one_, handle));
    ASSERT_OK(mio_source_fd_init(&two_, handle));
  }

  Poll other_;
  TcpListener listener_;
  mio_addr addr_ = {};
  SourceFd one_, two_;
};

TEST_F(EpollExclusive, SomebodyIsToldOfEachConnection) {
  const uint32_t flags = MIO_EPOLL_IN | MIO_EPOLL_EXCLUSIVE;
  ASSERT_OK(mio_registry_register_epoll(poll_.registry(), &one_->source, kOne, flags));
  ASSERT_OK(mio_registry_register_epoll(other_.registry(), &two_->source, kOne, flags));
  for (int round = 0; round < 4; ++round) {
    TcpStream client, server;
    ASSERT_OK(mio_tcp_stream_connect(&client, &addr_));
    bool told = false;
    for (const uint64_t deadline = NowNs() + kLong; !told && NowNs() < deadline;) {
      ASSERT_OK(poll_.Wait(kMillisecond));
      told = mio_events_count(poll_.events()) > 0 || other_.Now(kOne).readable;
    }
    ASSERT_TRUE(told) << round;
    ASSERT_OK(mio_tcp_listener_accept(&listener_, &server, nullptr));
  }
}

// epoll_ctl(2): EINVAL, which shows that the flag has arrived.
TEST_F(EpollExclusive, CannotBeReregistered) {
  ASSERT_OK(mio_registry_register_epoll(poll_.registry(), &one_->source, kOne,
                                        MIO_EPOLL_IN | MIO_EPOLL_EXCLUSIVE));
  EXPECT_ERROR(mio_registry_reregister_epoll(poll_.registry(), &one_->source, kTwo, MIO_EPOLL_IN),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Reregister(&one_->source, kTwo, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  TcpStream client;
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr_));
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable) << "the registration is as it was";
  ASSERT_OK(poll_.Deregister(&one_->source));
  EXPECT_OK(poll_.Register(&one_->source, kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
}

TEST_F(EpollExclusive, WhatTheKernelRefusesLeavesNothing) {
  EXPECT_ERROR(mio_registry_register_epoll(poll_.registry(), &one_->source, kOne,
                                           MIO_EPOLL_IN | MIO_EPOLL_EXCLUSIVE | MIO_EPOLL_ONESHOT),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Deregister(&one_->source), MIO_ERROR_NOT_FOUND);
  EXPECT_OK(poll_.Register(&one_->source, kOne, MIO_READABLE));
}

TEST_F(EpollFlags, MisuseIsAnswered) {
  Poll other;
  const mio_registry closed_registry = {};
  mio_source closed_source = {};
  EXPECT_ERROR(Reregister(kOne, MIO_EPOLL_IN), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(Register(kOne, MIO_EPOLL_IN));
  EXPECT_ERROR(Register(kTwo, MIO_EPOLL_IN), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(poll_.Register(&receiver_->source, kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(
      mio_registry_register_epoll(other.registry(), &receiver_->source, kTwo, MIO_EPOLL_IN),
      MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(
      mio_registry_reregister_epoll(other.registry(), &receiver_->source, kTwo, MIO_EPOLL_IN),
      MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(
      mio_registry_register_epoll(&closed_registry, &receiver_->source, kTwo, MIO_EPOLL_IN),
      MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(
      mio_registry_reregister_epoll(&closed_registry, &receiver_->source, kTwo, MIO_EPOLL_IN),
      MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_registry_register_epoll(poll_.registry(), &closed_source, kTwo, MIO_EPOLL_IN),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_registry_reregister_epoll(poll_.registry(), &closed_source, kTwo, MIO_EPOLL_IN),
               MIO_ERROR_INVALID_INPUT);
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable) << "the registration is as it was";
  EXPECT_TRUE(poll_.Now(kTwo).None());
}

TEST_F(EpollFlags, SourcesThatAreMadeOfOthersHaveNoFlags) {
  static const mio_source_ops ops = {
      [](mio_source *, const mio_registry *, mio_token, mio_interest) { return 0; },
      [](mio_source *, const mio_registry *, mio_token, mio_interest) { return 0; },
      [](mio_source *, const mio_registry *) { return 0; }};
  mio_source source = {};
  mio_source_init(&source, &ops);
  EXPECT_ERROR(mio_registry_register_epoll(poll_.registry(), &source, kOne, MIO_EPOLL_IN),
               MIO_ERROR_UNSUPPORTED);
  ASSERT_OK(poll_.Register(&source, kOne, MIO_READABLE));
  EXPECT_ERROR(mio_registry_reregister_epoll(poll_.registry(), &source, kOne, MIO_EPOLL_IN),
               MIO_ERROR_UNSUPPORTED);
  EXPECT_OK(poll_.Deregister(&source));
}

// The kernel tells the waker's event from others by its token: an address inside the library.
TEST_F(EpollFlags, NobodyElseGetsTheWakersToken) {
  const mio_token taken = reinterpret_cast<mio_token>(poll_.registry()->selector);
  mio_source *source = &receiver_->source;
  EXPECT_ERROR(poll_.Register(source, taken, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(Register(taken, MIO_EPOLL_IN), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(poll_.Register(source, kOne, MIO_READABLE)) << "nothing was registered";
  EXPECT_ERROR(poll_.Reregister(source, taken, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(Reregister(taken, MIO_EPOLL_IN), MIO_ERROR_INVALID_INPUT);
  Write();
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable) << "it stayed as it was";
}

TEST(EpollFlagsSupport, IsAsTheFeatureSays) {
  Poll poll;
  Sender sender;
  Receiver receiver;
  const bool supported = SelectorName() == "epoll";
  const mio_error expected = supported ? MIO_OK : MIO_ERROR_UNSUPPORTED;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  mio_source *source = &receiver->source;
  EXPECT_ERROR(mio_registry_register_epoll(poll.registry(), source, kOne, MIO_EPOLL_IN), expected);
  if (!supported) {
    ASSERT_OK(poll.Register(source, kOne, MIO_READABLE)) << "nothing was registered";
  }
  EXPECT_ERROR(mio_registry_reregister_epoll(poll.registry(), source, kTwo, MIO_EPOLL_IN),
               expected);
  ASSERT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
  ASSERT_OK(poll.Wait());
  ASSERT_EQ(1u, mio_events_count(poll.events()));
  const mio_event *event = mio_events_get(poll.events(), 0);
  EXPECT_EQ(mio_token{supported ? kTwo : kOne}, mio_event_token(event));
  EXPECT_EQ(supported ? MIO_EPOLL_IN : 0, mio_event_epoll_flags(event));
}

}  // namespace
}  // namespace mio_test
