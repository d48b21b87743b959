// Batches of datagrams: what is sent arrives, with its details; and what the system lacks or refuses is
// done by the library.

#include <cstring>
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

constexpr size_t kSegment = 1200;
constexpr mio_token kToken = 7;

// Messages with buffers of their own.
class Messages {
 public:
  explicit Messages(size_t count, size_t capacity = 65536) : messages_(count), rooms_(count) {
    for (size_t i = 0; i < count; ++i) {
      rooms_[i].resize(capacity);
      messages_[i] = {};
      messages_[i].buffer = &rooms_[i][0];
      messages_[i].capacity = capacity;
    }
  }
  mio_udp_message *data() { return messages_.data(); }
  mio_udp_message &operator[](size_t i) { return messages_[i]; }
  std::string Text(size_t i) const {
    return std::string(static_cast<const char *>(messages_[i].buffer), messages_[i].len);
  }

 private:
  std::vector<mio_udp_message> messages_;
  std::vector<std::string> rooms_;
};

mio_udp_message Message(std::string *text, const mio_addr &peer) {
  mio_udp_message message = {};
  message.buffer = text->empty() ? nullptr : &(*text)[0];
  message.len = text->size();
  message.peer = peer;
  return message;
}

// `count` segments, each filled with a letter of its own, the last one shorter.
std::string Segments(size_t count, size_t len = kSegment) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text.append(i + 1 < count ? len : len / 2 + 1, static_cast<char>('a' + i % 26));
  }
  return text;
}

// A bound socket with its batch, registered.
struct Socket {
  explicit Socket(Poll *poll, const mio_addr &at, uint32_t wanted = 0,
                  mio_only_v6 only_v6 = MIO_ONLY_V6_DEFAULT)
      : poll(poll) {
    mio_udp_socket_options options = {};
    options.only_v6 = only_v6;
    EXPECT_OK(mio_udp_socket_bind_with(&socket, &at, &options));
    EXPECT_OK(mio_udp_socket_local_addr(&socket, &addr));
    EXPECT_OK(mio_udp_batch_init(&batch, &socket, wanted));
    EXPECT_OK(poll->Register(&socket->source, kToken, MIO_READABLE));
  }

  // Receives once, waiting for it.
  ptrdiff_t Receive(Messages *messages, size_t count) {
    ptrdiff_t result = mio_udp_batch_recv(&batch, messages->data(), count);
    while (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK && poll->WaitReadable(kToken).readable) {
      result = mio_udp_batch_recv(&batch, messages->data(), count);
    }
    return result;
  }

  // Receives until `bytes` bytes are there; the datagrams one by one.
  std::vector<std::string> ReceiveDatagrams(size_t bytes) {
    std::vector<std::string> datagrams;
    Messages messages(8);
    for (size_t got = 0; got < bytes;) {
      const ptrdiff_t n = Receive(&messages, 8);
      if (n <= 0) {
        ADD_FAILURE() << "no more after " << got << " bytes: " << n;
        break;
      }
      for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
        const std::string text = messages.Text(i);
        EXPECT_FALSE(messages[i].truncated);
        size_t parts = 0;
        for (size_t at = 0; at < text.size(); at += messages[i].segment_len, ++parts) {
          datagrams.push_back(text.substr(at, messages[i].segment_len));
        }
        EXPECT_EQ(parts, text.empty() ? 0 : mio_udp_message_datagrams(&messages[i]));
        got += text.size();
      }
    }
    return datagrams;
  }

  Poll *poll;
  UdpSocket socket;
  mio_udp_batch batch = {};
  mio_addr addr = {};
};

std::vector<std::string> Cut(const std::string &text, size_t len) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size(); at += len) parts.push_back(text.substr(at, len));
  return parts;
}

class UdpBatch : public ::testing::Test {
 protected:
  bool Has(uint32_t features) {
    UdpSocket socket;
    const mio_addr addr = mio_addr_loopback_v4(0);
    EXPECT_OK(mio_udp_socket_bind(&socket, &addr));
    return (mio_udp_batch_supports(&socket) & features) == features;
  }

  Poll poll_;
};

#define SKIP_WITHOUT(feature) \
  if (!Has(feature)) GTEST_SKIP() << "this system has no " #feature

TEST_F(UdpBatch, ManyMessagesArriveInOrder) {
  for (const size_t count : {size_t{1}, size_t{2}, size_t{64}, size_t{65}, size_t{130}}) {
    SCOPED_TRACE(count);
    Socket from(&poll_, mio_addr_loopback_v4(0));
    Socket to(&poll_, mio_addr_loopback_v4(0));
    std::vector<std::string> texts(count);
    std::vector<mio_udp_message> sent;
    for (size_t i = 0; i < count; ++i) {
      texts[i] = "message " + std::to_string(i);
      sent.push_back(Message(&texts[i], to.addr));
    }
    ASSERT_EQ(mio_udp_batch_send(&from.batch, sent.data(), count), static_cast<ptrdiff_t>(count));
    Messages received(count);
    for (size_t got = 0; got < count;) {
      const ptrdiff_t n = to.Receive(&received, count);
      ASSERT_GT(n, 0);
      for (size_t i = 0; i < static_cast<size_t>(n); ++i, ++got) {
        EXPECT_EQ(received.Text(i), texts[got]);
        EXPECT_EQ(received[i].segment_len, texts[got].size());
        EXPECT_EQ(ToString(received[i].peer), ToString(from.addr));
        EXPECT_EQ(received[i].sent, 0u);
      }
    }
    for (const mio_udp_message &message : sent) EXPECT_EQ(message.sent, message.len);
    EXPECT_ERROR(mio_udp_batch_recv(&to.batch, received.data(), count), MIO_ERROR_WOULD_BLOCK);
  }
}

TEST_F(UdpBatch, EmptyDatagrams) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string none, some = "some";
  mio_udp_message sent[] = {Message(&none, to.addr), Message(&some, to.addr),
                            Message(&none, to.addr)};
  sent[2].segment_len = 100;
  ASSERT_EQ(mio_udp_batch_send(&from.batch, sent, 3), 3);
  Messages received(1);
  for (const char *text : {"", "some", ""}) {
    ASSERT_EQ(to.Receive(&received, 1), 1);
    EXPECT_EQ(received.Text(0), text);
    EXPECT_EQ(mio_udp_message_datagrams(&received[0]), 1u);
  }
}

// With and without the system's help, also more segments than it takes at once. All of them fit the
// receive buffer that systems have by default.
TEST_F(UdpBatch, SegmentsArriveAsDatagrams) {
  for (const bool coalesce : {false, true}) {
    if (coalesce && !Has(MIO_UDP_RECV_COALESCED)) continue;
    for (const size_t count : {size_t{1}, size_t{2}, size_t{30}, size_t{70}}) {
      for (const size_t len : {size_t{8}, size_t{500}}) {
        SCOPED_TRACE(std::to_string(coalesce) + " " + std::to_string(count) + " " +
                     std::to_string(len));
        Socket from(&poll_, mio_addr_loopback_v4(0));
        Socket to(&poll_, mio_addr_loopback_v4(0), coalesce ? MIO_UDP_RECV_COALESCED : 0);
        std::string text = Segments(count, len);
        mio_udp_message sent = Message(&text, to.addr);
        sent.segment_len = len;
        EXPECT_EQ(mio_udp_message_datagrams(&sent), count);
        ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
        EXPECT_EQ(sent.sent, text.size());
        EXPECT_TRUE(to.ReceiveDatagrams(text.size()) == Cut(text, len));
      }
    }
  }
}

// Loopback never refuses segments, so there they are the system's work, and arrive as one message.
TEST_F(UdpBatch, CoalescedMessagesSayHowLongTheirSegmentsAre) {
  SKIP_WITHOUT(MIO_UDP_RECV_COALESCED | MIO_UDP_SEND_SEGMENTS);
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0), MIO_UDP_RECV_COALESCED);
  std::string text = Segments(20);
  mio_udp_message sent = Message(&text, to.addr);
  sent.segment_len = kSegment;
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  EXPECT_GT(mio_udp_batch_segments(&from.batch), 1u);
  Messages received(4);
  ASSERT_EQ(to.Receive(&received, 4), 1);
  EXPECT_EQ(received.Text(0), text);
  EXPECT_EQ(received[0].segment_len, kSegment);
  EXPECT_EQ(mio_udp_message_datagrams(&received[0]), 20u);

  // Room for less than all of it.
  sent.sent = 0;
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages small(1, 5000);
  ASSERT_EQ(to.Receive(&small, 1), 1);
  EXPECT_EQ(small[0].len, 5000u);
  EXPECT_TRUE(small[0].truncated);
  EXPECT_ERROR(mio_udp_batch_recv(&to.batch, small.data(), 1), MIO_ERROR_WOULD_BLOCK);
}

TEST_F(UdpBatch, TruncatedDatagramsAreMarked) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text = "0123456789";
  mio_udp_message sent[3] = {Message(&text, to.addr), Message(&text, to.addr),
                             Message(&text, to.addr)};
  ASSERT_EQ(mio_udp_batch_send(&from.batch, sent, 3), 3);
  Messages received(3, 10);
  received[0].capacity = 0;
  received[0].buffer = nullptr;
  received[1].capacity = 9;
  size_t got = 0;
  while (got < 3) {
    const ptrdiff_t n = mio_udp_batch_recv(&to.batch, received.data() + got, 3 - got);
    if (n > 0) got += static_cast<size_t>(n);
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) poll_.WaitReadable(kToken);
  }
  EXPECT_EQ(received[0].len, 0u);
  EXPECT_TRUE(received[0].truncated);
  EXPECT_EQ(received.Text(1), "012345678");
  EXPECT_TRUE(received[1].truncated);
  EXPECT_EQ(received.Text(2), text);
  EXPECT_FALSE(received[2].truncated);
}

// A message that was received is sent again, and comes from the address that it was sent to: the
// client is connected, so it takes no other answer.
void ExpectAnswerFrom(const mio_addr &any, const mio_addr &asked, const mio_addr &client_at) {
  Poll poll;
  const uint32_t wanted = MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_RECV_TRAFFIC_CLASS;
  Socket server(&poll, any, wanted, MIO_ONLY_V6_OFF);
  Socket client(&poll, client_at);
  mio_addr to = asked;
  to.port = server.addr.port;
  ASSERT_OK(mio_udp_socket_connect(&client.socket, &to));
  ASSERT_OK(mio_udp_batch_init(&client.batch, &client.socket, 0));
  std::string text = "who are you?";
  mio_udp_message question = Message(&text, {});
  ASSERT_EQ(mio_udp_batch_send(&client.batch, &question, 1), 1);

  Messages messages(1);
  ASSERT_EQ(server.Receive(&messages, 1), 1);
  mio_addr local = messages[0].local;
  EXPECT_EQ(local.port, 0);
  local.port = to.port;
  if (any.family == asked.family) {
    EXPECT_EQ(ToString(local), ToString(to));
  }
  ASSERT_EQ(mio_udp_batch_send(&server.batch, messages.data(), 1), 1);
  ASSERT_EQ(client.Receive(&messages, 1), 1);
  EXPECT_EQ(messages.Text(0), text);
  EXPECT_EQ(ToString(messages[0].peer), ToString(to));
}

// Whether a datagram comes from the address that its message names.
bool SendsFrom(const mio_addr &address) {
  Poll poll;
  Socket from(&poll, mio_addr_any_v4(0));
  Socket to(&poll, mio_addr_loopback_v4(0));
  std::string text = "x";
  mio_udp_message sent = Message(&text, to.addr);
  sent.local = address;
  EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages received(1);
  EXPECT_EQ(to.Receive(&received, 1), 1);
  mio_addr seen = received[0].peer;
  seen.port = address.port;
  return mio_addr_equal(&address, &seen);
}

TEST_F(UdpBatch, AnswersFromTheAddressItWasAskedAt) {
  SKIP_WITHOUT(MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_SEND_LOCAL_ADDR);
  // Linux answers for all of 127.0.0.0/8; elsewhere there is one address.
  UdpSocket other;
  const mio_addr second = mio_addr_v4(127, 3, 2, 1, 0);
  const bool has_second = mio_udp_socket_bind(&other, &second) == 0;
  SKIP_IF_WINE(has_second && !SendsFrom(second), "ignores the control messages of a send");
  const mio_addr asked = has_second ? second : mio_addr_loopback_v4(0);
  ExpectAnswerFrom(mio_addr_any_v4(0), asked, mio_addr_loopback_v4(0));
  if (!HasIpv6()) return;
  ExpectAnswerFrom(mio_addr_any_v6(0), mio_addr_loopback_v6(0), mio_addr_loopback_v6(0));
}

// An IPv4 client of an IPv6 socket: its address is IPv4-mapped there.
TEST_F(UdpBatch, AnswersIpv4ClientsOfAnIpv6Socket) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 on this machine";
  SKIP_WITHOUT(MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_SEND_LOCAL_ADDR);
  UdpSocket both;
  mio_udp_socket_options options = {};
  options.only_v6 = MIO_ONLY_V6_OFF;
  const mio_addr any = mio_addr_any_v6(0);
  if (mio_udp_socket_bind_with(&both, &any, &options) != 0) GTEST_SKIP() << "no such sockets";
  UdpSocket other;
  const mio_addr second = mio_addr_v4(127, 3, 2, 1, 0);
  const bool has_second = mio_udp_socket_bind(&other, &second) == 0;
  SKIP_IF_WINE(has_second && !SendsFrom(second), "ignores the control messages of a send");
  ExpectAnswerFrom(any, has_second ? second : mio_addr_loopback_v4(0), mio_addr_loopback_v4(0));
}

TEST_F(UdpBatch, TellsTheInterface) {
  SKIP_WITHOUT(MIO_UDP_RECV_LOCAL_ADDR);
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_any_v4(0), MIO_UDP_RECV_LOCAL_ADDR);
  std::string text = "x";
  mio_udp_message sent = Message(&text, mio_addr_loopback_v4(to.addr.port));
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages received(1);
  ASSERT_EQ(to.Receive(&received, 1), 1);
  if (received[0].arrival_index != 0) {
    EXPECT_EQ(received[0].arrival_index, LoopbackIndex());
  }
  // To be sent out by it, and by one that does not exist.
  sent.sent = 0;
  sent.interface_index = LoopbackIndex();
  EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  sent.sent = 0;
  sent.interface_index = 0x7ffffff0;
  const ptrdiff_t refused = mio_udp_batch_send(&from.batch, &sent, 1);
  // Linux and Apple's systems refuse; others choose the route without it.
  EXPECT_TRUE(refused < 0 || refused == 1);
  EXPECT_EQ(sent.sent, refused == 1 ? 1u : 0u);
}

void ExpectEcn(const mio_addr &any, const mio_addr &to_address) {
  Poll poll;
  Socket from(&poll, any);
  Socket to(&poll, any, MIO_UDP_RECV_TRAFFIC_CLASS);
  if ((mio_udp_batch_features(&from.batch) & MIO_UDP_SEND_ECN) == 0) return;
  mio_addr peer = to_address;
  peer.port = to.addr.port;
  for (int ecn = 0; ecn < 4; ++ecn) {
    std::string text = "x";
    mio_udp_message sent = Message(&text, peer);
    sent.ecn = static_cast<mio_ecn>(ecn);
    ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
    Messages received(1);
    ASSERT_EQ(to.Receive(&received, 1), 1);
    EXPECT_EQ(received[0].traffic_class, ecn);
    EXPECT_EQ(received[0].ecn, sent.ecn);
  }
  EXPECT_NE(mio_udp_batch_features(&from.batch) & MIO_UDP_SEND_ECN, 0u);
}

TEST_F(UdpBatch, EcnArrives) {
  SKIP_WITHOUT(MIO_UDP_RECV_TRAFFIC_CLASS);
  ExpectEcn(mio_addr_any_v4(0), mio_addr_loopback_v4(0));
  if (!HasIpv6()) return;
  ExpectEcn(mio_addr_any_v6(0), mio_addr_loopback_v6(0));
  bool only_v6 = true;
  UdpSocket socket;
  const mio_addr any = mio_addr_any_v6(0);
  ASSERT_OK(mio_udp_socket_bind(&socket, &any));
  ASSERT_OK(mio_udp_socket_only_v6(&socket, &only_v6));
  if (!only_v6) ExpectEcn(mio_addr_any_v6(0), Addr("[::ffff:127.0.0.1]:0"));
}

TEST_F(UdpBatch, UnknownDetailsAreMarked) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text = "x";
  mio_udp_message sent = Message(&text, to.addr);
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages received(1);
  memset(&received[0].local, 0x55, sizeof received[0].local);
  received[0].traffic_class = 99;
  received[0].arrival_index = 99;
  received[0].interface_index = 99;
  ASSERT_EQ(to.Receive(&received, 1), 1);
  EXPECT_EQ(received[0].local.family, MIO_ADDR_NONE);
  EXPECT_EQ(received[0].traffic_class, -1);
  EXPECT_EQ(received[0].arrival_index, 0u);
  EXPECT_EQ(received[0].interface_index, 0u);
}

// Fewer messages than asked for drain the socket: the next datagram yields an event.
TEST_F(UdpBatch, AShortReceiveDrains) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  ASSERT_OK(poll_.Reregister(&to.socket->source, 8, MIO_READABLE));
  std::string text = "x";
  for (int i = 0; i < 3; ++i) {
    mio_udp_message sent = Message(&text, to.addr);
    ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
    EXPECT_TRUE(poll_.WaitReadable(8).readable);
    Messages received(4);
    ASSERT_EQ(mio_udp_batch_recv(&to.batch, received.data(), 4), 1);
  }
}

// A connected socket whose peer is gone: the error is returned, and drains.
TEST_F(UdpBatch, AnErrorIsReturnedAndDrains) {
  Socket to(&poll_, mio_addr_loopback_v4(0));
  Socket from(&poll_, mio_addr_loopback_v4(0));
  ASSERT_OK(mio_udp_socket_connect(&from.socket, &to.addr));
  ASSERT_OK(mio_udp_batch_init(&from.batch, &from.socket, 0));
  mio_udp_socket_close(&to.socket);
  for (int i = 0; i < 2; ++i) {
    std::string text = "x";
    mio_udp_message sent = Message(&text, {});
    ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
    SKIP_IF_WINE(poll_.Quiet(kToken).None(),
                 "keeps a datagram socket's error from poll and receive");
    Messages received(2);
    const mio_error kind = mio_error_kind(from.Receive(&received, 2));
    EXPECT_TRUE(kind == MIO_ERROR_CONNECTION_REFUSED || kind == MIO_ERROR_CONNECTION_RESET) << kind;
  }
}

// A datagram that cannot be sent, among others: those before it go, and then it is reported.
TEST_F(UdpBatch, PartialSuccessIsACount) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text = "x", too_long(70000, 'x');
  mio_udp_message sent[] = {Message(&text, to.addr), Message(&too_long, to.addr),
                            Message(&text, to.addr)};
  EXPECT_EQ(mio_udp_batch_send(&from.batch, sent, 3), 1);
  EXPECT_EQ(sent[0].sent, 1u);
  EXPECT_LT(mio_udp_batch_send(&from.batch, sent + 1, 2), 0);
  EXPECT_EQ(mio_udp_batch_send(&from.batch, sent + 2, 1), 1);
  EXPECT_EQ(to.ReceiveDatagrams(2).size(), 2u);
}

TEST_F(UdpBatch, ContinuesWhereItStopped) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text = Segments(10);
  mio_udp_message sent = Message(&text, to.addr);
  sent.segment_len = kSegment;
  sent.sent = 4 * kSegment;
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  EXPECT_EQ(to.ReceiveDatagrams(text.size() - 4 * kSegment),
            Cut(text.substr(4 * kSegment), kSegment));
  EXPECT_ERROR(mio_udp_batch_send(&from.batch, &sent, 1), MIO_ERROR_INVALID_INPUT);
}

TEST_F(UdpBatch, Misuse) {
  Socket socket(&poll_, mio_addr_loopback_v4(0));
  Messages messages(1);
  mio_udp_message *m = messages.data();
  mio_udp_batch *batch = &socket.batch;
  m->peer = socket.addr;
  for (const auto call : {mio_udp_batch_send, mio_udp_batch_recv}) {
    EXPECT_ERROR(call(nullptr, m, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(batch, nullptr, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(batch, m, 0), MIO_ERROR_INVALID_INPUT);
    mio_udp_batch zeroed = {};
    EXPECT_ERROR(call(&zeroed, m, 1), MIO_ERROR_INVALID_INPUT);
    mio_udp_message no_buffer = *m;
    no_buffer.buffer = nullptr;
    no_buffer.len = 1;
    EXPECT_ERROR(call(batch, &no_buffer, 1), MIO_ERROR_INVALID_INPUT);
  }
  mio_udp_message wrong = *m;
  wrong.sent = 1;
  EXPECT_ERROR(mio_udp_batch_send(batch, &wrong, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_init(nullptr, &socket.socket, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_init(batch, nullptr, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_init(batch, &socket.socket, 1u << 30), MIO_ERROR_UNSUPPORTED);
  EXPECT_EQ(mio_udp_batch_supports(nullptr), 0u);
  EXPECT_EQ(mio_udp_batch_features(nullptr), 0u);
  EXPECT_ERROR(mio_udp_batch_set_fragmentation(nullptr, MIO_UDP_FRAGMENT_NEVER),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_set_fragmentation(batch, static_cast<mio_udp_fragmentation>(3)),
               MIO_ERROR_INVALID_INPUT);
  mio_udp_socket_close(&socket.socket);
  EXPECT_ERROR(mio_udp_batch_send(batch, m, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_recv(batch, m, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_udp_batch_init(batch, &socket.socket, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(mio_udp_batch_supports(&socket.socket), 0u);
}

TEST_F(UdpBatch, Fragmentation) {
  SKIP_WITHOUT(MIO_UDP_NEVER_FRAGMENT);
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text(1000, 'x');
  for (const mio_udp_fragmentation mode :
       {MIO_UDP_FRAGMENT_NEVER, MIO_UDP_FRAGMENT_PROBE, MIO_UDP_FRAGMENT_ALLOWED}) {
    ASSERT_OK(mio_udp_batch_set_fragmentation(&from.batch, mode));
    mio_udp_message sent = Message(&text, to.addr);
    ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
    EXPECT_EQ(to.ReceiveDatagrams(text.size()).size(), 1u);
  }
}

#if defined(MIO_TEST_FAULTS)

// The route refuses segments: the same call sends the datagrams one by one, and the batch remembers.
TEST_F(UdpBatch, RefusedSegmentsAreSentOneByOne) {
  SKIP_WITHOUT(MIO_UDP_SEND_SEGMENTS);
  for (const int error : {EIO, EINVAL}) {
    Socket from(&poll_, mio_addr_loopback_v4(0));
    Socket to(&poll_, mio_addr_loopback_v4(0));
    std::string text = Segments(10);
    mio_udp_message sent = Message(&text, to.addr);
    sent.segment_len = kSegment;
    {
      const Faults faults(0, error);
      EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
      EXPECT_TRUE(faults.struck());
      EXPECT_EQ(faults.count(), 2) << faults.Describe();
    }
    EXPECT_TRUE(to.ReceiveDatagrams(text.size()) == Cut(text, kSegment));
    EXPECT_EQ(mio_udp_batch_features(&from.batch) & MIO_UDP_SEND_SEGMENTS, 0u);
    EXPECT_EQ(mio_udp_batch_segments(&from.batch), 1u);
    sent.sent = 0;
    {
      const Faults faults;
      EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
      EXPECT_EQ(faults.count(), 1) << faults.Describe();
    }
    EXPECT_TRUE(to.ReceiveDatagrams(text.size()) == Cut(text, kSegment));
  }
}

// The same errors have other causes: nothing is remembered if the datagrams fail too, or had no
// segments.
TEST_F(UdpBatch, OtherFailuresAreReturned) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  const uint32_t before = mio_udp_batch_features(&from.batch);
  std::string text = Segments(10);
  mio_udp_message sent = Message(&text, to.addr);
  sent.segment_len = kSegment;
  {
    const Faults faults(0, EIO, 1000);
    EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), -EIO);
    EXPECT_LE(faults.count(), 2);
  }
  EXPECT_EQ(sent.sent, 0u);
  {
    sent.segment_len = 0;
    const Faults faults(0, EINVAL);
    EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), -EINVAL);
    EXPECT_EQ(faults.count(), 1);
  }
  EXPECT_EQ(mio_udp_batch_features(&from.batch), before);
}

// Old kernels refuse IP_TOS in a control message.
TEST_F(UdpBatch, RefusedEcnIsLeftOut) {
  SKIP_WITHOUT(MIO_UDP_SEND_ECN);
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  std::string text = "x";
  mio_udp_message sent = Message(&text, to.addr);
  sent.ecn = MIO_ECN_CAPABLE_0;
  {
    const Faults faults(0, EINVAL);
    EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
    EXPECT_EQ(faults.count(), 2);
  }
  EXPECT_EQ(mio_udp_batch_features(&from.batch) & MIO_UDP_SEND_ECN, 0u);
  sent.sent = 0;
  const Faults faults;
  EXPECT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  EXPECT_EQ(faults.count(), 1);
}

TEST_F(UdpBatch, OneCallMovesMany) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  if ((from.batch.features & MIO_UDP_SEND_MANY) == 0) GTEST_SKIP() << "no sendmmsg here";
  std::string text = "x";
  std::vector<mio_udp_message> sent(64, Message(&text, to.addr));
  Messages received(65, 16);
  const Faults faults;
  ASSERT_EQ(mio_udp_batch_send(&from.batch, sent.data(), 64), 64);
  EXPECT_EQ(faults.count(), 1) << faults.Describe();
  ASSERT_EQ(mio_udp_batch_recv(&to.batch, received.data(), 64), 64);
  EXPECT_EQ(faults.count(), 2) << faults.Describe();
}

// A sandbox without sendmmsg and recvmmsg: the library loops.
TEST_F(UdpBatch, LoopsWithoutTheCalls) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  from.batch.features &= ~static_cast<uint32_t>(MIO_UDP_SEND_MANY);
  to.batch.features &= ~static_cast<uint32_t>(MIO_UDP_RECV_MANY);
  std::string text = Segments(3);
  mio_udp_message sent[2] = {Message(&text, to.addr), Message(&text, to.addr)};
  ASSERT_EQ(mio_udp_batch_send(&from.batch, sent, 2), 2);
  EXPECT_EQ(to.ReceiveDatagrams(2 * text.size()).size(), 2u);
}

// An error behind the first message of a loop is kept for the next call.
TEST_F(UdpBatch, ALoopKeepsALateError) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  Socket to(&poll_, mio_addr_loopback_v4(0));
  to.batch.features &= ~static_cast<uint32_t>(MIO_UDP_RECV_MANY);
  std::string text = "x";
  mio_udp_message sent = Message(&text, to.addr);
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages received(2);
  poll_.WaitReadable(kToken);
  {
    const Faults faults(1, ECONNREFUSED);
    EXPECT_EQ(mio_udp_batch_recv(&to.batch, received.data(), 2), 1);
  }
  EXPECT_ERROR(mio_udp_batch_recv(&to.batch, received.data(), 2), MIO_ERROR_CONNECTION_REFUSED);
  EXPECT_ERROR(mio_udp_batch_recv(&to.batch, received.data(), 2), MIO_ERROR_WOULD_BLOCK);
}

// A constructor that fails turns off again what it had turned on.
TEST_F(UdpBatch, AFailedInitChangesNothing) {
  Socket from(&poll_, mio_addr_loopback_v4(0));
  UdpSocket socket;
  const mio_addr any = mio_addr_any_v4(0);
  ASSERT_OK(mio_udp_socket_bind(&socket, &any));
  mio_addr to = {};
  ASSERT_OK(mio_udp_socket_local_addr(&socket, &to));
  to = mio_addr_loopback_v4(to.port);
  mio_udp_batch batch = {};
  const uint32_t wanted = MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_RECV_TRAFFIC_CLASS;
  int setters = 0, last = -1;
  {
    const Faults faults;
    ASSERT_OK(mio_udp_batch_init(&batch, &socket, wanted));
    const std::vector<Sys> calls = faults.calls();
    for (int i = 0; i < static_cast<int>(calls.size()); ++i) {
      if (calls[static_cast<size_t>(i)] == Sys::kSetOption) ++setters, last = i;
    }
  }
  ASSERT_EQ(setters, 2);
  {
    const Faults faults(last, EPERM);
    EXPECT_EQ(mio_udp_batch_init(&batch, &socket, wanted), -EPERM);
  }
  ASSERT_OK(mio_udp_batch_init(&batch, &socket, 0));
  std::string text = "x";
  mio_udp_message sent = Message(&text, to);
  ASSERT_EQ(mio_udp_batch_send(&from.batch, &sent, 1), 1);
  Messages received(1);
  AwaitReadable(socket->source.native.handle);
  ASSERT_EQ(mio_udp_batch_recv(&batch, received.data(), 1), 1);
  EXPECT_EQ(received[0].local.family, MIO_ADDR_NONE);
}

#endif

}  // namespace
}  // namespace mio_test
