#ifndef TESTING_HANDLE_CONTRACT_H_
#define TESTING_HANDLE_CONTRACT_H_

#include "gtest/gtest.h"
#include "mio/source.h"
#include "testing/net_util.h"

// What all types that own one handle promise alike. A suite says for its type
//
//   MIO_HANDLE_TRAITS(TcpListener, mio_tcp_listener) { return mio_tcp_listener_bind(object, ...); }
//   INSTANTIATE_TYPED_TEST_SUITE_P(TcpListener, HandleContract, TcpListenerTraits);
//
// with the body of a function that opens an object.
namespace mio_test {

#define MIO_HANDLE_TRAITS(name, prefix)                 \
  struct name##Traits {                                 \
    using Object = prefix;                              \
    using Owner = Closing<prefix, prefix##_close>;      \
    static constexpr auto *kClose = prefix##_close;     \
    static constexpr auto *kAdopt = prefix##_adopt;     \
    static constexpr auto *kHandle = prefix##_handle;   \
    static constexpr auto *kRelease = prefix##_release; \
    static constexpr auto *kTryIo = prefix##_try_io;    \
    static int Open(Object *object);                    \
  };                                                    \
  inline int name##Traits::Open(Object *object)

template <typename Traits>
class HandleContract : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = Traits::Open(&object_);
    if (IsUnsupported(result)) GTEST_SKIP() << "unsupported here";
    ASSERT_OK(result);
    ASSERT_OK(Traits::kHandle(&object_, &handle_));
  }

  typename Traits::Owner object_;
  mio_handle handle_ = MIO_HANDLE_NONE;
};
TYPED_TEST_SUITE_P(HandleContract);

inline ptrdiff_t Answer42(void *context) {
  ++*static_cast<int *>(context);
  return 42;
}

TYPED_TEST_P(HandleContract, ZeroedIsClosedAndRefusesEverything) {
  typename TypeParam::Object closed = {};
  mio_handle handle = 77;
  int calls = 0;
  EXPECT_ERROR(TypeParam::kHandle(&closed, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kRelease(&closed, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kTryIo(&closed, MIO_READABLE, Answer42, &calls), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(mio_handle(77), handle);
  EXPECT_EQ(0, calls);
  Poll poll;
  EXPECT_ERROR(poll.Register(&closed.source, 1, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
}

TYPED_TEST_P(HandleContract, NullIsRefused) {
  int calls = 0;
  mio_handle handle = 77;
  EXPECT_ERROR(TypeParam::kHandle(nullptr, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kRelease(nullptr, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kAdopt(nullptr, this->handle_), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kTryIo(nullptr, MIO_READABLE, Answer42, &calls), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kHandle(&this->object_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kRelease(&this->object_, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kTryIo(&this->object_, MIO_READABLE, nullptr, nullptr),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(0, calls);
  EXPECT_TRUE(IsOpen(this->handle_));
}

TYPED_TEST_P(HandleContract, CloseIsAlwaysLegal) {
  typename TypeParam::Object zeroed = {};
  const int before = CountHandles();
  TypeParam::kClose(nullptr);
  TypeParam::kClose(&zeroed);
  EXPECT_EQ(before, CountHandles());
  TypeParam::kClose(&this->object_);
  EXPECT_FALSE(IsOpen(this->handle_));
  const int after = CountHandles();
  TypeParam::kClose(&this->object_);
  EXPECT_EQ(after, CountHandles());
}

TYPED_TEST_P(HandleContract, IsNonBlockingAndNotInherited) {
  EXPECT_TRUE(IsNonBlocking(this->handle_));
  EXPECT_FALSE(IsInherited(this->handle_));
}

TYPED_TEST_P(HandleContract, ReleaseDeregistersAndLeavesTheHandleOpen) {
  Poll poll;
  typename TypeParam::Owner other;
  mio_handle released = MIO_HANDLE_NONE;
  ASSERT_OK(poll.Register(&this->object_->source, 1, MIO_READABLE | MIO_WRITABLE));
  ASSERT_OK(TypeParam::kRelease(&this->object_, &released));
  EXPECT_EQ(this->handle_, released);
  EXPECT_TRUE(IsOpen(released));
  EXPECT_TRUE(IsNonBlocking(released));
  EXPECT_ERROR(TypeParam::kHandle(&this->object_, &released), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(TypeParam::kAdopt(&other, released));
  ASSERT_OK(poll.Register(&other->source, 2, MIO_READABLE | MIO_WRITABLE));
  EXPECT_TRUE(poll.Quiet(1).None());
}

TYPED_TEST_P(HandleContract, AdoptMakesTheHandleNonBlockingAndOwnsIt) {
  typename TypeParam::Owner other;
  mio_handle released = MIO_HANDLE_NONE, adopted = MIO_HANDLE_NONE;
  ASSERT_OK(TypeParam::kRelease(&this->object_, &released));
  SetBlocking(released);
  ASSERT_OK(TypeParam::kAdopt(&other, released));
  EXPECT_TRUE(IsNonBlocking(released));
  ASSERT_OK(TypeParam::kHandle(&other, &adopted));
  EXPECT_EQ(released, adopted);
  TypeParam::kClose(&other);
  EXPECT_FALSE(IsOpen(released));
}

TYPED_TEST_P(HandleContract, AdoptRefusesWhatIsNotOpen) {
  typename TypeParam::Object other = {};
  mio_handle handle = MIO_HANDLE_NONE;
  EXPECT_ERROR(TypeParam::kAdopt(&other, MIO_HANDLE_NONE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kAdopt(&other, StaleHandle()), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kHandle(&other, &handle), MIO_ERROR_INVALID_INPUT);
}

TYPED_TEST_P(HandleContract, AdoptIntoAnOpenObjectChangesNothing) {
  typename TypeParam::Owner other;
  ASSERT_OK(TypeParam::Open(&other));
  mio_handle theirs = MIO_HANDLE_NONE, still = MIO_HANDLE_NONE;
  ASSERT_OK(TypeParam::kHandle(&other, &theirs));
  SetBlocking(theirs);
  EXPECT_ERROR(TypeParam::kAdopt(&this->object_, theirs), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_TRUE(IsOpen(theirs));
  EXPECT_FALSE(IsNonBlocking(theirs));
  ASSERT_OK(TypeParam::kHandle(&this->object_, &still));
  EXPECT_EQ(this->handle_, still);
}

TYPED_TEST_P(HandleContract, OpeningAnOpenObjectChangesNothing) {
  const int before = CountHandles();
  mio_handle still = MIO_HANDLE_NONE;
  EXPECT_ERROR(TypeParam::Open(&this->object_), MIO_ERROR_ALREADY_EXISTS);
  ASSERT_OK(TypeParam::kHandle(&this->object_, &still));
  EXPECT_EQ(this->handle_, still);
  EXPECT_TRUE(IsOpen(still));
  EXPECT_EQ(before, CountHandles());
}

TYPED_TEST_P(HandleContract, TryIoReturnsWhatTheOperationReturns) {
  int calls = 0;
  EXPECT_EQ(42, TypeParam::kTryIo(&this->object_, MIO_READABLE, Answer42, &calls));
  EXPECT_EQ(1, calls);
}

TYPED_TEST_P(HandleContract, CloseDeregisters) {
  Poll poll;
  ASSERT_OK(poll.Register(&this->object_->source, 1, MIO_READABLE | MIO_WRITABLE));
  TypeParam::kClose(&this->object_);
  ASSERT_OK(TypeParam::Open(&this->object_));
  ASSERT_OK(poll.Register(&this->object_->source, 2, MIO_READABLE | MIO_WRITABLE));
  EXPECT_TRUE(poll.Quiet(1).None());
}

REGISTER_TYPED_TEST_SUITE_P(HandleContract, ZeroedIsClosedAndRefusesEverything, NullIsRefused,
                            CloseIsAlwaysLegal, IsNonBlockingAndNotInherited,
                            ReleaseDeregistersAndLeavesTheHandleOpen,
                            AdoptMakesTheHandleNonBlockingAndOwnsIt, AdoptRefusesWhatIsNotOpen,
                            AdoptIntoAnOpenObjectChangesNothing, OpeningAnOpenObjectChangesNothing,
                            TryIoReturnsWhatTheOperationReturns, CloseDeregisters);

// What sockets promise beyond that; `kDatagrams` says which kind the type adopts.
template <typename Traits>
void ExpectAdoptsOnly(bool datagrams) {
  typename Traits::Owner object;
  UdpSocket datagram;
  TcpListener stream;
  const mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_udp_socket_bind(&datagram, &addr));
  ASSERT_OK(mio_tcp_listener_bind(&stream, &addr));
  mio_handle wrong = MIO_HANDLE_NONE;
  ASSERT_OK(datagrams ? mio_tcp_listener_handle(&stream, &wrong)
                      : mio_udp_socket_handle(&datagram, &wrong));
  SetBlocking(wrong);
  EXPECT_ERROR(Traits::kAdopt(&object, wrong), MIO_ERROR_INVALID_INPUT);
  EXPECT_TRUE(IsOpen(wrong));
  EXPECT_FALSE(IsNonBlocking(wrong));
  const mio_handle no_socket = NoSocket();
  EXPECT_ERROR(Traits::kAdopt(&object, no_socket), MIO_ERROR_INVALID_INPUT);
  EXPECT_TRUE(IsOpen(no_socket));
  CloseHandle(no_socket);
  EXPECT_ERROR(Traits::kHandle(&object, &wrong), MIO_ERROR_INVALID_INPUT);
}

}  // namespace mio_test

#endif  // TESTING_HANDLE_CONTRACT_H_
