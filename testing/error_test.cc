#include "mio/error.h"

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace {

std::vector<mio_error> AllKinds() {
  std::vector<mio_error> kinds;
  for (int kind = MIO_OK; kind <= MIO_ERROR_OTHER; ++kind) {
    kinds.push_back(static_cast<mio_error>(kind));
  }
  return kinds;
}

TEST(Error, ResultsThatAreNotNegativeAreSuccess) {
  for (const ptrdiff_t result : {ptrdiff_t{0}, ptrdiff_t{1}, ptrdiff_t{4096}, PTRDIFF_MAX}) {
    EXPECT_EQ(MIO_OK, mio_error_kind(result));
  }
}

TEST(Error, EveryKindHasACodeThatLeadsBack) {
  for (const mio_error kind : AllKinds()) {
    const int result = mio_error_from_kind(kind);
    EXPECT_EQ(kind, mio_error_kind(result)) << mio_error_kind_name(kind);
    if (kind == MIO_OK) {
      EXPECT_EQ(0, result);
    } else {
      EXPECT_LT(result, 0) << mio_error_kind_name(kind);
    }
  }
}

TEST(Error, AnyNumberHasAKindAndAMessage) {
  char text[MIO_ERROR_MESSAGE_MAX];
  for (const ptrdiff_t result : {ptrdiff_t{-1}, ptrdiff_t{-99999}, ptrdiff_t{INT_MIN} + 1,
                                 ptrdiff_t{INT_MIN}, PTRDIFF_MIN, PTRDIFF_MIN + 1}) {
    EXPECT_NE(MIO_OK, mio_error_kind(result)) << result;
    EXPECT_EQ(text, mio_error_message(result, text, sizeof text));
    EXPECT_GT(std::strlen(text), 0u) << result;
  }
  EXPECT_EQ(MIO_ERROR_OTHER, mio_error_kind(-99999));
  EXPECT_EQ(MIO_ERROR_OTHER, mio_error_kind(PTRDIFF_MIN));
}

TEST(Error, NamesAreDistinctLowerCaseWords) {
  std::set<std::string> names;
  for (const mio_error kind : AllKinds()) {
    const std::string name = mio_error_kind_name(kind);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(std::string::npos, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz ")) << name;
  }
  EXPECT_STREQ("would block", mio_error_kind_name(MIO_ERROR_WOULD_BLOCK));
  EXPECT_STREQ("unknown", mio_error_kind_name(static_cast<mio_error>(12345)));
  EXPECT_STREQ("unknown", mio_error_kind_name(static_cast<mio_error>(-1)));
}

TEST(Error, MessagesAreCutToFit) {
  const int result = mio_error_from_kind(MIO_ERROR_CONNECTION_REFUSED);
  char whole[MIO_ERROR_MESSAGE_MAX];
  mio_error_message(result, whole, sizeof whole);
  const size_t length = std::strlen(whole);
  ASSERT_GT(length, 4u);
  for (const size_t size : {size_t{1}, size_t{2}, length, length + 1}) {
    char text[MIO_ERROR_MESSAGE_MAX];
    std::memset(text, '#', sizeof text);
    EXPECT_EQ(text, mio_error_message(result, text, size));
    EXPECT_LT(strnlen(text, sizeof text), size);
    EXPECT_EQ('#', text[size]) << "written beyond " << size;
  }
  EXPECT_STREQ("", mio_error_message(result, nullptr, 10));
  char untouched = '#';
  EXPECT_STREQ("", mio_error_message(result, &untouched, 0));
  EXPECT_EQ('#', untouched);
}

TEST(Error, SuccessHasAMessageToo) {
  char text[MIO_ERROR_MESSAGE_MAX];
  EXPECT_STREQ("success", mio_error_message(0, text, sizeof text));
  EXPECT_STREQ("success", mio_error_message(17, text, sizeof text));
  EXPECT_STREQ("su", mio_error_message(0, text, 3)) << "cut to fit";
}

TEST(Error, LeavesErrnoAlone) {
  char text[MIO_ERROR_MESSAGE_MAX];
  errno = E2BIG;
  mio_error_message(-99999, text, sizeof text);
  mio_error_message(mio_error_from_kind(MIO_ERROR_TIMED_OUT), text, 2);
  EXPECT_EQ(E2BIG, errno);
}

TEST(Error, MessagesFromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      const mio_error kinds[] = {MIO_ERROR_TIMED_OUT, MIO_ERROR_BROKEN_PIPE};
      const int result = mio_error_from_kind(kinds[i % 2]);
      char first[MIO_ERROR_MESSAGE_MAX], text[MIO_ERROR_MESSAGE_MAX];
      mio_error_message(result, first, sizeof first);
      for (int round = 0; round < 1000; ++round) {
        EXPECT_STREQ(first, mio_error_message(result, text, sizeof text));
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
}

}  // namespace
