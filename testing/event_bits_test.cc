// The accessors over records of epoll and of the poll(2) selector: testing/kqueue has those of kqueue.

#include <cstdint>

#include "gtest/gtest.h"
#include "mio/event.h"

namespace mio_test {
namespace {

#if !defined(MIO_SELECTOR_POLL)
// A record as epoll writes it, made by hand.
TEST(Event, AccessorsOfEachCombinationOfEpoll) {
  constexpr uint32_t kIn = 0x1, kPri = 0x2, kOut = 0x4, kErr = 0x8, kHup = 0x10, kWrNorm = 0x100,
                     kRdHup = 0x2000;
  for (uint32_t bits = 0; bits < 0x80; ++bits) {
    const uint32_t flags =
        (bits & 0x1f) | ((bits & 0x20) != 0 ? kRdHup : 0) | ((bits & 0x40) != 0 ? kWrNorm : 0);
    const auto all = [flags](uint32_t wanted) { return (flags & wanted) == wanted; };
    mio_event event = {};
    event.events = flags;
    EXPECT_EQ((flags & (kIn | kPri | kRdHup | kHup | kErr)) != 0, mio_event_is_readable(&event))
        << flags;
    EXPECT_EQ((flags & (kOut | kHup | kErr)) != 0, mio_event_is_writable(&event)) << flags;
    EXPECT_EQ(all(kErr), mio_event_is_error(&event)) << flags;
    EXPECT_EQ(all(kPri), mio_event_is_priority(&event)) << flags;
    EXPECT_EQ(all(kHup) || all(kIn | kRdHup), mio_event_is_read_closed(&event)) << flags;
    EXPECT_EQ(all(kHup) || all(kWrNorm | kErr), mio_event_is_write_closed(&event)) << flags;
    EXPECT_FALSE(mio_event_is_aio(&event));
    EXPECT_FALSE(mio_event_is_lio(&event));
  }
}
#endif

#if defined(MIO_SELECTOR_POLL)
// A record of the poll(2) selector, made by hand.
TEST(Event, AccessorsOfEachCombination) {
  constexpr uint32_t kIn = 0x1, kPri = 0x2, kOut = 0x4, kErr = 0x8, kHup = 0x10, kRdHup = 0x2000;
  for (uint32_t bits = 0; bits < 0x40; ++bits) {
    const uint32_t flags = (bits & 0x1f) | ((bits & 0x20) != 0 ? kRdHup : 0);
    const auto all = [flags](uint32_t wanted) { return (flags & wanted) == wanted; };
    const auto any = [flags](uint32_t wanted) { return (flags & wanted) != 0; };
    mio_event event = {};
    event.events = flags;
    EXPECT_EQ(any(kIn | kPri | kRdHup | kHup | kErr), mio_event_is_readable(&event)) << flags;
    EXPECT_EQ(any(kOut | kHup | kErr), mio_event_is_writable(&event)) << flags;
    EXPECT_EQ(all(kHup), mio_event_is_write_closed(&event)) << flags;
    EXPECT_EQ(all(kErr), mio_event_is_error(&event)) << flags;
    EXPECT_EQ(all(kPri), mio_event_is_priority(&event)) << flags;
    EXPECT_EQ(all(kHup) || all(kIn | kRdHup), mio_event_is_read_closed(&event)) << flags;
    EXPECT_FALSE(mio_event_is_aio(&event));
    EXPECT_FALSE(mio_event_is_lio(&event));
  }
}

// The error of a pipe is a reader that has gone. Another one closes nothing.
TEST(Event, AccessorsOfAPipesError) {
  mio_event event = {};
  event.events = MIO_POLL_ERR | MIO_POLL_NO_READER;
  EXPECT_TRUE(mio_event_is_error(&event));
  EXPECT_TRUE(mio_event_is_readable(&event));
  EXPECT_TRUE(mio_event_is_writable(&event));
  EXPECT_TRUE(mio_event_is_write_closed(&event));
  EXPECT_FALSE(mio_event_is_read_closed(&event));
}

// The bits of POLLHUP where it may mean one direction only.
TEST(Event, AccessorsOfAHangUpOfOneHalf) {
  mio_event event = {};
  event.events = MIO_POLL_RHUP;
  EXPECT_TRUE(mio_event_is_readable(&event));
  EXPECT_TRUE(mio_event_is_writable(&event));
  EXPECT_TRUE(mio_event_is_read_closed(&event));
  EXPECT_FALSE(mio_event_is_write_closed(&event));
  event.events = MIO_POLL_XHUP;
  EXPECT_TRUE(mio_event_is_readable(&event));
  EXPECT_TRUE(mio_event_is_writable(&event));
  EXPECT_FALSE(mio_event_is_read_closed(&event));
  EXPECT_FALSE(mio_event_is_write_closed(&event));
  event.events = MIO_POLL_XHUP | MIO_POLL_IN | MIO_POLL_OUT;
  EXPECT_TRUE(mio_event_is_readable(&event));
  EXPECT_TRUE(mio_event_is_writable(&event));
  EXPECT_FALSE(mio_event_is_read_closed(&event));
  EXPECT_FALSE(mio_event_is_write_closed(&event));
}
#endif

}  // namespace
}  // namespace mio_test
