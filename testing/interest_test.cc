#include "mio/interest.h"

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace {

TEST(Interest, EveryBitIsItsOwn) {
  const mio_interest all[] = {MIO_READABLE, MIO_WRITABLE, MIO_PRIORITY, MIO_LEVEL,
                              MIO_ONESHOT,  MIO_AIO,      MIO_LIO};
  mio_interest seen = 0;
  for (const mio_interest bit : all) {
    EXPECT_NE(0u, bit);
    EXPECT_EQ(0u, bit & (bit - 1)) << bit;
    EXPECT_EQ(0u, seen & bit) << bit;
    seen |= bit;
  }
}

TEST(Interest, HasMeansAllOfThem) {
  const mio_interest both = MIO_READABLE | MIO_WRITABLE;
  EXPECT_TRUE(mio_interest_has(both, MIO_READABLE));
  EXPECT_TRUE(mio_interest_has(both, both));
  EXPECT_FALSE(mio_interest_has(MIO_READABLE, both));
  EXPECT_FALSE(mio_interest_has(both, MIO_LEVEL));
  EXPECT_TRUE(mio_interest_has(both | MIO_LEVEL, MIO_LEVEL));
}

TEST(Interest, Format) {
  char text[MIO_INTEREST_FORMAT_MAX];
  EXPECT_EQ(8u, mio_interest_format(MIO_READABLE, text, sizeof text));
  EXPECT_STREQ("READABLE", text);
  mio_interest_format(MIO_READABLE | MIO_WRITABLE | MIO_LEVEL, text, sizeof text);
  EXPECT_STREQ("READABLE | WRITABLE | LEVEL", text);
  mio_interest_format(0, text, sizeof text);
  EXPECT_STREQ("0", text);
  mio_interest_format(MIO_ONESHOT | 0x80000000u, text, sizeof text);
  EXPECT_NE(nullptr, std::strstr(text, "ONESHOT")) << text;
  EXPECT_NE(nullptr, std::strstr(text, "80000000")) << text << ": unknown bits are not hidden";
}

TEST(Interest, RoomForTheLongest) {
  EXPECT_LT(mio_interest_format(0x7f, nullptr, 0), size_t{MIO_INTEREST_FORMAT_MAX});
  EXPECT_LT(mio_interest_format(UINT32_MAX, nullptr, 0), size_t{MIO_INTEREST_FORMAT_MAX});
}

TEST(Interest, FormatCutsToFit) {
  const mio_interest both = MIO_READABLE | MIO_WRITABLE;
  char whole[MIO_INTEREST_FORMAT_MAX];
  const size_t length = mio_interest_format(both, whole, sizeof whole);
  for (size_t size = 1; size <= length; ++size) {
    char text[MIO_INTEREST_FORMAT_MAX];
    std::memset(text, '#', sizeof text);
    EXPECT_EQ(length, mio_interest_format(both, text, size));
    EXPECT_EQ(std::string(whole, size - 1), text);
    EXPECT_EQ('#', text[size]);
  }
  EXPECT_EQ(length, mio_interest_format(both, nullptr, 0));
}

}  // namespace
