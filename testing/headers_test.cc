// The public headers in C++: C linkage, types that `{}` closes, and values that any code may hold.
// That each of them compiles alone, as C and as C++, is what this test's dependencies are there for
// (headers.bzl).

#include <type_traits>

#include "gtest/gtest.h"
#include "mio/linux/epoll.h"
#include "mio/mio.h"
#include "testing/headers.h"
#include "testing/util.h"

namespace mio_test {
namespace {

// One function of each header: where a header forgets extern "C" this does not link.
TEST(Headers, FunctionsHaveCLinkage) {
  EXPECT_NE(&mio_set_allocator, nullptr);
  EXPECT_NE(&mio_error_kind, nullptr);
  EXPECT_NE(&mio_event_format, nullptr);
  EXPECT_NE(&mio_interest_format, nullptr);
  EXPECT_NE(&mio_set_log, nullptr);
  EXPECT_NE(&mio_poll_init, nullptr);
  EXPECT_NE(&mio_source_try_io, nullptr);
  EXPECT_NE(&mio_waker_init, nullptr);
  EXPECT_NE(&mio_addr_parse, nullptr);
  EXPECT_NE(&mio_tcp_listener_bind, nullptr);
  EXPECT_NE(&mio_tcp_stream_connect, nullptr);
  EXPECT_NE(&mio_udp_socket_bind, nullptr);
  EXPECT_NE(&mio_unix_addr_from_path, nullptr);
  EXPECT_NE(&mio_unix_datagram_pair, nullptr);
  EXPECT_NE(&mio_unix_listener_bind, nullptr);
  EXPECT_NE(&mio_unix_stream_pair, nullptr);
  EXPECT_NE(&mio_registry_register_epoll, nullptr);
}

TEST(Headers, TypesArePlain) {
  EXPECT_TRUE((ArePlain<mio_addr, mio_allocator, mio_event, mio_events, mio_iovec, mio_poll,
                        mio_poll_options, mio_registry, mio_source, mio_source_ops, mio_waker>()));
  EXPECT_TRUE(
      (ArePlain<mio_tcp_listener, mio_tcp_listener_options, mio_tcp_stream, mio_tcp_keepalive,
                mio_udp_socket, mio_udp_socket_options, mio_unix_addr, mio_unix_credentials,
                mio_unix_datagram, mio_unix_listener, mio_unix_stream>()));
  EXPECT_TRUE((std::is_same<mio_token, uintptr_t>::value));
}

TEST(Headers, BracesMakeClosedObjects) {
  ExpectClosed(mio_poll_close, mio_poll_handle);
  ExpectClosed(mio_tcp_listener_close, mio_tcp_listener_handle);
  ExpectClosed(mio_tcp_stream_close, mio_tcp_stream_handle);
  ExpectClosed(mio_udp_socket_close, mio_udp_socket_handle);
  ExpectClosed(mio_unix_listener_close, mio_unix_listener_handle);
  ExpectClosed(mio_unix_stream_close, mio_unix_stream_handle);
  ExpectClosed(mio_unix_datagram_close, mio_unix_datagram_handle);

  mio_events events = {};
  EXPECT_TRUE(mio_events_is_empty(&events));
  EXPECT_EQ(mio_events_begin(&events), mio_events_end(&events));
  EXPECT_EQ(mio_events_get(&events, 0), nullptr);
  mio_events_close(&events);
  mio_events_close(nullptr);

  mio_waker waker = {};
  EXPECT_ERROR(mio_waker_wake(&waker), MIO_ERROR_INVALID_INPUT);
  mio_waker_close(&waker);
  mio_waker_close(nullptr);

  mio_registry registry = {}, clone = {};
  EXPECT_ERROR(mio_registry_clone(&registry, &clone), MIO_ERROR_INVALID_INPUT);
  mio_registry_close(&clone);
  mio_registry_close(nullptr);

  const mio_addr addr = {};
  char text[MIO_ADDR_FORMAT_MAX];
  mio_addr_format(&addr, text, sizeof text);
  EXPECT_STREQ(text, "none");
}

// A source of a C++ program's own.
int Refuse(mio_source *, const mio_registry *, mio_token, mio_interest) {
  return mio_error_from_kind(MIO_ERROR_PERMISSION_DENIED);
}

int RefuseToEnd(mio_source *, const mio_registry *) {
  return mio_error_from_kind(MIO_ERROR_PERMISSION_DENIED);
}

TEST(Headers, OwnSource) {
  Poll poll;
  mio_source source = {};
  EXPECT_ERROR(poll.Register(&source, 1, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  const mio_source_ops ops = {Refuse, Refuse, RefuseToEnd};
  mio_source_init(&source, &ops);
  EXPECT_ERROR(poll.Register(&source, 1, MIO_READABLE), MIO_ERROR_PERMISSION_DENIED);
  EXPECT_ERROR(poll.Deregister(&source), MIO_ERROR_NOT_FOUND);
}

}  // namespace
}  // namespace mio_test
