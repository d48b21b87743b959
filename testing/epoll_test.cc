// What only epoll does: the meaning of its flags, and registrations that outlive their descriptor.

#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

constexpr mio_token kToken = 7, kOther = 8;

class Epoll : public ::testing::Test {
 protected:
  void SetUp() override {
    if (SelectorName() != "epoll") GTEST_SKIP() << "for epoll";
    ASSERT_OK(mio_unix_stream_pair(&a_, &b_));
  }

  Poll poll_;
  UnixStream a_, b_;
};

TEST_F(Epoll, TransmitTimestampsCloseNothing) {
  TcpStream client, server;
  ASSERT_OK(ConnectTcp(&client, &server));
  mio_handle fd;
  ASSERT_OK(mio_tcp_stream_handle(&client, &fd));
  const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0)
    GTEST_SKIP() << "no timestamps here";
  ASSERT_OK(poll_.Register(&client->source, kToken, MIO_READABLE | MIO_WRITABLE));
  ASSERT_EQ(1, mio_tcp_stream_write(&client, "x", 1));
  const Readiness readiness = poll_.WaitFor(kToken, [](const Readiness &r) { return r.error; });
  EXPECT_TRUE(readiness.readable);
  EXPECT_TRUE(readiness.writable);
  EXPECT_FALSE(readiness.read_closed);
  EXPECT_FALSE(readiness.write_closed);
}

TEST_F(Epoll, ADrainedPipeWhoseWriterGoesIsReadable) {
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(poll_.Register(&receiver->source, kToken, MIO_READABLE));
  mio_pipe_sender_close(&sender);
  const Readiness readiness = poll_.WaitReadable(kToken);
  EXPECT_TRUE(readiness.read_closed);
}

TEST_F(Epoll, AFullPipeWhoseReaderGoesIsWritable) {
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  const std::vector<char> bytes(1 << 16);
  while (mio_pipe_sender_write(&sender, bytes.data(), bytes.size()) > 0) {
  }
  ASSERT_OK(poll_.Register(&sender->source, kToken, MIO_WRITABLE));
  mio_pipe_receiver_close(&receiver);
  const Readiness readiness = poll_.WaitWritable(kToken);
  EXPECT_TRUE(readiness.error);
  EXPECT_FALSE(readiness.read_closed && !readiness.readable);
}

// In every way of registering, and whenever the reader goes.
TEST_F(Epoll, AnEmptyPipeWhoseReaderGoesIsWriteClosed) {
  for (const mio_interest mode : {mio_interest{0}, MIO_LEVEL, MIO_ONESHOT}) {
    Sender sender;
    Receiver receiver;
    ASSERT_OK(mio_pipe_pair(&sender, &receiver));
    ASSERT_OK(poll_.Register(&sender->source, kToken, MIO_WRITABLE));
    ASSERT_OK(poll_.Reregister(&sender->source, kToken, MIO_WRITABLE | mode));
    mio_pipe_receiver_close(&receiver);
    const Readiness readiness =
        poll_.WaitFor(kToken, [](const Readiness &r) { return r.write_closed; });
    EXPECT_TRUE(readiness.writable);
    EXPECT_TRUE(readiness.error);
    EXPECT_OK(poll_.Deregister(&sender->source));
  }
}

TEST_F(Epoll, NoBitOfTheLibrarysOwnIsAnInterest) {
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  EXPECT_ERROR(poll_.Register(&a_->source, kToken, MIO_WRITABLE | 0x8000), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Register(&sender->source, kToken, MIO_WRITABLE | 0x8000),
               MIO_ERROR_INVALID_INPUT);
}

TEST_F(Epoll, ARefusalOfTheKernelChangesNothing) {
  ASSERT_OK(poll_.Register(&a_->source, kToken, MIO_READABLE));
  {
    Faults faults(0, EPERM);
    EXPECT_ERROR(poll_.Deregister(&a_->source), MIO_ERROR_PERMISSION_DENIED);
  }
  mio_handle handle = -1;
  {
    Faults faults(0, EPERM);
    EXPECT_ERROR(mio_unix_stream_release(&a_, &handle), MIO_ERROR_PERMISSION_DENIED);
  }
  ASSERT_EQ(1, mio_unix_stream_write(&b_, "x", 1));
  EXPECT_TRUE(poll_.WaitReadable(kToken).readable);
  EXPECT_OK(poll_.Reregister(&a_->source, kToken, MIO_READABLE));
  ASSERT_OK(mio_unix_stream_release(&a_, &handle));
  EXPECT_EQ(0, close(handle));
}

TEST_F(Epoll, CloseClosesWhateverTheKernelSays) {
  ASSERT_OK(poll_.Register(&a_->source, kToken, MIO_READABLE));
  {
    Faults faults(0, EPERM);
    mio_unix_stream_close(&a_);
  }
  char byte;
  EXPECT_EQ(0, mio_unix_stream_read(&b_, &byte, 1)) << "it is closed";
  EXPECT_TRUE(poll_.Quiet(kToken).None());
}

// The descriptor went first, and a duplicate keeps the file open.
class ClosedFirst : public Epoll {
 protected:
  void SetUp() override {
    Epoll::SetUp();
    if (IsSkipped()) return;
    ASSERT_OK(mio_unix_stream_release(&a_, &fd_));
    ASSERT_OK(mio_source_fd_init(&source_, fd_));
    ASSERT_OK(poll_.Register(&source_->source, kToken, MIO_READABLE | MIO_LEVEL));
    duplicate_ = dup(fd_);
    ASSERT_GE(duplicate_, 0);
    ASSERT_EQ(0, close(fd_));
  }
  void TearDown() override {
    if (duplicate_ >= 0) close(duplicate_);
  }

  void ExpectSilence() {
    EXPECT_EQ(1, mio_unix_stream_write(&b_, "x", 1));
    EXPECT_TRUE(poll_.Quiet(kToken).None());
    char byte;
    EXPECT_EQ(1, read(duplicate_, &byte, 1)) << "the duplicate is as it was";
    EXPECT_EQ(-1, fcntl(fd_, F_GETFD)) << "the number is still free";
  }

  SourceFd source_;
  mio_handle fd_ = -1;
  int duplicate_ = -1;
};

TEST_F(ClosedFirst, DeregisterEndsTheRegistration) {
  EXPECT_OK(poll_.Deregister(&source_->source));
  ExpectSilence();
  EXPECT_ERROR(poll_.Deregister(&source_->source), MIO_ERROR_NOT_FOUND);
}

TEST_F(ClosedFirst, CloseEndsTheRegistration) {
  mio_source_fd_close(&source_);
  ExpectSilence();
}

TEST_F(ClosedFirst, WhenTheNumberIsAnotherFileDeregisterTouchesItNot) {
  int ends[2];
  ASSERT_EQ(0, pipe(ends));
  ASSERT_EQ(fd_, ends[0] < ends[1] ? ends[0] : ends[1]) << "the lowest free number";
  EXPECT_OK(poll_.Deregister(&source_->source));
  EXPECT_NE(-1, fcntl(fd_, F_GETFD));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(ClosedFirst, TheNumberMayBeAFileThatEpollRefuses) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(fd_, file);
  EXPECT_OK(poll_.Deregister(&source_->source));
  EXPECT_OK(poll_.Register(&b_->source, kOther, MIO_WRITABLE));
  close(file);
}

}  // namespace
}  // namespace mio_test
