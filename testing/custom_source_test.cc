// Types of the user's own: sources that are made of other sources.

#include <vector>

#include "mio/source.h"
#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2 };

// Two streams under one token.
struct Both {
  mio_source source;
  mio_source *first, *second;
  int registered, reregistered, deregistered; /* calls */
  int answer;                                 /* instead of doing anything, if not 0 */
};

Both *BothOf(mio_source *source) { return reinterpret_cast<Both *>(source); }

int RegisterBoth(mio_source *source, const mio_registry *registry, mio_token token,
                 mio_interest interest) {
  Both *both = BothOf(source);
  ++both->registered;
  if (both->answer != 0) return both->answer;
  int result = mio_registry_register(registry, both->first, token, interest);
  if (result < 0) return result;
  result = mio_registry_register(registry, both->second, token, interest);
  if (result < 0) mio_registry_deregister(registry, both->first);
  return result;
}

int ReregisterBoth(mio_source *source, const mio_registry *registry, mio_token token,
                   mio_interest interest) {
  Both *both = BothOf(source);
  ++both->reregistered;
  if (both->answer != 0) return both->answer;
  const int result = mio_registry_reregister(registry, both->first, token, interest);
  return result < 0 ? result : mio_registry_reregister(registry, both->second, token, interest);
}

int DeregisterBoth(mio_source *source, const mio_registry *registry) {
  Both *both = BothOf(source);
  ++both->deregistered;
  if (both->answer != 0) return both->answer;
  const int result = mio_registry_deregister(registry, both->first);
  return result < 0 ? result : mio_registry_deregister(registry, both->second);
}

const mio_source_ops kBothOps = {RegisterBoth, ReregisterBoth, DeregisterBoth};

class CustomSource : public ::testing::Test {
 protected:
  CustomSource() {
    mio_source_init(&both_.source, &kBothOps);
    both_.first = first_.source();
    both_.second = second_.source();
  }

  Poll poll_;
  StreamPair first_, second_;
  Both both_ = {};
};

TEST_F(CustomSource, PassesItsPartsOn) {
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  first_.Send();
  poll_.WaitReadable(kSource);
  second_.Send();
  poll_.WaitReadable(kSource);
  ASSERT_OK(poll_.Reregister(&both_.source, kOther, MIO_WRITABLE));
  poll_.WaitFor(kOther, [](const Readiness &r) { return r.writable && r.events >= 2; });
  ASSERT_OK(poll_.Deregister(&both_.source));
  EXPECT_TRUE(poll_.Quiet(kOther).None());
  EXPECT_EQ(1, both_.registered);
  EXPECT_EQ(1, both_.reregistered);
  EXPECT_EQ(1, both_.deregistered);
}

TEST_F(CustomSource, MisuseIsAnsweredBeforeItIsAsked) {
  Poll other;
  EXPECT_ERROR(poll_.Reregister(&both_.source, kSource, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Deregister(&both_.source), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  EXPECT_ERROR(poll_.Register(&both_.source, kSource, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Register(&both_.source, kSource, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Reregister(&both_.source, kSource, MIO_READABLE), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(other.Deregister(&both_.source), MIO_ERROR_NOT_FOUND);
  EXPECT_EQ(1, both_.registered);
  EXPECT_EQ(0, both_.reregistered);
  EXPECT_EQ(0, both_.deregistered);
}

TEST_F(CustomSource, AFailureInTheMiddleLeavesNothing) {
  ASSERT_OK(poll_.Register(second_.source(), kOther, MIO_READABLE));
  EXPECT_ERROR(poll_.Register(&both_.source, kSource, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  ASSERT_OK(poll_.Register(first_.source(), kOther, MIO_READABLE)) << "its parts are free";
  EXPECT_ERROR(poll_.Deregister(&both_.source), MIO_ERROR_NOT_FOUND);
}

TEST_F(CustomSource, ItsErrorsAreHandedOn) {
  both_.answer = mio_error_from_kind(MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_ERROR(poll_.Register(&both_.source, kSource, MIO_READABLE), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_ERROR(poll_.Deregister(&both_.source), MIO_ERROR_NOT_FOUND) << "it is not registered";
  both_.answer = 0;
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  both_.answer = mio_error_from_kind(MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_ERROR(poll_.Reregister(&both_.source, kSource, MIO_READABLE), MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_ERROR(poll_.Deregister(&both_.source), MIO_ERROR_OUT_OF_MEMORY);
  both_.answer = 0;
  EXPECT_OK(poll_.Deregister(&both_.source)) << "it was registered until now";
}

TEST_F(CustomSource, WhatTheSelectorForgotIsNotRegistered) {
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  both_.answer = mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll_.Deregister(&both_.source), MIO_ERROR_NOT_FOUND);
  both_.answer = 0;
  ASSERT_OK(poll_.Deregister(first_.source()));
  ASSERT_OK(poll_.Deregister(second_.source()));
  EXPECT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
}

TEST_F(CustomSource, IsFreeOnceItsPollIsClosed) {
  {
    Poll passing;
    ASSERT_OK(passing.Register(&both_.source, kSource, MIO_READABLE));
  }
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  first_.Send();
  poll_.WaitReadable(kSource);
}

TEST_F(CustomSource, TryIoRunsTheOperationAndAnswersAsItDoes) {
  int calls = 0;
  const auto operation = [](void *context) -> ptrdiff_t { return ++*static_cast<int *>(context); };
  EXPECT_EQ(1, mio_source_try_io(first_.source(), MIO_READABLE, operation, &calls));
  EXPECT_EQ(2, mio_source_try_io(first_.source(), MIO_WRITABLE, operation, &calls));
  mio_source closed = {};
  EXPECT_ERROR(mio_source_try_io(&closed, MIO_READABLE, operation, &calls),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_source_try_io(first_.source(), MIO_READABLE, nullptr, &calls),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(2, calls);
}

TEST_F(CustomSource, TryIoThatWouldBlockIsHarmlessOnOne) {
  ASSERT_OK(poll_.Register(&both_.source, kSource, MIO_READABLE));
  EXPECT_ERROR(
      mio_source_try_io(
          &both_.source, MIO_READABLE,
          [](void *) -> ptrdiff_t { return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK); }, nullptr),
      MIO_ERROR_WOULD_BLOCK);
  first_.Send();
  poll_.WaitReadable(kSource);
}

}  // namespace
}  // namespace mio_test
