// mio/unix/kqueue.h: any filter as a source.

#include "mio/unix/kqueue.h"

#include <sys/event.h>

#include <cerrno>
#include <csignal>

#include "mio/unix/pipe.h"
#include "testing/kqueue/model.h"
#include "testing/util.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo };
constexpr uintptr_t kChild = 77;

using KqueueSource = Closing<mio_kqueue_source, mio_kqueue_source_close>;

class KqueueFilters : public ::testing::Test {
 protected:
  void SetUp() override {
    model_reset();
    ASSERT_TRUE(Supports(MIO_FEATURE_RAW_FLAGS));
    ASSERT_OK(mio_registry_kqueue(poll_.registry(), &kq_));
    empty_ = model_filter_count(kq_);
    ASSERT_OK(mio_kqueue_source_init(&child_, kChild, EVFILT_PROC, NOTE_EXIT, 0));
  }
  void TearDown() override { model_reset(); }

  mio_source *source() { return &child_->source; }
  size_t Filters() const { return model_filter_count(kq_) - empty_; }
  void Exit() { model_post(kChild, EVFILT_PROC, NOTE_EXIT, 9); }

  Poll poll_;
  KqueueSource child_;
  mio_handle kq_ = MIO_HANDLE_NONE;
  size_t empty_ = 0;
};

TEST_F(KqueueFilters, AnEventHasTheKernelsOwnFields) {
  ASSERT_OK(poll_.Register(source(), kOne, MIO_READABLE));
  Exit();
  ASSERT_OK(poll_.Wait());
  ASSERT_EQ(1u, mio_events_count(poll_.events()));
  const mio_event *event = mio_events_get(poll_.events(), 0);
  EXPECT_EQ(mio_token{kOne}, mio_event_token(event));
  EXPECT_EQ(kChild, mio_event_kqueue_ident(event));
  EXPECT_EQ(EVFILT_PROC, mio_event_kqueue_filter(event));
  EXPECT_EQ(NOTE_EXIT, mio_event_kqueue_fflags(event));
  EXPECT_NE(0u, mio_event_kqueue_flags(event) & EV_CLEAR);
  EXPECT_EQ(9, mio_event_kqueue_data(event));
  EXPECT_FALSE(mio_event_is_readable(event) || mio_event_is_writable(event));
  EXPECT_FALSE(mio_event_is_error(event));
}

TEST_F(KqueueFilters, ModesAreFlags) {
  const struct {
    mio_interest interest;
    unsigned flags;
  } cases[] = {{MIO_READABLE, EV_CLEAR},
               {MIO_READABLE | MIO_LEVEL, 0},
               {MIO_READABLE | MIO_WRITABLE | MIO_ONESHOT, EV_ONESHOT}};
  for (const auto &one : cases) {
    model_reset();
    ASSERT_OK(poll_.Register(source(), kOne, one.interest));
    struct kevent change;
    ASSERT_EQ(1u, model_log(&change, 1));
    EXPECT_EQ(EV_ADD | EV_RECEIPT | one.flags, change.flags) << one.interest;
    EXPECT_EQ(NOTE_EXIT, change.fflags);
    ASSERT_OK(poll_.Deregister(source()));
    EXPECT_EQ(0u, Filters());
  }
}

TEST_F(KqueueFilters, OneShotIsSilentUntilReregistered) {
  ASSERT_OK(poll_.Register(source(), kOne, MIO_READABLE | MIO_ONESHOT));
  Exit();
  EXPECT_EQ(1, poll_.Now(kOne).events);
  Exit();
  EXPECT_TRUE(poll_.Now(kOne).None());
  ASSERT_OK(poll_.Reregister(source(), kTwo, MIO_READABLE | MIO_ONESHOT));
  Exit();
  EXPECT_EQ(1, poll_.Now(kTwo).events);
  EXPECT_OK(poll_.Deregister(source())) << "although it is gone already";
}

TEST_F(KqueueFilters, ReregisterReplaces) {
  ASSERT_OK(poll_.Register(source(), kOne, MIO_READABLE));
  Exit();
  ASSERT_OK(poll_.Reregister(source(), kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.Now(kOne).None());
  EXPECT_EQ(1u, Filters());
  Exit();
  EXPECT_EQ(1, poll_.Now(kTwo).events);
}

TEST_F(KqueueFilters, NothingComesAfterDeregisterAndClose) {
  ASSERT_OK(poll_.Register(source(), kOne, MIO_READABLE));
  Exit();
  ASSERT_OK(poll_.Deregister(source()));
  EXPECT_TRUE(poll_.Now(kOne).None());
  ASSERT_OK(poll_.Register(source(), kTwo, MIO_READABLE));
  Exit();
  mio_kqueue_source_close(&child_);
  EXPECT_TRUE(poll_.Now(kTwo).None());
  EXPECT_EQ(0u, Filters());
  mio_kqueue_source_close(&child_);
  mio_kqueue_source_close(nullptr);
}

TEST_F(KqueueFilters, WhatTheKernelRefusesLeavesNothing) {
  KqueueSource unknown;
  ASSERT_OK(mio_kqueue_source_init(&unknown, 1, -99, 0, 0));
  EXPECT_ERROR(poll_.Register(&unknown->source, kOne, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  model_fail_changes(EVFILT_PROC, EV_ADD, ESRCH, 1);
  EXPECT_EQ(-ESRCH, poll_.Register(source(), kOne, MIO_READABLE));
  EXPECT_ERROR(poll_.Deregister(source()), MIO_ERROR_NOT_FOUND);
  EXPECT_OK(poll_.Register(source(), kOne, MIO_READABLE));
}

TEST_F(KqueueFilters, MisuseIsAnswered) {
  Poll other;
  mio_handle handle = MIO_HANDLE_NONE;
  const mio_registry closed = {};
  EXPECT_ERROR(mio_kqueue_source_init(&child_, 1, EVFILT_PROC, 0, 0), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_kqueue_source_init(nullptr, 1, EVFILT_PROC, 0, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_registry_kqueue(&closed, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Register(source(), kOne, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Register(source(), kOne, MIO_READABLE | 0x80), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Register(source(), kOne, MIO_PRIORITY), MIO_ERROR_UNSUPPORTED);
  ASSERT_OK(poll_.Register(source(), kOne, MIO_READABLE));
  EXPECT_ERROR(other.Register(source(), kOne, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Deregister(source()), MIO_ERROR_NOT_FOUND);
  Exit();
  EXPECT_EQ(1, poll_.Now(kOne).events) << "the registration is as it was";
}

// For what the library has no call for: the program triggers its own event.
TEST_F(KqueueFilters, TheKqueueItselfCanBeHad) {
  KqueueSource user;
  ASSERT_OK(mio_kqueue_source_init(&user, 4711, EVFILT_USER, 0, 0));
  ASSERT_OK(poll_.Register(&user->source, kTwo, MIO_READABLE));
  struct kevent trigger = {};
  trigger.ident = 4711;
  trigger.filter = EVFILT_USER;
  trigger.fflags = NOTE_TRIGGER | NOTE_FFCOPY | 5;
  trigger.udata = reinterpret_cast<void *>(uintptr_t{kTwo});
  ASSERT_EQ(0, kevent(kq_, &trigger, 1, nullptr, 0, nullptr));
  ASSERT_OK(poll_.Wait());
  ASSERT_EQ(1u, mio_events_count(poll_.events()));
  const mio_event *event = mio_events_get(poll_.events(), 0);
  EXPECT_EQ(mio_token{kTwo}, mio_event_token(event));
  EXPECT_EQ(5u, mio_event_kqueue_fflags(event));
  EXPECT_TRUE(mio_event_is_readable(event));
}

TEST_F(KqueueFilters, AClosedPollLeavesItsSourcesFree) {
  {
    Poll shortlived;
    ASSERT_OK(shortlived.Register(source(), kOne, MIO_READABLE));
  }
  ASSERT_OK(poll_.Register(source(), kTwo, MIO_READABLE));
  Exit();
  EXPECT_EQ(1, poll_.Now(kTwo).events);
}

}  // namespace
}  // namespace mio_test
