#ifndef TESTING_STREAM_CONTRACT_H_
#define TESTING_STREAM_CONTRACT_H_

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/net/iovec.h"
#include "mio/net/shutdown.h"
#include "testing/net_util.h"

// What TCP and Unix streams promise alike, with edges, on whatever selector there is. A suite says for its
// type
//
//   MIO_STREAM_TRAITS(TcpStream, mio_tcp_stream) { return ConnectTcp(a, b); }
//   INSTANTIATE_TYPED_TEST_SUITE_P(TcpStream, StreamContract, TcpStreamPairTraits);
namespace mio_test {

#define MIO_STREAM_TRAITS(name, prefix)                      \
  struct name##PairTraits {                                  \
    using Object = prefix;                                   \
    using Owner = Closing<prefix, prefix##_close>;           \
    static constexpr auto *kRead = prefix##_read;            \
    static constexpr auto *kReadv = prefix##_readv;          \
    static constexpr auto *kPeek = prefix##_peek;            \
    static constexpr auto *kWrite = prefix##_write;          \
    static constexpr auto *kWritev = prefix##_writev;        \
    static constexpr auto *kShutdown = prefix##_shutdown;    \
    static constexpr auto *kTakeError = prefix##_take_error; \
    static constexpr auto *kHandle = prefix##_handle;        \
    static constexpr auto *kTryIo = prefix##_try_io;         \
    static constexpr auto *kClose = prefix##_close;          \
    static int Connect(Object *a, Object *b);                \
  };                                                         \
  inline int name##PairTraits::Connect(Object *a, Object *b)

// A buffer for a write: C has it as what reads write to.
inline mio_iovec Part(const std::string &text) {
  return mio_iovec{const_cast<char *>(text.data()), text.size()};
}

template <typename Traits>
class StreamContract : public ::testing::Test {
 protected:
  enum : mio_token { kA = 1, kB = 2 };

  void SetUp() override {
    const int result = Traits::Connect(&a_, &b_);
    if (IsUnsupported(result)) GTEST_SKIP() << "unsupported here";
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&a_->source, kA, MIO_READABLE | MIO_WRITABLE));
    ASSERT_OK(poll_.Register(&b_->source, kB, MIO_READABLE | MIO_WRITABLE));
  }

  void Send(const std::string &text) {
    ASSERT_EQ(static_cast<ptrdiff_t>(text.size()), Traits::kWrite(&a_, text.data(), text.size()));
  }

  // One byte by each of the ways to read, or to write; `way` counts through them.
  ptrdiff_t ReadByte(int way, char *byte) {
    const mio_iovec into = {byte, 1};
    if (way % 3 == 0) return Traits::kPeek(&b_, byte, 1);
    return way % 3 == 1 ? Traits::kReadv(&b_, &into, 1) : Traits::kRead(&b_, byte, 1);
  }
  ptrdiff_t WriteBlock(int way) {
    static const std::string block(65536, 'x');
    const mio_iovec from = Part(block);
    return way % 2 == 0 ? Traits::kWritev(&a_, &from, 1)
                        : Traits::kWrite(&a_, block.data(), block.size());
  }

  // Repeats an operation of b, or of a, after the next event, until it does not say would-block.
  ptrdiff_t WhenReadable(const std::function<ptrdiff_t()> &operation) {
    ptrdiff_t result = operation();
    while (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK && poll_.WaitReadable(kB).readable) {
      result = operation();
    }
    return result;
  }
  ptrdiff_t WhenWritable(const std::function<ptrdiff_t()> &operation) {
    ptrdiff_t result = operation();
    while (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK && poll_.WaitWritable(kA).writable) {
      result = operation();
    }
    return result;
  }

  // That b has nothing more to read, ever.
  void ExpectEnd() {
    char byte = 0;
    EXPECT_EQ(0, WhenReadable([&] { return Traits::kRead(&b_, &byte, 1); }));
  }

  // Reads `count` bytes at the other end, waiting for them.
  std::string Receive(size_t count) {
    std::string all;
    std::vector<char> block(65536);
    while (all.size() < count) {
      const ptrdiff_t got = WhenReadable([&] {
        return Traits::kRead(&b_, block.data(), std::min(block.size(), count - all.size()));
      });
      if (got <= 0) {
        ADD_FAILURE() << "after " << all.size() << " bytes: " << IsOk(got).message();
        break;
      }
      all.append(block.data(), static_cast<size_t>(got));
    }
    return all;
  }

  Poll poll_;
  typename Traits::Owner a_, b_;
};
TYPED_TEST_SUITE_P(StreamContract);

TYPED_TEST_P(StreamContract, WhatIsWrittenIsRead) {
  this->Send("hello, ");
  this->Send("world");
  EXPECT_EQ("hello, world", this->Receive(12));
}

TYPED_TEST_P(StreamContract, ReadTakesNoMoreThanThereIsRoomFor) {
  char three[4] = {};
  this->Send("abcdef");
  this->poll_.WaitReadable(this->kB);
  EXPECT_EQ(3, TypeParam::kRead(&this->b_, three, 3));
  EXPECT_STREQ("abc", three);
  EXPECT_EQ("def", this->Receive(3));
}

TYPED_TEST_P(StreamContract, PeekLeavesTheBytes) {
  char text[8] = {};
  this->Send("abc");
  this->poll_.WaitReadable(this->kB);
  EXPECT_EQ(3, TypeParam::kPeek(&this->b_, text, sizeof text));
  EXPECT_STREQ("abc", text);
  EXPECT_EQ("abc", this->Receive(3));
}

TYPED_TEST_P(StreamContract, VectorsGoInOrderAndSkipEmptyBuffers) {
  const std::string one = "one ", two = "two ", three = "three";
  const mio_iovec out[] = {Part(one), {nullptr, 0}, Part(two), Part(three)};
  ASSERT_EQ(13, TypeParam::kWritev(&this->a_, out, 4));
  this->poll_.WaitReadable(this->kB);
  char first[6] = {}, second[8] = {};
  const mio_iovec in[] = {{first, 5}, {nullptr, 0}, {second, 7}};
  ASSERT_EQ(12, TypeParam::kReadv(&this->b_, in, 3));
  EXPECT_STREQ("one t", first);
  EXPECT_STREQ("wo thre", second);
  EXPECT_EQ("e", this->Receive(1));
}

TYPED_TEST_P(StreamContract, AsManyBuffersAsAllowed) {
  std::string text(MIO_IOVEC_COUNT_MAX, '.');
  std::vector<mio_iovec> parts;
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>('a' + i % 26);
    parts.push_back(mio_iovec{&text[i], 1});
  }
  ASSERT_EQ(MIO_IOVEC_COUNT_MAX, TypeParam::kWritev(&this->a_, parts.data(), parts.size()));
  EXPECT_EQ(text, this->Receive(text.size()));
  // More are a short transfer, and empty ones do not count.
  parts.push_back(mio_iovec{&text[0], 1});
  parts.insert(parts.begin(), MIO_IOVEC_COUNT_MAX, mio_iovec{nullptr, 0});
  ASSERT_EQ(MIO_IOVEC_COUNT_MAX, TypeParam::kWritev(&this->a_, parts.data(), parts.size()));
  EXPECT_EQ(text, this->Receive(text.size()));
}

TYPED_TEST_P(StreamContract, MovingNothingIsZeroInAnyState) {
  char byte = 0;
  const mio_iovec empty[] = {{nullptr, 0}, {&byte, 0}};
  EXPECT_EQ(0, TypeParam::kRead(&this->b_, nullptr, 0));
  EXPECT_EQ(0, TypeParam::kPeek(&this->b_, nullptr, 0));
  EXPECT_EQ(0, TypeParam::kWrite(&this->b_, nullptr, 0));
  EXPECT_EQ(0, TypeParam::kReadv(&this->b_, empty, 2));
  EXPECT_EQ(0, TypeParam::kWritev(&this->b_, empty, 2));
}

TYPED_TEST_P(StreamContract, BuffersThatMakeNoSenseAreRefused) {
  char byte = 0;
  const mio_iovec nowhere[] = {{&byte, 1}, {nullptr, 1}};
  EXPECT_ERROR(TypeParam::kRead(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kPeek(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kWrite(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kReadv(&this->b_, nowhere, 2), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kWritev(&this->b_, nowhere, 2), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kReadv(&this->b_, nowhere, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kWritev(&this->b_, nowhere, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kReadv(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::kWritev(&this->b_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
}

TYPED_TEST_P(StreamContract, ClosedAndNullRefuseEverything) {
  typename TypeParam::Object closed = {};
  char byte = 0;
  const mio_iovec one = {&byte, 1};
  for (typename TypeParam::Object *object : {&closed, static_cast<decltype(&closed)>(nullptr)}) {
    EXPECT_ERROR(TypeParam::kRead(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kRead(object, &byte, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kPeek(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kWrite(object, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kWrite(object, &byte, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kReadv(object, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kWritev(object, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kShutdown(object, MIO_SHUTDOWN_BOTH), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(TypeParam::kTakeError(object), MIO_ERROR_INVALID_INPUT);
  }
}

// Every read that would block asks for the next event, whichever call it was.
TYPED_TEST_P(StreamContract, EveryReadThatWouldBlockRearms) {
  for (int way = 0; way < 6; ++way) {
    char byte = 0;
    ASSERT_ERROR(this->ReadByte(way, &byte), MIO_ERROR_WOULD_BLOCK);
    this->Send("x");
    ASSERT_TRUE(this->poll_.WaitReadable(this->kB).readable) << way;
    ASSERT_EQ(1, this->WhenReadable([&] { return this->ReadByte(way, &byte); })) << way;
    if (way % 3 == 0) {
      ASSERT_EQ("x", this->Receive(1));
    }
  }
}

// The same for writes.
TYPED_TEST_P(StreamContract, EveryWriteThatWouldBlockRearms) {
  for (int way = 0; way < 4; ++way) {
    size_t filled = 0;
    ptrdiff_t written = 0;
    while ((written = this->WriteBlock(way)) > 0) filled += static_cast<size_t>(written);
    ASSERT_ERROR(written, MIO_ERROR_WOULD_BLOCK);
    ASSERT_EQ(filled, this->Receive(filled).size());
    ASSERT_TRUE(this->poll_.WaitWritable(this->kA).writable) << way;
    written = this->WhenWritable([&] { return this->WriteBlock(way); });
    ASSERT_GT(written, 0) << way;
    this->Receive(static_cast<size_t>(written));
  }
}

TYPED_TEST_P(StreamContract, TryIoThatWouldBlockRearms) {
  const mio_io_operation would_block = [](void *) -> ptrdiff_t {
    return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK);
  };
  for (int round = 0; round < 3; ++round) {
    this->Send("x");
    ASSERT_TRUE(this->poll_.WaitReadable(this->kB).readable) << round;
    ASSERT_EQ("x", this->Receive(1));
    ASSERT_ERROR(TypeParam::kTryIo(&this->b_, MIO_READABLE, would_block, nullptr),
                 MIO_ERROR_WOULD_BLOCK);
  }
}

TYPED_TEST_P(StreamContract, ManyBytesArriveWholeAndInOrder) {
  constexpr size_t kTotal = 3000000;
  std::string sent(kTotal, '\0'), received;
  for (size_t i = 0; i < kTotal; ++i) sent[i] = static_cast<char>(i * 31 + i / 257);
  std::vector<char> block(10007);
  size_t written = 0;
  while (received.size() < kTotal) {
    ptrdiff_t moved = 0;
    while (written < kTotal &&
           (moved = TypeParam::kWrite(&this->a_, &sent[written], kTotal - written)) > 0) {
      written += static_cast<size_t>(moved);
    }
    while ((moved = TypeParam::kRead(&this->b_, block.data(), block.size())) > 0) {
      received.append(block.data(), static_cast<size_t>(moved));
    }
    ASSERT_ERROR(moved, MIO_ERROR_WOULD_BLOCK);
    if (received.size() < kTotal) {
      ASSERT_OK(this->poll_.Wait());
    }
  }
  EXPECT_TRUE(sent == received);
}

TYPED_TEST_P(StreamContract, ShutdownOfWritingIsTheEndForThePeerOnly) {
  char byte = 0;
  this->Send("last");
  ASSERT_OK(TypeParam::kShutdown(&this->a_, MIO_SHUTDOWN_WRITE));
  EXPECT_EQ("last", this->Receive(4));
  this->ExpectEnd();
  EXPECT_EQ(1, TypeParam::kWrite(&this->b_, "x", 1));
  this->poll_.WaitReadable(this->kA);
  EXPECT_EQ(1, TypeParam::kRead(&this->a_, &byte, 1));
}

// With SIGPIPE's default action a signal would end this process.
TYPED_TEST_P(StreamContract, WritingAfterShutdownIsABrokenPipeWithoutASignal) {
  const std::string one = "x";
  const mio_iovec part = Part(one);
  ASSERT_OK(TypeParam::kShutdown(&this->a_, MIO_SHUTDOWN_WRITE));
  EXPECT_ERROR(TypeParam::kWrite(&this->a_, "x", 1), MIO_ERROR_BROKEN_PIPE);
  EXPECT_ERROR(TypeParam::kWritev(&this->a_, &part, 1), MIO_ERROR_BROKEN_PIPE);
}

TYPED_TEST_P(StreamContract, WritingToNobodyEndsInAnErrorWithoutASignal) {
  TypeParam::kClose(&this->b_);
  ptrdiff_t written = 0;
  do {
    written = this->WhenWritable([&] { return TypeParam::kWrite(&this->a_, "x", 1); });
  } while (written > 0);
  const mio_error kind = mio_error_kind(written);
  EXPECT_TRUE(kind == MIO_ERROR_BROKEN_PIPE || kind == MIO_ERROR_CONNECTION_RESET ||
              kind == MIO_ERROR_CONNECTION_ABORTED)
      << IsOk(written).message();
}

TYPED_TEST_P(StreamContract, AVanishingPeerIsAnEventAndTheEnd) {
  char byte = 0;
  ASSERT_ERROR(TypeParam::kRead(&this->a_, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  this->poll_.Now(this->kA);
  TypeParam::kClose(&this->b_);
  EXPECT_TRUE(this->poll_.WaitReadable(this->kA).readable);
  EXPECT_EQ(0, TypeParam::kRead(&this->a_, &byte, 1));
}

TYPED_TEST_P(StreamContract, ShutdownChecksItsArgument) {
  EXPECT_ERROR(TypeParam::kShutdown(&this->a_, static_cast<mio_shutdown>(3)),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(1, TypeParam::kWrite(&this->a_, "x", 1));
  EXPECT_OK(TypeParam::kShutdown(&this->a_, MIO_SHUTDOWN_BOTH));
  EXPECT_EQ("x", this->Receive(1));
  this->ExpectEnd();
}

TYPED_TEST_P(StreamContract, AHealthyStreamHasNoError) {
  EXPECT_EQ(0, TypeParam::kTakeError(&this->a_));
  EXPECT_EQ(0, TypeParam::kTakeError(&this->b_));
}

TYPED_TEST_P(StreamContract, BothEndsAreNonBlockingAndNotInherited) {
  for (typename TypeParam::Object *end : {&this->a_, &this->b_}) {
    mio_handle handle = MIO_HANDLE_NONE;
    ASSERT_OK(TypeParam::kHandle(end, &handle));
    EXPECT_TRUE(IsNonBlocking(handle));
    EXPECT_FALSE(IsInherited(handle));
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    StreamContract, WhatIsWrittenIsRead, ReadTakesNoMoreThanThereIsRoomFor, PeekLeavesTheBytes,
    VectorsGoInOrderAndSkipEmptyBuffers, AsManyBuffersAsAllowed, MovingNothingIsZeroInAnyState,
    BuffersThatMakeNoSenseAreRefused, ClosedAndNullRefuseEverything, EveryReadThatWouldBlockRearms,
    EveryWriteThatWouldBlockRearms, TryIoThatWouldBlockRearms, ManyBytesArriveWholeAndInOrder,
    ShutdownOfWritingIsTheEndForThePeerOnly, WritingAfterShutdownIsABrokenPipeWithoutASignal,
    WritingToNobodyEndsInAnErrorWithoutASignal, AVanishingPeerIsAnEventAndTheEnd,
    ShutdownChecksItsArgument, AHealthyStreamHasNoError, BothEndsAreNonBlockingAndNotInherited);

}  // namespace mio_test

#endif  // TESTING_STREAM_CONTRACT_H_
