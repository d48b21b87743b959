// The reader of control messages, over every kind of buffer that a kernel, or nobody, would write.

#include "mio/sys/unix/net_cmsg.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/net/udp_batch.h"
#include "mio/sys/unix/net_udp_cmsg.h"

namespace mio_test {
namespace {

// A message whose fields show whether they were touched.
mio_udp_message Blank() {
  mio_udp_message message = {};
  message.len = 5000;
  message.segment_len = 5000;
  message.traffic_class = -1;
  return message;
}

// Control messages one after the other, as the system's macros lay them out.
class Control {
 public:
  template <typename T>
  Control &Add(int level, int type, const T &value, size_t claimed = sizeof(T)) {
    const size_t at = bytes_.size();
    bytes_.resize(at + CMSG_SPACE(sizeof value));
    cmsghdr header = {};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = static_cast<decltype(header.cmsg_len)>(CMSG_LEN(claimed));
    memcpy(&bytes_[at], &header, sizeof header);
    memcpy(&bytes_[at + CMSG_LEN(0)], &value, sizeof value);
    return *this;
  }

  mio_udp_message Read(size_t cut = 0) const {
    mio_udp_message message = Blank();
    // In memory of exactly that size, so that a sanitizer sees a read behind it.
    std::vector<unsigned char> exact(bytes_.begin(), bytes_.end() - static_cast<ptrdiff_t>(cut));
    mio_udp_cmsg_read(exact.data(), exact.size(), &message);
    return message;
  }
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<unsigned char> bytes_;
};

in6_pktinfo Info6(const char *text, unsigned index) {
  mio_addr addr;
  in6_pktinfo info = {};
  EXPECT_EQ(mio_addr_parse(text, &addr), 0);
  memcpy(&info.ipi6_addr, addr.ip, sizeof info.ipi6_addr);
  info.ipi6_ifindex = static_cast<decltype(info.ipi6_ifindex)>(index);
  return info;
}

TEST(Cmsg, Nothing) {
  mio_udp_message message = Blank();
  mio_udp_cmsg_read(nullptr, 0, &message);
  EXPECT_EQ(message.local.family, MIO_ADDR_NONE);
  EXPECT_EQ(message.traffic_class, -1);
  EXPECT_EQ(message.segment_len, 5000u);
}

TEST(Cmsg, SeveralAmongUnknownOnes) {
  const int traffic_class = 0xb9;
  const mio_udp_message message = Control()
                                      .Add(SOL_SOCKET, 12345, int64_t{7})
                                      .Add(IPPROTO_IPV6, IPV6_PKTINFO, Info6("[2001:db8::1]:0", 9))
                                      .Add(IPPROTO_IPV6, 9999, uint8_t{1})
                                      .Add(IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                                      .Add(77, IPV6_TCLASS, 3)
                                      .Read();
  EXPECT_EQ(message.local.family, MIO_ADDR_V6);
  EXPECT_EQ(message.local.ip[0], 0x20);
  EXPECT_EQ(message.local.scope_id, 0u);
  EXPECT_EQ(message.arrival_index, 9u);
  EXPECT_EQ(message.traffic_class, 0xb9);
  EXPECT_EQ(message.ecn, MIO_ECN_CAPABLE_1);
}

TEST(Cmsg, LinkLocalAddressesHaveTheirInterfaceAsScope) {
  const mio_udp_message message =
      Control().Add(IPPROTO_IPV6, IPV6_PKTINFO, Info6("[fe80::1]:0", 4)).Read();
  EXPECT_EQ(message.local.scope_id, 4u);
}

// The TOS byte comes as one byte or as an int.
TEST(Cmsg, TrafficClassOfEitherWidth) {
  EXPECT_EQ(Control().Add(IPPROTO_IP, IP_TOS, uint8_t{0x2e}).Read().traffic_class, 0x2e);
  EXPECT_EQ(Control().Add(IPPROTO_IP, IP_TOS, int{0x2e}).Read().traffic_class, 0x2e);
  EXPECT_EQ(Control().Add(IPPROTO_IPV6, IPV6_TCLASS, int{-1}).Read().traffic_class, 0xff);
}

// Too short for their type: the field stays unknown.
TEST(Cmsg, ShortValuesAreIgnored) {
  const in6_pktinfo info = Info6("[2001:db8::1]:0", 9);
  for (size_t claimed = 0; claimed < sizeof info; ++claimed) {
    const mio_udp_message message = Control().Add(IPPROTO_IPV6, IPV6_PKTINFO, info, claimed).Read();
    EXPECT_EQ(message.local.family, MIO_ADDR_NONE) << claimed;
  }
  EXPECT_EQ(Control().Add(IPPROTO_IP, IP_TOS, uint8_t{1}, 0).Read().traffic_class, -1);
}

// A length beyond the end, as macOS leaves it behind a list that it has cut.
TEST(Cmsg, LengthsBeyondTheEndAreCut) {
  for (const size_t claimed : {size_t{5}, size_t{4096}, size_t{0x7fffff00}}) {
    const mio_udp_message message =
        Control().Add(IPPROTO_IPV6, IPV6_TCLASS, int{2}, claimed).Read();
    EXPECT_EQ(message.traffic_class, 2) << claimed;
  }
}

// Cut anywhere: what is whole is read, and nothing behind the end.
TEST(Cmsg, CutAnywhere) {
  Control control;
  control.Add(IPPROTO_IPV6, IPV6_TCLASS, int{2})
      .Add(IPPROTO_IPV6, IPV6_PKTINFO, Info6("[2001:db8::1]:0", 9));
  for (size_t cut = 0; cut <= control.size(); ++cut) {
    const mio_udp_message message = control.Read(cut);
    const size_t left = control.size() - cut;
    EXPECT_EQ(message.traffic_class, left >= CMSG_LEN(sizeof(int)) ? 2 : -1) << cut;
    const size_t needed = CMSG_SPACE(sizeof(int)) + CMSG_LEN(sizeof(in6_pktinfo));
    EXPECT_EQ(message.local.family, left >= needed ? MIO_ADDR_V6 : MIO_ADDR_NONE) << cut;
  }
}

// Lengths that end the list: shorter than a header, or zero.
TEST(Cmsg, LengthsThatMakeNoSenseEndTheList) {
  for (size_t len = 0; len < CMSG_LEN(0); ++len) {
    std::vector<unsigned char> bytes(2 * CMSG_SPACE(sizeof(int)));
    cmsghdr header = {};
    header.cmsg_level = IPPROTO_IPV6;
    header.cmsg_type = IPV6_TCLASS;
    header.cmsg_len = static_cast<decltype(header.cmsg_len)>(len);
    memcpy(bytes.data(), &header, sizeof header);
    mio_udp_message message = Blank();
    mio_udp_cmsg_read(bytes.data(), bytes.size(), &message);
    EXPECT_EQ(message.traffic_class, -1);
  }
}

// Any bytes at all, with lengths and types that are near to sensible ones.
TEST(Cmsg, AnyBytes) {
  std::mt19937 random(20240917);
  const int levels[] = {IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, SOL_SOCKET};
  for (int round = 0; round < 200000; ++round) {
    std::vector<unsigned char> bytes(random() % 160);
    for (unsigned char &byte : bytes) byte = static_cast<unsigned char>(random());
    for (size_t at = 0; at + CMSG_LEN(0) <= bytes.size(); at += CMSG_SPACE(random() % 40)) {
      cmsghdr header = {};
      header.cmsg_level = levels[random() % 4];
      header.cmsg_type = static_cast<int>(random() % 110);
      header.cmsg_len = static_cast<decltype(header.cmsg_len)>(random() % 80);
      memcpy(&bytes[at], &header, sizeof header);
    }
    mio_udp_message message = Blank();
    mio_udp_cmsg_read(bytes.data(), bytes.size(), &message);
    EXPECT_GE(message.traffic_class, -1);
    EXPECT_LE(message.traffic_class, 255);
    EXPECT_GT(message.segment_len, 0u);
    if (HasFailure()) break;
  }
}

// Written and read again.
TEST(Cmsg, WhatIsWrittenFits) {
  mio_udp_batch batch = {};
  batch.is_v6 = true;
  batch.traffic_class = 0xb8 | 1;
  mio_udp_message message = {};
  ASSERT_EQ(mio_addr_parse("[2001:db8::2]:5", &message.peer), 0);
  ASSERT_EQ(mio_addr_parse("[2001:db8::1]:0", &message.local), 0);
  message.interface_index = 12;
  message.ecn = MIO_ECN_CAPABLE_0;
  const mio_net_piece piece = {&message, "", 0, 1200};
  alignas(cmsghdr) unsigned char buffer[MIO_UDP_CMSG_SEND_ROOM];
  memset(buffer, 0xa5, sizeof buffer);
  const size_t len = mio_udp_cmsg_write(&batch, ~0u, &piece, buffer);
  ASSERT_GT(len, 0u);
  ASSERT_LE(len, sizeof buffer);
  mio_udp_message read = Blank();
  mio_udp_cmsg_read(buffer, len, &read);
  EXPECT_EQ(memcmp(read.local.ip, message.local.ip, sizeof read.local.ip), 0);
  EXPECT_EQ(read.arrival_index, 12u);
  EXPECT_EQ(read.traffic_class, 0xb8 | MIO_ECN_CAPABLE_0);  // the socket's six bits are kept
  // Without the feature, and without details.
  mio_udp_cmsg_write(&batch, 0, &piece, buffer);
  message = {};
  message.peer.family = MIO_ADDR_V6;
  const mio_net_piece plain = {&message, "", 0, 0};
  EXPECT_EQ(mio_udp_cmsg_write(&batch, ~0u, &plain, buffer), 0u);
}

// A group or broadcast address, which is what a datagram was sent to, is no source.
TEST(Cmsg, GroupsAreNoSource) {
  mio_udp_batch batch = {};
  mio_udp_message message = {};
  message.peer = mio_addr_v4(192, 0, 2, 1, 5);
  const mio_net_piece piece = {&message, "", 0, 0};
  alignas(cmsghdr) unsigned char buffer[MIO_UDP_CMSG_SEND_ROOM];
  message.local = mio_addr_v4(224, 0, 0, 251, 0);
  EXPECT_EQ(mio_udp_cmsg_write(&batch, ~0u, &piece, buffer), 0u);
  message.local = mio_addr_v4(255, 255, 255, 255, 0);
  EXPECT_EQ(mio_udp_cmsg_write(&batch, ~0u, &piece, buffer), 0u);
  message.local = mio_addr_v4(192, 0, 2, 9, 0);
  EXPECT_GT(mio_udp_cmsg_write(&batch, ~0u, &piece, buffer), 0u);
}

}  // namespace
}  // namespace mio_test
