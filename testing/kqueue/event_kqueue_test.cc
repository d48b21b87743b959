// The accessors over records of kqueue, made by hand.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "mio/event.h"
#include "mio/unix/kqueue.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Filter = decltype(mio_event::filter);

mio_event Made(Filter filter, unsigned flags = 0, uint32_t fflags = 0) {
  mio_event event = {};
  event.ident = 5;
  event.filter = filter;
  event.flags = static_cast<decltype(event.flags)>(flags);
  event.fflags = fflags;
  event.udata = reinterpret_cast<void *>(uintptr_t{4711});
  return event;
}

struct Says {
  bool readable, writable, error, read_closed, write_closed;
};

void ExpectSays(const Says &says, const mio_event &event) {
  EXPECT_EQ(says.readable, mio_event_is_readable(&event));
  EXPECT_EQ(says.writable, mio_event_is_writable(&event));
  EXPECT_EQ(says.error, mio_event_is_error(&event));
  EXPECT_EQ(says.read_closed, mio_event_is_read_closed(&event));
  EXPECT_EQ(says.write_closed, mio_event_is_write_closed(&event));
  EXPECT_FALSE(mio_event_is_priority(&event));
  EXPECT_EQ(mio_token{4711}, mio_event_token(&event));
}

constexpr unsigned kEof = MIO_EV_EOF, kError = MIO_EV_ERROR;

TEST(EventKqueue, Read) {
  ExpectSays({true, false, false, false, false}, Made(MIO_EVFILT_READ));
  ExpectSays({true, false, false, true, false}, Made(MIO_EVFILT_READ, kEof));
  ExpectSays({true, true, true, true, false}, Made(MIO_EVFILT_READ, kEof, 54));
}

TEST(EventKqueue, Write) {
  ExpectSays({false, true, false, false, false}, Made(MIO_EVFILT_WRITE));
  ExpectSays({false, true, false, false, true}, Made(MIO_EVFILT_WRITE, kEof));
  ExpectSays({true, true, true, false, true}, Made(MIO_EVFILT_WRITE, kEof, 54));
}

// A refused connect on loopback, where FreeBSD reports EV_EOF and no error.
TEST(EventKqueue, EofWithoutAnErrorIsNoError) {
  ExpectSays({true, false, false, true, false}, Made(MIO_EVFILT_READ, kEof, 0));
  ExpectSays({false, true, false, false, true}, Made(MIO_EVFILT_WRITE, kEof, 0));
}

// EV_ADD, EV_CLEAR, EV_RECEIPT and the like come back with every event.
TEST(EventKqueue, FlagsOfTheRegistrationSayNothing) {
  ExpectSays({true, false, false, false, false}, Made(MIO_EVFILT_READ, 0x00ff));
  ExpectSays({false, true, false, false, true}, Made(MIO_EVFILT_WRITE, 0x00ff | kEof));
}

TEST(EventKqueue, FflagsWithoutEofAreNoError) {
  ExpectSays({true, false, false, false, false}, Made(MIO_EVFILT_READ, 0, 1));
}

TEST(EventKqueue, ErrorFlagIsAnError) {
  ExpectSays({true, true, true, false, false}, Made(MIO_EVFILT_READ, kError));
}

TEST(EventKqueue, WakersAndUserEventsAreReadable) {
  ExpectSays({true, false, false, false, false}, Made(MIO_EVFILT_USER));
  ExpectSays({true, false, false, false, false}, Made(MIO_EVFILT_USER, 0, 0xffffff));
}

TEST(EventKqueue, TheStandInOfAPipeThatHasHungUp) {
  mio_event event = Made(MIO_EVFILT_USER);
  event.ident = MIO_KQUEUE_HUNG_UP_FIRST;
  ExpectSays({true, true, false, false, true}, event);
  event.ident = UINTPTR_MAX;
  ExpectSays({true, true, false, false, true}, event);
  event.ident = MIO_KQUEUE_HUNG_UP_FIRST - 1;
  ExpectSays({true, false, false, false, false}, event);
  event.ident = UINTPTR_MAX;
  event.filter = MIO_EVFILT_AIO;
  ExpectSays({false, false, false, false, false}, event);
}

// EVFILT_PROC ends with EV_EOF and NOTE_EXIT in fflags, which is no error.
TEST(EventKqueue, OtherFiltersKeepTheirMeaning) {
  const Filter proc = static_cast<Filter>(MIO_EVFILT_READ == 0 ? 4 : -5);
  ExpectSays({false, false, false, false, false}, Made(proc, kEof, 0x80000000u));
}

TEST(EventKqueue, Aio) {
  const mio_event event = Made(MIO_EVFILT_AIO);
  EXPECT_TRUE(mio_event_is_aio(&event));
  EXPECT_FALSE(mio_event_is_lio(&event));
  const mio_event other = Made(MIO_EVFILT_READ);
  EXPECT_FALSE(mio_event_is_aio(&other));
}

TEST(EventKqueue, FieldsAsTheyAre) {
  mio_event event = Made(MIO_EVFILT_WRITE, 0x21, 0x80000001u);
  event.data = -5;
  EXPECT_EQ(5u, mio_event_kqueue_ident(&event));
  EXPECT_EQ(static_cast<int32_t>(MIO_EVFILT_WRITE), mio_event_kqueue_filter(&event));
  EXPECT_EQ(0x21u, mio_event_kqueue_flags(&event));
  EXPECT_EQ(0x80000001u, mio_event_kqueue_fflags(&event));
  EXPECT_EQ(-5, mio_event_kqueue_data(&event));
}

TEST(EventKqueue, Format) {
  char text[MIO_EVENT_FORMAT_MAX];
  mio_event event = Made(MIO_EVFILT_READ, kEof | 0x1 | 0x20, 54);
  event.data = -5;
  const size_t length = mio_event_format(&event, text, sizeof text);
  EXPECT_EQ(
      "{token: 4711, readable, writable, error, read_closed, kqueue: EVFILT_READ "
      "EV_ADD|EV_CLEAR|EV_EOF "
      "fflags "
      "0x36 data -5}",
      std::string(text));
  EXPECT_EQ(std::string(text).size(), length);
}

// Whatever the fields hold, the text fits.
TEST(EventKqueue, LongestFormat) {
  char text[MIO_EVENT_FORMAT_MAX];
  mio_event event = Made(static_cast<Filter>(-12345), 0xffff, UINT32_MAX);
  event.udata = reinterpret_cast<void *>(UINTPTR_MAX);
  event.data = INTPTR_MIN;
  EXPECT_LT(mio_event_format(&event, text, sizeof text), sizeof text);
  event.filter = MIO_EVFILT_WRITE;
  EXPECT_LT(mio_event_format(&event, text, sizeof text), sizeof text);
}

}  // namespace
}  // namespace mio_test
