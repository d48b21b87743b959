// What the accessors make of the driver's bits.

#include <cstdint>
#include <string>

#include "mio/event.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr uint32_t kReceive = 0x1, kExpedited = 0x2, kSend = 0x4, kDisconnect = 0x8, kAbort = 0x10,
                   kAccept = 0x80, kConnectFail = 0x100, kError = 0x10000;

mio_event EventOf(uint32_t bits) {
  mio_event event = {};
  event.events = bits;
  return event;
}

TEST(EventAfd, AccessorsOfEachCombination) {
  for (uint32_t n = 0; n < 0x400; ++n) {
    const uint32_t bits = (n & 0x1ff) | ((n & 0x200) != 0 ? kError : 0);
    const mio_event event = EventOf(bits);
    const auto any = [bits](uint32_t wanted) { return (bits & wanted) != 0; };
    EXPECT_EQ(any(kReceive | kAccept | kDisconnect | kAbort | kConnectFail | kError),
              mio_event_is_readable(&event))
        << bits;
    EXPECT_EQ(any(kSend | kAbort | kConnectFail | kError), mio_event_is_writable(&event)) << bits;
    EXPECT_EQ(any(kConnectFail | kError), mio_event_is_error(&event)) << bits;
    EXPECT_EQ(any(kDisconnect | kAbort | kConnectFail), mio_event_is_read_closed(&event)) << bits;
    EXPECT_EQ(any(kAbort | kConnectFail), mio_event_is_write_closed(&event)) << bits;
    EXPECT_EQ(any(kExpedited), mio_event_is_priority(&event)) << bits;
    EXPECT_FALSE(mio_event_is_aio(&event));
    EXPECT_FALSE(mio_event_is_lio(&event));
  }
}

TEST(EventAfd, IsFormattedWithTheDriversWords) {
  mio_event event = EventOf(kReceive | kDisconnect);
  mio_native_event_set_token(&event, 7);
  char text[200];
  mio_event_format(&event, text, sizeof text);
  EXPECT_EQ("{token: 7, readable, read_closed, afd: RECEIVE|DISCONNECT}", std::string(text));
}

}  // namespace
}  // namespace mio_test
