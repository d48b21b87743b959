#include "mio/net/addr.h"

#include <cstring>

#include "testing/net_util.h"

namespace mio_test {
namespace {

TEST(AddrParse, ReadsWhatItWrites) {
  for (const char *text : {
           "0.0.0.0:0",
           "1.2.3.4:5",
           "255.255.255.255:65535",
           "127.0.0.1:80",
           "[::]:0",
           "[::1]:80",
           "[1::]:1",
           "[1::8]:1",
           "[2001:db8::1]:443",
           "[2001:db8:0:1:1:1:1:1]:1",
           "[1:2:3:4:5:6:7:8]:65535",
           "[::ffff:1.2.3.4]:5",
           "[fe80::1%3]:80",
           "[fe80::1%4294967295]:80",
           "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535",
       }) {
    EXPECT_EQ(text, ToString(Addr(text)));
  }
}

// RFC 5952: lower case, no leading zeros, the first longest run of zeros shortened, never a single one.
TEST(AddrParse, OtherSpellingsComeBackCanonical) {
  const struct {
    const char *text, *canonical;
  } cases[] = {
      {"[2001:DB8::A]:1", "[2001:db8::a]:1"},
      {"[2001:0db8:0000:0000:0000:0000:0000:0001]:1", "[2001:db8::1]:1"},
      {"[0:0:0:0:0:0:0:0]:1", "[::]:1"},
      {"[1:0:0:2:0:0:0:3]:1", "[1:0:0:2::3]:1"},
      {"[1:0:0:2:3:0:0:4]:1", "[1::2:3:0:0:4]:1"},
      {"[1:2:3::5:6:7:8]:1", "[1:2:3:0:5:6:7:8]:1"},
      {"[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"},
      {"[::2:3:4:5:6:7:8]:1", "[0:2:3:4:5:6:7:8]:1"},
      {"[::ffff:102:304]:1", "[::ffff:1.2.3.4]:1"},
      {"[::1.2.3.4]:1", "[::102:304]:1"},
      {"[1:2:3:4:5:6:1.2.3.4]:1", "[1:2:3:4:5:6:102:304]:1"},
      {"[64:ff9b::1.2.3.4]:1", "[64:ff9b::102:304]:1"},
      {"[::1%0]:1", "[::1]:1"},
  };
  for (const auto &c : cases) EXPECT_EQ(c.canonical, ToString(Addr(c.text))) << c.text;
}

TEST(AddrParse, Fields) {
  mio_addr addr = Addr("1.2.3.4:513");
  EXPECT_TRUE(mio_addr_is_v4(&addr));
  EXPECT_EQ(513, addr.port);
  EXPECT_EQ(0, std::memcmp(addr.ip, "\1\2\3\4", 4));
  addr = Addr("[fe80::102%7]:1");
  EXPECT_TRUE(mio_addr_is_v6(&addr));
  EXPECT_EQ(7u, addr.scope_id);
  EXPECT_EQ(0u, addr.flowinfo);
  EXPECT_EQ(0, std::memcmp(addr.ip, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\1\2", 16));
}

TEST(AddrParse, RefusesEverythingElse) {
  for (const char *text : {
           "",
           " ",
           ":",
           ":80",
           "80",
           "1.2.3.4",
           "1.2.3.4:",
           "1.2.3.4:65536",
           "1.2.3.4:99999999999999999999",
           "1.2.3.4:-1",
           "1.2.3.4:+1",
           "1.2.3.4:1 ",
           " 1.2.3.4:1",
           "1.2.3.4 :1",
           "1.2.3.4:0x1",
           "1.2.3.4:01",
           "1.2.3.4:1:1",
           "1.2.3:1",
           "1.2.3.:1",
           "1.2.3.4.5:1",
           "1..3.4:1",
           ".1.2.3:1",
           "256.2.3.4:1",
           "1.2.3.256:1",
           "01.2.3.4:1",
           "1.2.3.00:1",
           "0x1.2.3.4:1",
           "1.2.3.a:1",
           "localhost:80",
           "example.com:80",
           "::1",
           "::1:80",
           "[::1]",
           "[::1]:",
           "[::1]80",
           "[::1:80",
           "::1]:80",
           "[[::1]]:80",
           "[]:80",
           "[:]:80",
           "[:::]:80",
           "[:1]:80",
           "[1:]:80",
           "[1]:80",
           "[1:2:3:4:5:6:7]:80",
           "[1:2:3:4:5:6:7:8:9]:80",
           "[1:2:3:4:5:6:7:8::]:80",
           "[::1:2:3:4:5:6:7:8]:80",
           "[1:2:3:4::5:6:7:8]:80",
           "[1::2::3]:80",
           "[:1:2:3:4:5:6:7:8]:80",
           "[1:2:3:4:5:6:7:8:]:80",
           "[::1:]:80",
           "[12345::]:80",
           "[g::]:80",
           "[::1.2.3]:80",
           "[::1.2.3.256]:80",
           "[::1.2.3.4:5]:80",
           "[1.2.3.4]:80",
           "[1:2:3:4:5:6:7:1.2.3.4]:80",
           "[1.2.3.4::]:80",
           "[::1%]:80",
           "[::1%no such]:80",
           "[::1%4294967296]:80",
           "[::1%-1]:80",
           "[::1%01]:80",
           "[ ::1]:80",
           "[::1 ]:80",
           "1.2.3.4%1:80",
       }) {
    mio_addr addr = mio_addr_v4(9, 9, 9, 9, 9);
    EXPECT_ERROR(mio_addr_parse(text, &addr), MIO_ERROR_INVALID_INPUT) << text;
    EXPECT_EQ("9.9.9.9:9", ToString(addr)) << text << " is refused, but left its traces";
  }
}

TEST(AddrParse, Null) {
  mio_addr addr = {};
  EXPECT_ERROR(mio_addr_parse(nullptr, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_addr_parse("1.2.3.4:5", nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(AddrFormat, CutsToFit) {
  const mio_addr addr = mio_addr_v4(127, 0, 0, 1, 8080);
  char text[16];
  std::memset(text, '!', sizeof text);
  EXPECT_EQ(14u, mio_addr_format(&addr, text, 5));
  EXPECT_STREQ("127.", text);
  EXPECT_EQ('!', text[5]);
  EXPECT_EQ(14u, mio_addr_format(&addr, text, 1));
  EXPECT_STREQ("", text);
  text[0] = '!';
  EXPECT_EQ(14u, mio_addr_format(&addr, text, 0));
  EXPECT_EQ('!', text[0]);
  EXPECT_EQ(14u, mio_addr_format(&addr, nullptr, 0));
}

TEST(AddrFormat, TheLongestFits) {
  const mio_addr addr = Addr("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
  EXPECT_LT(mio_addr_format(&addr, nullptr, 0), static_cast<size_t>(MIO_ADDR_FORMAT_MAX));
}

TEST(AddrFormat, NoFamily) {
  const mio_addr none = {};
  char text[8];
  EXPECT_EQ("none", ToString(none));
  EXPECT_EQ(4u, mio_addr_format(nullptr, text, sizeof text));
  EXPECT_STREQ("none", text);
}

TEST(Addr, Constructors) {
  const uint8_t ip[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  EXPECT_EQ("1.2.3.4:5", ToString(mio_addr_v4(1, 2, 3, 4, 5)));
  EXPECT_EQ("[2001:db8::9]:5", ToString(mio_addr_v6(ip, 5)));
  EXPECT_EQ("0.0.0.0:6", ToString(mio_addr_any_v4(6)));
  EXPECT_EQ("[::]:6", ToString(mio_addr_any_v6(6)));
  EXPECT_EQ("127.0.0.1:7", ToString(mio_addr_loopback_v4(7)));
  EXPECT_EQ("[::1]:7", ToString(mio_addr_loopback_v6(7)));
}

TEST(Addr, Equal) {
  const mio_addr a = Addr("[fe80::1%3]:80");
  mio_addr b = a;
  EXPECT_TRUE(mio_addr_equal(&a, &b));
  b.port = 81;
  EXPECT_FALSE(mio_addr_equal(&a, &b));
  b = a;
  b.ip[15] = 2;
  EXPECT_FALSE(mio_addr_equal(&a, &b));
  b = a;
  b.scope_id = 4;
  EXPECT_FALSE(mio_addr_equal(&a, &b));
  b = a;
  b.flowinfo = 1;
  EXPECT_FALSE(mio_addr_equal(&a, &b));
  const mio_addr v4 = mio_addr_any_v4(80), v6 = mio_addr_any_v6(80), none = {};
  EXPECT_FALSE(mio_addr_equal(&v4, &v6));
  EXPECT_FALSE(mio_addr_equal(&v4, &none));
  EXPECT_TRUE(mio_addr_equal(&none, &none));
}

TEST(Addr, Kinds) {
  const struct {
    const char *text;
    bool unspecified, loopback, multicast;
  } cases[] = {
      {"0.0.0.0:1", true, false, false},    {"[::]:1", true, false, false},
      {"127.0.0.1:1", false, true, false},  {"127.255.0.9:1", false, true, false},
      {"[::1]:1", false, true, false},      {"224.0.0.1:1", false, false, true},
      {"239.9.9.9:1", false, false, true},  {"240.0.0.1:1", false, false, false},
      {"223.0.0.1:1", false, false, false}, {"[ff02::1]:1", false, false, true},
      {"[fe80::1]:1", false, false, false}, {"[::2]:1", false, false, false},
  };
  for (const auto &c : cases) {
    const mio_addr addr = Addr(c.text);
    EXPECT_EQ(c.unspecified, mio_addr_is_unspecified(&addr)) << c.text;
    EXPECT_EQ(c.loopback, mio_addr_is_loopback(&addr)) << c.text;
    EXPECT_EQ(c.multicast, mio_addr_is_multicast(&addr)) << c.text;
  }
  const mio_addr none = {};
  EXPECT_FALSE(mio_addr_is_unspecified(&none));
  EXPECT_FALSE(mio_addr_is_loopback(&none));
  EXPECT_FALSE(mio_addr_is_multicast(&none));
}

// Byte order: what the system calls the peer is what it was told.
TEST(Addr, SurvivesTheWayThroughTheSystem) {
  for (const mio_addr &any : {mio_addr_loopback_v4(0), mio_addr_loopback_v6(0)}) {
    if (mio_addr_is_v6(&any) && !HasIpv6()) continue;
    UdpSocket socket;
    mio_addr peer = any, told = {};
    peer.port = 0x1234;
    ASSERT_OK(mio_udp_socket_bind(&socket, &any));
    ASSERT_OK(mio_udp_socket_connect(&socket, &peer));
    ASSERT_OK(mio_udp_socket_peer_addr(&socket, &told));
    EXPECT_TRUE(mio_addr_equal(&peer, &told)) << ToString(told);
  }
}

// The interfaces of a machine are its own: one that has none of these names has no test here.
TEST(Addr, ScopesHaveNames) {
  mio_addr by_name = {}, by_number = {};
  char text[MIO_ADDR_FORMAT_MAX];
  for (const char *name : {"lo", "lo0", "loopback_0"}) {
    const std::string named = std::string("[fe80::1%") + name + "]:80";
    if (mio_addr_parse(named.c_str(), &by_name) != 0) continue;
    EXPECT_NE(0u, by_name.scope_id);
    EXPECT_EQ(named.size(), mio_addr_format_named(&by_name, text, sizeof text));
    EXPECT_EQ(named, text);
    const std::string numbered = "[fe80::1%" + std::to_string(by_name.scope_id) + "]:80";
    mio_addr_format(&by_name, text, sizeof text);
    EXPECT_EQ(numbered, text);
    ASSERT_EQ(0, mio_addr_parse(numbered.c_str(), &by_number));
    EXPECT_TRUE(mio_addr_equal(&by_name, &by_number));
  }
  for (const char *bad : {"[fe80::1%]:80", "[fe80::1%no such interface]:80", "[fe80::1%lo:80",
                          "[fe80::1%0x1]:80", "[fe80::1%a-name-that-is-longer-than-any-name]:80"}) {
    EXPECT_EQ(MIO_ERROR_INVALID_INPUT, mio_error_kind(mio_addr_parse(bad, &by_name))) << bad;
  }
  by_number = Addr("[fe80::1]:80");
  by_number.scope_id = 4000000000u;
  mio_addr_format_named(&by_number, text, sizeof text);
  EXPECT_NE(std::string::npos, std::string(text).find("%4000000000]")) << text;
}

TEST(Addr, Ipv4MappedAndBack) {
  mio_addr v4 = mio_addr_v4(10, 1, 2, 3, 99), v6 = mio_addr_loopback_v6(7), parsed = {};
  const mio_addr mapped = mio_addr_to_v4_mapped(&v4);
  ASSERT_EQ(0, mio_addr_parse("[::ffff:10.1.2.3]:99", &parsed));
  EXPECT_TRUE(mio_addr_equal(&parsed, &mapped));
  EXPECT_TRUE(mio_addr_is_v4_mapped(&mapped));
  EXPECT_FALSE(mio_addr_is_v4_mapped(&v4));
  EXPECT_FALSE(mio_addr_is_v4_mapped(&v6));
  const mio_addr back = mio_addr_unmapped(&mapped);
  EXPECT_TRUE(mio_addr_equal(&v4, &back));
  const mio_addr same = mio_addr_unmapped(&v6), same_too = mio_addr_to_v4_mapped(&v6);
  EXPECT_TRUE(mio_addr_equal(&v6, &same));
  EXPECT_TRUE(mio_addr_equal(&v6, &same_too));
}

}  // namespace
}  // namespace mio_test
