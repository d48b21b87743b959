// SOCK_SEQPACKET: connections that keep message boundaries.

#include "mio/unix/seqpacket.h"

#include <sys/socket.h>

#include <cstdio>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/util.h"

#if defined(MIO_TEST_FAULTS)
#include <cerrno>

#include "testing/fault_injection.h"
#endif

namespace mio_test {
namespace {

using Seqpacket = Closing<mio_unix_seqpacket, mio_unix_seqpacket_close>;
using SeqpacketListener = Closing<mio_unix_seqpacket_listener, mio_unix_seqpacket_listener_close>;

constexpr mio_token kToken = 4, kListener = 5;

class SeqpacketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = mio_unix_seqpacket_pair(&a_, &b_);
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&b_->source, kToken, MIO_READABLE));
    ASSERT_OK(mio_unix_addr_from_path(folder_.Path("s").c_str(), &addr_));
  }

  ptrdiff_t Send(const std::string &text) {
    return mio_unix_seqpacket_send(&a_, text.data(), text.size());
  }

  std::string Receive(size_t len, bool *truncated = nullptr) {
    std::string text(len, '\0');
    ptrdiff_t n = mio_unix_seqpacket_recv(&b_, &text[0], len, truncated);
    while (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK && poll_.WaitReadable(kToken).readable) {
      n = mio_unix_seqpacket_recv(&b_, &text[0], len, truncated);
    }
    EXPECT_OK(n);
    return text.substr(0, n < 0 ? 0 : static_cast<size_t>(n));
  }

  Poll poll_;
  TempFolder folder_;
  mio_unix_addr addr_ = {};
  Seqpacket a_, b_;
};

TEST_F(SeqpacketTest, KeepsMessageBoundaries) {
  ASSERT_EQ(Send("one"), 3);
  ASSERT_EQ(Send("three"), 5);
  bool truncated = true;
  EXPECT_EQ(Receive(100, &truncated), "one");
  EXPECT_FALSE(truncated);
  EXPECT_EQ(Receive(4, &truncated), "thre");
  EXPECT_TRUE(truncated);
  char byte;
  EXPECT_ERROR(mio_unix_seqpacket_recv(&b_, &byte, 1, nullptr), MIO_ERROR_WOULD_BLOCK);
}

TEST_F(SeqpacketTest, EventsGoOn) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Send("x"), 1);
    EXPECT_TRUE(poll_.WaitReadable(kToken).readable);
    EXPECT_EQ(Receive(10), "x");
    char byte;
    EXPECT_ERROR(mio_unix_seqpacket_recv(&b_, &byte, 1, nullptr), MIO_ERROR_WOULD_BLOCK);
  }
  ASSERT_OK(poll_.Register(&a_->source, 9, MIO_WRITABLE));
  const std::string text(1000, 'x');
  ptrdiff_t sent;
  size_t count = 0;
  while ((sent = Send(text)) == 1000) ++count;
  ASSERT_ERROR(sent, MIO_ERROR_WOULD_BLOCK);
  poll_.Now(9);
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(Receive(2000).size(), 1000u);
  EXPECT_TRUE(poll_.WaitWritable(9).writable);
  EXPECT_EQ(Send(text), 1000);
}

TEST_F(SeqpacketTest, TheEnd) {
  ASSERT_EQ(Send("last"), 4);
  mio_unix_seqpacket_close(&a_);
  poll_.WaitReadable(kToken);
  EXPECT_EQ(Receive(10), "last");
  EXPECT_EQ(Receive(10), "");
  EXPECT_ERROR(mio_unix_seqpacket_send(&b_, "x", 1), MIO_ERROR_BROKEN_PIPE);
}

TEST_F(SeqpacketTest, Shutdown) {
  ASSERT_OK(mio_unix_seqpacket_shutdown(&a_, MIO_SHUTDOWN_WRITE));
  EXPECT_EQ(Receive(10), "");
  EXPECT_ERROR(Send("x"), MIO_ERROR_BROKEN_PIPE);
  EXPECT_EQ(mio_unix_seqpacket_take_error(&b_), 0);
}

TEST_F(SeqpacketTest, ListensAndConnects) {
  SeqpacketListener listener;
  Seqpacket client, server, none;
  ASSERT_OK(mio_unix_seqpacket_listener_bind(&listener, &addr_));
  ASSERT_OK(poll_.Register(&listener->source, kListener, MIO_READABLE));
  for (int i = 0; i < 2; ++i) {
    EXPECT_ERROR(mio_unix_seqpacket_listener_accept(&listener, &none, nullptr),
                 MIO_ERROR_WOULD_BLOCK);
    ASSERT_OK(mio_unix_seqpacket_connect(&client, &addr_));
    EXPECT_TRUE(poll_.WaitReadable(kListener).readable);
    mio_unix_addr peer = addr_;
    ASSERT_OK(mio_unix_seqpacket_listener_accept(&listener, &server, &peer));
    EXPECT_TRUE(mio_unix_addr_is_unnamed(&peer));
    EXPECT_TRUE(IsNonBlocking(server->source.native.handle));
    EXPECT_FALSE(IsInherited(server->source.native.handle));
    ASSERT_OK(mio_unix_seqpacket_peer_addr(&client, &peer));
    EXPECT_TRUE(mio_unix_addr_equal(&peer, &addr_));
    ASSERT_OK(mio_unix_seqpacket_local_addr(&server, &peer));
    EXPECT_TRUE(mio_unix_addr_equal(&peer, &addr_));
    ASSERT_EQ(mio_unix_seqpacket_send(&client, "hi", 2), 2);
    char room[8];
    AwaitReadable(server->source.native.handle);
    EXPECT_EQ(mio_unix_seqpacket_recv(&server, room, sizeof room, nullptr), 2);
    mio_unix_seqpacket_close(&client);
    mio_unix_seqpacket_close(&server);
  }
  mio_unix_addr local;
  ASSERT_OK(mio_unix_seqpacket_listener_local_addr(&listener, &local));
  EXPECT_TRUE(mio_unix_addr_equal(&local, &addr_));
  SeqpacketListener second;
  EXPECT_ERROR(mio_unix_seqpacket_listener_bind(&second, &addr_), MIO_ERROR_ADDR_IN_USE);
  mio_unix_seqpacket_listener_close(&listener);
  EXPECT_ERROR(mio_unix_seqpacket_connect(&client, &addr_), MIO_ERROR_CONNECTION_REFUSED);
}

TEST_F(SeqpacketTest, AdoptsAndReleases) {
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_seqpacket_release(&a_, &handle));
  EXPECT_FALSE(mio_source_is_open(&a_->source));
  SetBlocking(handle);
  ASSERT_OK(mio_unix_seqpacket_adopt(&a_, handle));
  EXPECT_TRUE(IsNonBlocking(handle));
  EXPECT_ERROR(mio_unix_seqpacket_adopt(&a_, handle), MIO_ERROR_ALREADY_EXISTS);
  mio_handle same = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_seqpacket_handle(&a_, &same));
  EXPECT_EQ(same, handle);
  // No other type of socket, and not the other way round.
  Seqpacket wrong;
  UnixStream stream, other;
  UnixDatagram datagram;
  ASSERT_OK(mio_unix_stream_pair(&stream, &other));
  EXPECT_ERROR(mio_unix_seqpacket_adopt(&wrong, stream->source.native.handle),
               MIO_ERROR_INVALID_INPUT);
  mio_unix_stream_close(&other);
  EXPECT_ERROR(mio_unix_stream_adopt(&other, handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_datagram_adopt(&datagram, handle), MIO_ERROR_INVALID_INPUT);
  SeqpacketListener listener;
  ASSERT_OK(mio_unix_seqpacket_listener_bind(&listener, &addr_));
  ASSERT_OK(mio_unix_seqpacket_listener_release(&listener, &handle));
  ASSERT_OK(mio_unix_seqpacket_listener_adopt(&listener, handle));
  ASSERT_OK(mio_unix_seqpacket_listener_handle(&listener, &same));
  EXPECT_EQ(same, handle);
}

TEST_F(SeqpacketTest, TryIo) {
  const auto fails = [](void *) -> ptrdiff_t { return mio_error_from_kind(MIO_ERROR_WOULD_BLOCK); };
  ASSERT_EQ(Send("x"), 1);
  EXPECT_TRUE(poll_.WaitReadable(kToken).readable);
  EXPECT_EQ(Receive(1), "x");
  EXPECT_ERROR(mio_unix_seqpacket_try_io(&b_, MIO_READABLE, fails, nullptr), MIO_ERROR_WOULD_BLOCK);
  ASSERT_EQ(Send("y"), 1);
  EXPECT_TRUE(poll_.WaitReadable(kToken).readable);
}

TEST_F(SeqpacketTest, Misuse) {
  char byte = 'x';
  Seqpacket closed;
  SeqpacketListener listener;
  mio_handle handle;
  mio_unix_addr addr;
  for (mio_unix_seqpacket *s : {&closed, static_cast<mio_unix_seqpacket *>(nullptr)}) {
    EXPECT_ERROR(mio_unix_seqpacket_send(s, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_recv(s, &byte, 1, nullptr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_shutdown(s, MIO_SHUTDOWN_BOTH), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_take_error(s), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_handle(s, &handle), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_release(s, &handle), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_local_addr(s, &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_unix_seqpacket_peer_addr(s, &addr), MIO_ERROR_INVALID_INPUT);
    mio_unix_seqpacket_close(s);
  }
  EXPECT_ERROR(mio_unix_seqpacket_recv(&b_, nullptr, 1, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_send(&a_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_pair(&closed, &closed), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_pair(&a_, &closed), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_seqpacket_connect(&a_, &addr_), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_unix_seqpacket_connect(&closed, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_connect(nullptr, &addr_), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_listener_bind(nullptr, &addr_), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_listener_bind(&listener, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_seqpacket_listener_accept(&listener, &closed, nullptr),
               MIO_ERROR_INVALID_INPUT);
}

#if defined(MIO_TEST_FAULTS)

// Whichever system call of a constructor fails: nothing stays open.
TEST_F(SeqpacketTest, FailedConstructorsLeaveNothing) {
  const std::vector<int> before = OpenDescriptors();
  for (int index = 0;; ++index) {
    bool struck;
    {
      SeqpacketListener listener;
      const Faults faults(index, ENOMEM);
      const int result = mio_unix_seqpacket_listener_bind(&listener, &addr_);
      struck = faults.struck();
      EXPECT_EQ(result, struck ? -ENOMEM : 0) << faults.Describe();
      EXPECT_EQ(faults.stray_closes(), 0);
    }
    remove(folder_.Path("s").c_str());
    EXPECT_EQ(OpenDescriptors(), before) << index;
    if (!struck) break;
  }
}

#endif

}  // namespace
}  // namespace mio_test
