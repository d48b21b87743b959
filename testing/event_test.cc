#include "mio/event.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "testing/sources.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 7, kWaker = 99 };

TEST(Events, ZeroedAreClosedAndEmpty) {
  mio_events events = {};
  EXPECT_EQ(0u, mio_events_count(&events));
  EXPECT_EQ(0u, mio_events_capacity(&events));
  EXPECT_TRUE(mio_events_is_empty(&events));
  EXPECT_EQ(mio_events_begin(&events), mio_events_end(&events));
  EXPECT_EQ(nullptr, mio_events_get(&events, 0));
  mio_events_clear(&events);
  mio_events_close(&events);
  mio_events_close(&events);
  mio_events_close(nullptr);
}

TEST(Events, CapacitiesThatMakeNoSense) {
  mio_events events = {};
  mio_event room[1];
  const size_t nonsense[] = {0, MIO_EVENTS_CAPACITY_MAX + 1, SIZE_MAX / 2, SIZE_MAX};
  for (const size_t capacity : nonsense) {
    EXPECT_ERROR(mio_events_init(&events, capacity), MIO_ERROR_INVALID_INPUT) << capacity;
    EXPECT_ERROR(mio_events_init_with_buffer(&events, room, capacity), MIO_ERROR_INVALID_INPUT)
        << capacity;
    EXPECT_EQ(0u, mio_events_capacity(&events));
  }
  EXPECT_ERROR(mio_events_init(nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_events_init_with_buffer(nullptr, room, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_events_init_with_buffer(&events, nullptr, 1), MIO_ERROR_INVALID_INPUT);
}

TEST(Events, OpenedAndClosedAgainAndAgain) {
  mio_events events = {};
  for (const size_t capacity : {size_t{1}, size_t{128}, size_t{100000}}) {
    ASSERT_OK(mio_events_init(&events, capacity));
    EXPECT_EQ(capacity, mio_events_capacity(&events));
    EXPECT_TRUE(mio_events_is_empty(&events));
    mio_events_close(&events);
    EXPECT_EQ(0u, mio_events_capacity(&events));
  }
}

// What fits is written to the caller's memory, and nothing beyond.
TEST(Events, InTheCallersOwnMemory) {
  mio_event room[3];
  unsigned char untouched[sizeof room[0]];
  std::memset(room, 0x5a, sizeof room);
  std::memset(untouched, 0x5a, sizeof untouched);
  mio_events events = {};
  ASSERT_OK(mio_events_init_with_buffer(&events, room, 2));
  Poll poll;
  Waker wakers[3];
  for (mio_token i = 0; i < 3; ++i) {
    ASSERT_OK(mio_waker_init(&wakers[i], poll.registry(), i));
    ASSERT_OK(mio_waker_wake(&wakers[i]));
  }
  ASSERT_OK(mio_poll_wait(poll.get(), &events, kLong));
  EXPECT_EQ(2u, mio_events_count(&events));
  EXPECT_EQ(room, mio_events_begin(&events));
  EXPECT_EQ(room + 2, mio_events_end(&events));
  EXPECT_EQ(0, std::memcmp(untouched, &room[2], sizeof room[2]));
  ASSERT_OK(mio_poll_wait(poll.get(), &events, kLong));
  EXPECT_EQ(1u, mio_events_count(&events));
  mio_events_close(&events);
  EXPECT_EQ(0, std::memcmp(untouched, &room[2], sizeof room[2]));
}

TEST(Events, AreLookedThroughInTwoWays) {
  Poll poll;
  Waker wakers[3];
  for (mio_token i = 0; i < 3; ++i) {
    ASSERT_OK(mio_waker_init(&wakers[i], poll.registry(), i));
    ASSERT_OK(mio_waker_wake(&wakers[i]));
  }
  ASSERT_OK(poll.Wait());
  const mio_events *events = poll.events();
  size_t index = 0;
  for (const mio_event *event = mio_events_begin(events); event != mio_events_end(events);
       ++event) {
    EXPECT_EQ(event, mio_events_get(events, index++));
  }
  EXPECT_EQ(mio_events_count(events), index);
  EXPECT_EQ(nullptr, mio_events_get(events, index));
  EXPECT_EQ(nullptr, mio_events_get(events, SIZE_MAX));
  mio_events_clear(poll.events());
  EXPECT_TRUE(mio_events_is_empty(events));
  EXPECT_EQ(64u, mio_events_capacity(events)) << "the room stays";
}

std::string Format(const mio_event *event) {
  char text[MIO_EVENT_FORMAT_MAX];
  const size_t length = mio_event_format(event, text, sizeof text);
  EXPECT_EQ(length, std::strlen(text));
  return text;
}

bool Contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

TEST(EventFormat, SaysWhatTheAccessorsSay) {
  Poll poll;
  StreamPair pair;
  pair.Send();
  ASSERT_OK(mio_tcp_stream_shutdown(pair.theirs(), MIO_SHUTDOWN_WRITE));
  ASSERT_OK(poll.Register(pair.source(), kSource, MIO_READABLE));
  ASSERT_OK(poll.Wait());
  ASSERT_EQ(1u, mio_events_count(poll.events()));
  const mio_event *event = mio_events_begin(poll.events());
  const std::string text = Format(event);
  EXPECT_TRUE(Contains(text, "token: 7")) << text;
  EXPECT_TRUE(Contains(text, "readable")) << text;
  EXPECT_FALSE(Contains(text, "writable")) << text;
  EXPECT_EQ(mio_event_is_read_closed(event), Contains(text, "read_closed")) << text;
  EXPECT_EQ(mio_event_is_write_closed(event), Contains(text, "write_closed")) << text;
  EXPECT_TRUE(Contains(text, SelectorName().c_str())) << text << ": the system's own flags";
}

TEST(EventFormat, WakersAndTokensAtTheEnds) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), UINTPTR_MAX));
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_OK(poll.Wait());
  const std::string text = Format(mio_events_begin(poll.events()));
  EXPECT_TRUE(Contains(text, std::to_string(UINTPTR_MAX).c_str())) << text;
  EXPECT_TRUE(Contains(text, "readable")) << text;
}

TEST(EventFormat, IsCutToFit) {
  Poll poll;
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), kWaker));
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_OK(poll.Wait());
  const mio_event *event = mio_events_begin(poll.events());
  const std::string whole = Format(event);
  for (size_t size = 1; size <= whole.size(); ++size) {
    char text[MIO_EVENT_FORMAT_MAX];
    std::memset(text, '#', sizeof text);
    EXPECT_EQ(whole.size(), mio_event_format(event, text, size));
    EXPECT_EQ(whole.substr(0, size - 1), text);
    EXPECT_EQ('#', text[size]);
  }
  EXPECT_EQ(whole.size(), mio_event_format(event, nullptr, 0));
}

// Whatever the bits are, there is room for the text, and looking is harmless.
TEST(EventFormat, RoomForAnything) {
  mio_event event;
  std::memset(&event, 0xff, sizeof event);
  EXPECT_LT(Format(&event).size(), size_t{MIO_EVENT_FORMAT_MAX});
  std::memset(&event, 0, sizeof event);
#if defined(MIO_EVFILT_READ)
  event.filter = 0x7f;  // 0 is EVFILT_READ on NetBSD
#endif
  EXPECT_FALSE(mio_event_is_readable(&event) || mio_event_is_writable(&event) ||
               mio_event_is_error(&event) || mio_event_is_read_closed(&event) ||
               mio_event_is_write_closed(&event) || mio_event_is_priority(&event) ||
               mio_event_is_aio(&event) || mio_event_is_lio(&event));
}

}  // namespace
}  // namespace mio_test
