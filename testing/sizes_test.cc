// What a source costs the program, in bytes: next to nothing beyond the handle.

#include <cstddef>
#include <cstring>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/util.h"

#if defined(MIO_EPOLLIN)  // the layout in use is epoll's
#include <sys/epoll.h>
#endif

namespace mio_test {
namespace {

// Beyond what the selector keeps in it, which is the handle and on Windows a pointer.
constexpr size_t kPerSource = 16;

template <typename T>
constexpr bool IsSmall() {
  return sizeof(T) <= sizeof(mio_native_source) + kPerSource;
}

TEST(Sizes, Sources) {
  EXPECT_TRUE(IsSmall<mio_source>()) << sizeof(mio_source);
  EXPECT_EQ(sizeof(mio_tcp_listener), sizeof(mio_source));
  EXPECT_EQ(sizeof(mio_tcp_stream), sizeof(mio_source));
  EXPECT_EQ(sizeof(mio_udp_socket), sizeof(mio_source));
  EXPECT_EQ(sizeof(mio_unix_listener), sizeof(mio_source));
  EXPECT_EQ(sizeof(mio_unix_stream), sizeof(mio_source));
  EXPECT_EQ(sizeof(mio_unix_datagram), sizeof(mio_source));
}

TEST(Sizes, Handles) {
  EXPECT_EQ(sizeof(mio_poll), sizeof(mio_registry));
  EXPECT_LE(sizeof(mio_registry), 2 * sizeof(void *) + sizeof(mio_handle));
  EXPECT_LE(sizeof(mio_waker), 2 * sizeof(void *));
  EXPECT_EQ(sizeof(mio_token), sizeof(void *));
}

// The kernel writes straight into the program's array.
TEST(Sizes, EventIsTheKernelsRecord) {
#if defined(MIO_EPOLLIN)
  ASSERT_EQ(SelectorName(), "epoll");
  ASSERT_EQ(sizeof(mio_event), sizeof(epoll_event));

  epoll_event native[2] = {};
  native[1].events = EPOLLIN | EPOLLRDHUP;
  native[1].data.u64 = static_cast<uintptr_t>(-2);
  mio_event events[2];
  memcpy(events, native, sizeof events);
  EXPECT_EQ(mio_event_token(&events[1]), static_cast<mio_token>(-2));
  EXPECT_TRUE(mio_event_is_readable(&events[1]));
  EXPECT_TRUE(mio_event_is_read_closed(&events[1]));
  EXPECT_FALSE(mio_event_is_writable(&events[1]));
#else
  GTEST_SKIP() << SelectorName() << " has no record of its own";
#endif
}

// A socket type is its source: what takes a source takes the type's first member.
TEST(Sizes, SourceComesFirst) {
  EXPECT_EQ(offsetof(mio_tcp_listener, source), 0u);
  EXPECT_EQ(offsetof(mio_tcp_stream, source), 0u);
  EXPECT_EQ(offsetof(mio_udp_socket, source), 0u);
  EXPECT_EQ(offsetof(mio_unix_listener, source), 0u);
  EXPECT_EQ(offsetof(mio_unix_stream, source), 0u);
  EXPECT_EQ(offsetof(mio_unix_datagram, source), 0u);
}

}  // namespace
}  // namespace mio_test
