#include "mio/unix/source_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/net_util.h"

namespace mio_test {
namespace {

enum : mio_token { kOne = 1, kTwo = 2 };

using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

// A pipe that the library does not own.
class SourceFdTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int fds[2] = {-1, -1};
    ASSERT_EQ(0, pipe(fds));
    read_fd_ = fds[0];
    write_fd_ = fds[1];
    ASSERT_EQ(0, fcntl(read_fd_, F_SETFL, O_NONBLOCK));
    ASSERT_OK(mio_source_fd_init(&source_, read_fd_));
  }

  void TearDown() override {
    mio_source_fd_close(&source_);
    EXPECT_EQ(0, close(read_fd_)) << "it is still ours, and open";
    EXPECT_EQ(0, close(write_fd_));
  }

  static ptrdiff_t ReadByte(void *context) {
    char byte = 0;
    const ptrdiff_t got = read(static_cast<SourceFdTest *>(context)->read_fd_, &byte, 1);
    return got < 0 ? -errno : got;
  }
  ptrdiff_t Read() { return mio_source_fd_try_io(&source_, MIO_READABLE, ReadByte, this); }

  Poll poll_;
  SourceFd source_;
  int read_fd_ = -1, write_fd_ = -1;
};

TEST_F(SourceFdTest, IsRegisteredLikeAnySource) {
  ASSERT_OK(poll_.Register(&source_->source, kOne, MIO_READABLE));
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_EQ(1, write(write_fd_, "x", 1));
  EXPECT_TRUE(poll_.WaitReadable(kOne).readable);
  EXPECT_EQ(1, Read());
  ASSERT_OK(poll_.Reregister(&source_->source, kTwo, MIO_READABLE));
  ASSERT_EQ(1, write(write_fd_, "x", 1));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
  EXPECT_EQ(1, Read());
  ASSERT_OK(poll_.Deregister(&source_->source));
  ASSERT_EQ(1, write(write_fd_, "x", 1));
  EXPECT_TRUE(poll_.Quiet(kTwo).None());
}

TEST_F(SourceFdTest, MisuseIsNoticed) {
  Poll other;
  EXPECT_ERROR(poll_.Deregister(&source_->source), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll_.Register(&source_->source, kOne, MIO_READABLE));
  EXPECT_ERROR(poll_.Register(&source_->source, kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Register(&source_->source, kTwo, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Deregister(&source_->source), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_source_fd_init(&source_, write_fd_), MIO_ERROR_ALREADY_EXISTS);
}

TEST_F(SourceFdTest, TryIoThatWouldBlockRearms) {
  ASSERT_OK(poll_.Register(&source_->source, kOne, MIO_READABLE));
  for (int round = 0; round < 4; ++round) {
    ASSERT_ERROR(Read(), MIO_ERROR_WOULD_BLOCK);
    ASSERT_EQ(1, write(write_fd_, "x", 1));
    ASSERT_TRUE(poll_.WaitReadable(kOne).readable) << round;
    ASSERT_EQ(1, Read());
  }
}

TEST_F(SourceFdTest, CloseDeregistersAndLetsGo) {
  ASSERT_OK(poll_.Register(&source_->source, kOne, MIO_READABLE));
  mio_source_fd_close(&source_);
  mio_source_fd_close(&source_);
  EXPECT_TRUE(IsOpen(read_fd_));
  ASSERT_EQ(1, write(write_fd_, "x", 1));
  EXPECT_TRUE(poll_.Quiet(kOne).None());
  ASSERT_OK(mio_source_fd_init(&source_, read_fd_));
  ASSERT_OK(poll_.Register(&source_->source, kTwo, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kTwo).readable);
}

TEST_F(SourceFdTest, DoesNotChangeTheDescriptor) {
  SourceFd other;
  ASSERT_FALSE(IsNonBlocking(write_fd_));
  ASSERT_TRUE(IsInherited(write_fd_));
  ASSERT_OK(mio_source_fd_init(&other, write_fd_));
  ASSERT_OK(poll_.Register(&other->source, kTwo, MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(kTwo).writable);
  EXPECT_FALSE(IsNonBlocking(write_fd_));
  EXPECT_TRUE(IsInherited(write_fd_));
}

TEST_F(SourceFdTest, KnowsItsDescriptor) {
  mio_handle handle = MIO_HANDLE_NONE;
  ASSERT_OK(mio_source_fd_handle(&source_, &handle));
  EXPECT_EQ(read_fd_, handle);
  EXPECT_ERROR(mio_source_fd_handle(&source_, nullptr), MIO_ERROR_INVALID_INPUT);
}

TEST(SourceFd, RefusesWhatIsNotOpen) {
  mio_source_fd source = {};
  EXPECT_ERROR(mio_source_fd_init(&source, -1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_source_fd_init(&source, StaleHandle()), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_source_fd_init(nullptr, 0), MIO_ERROR_INVALID_INPUT);
}

TEST(SourceFd, EmptyRefusesEverything) {
  mio_source_fd empty = {};
  mio_handle handle = MIO_HANDLE_NONE;
  Poll poll;
  const mio_io_operation nothing = [](void *) -> ptrdiff_t { return 0; };
  mio_source_fd_close(&empty);
  mio_source_fd_close(nullptr);
  EXPECT_ERROR(mio_source_fd_handle(&empty, &handle), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_source_fd_try_io(&empty, MIO_READABLE, nothing, nullptr),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_source_fd_try_io(nullptr, MIO_READABLE, nothing, nullptr),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll.Register(&empty.source, kOne, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
}

// epoll has nothing to say about regular files and refuses them; what else there is finds them ready.
TEST(SourceFd, RegularFilesAreRefusedOrReady) {
  TempFolder folder;
  const int fd = open(folder.Path("file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  ASSERT_GE(fd, 0);
  {
    Poll poll;
    SourceFd source;
    ASSERT_OK(mio_source_fd_init(&source, fd));
    const int result = poll.Register(&source->source, kOne, MIO_READABLE);
    if (result < 0) {
      EXPECT_ERROR(result, MIO_ERROR_PERMISSION_DENIED);
      EXPECT_ERROR(poll.Deregister(&source->source), MIO_ERROR_NOT_FOUND);
    } else {
      EXPECT_TRUE(poll.WaitReadable(kOne).readable);
    }
  }
  EXPECT_EQ(0, close(fd));
}

}  // namespace
}  // namespace mio_test
