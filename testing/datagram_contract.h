#ifndef TESTING_DATAGRAM_CONTRACT_H_
#define TESTING_DATAGRAM_CONTRACT_H_

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/net/iovec.h"
#include "testing/net_util.h"

// What connected UDP sockets and Unix datagram sockets promise alike. A suite says for its type
//
//   MIO_DATAGRAM_TRAITS(UdpSocket, mio_udp_socket) { return ConnectUdp(a, b); }
//   INSTANTIATE_TYPED_TEST_SUITE_P(UdpSocket, DatagramContract, UdpSocketPairTraits);
namespace mio_test {

#define MIO_DATAGRAM_TRAITS(name, prefix)                          \
  struct name##PairTraits {                                        \
    using Object = prefix;                                         \
    using Owner = Closing<prefix, prefix##_close>;                 \
    static constexpr auto *kSend = prefix##_send;                  \
    static constexpr auto *kSendVectored = prefix##_send_vectored; \
    static constexpr auto *kRecv = prefix##_recv;                  \
    static constexpr auto *kRecvVectored = prefix##_recv_vectored; \
    static constexpr auto *kRecvFrom = prefix##_recv_from;         \
    static constexpr auto *kPeek = prefix##_peek;                  \
    static constexpr auto *kPeekFrom = prefix##_peek_from;         \
    static constexpr auto *kTakeError = prefix##_take_error;       \
    static constexpr auto *kTryIo = prefix##_try_io;               \
    static int Connect(Object *a, Object *b);                      \
  };                                                               \
  inline int name##PairTraits::Connect(Object *a, Object *b)

template <typename Traits>
class DatagramContract : public ::testing::Test {
 protected:
  enum : mio_token { kA = 1, kB = 2 };

  void SetUp() override {
    const int result = Traits::Connect(&a_, &b_);
    if (IsUnsupported(result)) GTEST_SKIP() << "unsupported here";
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&a_->source, kA, MIO_WRITABLE));
    ASSERT_OK(poll_.Register(&b_->source, kB, MIO_READABLE));
  }

  void Send(const std::string &text) {
    ASSERT_EQ(static_cast<ptrdiff_t>(text.size()), Traits::kSend(&a_, text.data(), text.size()));
  }

  // Every way to receive; `way` counts through them. A peek leaves the datagram.
  static constexpr int kWays = 5;
  ptrdiff_t Take(int way, char *buffer, size_t len) {
    const mio_iovec into = {buffer, len};
    switch (way) {
      case 0:
        return Traits::kRecv(&b_, buffer, len);
      case 1:
        return Traits::kRecvVectored(&b_, &into, 1);
      case 2:
        return Traits::kRecvFrom(&b_, buffer, len, nullptr);
      case 3:
        return Traits::kPeek(&b_, buffer, len);
      default:
        return Traits::kPeekFrom(&b_, buffer, len, nullptr);
    }
  }
  static bool IsPeek(int way) { return way >= 3; }

  ptrdiff_t WhenReadable(const std::function<ptrdiff_t()> &operation) {
    ptrdiff_t result = operation();
    while (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK && poll_.WaitReadable(kB).readable) {
      result = operation();
    }
    return result;
  }

  std::string Receive() {
    std::vector<char> block(65536);
    const ptrdiff_t got =
        WhenReadable([&] { return Traits::kRecv(&b_, block.data(), block.size()); });
    EXPECT_OK(got);
    return got < 0 ? "" : std::string(block.data(), static_cast<size_t>(got));
  }

  Poll poll_;
  typename Traits::Owner a_, b_;
};
TYPED_TEST_SUITE_P(DatagramContract);

TYPED_TEST_P(DatagramContract, BoundariesAreKept) {
  this->Send("one");
  this->Send("");
  this->Send("three");
  EXPECT_EQ("one", this->Receive());
  EXPECT_EQ("", this->Receive());
  EXPECT_EQ("three", this->Receive());
}

TYPED_TEST_P(DatagramContract, WhatDoesNotFitIsLost) {
  for (int way = 0; way < this->kWays; ++way) {
    char text[8] = {};
    this->Send("abcdef");
    this->Send("next");
    EXPECT_EQ(3, this->WhenReadable([&] { return this->Take(way, text, 3); })) << way;
    EXPECT_STREQ("abc", text);
    if (this->IsPeek(way)) {
      EXPECT_EQ("abcdef", this->Receive());
    }
    EXPECT_EQ("next", this->Receive()) << way;
  }
}

TYPED_TEST_P(DatagramContract, ABufferOfNothingTakesADatagram) {
  char byte = 0;
  this->Send("abc");
  this->Send("next");
  EXPECT_EQ(0, this->WhenReadable([&] { return this->Take(0, &byte, 0); }));
  EXPECT_EQ("next", this->Receive());
  this->Send("abc");
  EXPECT_EQ(0, this->WhenReadable([&] { return this->Take(0, nullptr, 0); }));
  EXPECT_ERROR(this->Take(0, &byte, 1), MIO_ERROR_WOULD_BLOCK);
}

TYPED_TEST_P(DatagramContract, VectorsAreOneDatagram) {
  char one[] = "one ", two[] = "two", first[3] = {}, second[9] = {};
  const mio_iovec out[] = {{one, 4}, {nullptr, 0}, {two, 3}};
  const mio_iovec in[] = {{first, 2}, {second, 8}};
  ASSERT_EQ(7, TypeParam::kSendVectored(&this->a_, out, 3));
  ASSERT_EQ(7, this->WhenReadable([&] { return TypeParam::kRecvVectored(&this->b_, in, 2); }));
  EXPECT_STREQ("on", first);
  EXPECT_STREQ("e two", second);
  ASSERT_EQ(0, TypeParam::kSendVectored(&this->a_, out + 1, 1));
  EXPECT_EQ("", this->Receive());
}

TYPED_TEST_P(DatagramContract, BuffersThatMakeNoSenseAreRefused) {
  char byte = 0;
  const mio_iovec nowhere[] = {{&byte, 1}, {nullptr, 1}};
  const std::vector<mio_iovec> many(MIO_IOVEC_COUNT_MAX + 1, mio_iovec{&byte, 1});
  for (int way = 0; way < this->kWays; ++way) {
    EXPECT_ERROR(this->Take(way, nullptr, 1), MIO_ERROR_INVALID_INPUT) << way;
  }
  EXPECT_ERROR(TypeParam::kSend(&this->a_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  for (const auto vectored : {TypeParam::kSendVectored, TypeParam::kRecvVectored}) {
    EXPECT_ERROR(vectored(&this->b_, nowhere, 2), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(vectored(&this->b_, nowhere, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(vectored(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(vectored(&this->b_, many.data(), many.size()), MIO_ERROR_INVALID_INPUT);
  }
}

TYPED_TEST_P(DatagramContract, ClosedAndNullRefuseEverything) {
  typename TypeParam::Object closed = {};
  char byte = 0;
  const mio_iovec one = {&byte, 1};
  for (typename TypeParam::Object *object : {&closed, static_cast<decltype(&closed)>(nullptr)}) {
    EXPECT_ERROR(TypeParam::kSend(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kSend(object, &byte, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kSendVectored(object, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kRecv(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kRecvVectored(object, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kRecvFrom(object, &byte, 1, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kPeek(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kPeekFrom(object, &byte, 1, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kTakeError(object), MIO_ERROR_INVALID_INPUT);
  }
}

// Every receive that would block asks for the next event, whichever call it was.
TYPED_TEST_P(DatagramContract, EveryReceiveThatWouldBlockRearms) {
  for (int round = 0; round < 2 * this->kWays; ++round) {
    const int way = round % this->kWays;
    char text[8] = {};
    ASSERT_ERROR(this->Take(way, text, sizeof text), MIO_ERROR_WOULD_BLOCK);
    this->Send("x");
    ASSERT_TRUE(this->poll_.WaitReadable(this->kB).readable) << way;
    ASSERT_EQ(1, this->WhenReadable([&] { return this->Take(way, text, sizeof text); })) << way;
    if (this->IsPeek(way)) {
      ASSERT_EQ("x", this->Receive());
    }
  }
}

TYPED_TEST_P(DatagramContract, TryIoThatWouldBlockRearms) {
  const mio_io_operation would_block = [](void *) -> ptrdiff_t {
    return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  };
  for (int round = 0; round < 3; ++round) {
    this->Send("x");
    ASSERT_TRUE(this->poll_.WaitReadable(this->kB).readable) << round;
    ASSERT_EQ("x", this->Receive());
    ASSERT_ERROR(TypeParam::kTryIo(&this->b_, MIO_READABLE, would_block, nullptr),
                 MIO_ERROR_WOULD_BLOCK);
  }
}

TYPED_TEST_P(DatagramContract, AHealthySocketHasNoErrorAndIsWritable) {
  EXPECT_TRUE(this->poll_.WaitWritable(this->kA).writable);
  EXPECT_EQ(0, TypeParam::kTakeError(&this->a_));
}

REGISTER_TYPED_TEST_SUITE_P(DatagramContract, BoundariesAreKept, WhatDoesNotFitIsLost,
                            ABufferOfNothingTakesADatagram, VectorsAreOneDatagram,
                            BuffersThatMakeNoSenseAreRefused, ClosedAndNullRefuseEverything,
                            EveryReceiveThatWouldBlockRearms, TryIoThatWouldBlockRearms,
                            AHealthySocketHasNoErrorAndIsWritable);

}  // namespace mio_test

#endif  // TESTING_DATAGRAM_CONTRACT_H_
