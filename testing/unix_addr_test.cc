#include "mio/net/unix_addr.h"

#include <cstring>

#include "mio/sys/net.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

// Longer than any system's room for a path, and shorter than any system's.
constexpr size_t kTooLong = 108;
constexpr size_t kFits = 90;

TEST(UnixAddrPath, IsKept) {
  mio_unix_addr addr = {};
  ASSERT_OK(mio_unix_addr_from_path("/tmp/some.sock", &addr));
  EXPECT_EQ(MIO_UNIX_ADDR_PATH, addr.kind);
  EXPECT_EQ(14u, addr.name_len);
  EXPECT_STREQ("/tmp/some.sock", mio_unix_addr_path(&addr));
  EXPECT_FALSE(mio_unix_addr_is_unnamed(&addr));
  size_t len = 77;
  EXPECT_EQ(nullptr, mio_unix_addr_abstract_name(&addr, &len));
  EXPECT_EQ(77u, len);
  EXPECT_EQ("/tmp/some.sock", ToString(addr));
}

TEST(UnixAddrPath, Lengths) {
  mio_unix_addr addr = {};
  const std::string fits(kFits, 'p'), too_long(kTooLong, 'p'), far_too_long(100000, 'p');
  ASSERT_OK(mio_unix_addr_from_path(fits.c_str(), &addr));
  EXPECT_EQ(fits, mio_unix_addr_path(&addr));
  for (const std::string &text : {too_long, far_too_long}) {
    EXPECT_ERROR(mio_unix_addr_from_path(text.c_str(), &addr), MIO_ERROR_INVALID_INPUT);
    EXPECT_EQ(fits, mio_unix_addr_path(&addr)) << "as before";
  }
}

// On this system a path of `longest` bytes can be bound, and one more cannot be asked for.
TEST(UnixAddrPath, TheLongestCanBeBound) {
  TempFolder folder;
  mio_unix_addr addr = {}, told = {};
  size_t longest = kFits;
  while (mio_unix_addr_from_path(std::string(longest + 1, 'p').c_str(), &addr) == 0) ++longest;
  std::string path = folder.Path("");
  path.resize(longest, 'p');
  ASSERT_OK(mio_unix_addr_from_path(path.c_str(), &addr));
  UnixListener listener;
  const int result = mio_unix_listener_bind_addr(&listener, &addr);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  ASSERT_OK(mio_unix_listener_local_addr(&listener, &told));
  EXPECT_EQ(path, mio_unix_addr_path(&told));
  EXPECT_TRUE(mio_unix_addr_equal(&addr, &told));
}

TEST(UnixAddrPath, RefusesNonsense) {
  mio_unix_addr addr = {};
  EXPECT_ERROR(mio_unix_addr_from_path(nullptr, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path("", &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path("/x", nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path_bytes(nullptr, 3, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path_bytes("/x", 0, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path_bytes("/x", SIZE_MAX, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
}

TEST(UnixAddrPath, NulsAreNotPartOfAPath) {
  mio_unix_addr addr = {};
  EXPECT_ERROR(mio_unix_addr_from_path_bytes("/a\0b", 4, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path_bytes("/ab\0", 4, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_unix_addr_from_path_bytes("\0/ab", 4, &addr), MIO_ERROR_INVALID_INPUT);
  ASSERT_OK(mio_unix_addr_from_path_bytes("/abc", 3, &addr));
  EXPECT_STREQ("/ab", mio_unix_addr_path(&addr));
}

TEST(UnixAddrAbstract, AnyBytesAreAName) {
  mio_unix_addr addr = {}, other = {};
  const int result = mio_unix_addr_from_abstract_name("a\0b\0", 4, &addr);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  size_t len = 0;
  const char *name = mio_unix_addr_abstract_name(&addr, &len);
  ASSERT_EQ(4u, len);
  EXPECT_EQ(0, std::memcmp(name, "a\0b\0", 4));
  EXPECT_EQ(nullptr, mio_unix_addr_path(&addr));
  EXPECT_EQ("@a\\x00b\\x00", ToString(addr));
  ASSERT_OK(mio_unix_addr_from_abstract_name("a\0b", 3, &other));
  EXPECT_FALSE(mio_unix_addr_equal(&addr, &other)) << "a NUL at the end counts";
}

TEST(UnixAddrAbstract, Lengths) {
  mio_unix_addr addr = {};
  const std::string longest(107, 'n'), too_long(108, 'n'), far_too_long(1000, 'n');
  const int result = mio_unix_addr_from_abstract_name(longest.data(), longest.size(), &addr);
  SKIP_IF_UNSUPPORTED(result);
  ASSERT_OK(result);
  for (const std::string &name : {too_long, far_too_long}) {
    EXPECT_ERROR(mio_unix_addr_from_abstract_name(name.data(), name.size(), &addr),
                 MIO_ERROR_INVALID_INPUT);
  }
  EXPECT_EQ(107u, addr.name_len);
  EXPECT_ERROR(mio_unix_addr_from_abstract_name(nullptr, 1, &addr), MIO_ERROR_INVALID_INPUT);
  EXPECT_OK(mio_unix_addr_from_abstract_name(nullptr, 0, &addr)) << "the empty name is one";
}

TEST(UnixAddr, ZeroedIsUnnamed) {
  const mio_unix_addr addr = {};
  char text[16];
  EXPECT_TRUE(mio_unix_addr_is_unnamed(&addr));
  EXPECT_EQ(nullptr, mio_unix_addr_path(&addr));
  EXPECT_EQ("unnamed", ToString(addr));
  EXPECT_EQ(7u, mio_unix_addr_format(nullptr, text, sizeof text));
  EXPECT_STREQ("unnamed", text);
}

TEST(UnixAddr, FormatCutsToFitAndEscapes) {
  mio_unix_addr addr = {};
  char text[8];
  ASSERT_OK(mio_unix_addr_from_path("/a\n\\\xff", &addr));
  EXPECT_EQ("/a\\x0a\\x5c\\xff", ToString(addr));
  EXPECT_EQ(14u, mio_unix_addr_format(&addr, text, 4));
  EXPECT_STREQ("/a\\", text);
  EXPECT_EQ(14u, mio_unix_addr_format(&addr, nullptr, 0));
  ASSERT_OK(mio_unix_addr_from_path(std::string(kFits, '\1').c_str(), &addr));
  EXPECT_EQ(4 * kFits, mio_unix_addr_format(&addr, text, sizeof text));
}

TEST(UnixAddr, Equal) {
  mio_unix_addr a = {}, b = {};
  EXPECT_TRUE(mio_unix_addr_equal(&a, &b));
  ASSERT_OK(mio_unix_addr_from_path("/a", &a));
  EXPECT_FALSE(mio_unix_addr_equal(&a, &b));
  ASSERT_OK(mio_unix_addr_from_path("/ab", &b));
  EXPECT_FALSE(mio_unix_addr_equal(&a, &b));
  ASSERT_OK(mio_unix_addr_from_path("/a", &b));
  EXPECT_TRUE(mio_unix_addr_equal(&a, &b));
}

// The struct is the caller's, who may fill it in by hand, and wrongly.
TEST(UnixAddr, HandMadeNonsenseIsRefused) {
  UnixListener listener;
  mio_unix_addr addr = {};
  addr.kind = MIO_UNIX_ADDR_PATH;
  EXPECT_ERROR(mio_unix_listener_bind_addr(&listener, &addr), MIO_ERROR_INVALID_INPUT);
  addr.name_len = UINT32_MAX;
  EXPECT_ERROR(mio_unix_listener_bind_addr(&listener, &addr), MIO_ERROR_INVALID_INPUT);
  addr.kind = static_cast<mio_unix_addr_kind>(9);
  addr.name_len = 1;
  EXPECT_ERROR(mio_unix_listener_bind_addr(&listener, &addr), MIO_ERROR_INVALID_INPUT);
}

// What kernels write: some of it no kernel here does, so that the bytes are made by hand.
class UnixAddrFromKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    mio_unix_addr full = {};
    const int result = mio_unix_addr_from_path("/abc", &full);
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(mio_net_name_from_unix_addr(&full, &name_));
    path_offset_ = name_.len - 5;
    EXPECT_STREQ("/abc", Path());
  }

  char *Path() { return reinterpret_cast<char *>(name_.storage.bytes) + path_offset_; }

  mio_unix_addr Read(size_t path_len) {
    mio_unix_addr addr = {};
    name_.len = static_cast<uint32_t>(path_offset_ + path_len);
    EXPECT_OK(mio_net_name_to_unix_addr(&name_, &addr));
    return addr;
  }

  mio_net_name name_ = {};
  size_t path_offset_ = 0;
};

TEST_F(UnixAddrFromKernel, PathWithOrWithoutItsNul) {
  EXPECT_EQ("/abc", ToString(Read(5)));
  EXPECT_EQ("/abc", ToString(Read(4)));
  EXPECT_EQ("/abc", ToString(Read(100))) << "NULs behind it are not part of it";
  EXPECT_EQ(4u, Read(100).name_len);
}

TEST_F(UnixAddrFromKernel, NoPathAtAllIsUnnamed) {
  mio_unix_addr addr = {};
  EXPECT_EQ("unnamed", ToString(Read(0)));
  for (uint32_t len = 0; len <= path_offset_; ++len) {
    name_.len = len;
    ASSERT_OK(mio_net_name_to_unix_addr(&name_, &addr)) << len;
    EXPECT_EQ("unnamed", ToString(addr)) << len;
  }
}

// Linux counts a NUL for which sun_path has no room.
TEST_F(UnixAddrFromKernel, PathThatFillsItsRoom) {
  const std::string full(108, 'p');
  std::memcpy(Path(), full.data(), full.size());
  const mio_unix_addr addr = Read(108);
  EXPECT_EQ(full, mio_unix_addr_path(&addr));
}

TEST_F(UnixAddrFromKernel, LengthsBeyondTheRoomAreCut) {
  std::memset(Path(), 'p', sizeof name_.storage.bytes - path_offset_);
  for (const size_t len : {109u, 126u, 200u, 100000u}) {
    const mio_unix_addr addr = Read(len);
    EXPECT_EQ(108u, addr.name_len);
    EXPECT_EQ('\0', addr.name[108]);
  }
}

TEST_F(UnixAddrFromKernel, AnotherFamilyIsUnsupported) {
  const mio_addr ip = mio_addr_loopback_v4(1);
  mio_unix_addr addr = {};
  mio_addr told = {};
  EXPECT_ERROR(mio_net_name_to_addr(&name_, &told), MIO_ERROR_ADDR_FAMILY_UNSUPPORTED);
  ASSERT_OK(mio_net_name_from_addr(&ip, &name_));
  EXPECT_ERROR(mio_net_name_to_unix_addr(&name_, &addr), MIO_ERROR_ADDR_FAMILY_UNSUPPORTED);
  name_.len = 3;
  EXPECT_ERROR(mio_net_name_to_addr(&name_, &told), MIO_ERROR_ADDR_FAMILY_UNSUPPORTED);
}

TEST(UnixAddr, FullPathFromTheRealKernel) {
  TempFolder folder;
  std::string path;
  UnixDatagram socket;
  mio_unix_addr addr = {};
  const mio_handle handle = RawUnixFullPath(folder, &path);
  if (handle == MIO_HANDLE_NONE) GTEST_SKIP() << "no Unix datagrams on this system";
  ASSERT_OK(mio_unix_datagram_adopt(&socket, handle));
  ASSERT_OK(mio_unix_datagram_local_addr(&socket, &addr));
  EXPECT_EQ(path.size(), addr.name_len);
  EXPECT_EQ(path, mio_unix_addr_path(&addr));
}

}  // namespace
}  // namespace mio_test
