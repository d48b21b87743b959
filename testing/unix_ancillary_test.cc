// Descriptors and credentials over Unix sockets: they arrive, and none is left open in any path.

#include "mio/unix/ancillary.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Seqpacket = Closing<mio_unix_seqpacket, mio_unix_seqpacket_close>;

constexpr mio_token kToken = 3;

// A descriptor that is closed at the end of its scope, and what it is open for.
class Fd {
 public:
  Fd() : fd_(open("/dev/null", O_RDONLY | O_CLOEXEC)) { EXPECT_GE(fd_, 0); }
  ~Fd() { close(fd_); }
  Fd(const Fd &) = delete;
  Fd &operator=(const Fd &) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool IsSameFile(int a, int b) {
  struct stat first, second;
  return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
         first.st_dev == second.st_dev;
}

// The three types behind one interface.
struct StreamTraits {
  using Object = mio_unix_stream;
  using Owner = UnixStream;
  static constexpr auto *kClose = mio_unix_stream_close;
  static constexpr bool kIsStream = true;
  static int Pair(Object *a, Object *b) { return mio_unix_stream_pair(a, b); }
  static ptrdiff_t Send(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    return mio_unix_stream_write_with(o, v, n, with);
  }
  static ptrdiff_t Receive(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    return mio_unix_stream_read_with(o, v, n, with);
  }
  static int Pass(Object *o, bool on) { return mio_unix_stream_set_pass_credentials(o, on); }
};

struct DatagramTraits {
  using Object = mio_unix_datagram;
  using Owner = UnixDatagram;
  static constexpr auto *kClose = mio_unix_datagram_close;
  static constexpr bool kIsStream = false;
  static int Pair(Object *a, Object *b) { return mio_unix_datagram_pair(a, b); }
  static ptrdiff_t Send(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    return mio_unix_datagram_send_with(o, v, n, nullptr, with);
  }
  static ptrdiff_t Receive(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    mio_unix_addr from;
    return mio_unix_datagram_recv_with(o, v, n, &from, with);
  }
  static int Pass(Object *o, bool on) { return mio_unix_datagram_set_pass_credentials(o, on); }
};

struct SeqpacketTraits {
  using Object = mio_unix_seqpacket;
  using Owner = Seqpacket;
  static constexpr auto *kClose = mio_unix_seqpacket_close;
  static constexpr bool kIsStream = false;
  static int Pair(Object *a, Object *b) { return mio_unix_seqpacket_pair(a, b); }
  static ptrdiff_t Send(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    return mio_unix_seqpacket_send_with(o, v, n, with);
  }
  static ptrdiff_t Receive(Object *o, const mio_iovec *v, size_t n, mio_unix_ancillary *with) {
    return mio_unix_seqpacket_recv_with(o, v, n, with);
  }
  static int Pass(Object *o, bool on) { return mio_unix_seqpacket_set_pass_credentials(o, on); }
};

template <typename Traits>
class Ancillary : public ::testing::Test {
 protected:
  void SetUp() override {
    const int result = Traits::Pair(&a_, &b_);
    SKIP_IF_UNSUPPORTED(result);
    ASSERT_OK(result);
    ASSERT_OK(poll_.Register(&b_->source, kToken, MIO_READABLE));
  }

  ptrdiff_t Send(const std::string &text, std::vector<int> fds, bool credentials = false) {
    std::string bytes = text;
    const mio_iovec from = {&bytes[0], bytes.size()};
    mio_unix_ancillary with = {};
    with.fds = fds.data();
    with.fd_count = fds.size();
    with.has_credentials = credentials;
    const ptrdiff_t sent = Traits::Send(&a_, &from, 1, &with);
    if (sent >= 0) {
      EXPECT_EQ(with.fd_count, 0u);
      EXPECT_FALSE(with.has_credentials);
    }
    return sent;
  }

  // Receives up to `len` bytes, with room for `fd_capacity` descriptors, which are in `fds_` then.
  ptrdiff_t Receive(size_t len, size_t fd_capacity) {
    std::string bytes(len, '\0');
    fds_.assign(fd_capacity, -1);
    const mio_iovec into = {&bytes[0], len};
    with_ = {};
    with_.fds = fds_.data();
    with_.fd_capacity = fd_capacity;
    with_.fds_lost = with_.truncated = with_.has_credentials = true;
    with_.fd_count = 99;
    ptrdiff_t received = Traits::Receive(&b_, &into, 1, &with_);
    while (mio_error_kind(received) == MIO_ERROR_WOULD_BLOCK &&
           poll_.WaitReadable(kToken).readable) {
      received = Traits::Receive(&b_, &into, 1, &with_);
    }
    if (received >= 0) {
      text_ = bytes.substr(0, static_cast<size_t>(received));
      fds_.resize(with_.fd_count);
    }
    return received;
  }

  void CloseReceived() {
    for (const int fd : fds_) {
      EXPECT_FALSE(IsInherited(fd));
      CloseHandle(fd);
    }
    fds_.clear();
  }

  Poll poll_;
  typename Traits::Owner a_, b_;
  mio_unix_ancillary with_ = {};
  std::vector<int> fds_;
  std::string text_;
};

using AllTypes = ::testing::Types<StreamTraits, DatagramTraits, SeqpacketTraits>;
TYPED_TEST_SUITE(Ancillary, AllTypes);

TYPED_TEST(Ancillary, DescriptorsArrive) {
  Fd fd;
  const int before = CountHandles();
  for (const size_t count : {size_t{1}, size_t{3}, size_t{64}}) {
    ASSERT_EQ(this->Send("hello", std::vector<int>(count, fd.get())), 5);
    ASSERT_EQ(this->Receive(100, 64), 5);
    EXPECT_EQ(this->text_, "hello");
    ASSERT_EQ(this->fds_.size(), count);
    EXPECT_FALSE(this->with_.fds_lost);
    EXPECT_FALSE(this->with_.truncated);
    EXPECT_FALSE(this->with_.has_credentials);
    for (const int received : this->fds_) EXPECT_TRUE(IsSameFile(received, fd.get()));
    this->CloseReceived();
  }
  EXPECT_EQ(CountHandles(), before);
}

TYPED_TEST(Ancillary, AsManyAsTheSystemAllows) {
  Fd fd;
  const int before = CountHandles();
  const ptrdiff_t sent = this->Send("x", std::vector<int>(MIO_UNIX_FDS_MAX, fd.get()));
  if (sent < 0) GTEST_SKIP() << "this system allows fewer: " << sent;
  ASSERT_EQ(this->Receive(1, MIO_UNIX_FDS_MAX), 1);
  EXPECT_EQ(this->fds_.size(), static_cast<size_t>(MIO_UNIX_FDS_MAX));
  EXPECT_FALSE(this->with_.fds_lost);
  this->CloseReceived();
  ASSERT_EQ(this->Send("x", std::vector<int>(MIO_UNIX_FDS_MAX, fd.get())), 1);
  ASSERT_EQ(this->Receive(1, 0), 1);
  EXPECT_TRUE(this->with_.fds_lost);
  EXPECT_EQ(CountHandles(), before);
}

TYPED_TEST(Ancillary, SurplusDescriptorsAreClosedAndReported) {
  Fd fd;
  const int before = CountHandles();
  for (const size_t room : {size_t{0}, size_t{1}, size_t{9}}) {
    ASSERT_EQ(this->Send("hello", std::vector<int>(10, fd.get())), 5);
    ASSERT_EQ(this->Receive(100, room), 5);
    EXPECT_EQ(this->text_, "hello");
    EXPECT_EQ(this->fds_.size(), room);
    EXPECT_TRUE(this->with_.fds_lost);
    this->CloseReceived();
    EXPECT_EQ(CountHandles(), before) << room;
  }
}

// The receiver is at its limit on descriptors: the data arrives, and what is missing is reported.
TYPED_TEST(Ancillary, ALimitOnDescriptorsLosesNoData) {
  Fd fd;
  const int before = CountHandles();
  ASSERT_EQ(this->Send("hello", std::vector<int>(10, fd.get())), 5);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  Fd next;  // the lowest free number, or a higher one
  const rlimit low = {static_cast<rlim_t>(next.get() + 3), limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const ptrdiff_t received = this->Receive(100, 64);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (received < 0) {  // the BSDs refuse the receive, and keep the message
    EXPECT_ERROR(received, MIO_ERROR_TOO_MANY_FILES);
    ASSERT_EQ(this->Receive(100, 64), 5);
  } else {
    ASSERT_EQ(received, 5);
    EXPECT_LT(this->fds_.size(), 10u);
    EXPECT_TRUE(this->with_.fds_lost);
  }
  EXPECT_EQ(this->text_, "hello");
  this->CloseReceived();
  EXPECT_EQ(CountHandles(), before + 1);
}

TYPED_TEST(Ancillary, AShortReceiveKeepsTheDescriptors) {
  Fd fd;
  const int before = CountHandles();
  ASSERT_EQ(this->Send("hello", {fd.get(), fd.get()}), 5);
  ASSERT_EQ(this->Receive(2, 4), 2);
  EXPECT_EQ(this->text_, "he");
  EXPECT_EQ(this->fds_.size(), 2u);
  EXPECT_EQ(this->with_.truncated, !TypeParam::kIsStream);
  this->CloseReceived();
  if (TypeParam::kIsStream) {
    ASSERT_EQ(this->Receive(9, 4), 3);
    EXPECT_EQ(this->text_, "llo");
    EXPECT_EQ(this->fds_.size(), 0u);
    EXPECT_FALSE(this->with_.fds_lost);
  }
  EXPECT_EQ(CountHandles(), before);
}

TYPED_TEST(Ancillary, SeveralSendsKeepTheirDescriptors) {
  Fd fd;
  const int before = CountHandles();
  size_t fds = 0, bytes = 0;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(this->Send("x", {fd.get()}), 1);
  while (bytes < 5) {
    const ptrdiff_t n = this->Receive(3, 5);
    ASSERT_GT(n, 0);
    bytes += static_cast<size_t>(n);
    fds += this->fds_.size();
    EXPECT_FALSE(this->with_.fds_lost);
    this->CloseReceived();
  }
  EXPECT_EQ(fds, 5u);
  EXPECT_EQ(CountHandles(), before);
}

// Edge-triggered, after a receive that stopped at the end of one send.
TYPED_TEST(Ancillary, EventsGoOn) {
  Fd fd;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(this->Send("x", {fd.get()}), 1);
    EXPECT_TRUE(this->poll_.WaitReadable(kToken).readable);
    ASSERT_EQ(this->Receive(10, 1), 1);
    this->CloseReceived();
    const mio_iovec into = {&this->text_[0], this->text_.size()};
    mio_unix_ancillary with = {};
    EXPECT_ERROR(TypeParam::Receive(&this->b_, &into, 1, &with), MIO_ERROR_WOULD_BLOCK);
  }
}

// Descriptors that were sent to a peer that closed without receiving.
TYPED_TEST(Ancillary, DescriptorsInFlightAreNotLeaked) {
  Fd fd;
  const int before = CountHandles();
  ASSERT_EQ(this->Send("x", {fd.get(), fd.get()}), 1);
  TypeParam::kClose(&this->b_);
  EXPECT_EQ(CountHandles(), before - 1);
}

TYPED_TEST(Ancillary, CredentialsOfTheSender) {
  const int passed = TypeParam::Pass(&this->b_, true);
  if (passed != 0) {
    EXPECT_ERROR(passed, MIO_ERROR_UNSUPPORTED);
  }
  const ptrdiff_t sent = this->Send("x", {}, true);
  if (mio_error_kind(sent) == MIO_ERROR_UNSUPPORTED) GTEST_SKIP() << "no credentials here";
  ASSERT_EQ(sent, 1);
  ASSERT_EQ(this->Receive(1, 0), 1);
  ASSERT_TRUE(this->with_.has_credentials);
  const mio_unix_credentials own = OwnCredentials();
  EXPECT_EQ(this->with_.credentials.uid, own.uid);
  EXPECT_EQ(this->with_.credentials.gid, own.gid);
  EXPECT_EQ(this->with_.credentials.pid, own.pid);
  if (passed != 0) return;
  // The kernel adds them by itself, also beside descriptors.
  Fd fd;
  ASSERT_EQ(this->Send("y", {fd.get()}), 1);
  ASSERT_EQ(this->Receive(1, 1), 1);
  EXPECT_EQ(this->fds_.size(), 1u);
  EXPECT_TRUE(this->with_.has_credentials);
  EXPECT_EQ(this->with_.credentials.pid, own.pid);
  this->CloseReceived();
}

// Sent before the receiver asked for credentials: unknown, and not of process 0.
TYPED_TEST(Ancillary, UnknownCredentialsAreNone) {
  ASSERT_EQ(this->Send("x", {}), 1);
  if (TypeParam::Pass(&this->b_, true) != 0) GTEST_SKIP() << "not asked for by the receiver here";
  ASSERT_EQ(this->Receive(1, 0), 1);
  if (this->with_.has_credentials) {
    EXPECT_NE(this->with_.credentials.pid, 0);
    EXPECT_NE(this->with_.credentials.uid, 0xffffffffu);
    EXPECT_EQ(this->with_.credentials.uid, OwnCredentials().uid);
  }
}

TYPED_TEST(Ancillary, Misuse) {
  char byte = 'x';
  const mio_iovec one = {&byte, 1}, none = {nullptr, 1};
  Fd fd;
  int fds[1] = {fd.get()};
  mio_unix_ancillary with = {};
  with.fds = fds;
  with.fd_count = 1;
  for (const auto call : {TypeParam::Send, TypeParam::Receive}) {
    EXPECT_ERROR(call(nullptr, &one, 1, &with), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(&this->a_, nullptr, 1, &with), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(&this->a_, &one, 0, &with), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(&this->a_, &none, 1, &with), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(call(&this->a_, &one, 1, nullptr), MIO_ERROR_INVALID_INPUT);
  }
  mio_unix_ancillary wrong = with;
  wrong.fd_count = MIO_UNIX_FDS_MAX + 1;
  EXPECT_ERROR(TypeParam::Send(&this->a_, &one, 1, &wrong), MIO_ERROR_INVALID_INPUT);
  wrong = with;
  wrong.fds = nullptr;
  EXPECT_ERROR(TypeParam::Send(&this->a_, &one, 1, &wrong), MIO_ERROR_INVALID_INPUT);
  int stale[1] = {StaleHandle()};
  wrong.fds = stale;
  EXPECT_ERROR(TypeParam::Send(&this->a_, &one, 1, &wrong), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(wrong.fd_count, 1u);
  wrong = {};
  wrong.fd_capacity = 1;
  EXPECT_ERROR(TypeParam::Receive(&this->b_, &one, 1, &wrong), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::Pass(nullptr, true), MIO_ERROR_INVALID_INPUT);
  TypeParam::kClose(&this->a_);
  EXPECT_ERROR(TypeParam::Send(&this->a_, &one, 1, &with), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(TypeParam::Receive(&this->a_, &one, 1, &with), MIO_ERROR_INVALID_INPUT);
}

// A write that is cut has sent the descriptors with its first byte: the rest goes without.
TEST(UnixAncillary, AShortWriteSendsTheDescriptorsOnce) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  Fd fd;
  const int before = CountHandles();
  std::string bytes(64 * 1024 * 1024, 'x');
  int fds[1] = {fd.get()};
  mio_unix_ancillary with = {};
  with.fds = fds;
  with.fd_count = 1;
  size_t sent = 0, received = 0, arrived = 0;
  bool was_cut = false;
  std::string room(1 << 20, '\0');
  while (received < bytes.size()) {
    if (sent < bytes.size()) {
      const mio_iovec from = {&bytes[sent], bytes.size() - sent};
      const ptrdiff_t n = mio_unix_stream_write_with(&a, &from, 1, &with);
      if (n > 0) {
        sent += static_cast<size_t>(n);
        was_cut |= sent < bytes.size();
      } else {
        ASSERT_ERROR(n, MIO_ERROR_WOULD_BLOCK);
      }
    }
    int got[4];
    mio_unix_ancillary into = {};
    into.fds = got;
    into.fd_capacity = 4;
    const mio_iovec buffer = {&room[0], room.size()};
    const ptrdiff_t n = mio_unix_stream_read_with(&b, &buffer, 1, &into);
    ASSERT_GT(n, 0);
    received += static_cast<size_t>(n);
    arrived += into.fd_count;
    for (size_t i = 0; i < into.fd_count; ++i) CloseHandle(got[i]);
  }
  EXPECT_TRUE(was_cut);
  EXPECT_EQ(arrived, 1u);
  EXPECT_EQ(CountHandles(), before);
}

TEST(UnixAncillary, TheEndOfAStream) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  mio_unix_stream_close(&a);
  char byte;
  const mio_iovec into = {&byte, 1};
  mio_unix_ancillary with = {};
  EXPECT_EQ(mio_unix_stream_read_with(&b, &into, 1, &with), 0);
  EXPECT_EQ(with.fd_count, 0u);
  EXPECT_ERROR(mio_unix_stream_write_with(&b, &into, 1, &with), MIO_ERROR_BROKEN_PIPE);
  const mio_iovec nothing = {&byte, 0};
  EXPECT_ERROR(mio_unix_stream_write_with(&b, &nothing, 1, &with), MIO_ERROR_INVALID_INPUT);
}

TEST(UnixAncillary, DatagramsToAnAddress) {
  const TempFolder folder;
  UnixDatagram server, client;
  ASSERT_OK(mio_unix_datagram_bind(&server, folder.Path("s").c_str()));
  ASSERT_OK(mio_unix_datagram_bind(&client, folder.Path("c").c_str()));
  mio_unix_addr to, from;
  ASSERT_OK(mio_unix_addr_from_path(folder.Path("s").c_str(), &to));
  Fd fd;
  int fds[1] = {fd.get()}, got[1];
  char text[] = "hi", room[9];
  const mio_iovec out = {text, 2}, in = {room, sizeof room};
  mio_unix_ancillary with = {};
  with.fds = fds;
  with.fd_count = 1;
  ASSERT_EQ(mio_unix_datagram_send_with(&client, &out, 1, &to, &with), 2);
  with.fds = got;
  with.fd_capacity = 1;
  ASSERT_EQ(mio_unix_datagram_recv_with(&server, &in, 1, &from, &with), 2);
  EXPECT_EQ(ToString(from), folder.Path("c"));
  ASSERT_EQ(with.fd_count, 1u);
  CloseHandle(got[0]);
  const mio_unix_addr unnamed = {};
  EXPECT_ERROR(mio_unix_datagram_send_with(&client, &out, 1, &unnamed, &with),
               MIO_ERROR_INVALID_INPUT);
}

}  // namespace
}  // namespace mio_test
