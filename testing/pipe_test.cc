#include "mio/unix/pipe.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "testing/handle_contract.h"

#if defined(MIO_TEST_FAULTS)
#include "testing/fault_injection.h"
#endif

namespace mio_test {
namespace {

enum : mio_token { kSender, kReceiver };

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

MIO_HANDLE_TRAITS(PipeSender, mio_pipe_sender) {
  Receiver unused;
  return mio_pipe_pair(object, &unused);
}
INSTANTIATE_TYPED_TEST_SUITE_P(PipeSender, HandleContract, PipeSenderTraits);

MIO_HANDLE_TRAITS(PipeReceiver, mio_pipe_receiver) {
  Sender unused;
  return mio_pipe_pair(&unused, object);
}
INSTANTIATE_TYPED_TEST_SUITE_P(PipeReceiver, HandleContract, PipeReceiverTraits);

class Pipe : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
    ASSERT_OK(poll_.Register(&sender_->source, kSender, MIO_WRITABLE));
    ASSERT_OK(poll_.Register(&receiver_->source, kReceiver, MIO_READABLE));
  }

  void Send(const std::string &text) {
    ASSERT_EQ(static_cast<ptrdiff_t>(text.size()),
              mio_pipe_sender_write(&sender_, text.data(), text.size()));
  }

  // By each of the two ways to read and to write; `way` counts through them.
  ptrdiff_t Read(int way, char *buffer, size_t len) {
    const mio_iovec into = {buffer, len};
    return way % 2 == 0 ? mio_pipe_receiver_readv(&receiver_, &into, 1)
                        : mio_pipe_receiver_read(&receiver_, buffer, len);
  }
  ptrdiff_t Write(int way, std::string *bytes) {
    const mio_iovec from = {&(*bytes)[0], bytes->size()};
    return way % 2 == 0 ? mio_pipe_sender_writev(&sender_, &from, 1)
                        : mio_pipe_sender_write(&sender_, bytes->data(), bytes->size());
  }

  ptrdiff_t WhenReadable(const std::function<ptrdiff_t()> &operation) {
    ptrdiff_t result = operation();
    while (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK &&
           poll_.WaitReadable(kReceiver).readable) {
      result = operation();
    }
    return result;
  }

  Poll poll_;
  Sender sender_;
  Receiver receiver_;
  char buffer_[64] = {};
};

TEST_F(Pipe, WhatIsWrittenIsRead) {
  Send("hello");
  poll_.WaitReadable(kReceiver);
  EXPECT_EQ(3, mio_pipe_receiver_read(&receiver_, buffer_, 3));
  EXPECT_STREQ("hel", buffer_);
  EXPECT_EQ(2, mio_pipe_receiver_read(&receiver_, buffer_, sizeof buffer_));
  EXPECT_ERROR(mio_pipe_receiver_read(&receiver_, buffer_, 1), MIO_ERROR_WOULD_BLOCK);
}

TEST_F(Pipe, VectorsGoInOrderAndSkipEmptyBuffers) {
  char one[] = "one ", two[] = "two", first[3] = {}, second[9] = {};
  const mio_iovec out[] = {{one, 4}, {nullptr, 0}, {two, 3}};
  const mio_iovec in[] = {{first, 2}, {nullptr, 0}, {second, 8}};
  ASSERT_EQ(7, mio_pipe_sender_writev(&sender_, out, 3));
  ASSERT_EQ(7, mio_pipe_receiver_readv(&receiver_, in, 3));
  EXPECT_STREQ("on", first);
  EXPECT_STREQ("e two", second);
}

TEST_F(Pipe, MovingNothingIsZeroInAnyState) {
  char byte = 0;
  const mio_iovec empty[] = {{nullptr, 0}, {&byte, 0}};
  EXPECT_EQ(0, mio_pipe_sender_write(&sender_, nullptr, 0));
  EXPECT_EQ(0, mio_pipe_sender_writev(&sender_, empty, 2));
  EXPECT_EQ(0, mio_pipe_receiver_read(&receiver_, nullptr, 0));
  EXPECT_EQ(0, mio_pipe_receiver_readv(&receiver_, empty, 2));
}

TEST_F(Pipe, MoreBuffersThanAllowedAreAShortTransfer) {
  char byte = 'x';
  const std::vector<mio_iovec> many(MIO_IOVEC_COUNT_MAX + 1, mio_iovec{&byte, 1});
  EXPECT_EQ(MIO_IOVEC_COUNT_MAX, mio_pipe_sender_writev(&sender_, many.data(), many.size()));
  EXPECT_EQ(MIO_IOVEC_COUNT_MAX, mio_pipe_receiver_readv(&receiver_, many.data(), many.size()));
}

TEST_F(Pipe, BuffersThatMakeNoSenseAreRefused) {
  char byte = 0;
  const mio_iovec nowhere[] = {{&byte, 1}, {nullptr, 1}};
  EXPECT_ERROR(mio_pipe_sender_write(&sender_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_pipe_receiver_read(&receiver_, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  const struct {
    const mio_iovec *buffers;
    size_t count;
  } cases[] = {{nowhere, 2}, {nowhere, 0}, {nullptr, 1}};
  for (const auto &c : cases) {
    EXPECT_ERROR(mio_pipe_sender_writev(&sender_, c.buffers, c.count), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_receiver_readv(&receiver_, c.buffers, c.count), MIO_ERROR_INVALID_INPUT);
  }
}

TEST_F(Pipe, EveryReadThatWouldBlockRearms) {
  for (int way = 0; way < 6; ++way) {
    ASSERT_ERROR(Read(way, buffer_, 1), MIO_ERROR_WOULD_BLOCK);
    Send("x");
    ASSERT_TRUE(poll_.WaitReadable(kReceiver).readable) << way;
    ASSERT_EQ(1, WhenReadable([&] { return Read(way, buffer_, 1); })) << way;
  }
}

TEST_F(Pipe, EveryWriteThatWouldBlockRearms) {
  std::string block(4096, 'x');
  for (int way = 0; way < 4; ++way) {
    ptrdiff_t written = 0;
    while ((written = Write(way, &block)) > 0) {
    }
    ASSERT_ERROR(written, MIO_ERROR_WOULD_BLOCK);
    while (Read(way, &block[0], block.size()) > 0) {
    }
    do {
      ASSERT_TRUE(poll_.WaitWritable(kSender).writable) << way;
      written = Write(way, &block);
    } while (mio_error_kind(written) == MIO_ERROR_WOULD_BLOCK);
    EXPECT_GT(written, 0);
  }
}

TEST_F(Pipe, TheEndOfTheSenderIsAnEventAndAReadOfZero) {
  Send("last");
  poll_.WaitReadable(kReceiver);
  EXPECT_EQ(4, mio_pipe_receiver_read(&receiver_, buffer_, sizeof buffer_));
  ASSERT_ERROR(mio_pipe_receiver_read(&receiver_, buffer_, 1), MIO_ERROR_WOULD_BLOCK);
  mio_pipe_sender_close(&sender_);
  poll_.WaitFor(kReceiver, [](const Readiness &r) { return r.read_closed; });
  EXPECT_EQ(0, mio_pipe_receiver_read(&receiver_, buffer_, sizeof buffer_));
  EXPECT_EQ(0, mio_pipe_receiver_read(&receiver_, buffer_, sizeof buffer_));
}

TEST_F(Pipe, TheEndOfTheReceiverIsAnEvent) {
  poll_.WaitWritable(kSender);
  mio_pipe_receiver_close(&receiver_);
  poll_.WaitFor(kSender, [](const Readiness &r) { return r.write_closed; });
  EXPECT_ERROR(mio_pipe_sender_write(&sender_, "x", 1), MIO_ERROR_BROKEN_PIPE);
}

TEST(PipePair, BothOrNone) {
  Sender sender, other_sender;
  Receiver receiver, other_receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  const int before = CountHandles();
  EXPECT_ERROR(mio_pipe_pair(&sender, &other_receiver), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_pipe_pair(&other_sender, &receiver), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_pipe_pair(&other_sender, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_pipe_pair(nullptr, &other_receiver), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(before, CountHandles());
}

TEST(PipeAdopt, TakesWhatReadsAndWritesLikeOne) {
  Sender sender;
  Receiver receiver;
  char byte = 0;
  ASSERT_OK(mio_pipe_sender_adopt(&sender, NoSocket()));
  ASSERT_OK(mio_pipe_receiver_adopt(&receiver, NoSocket()));
  EXPECT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
  EXPECT_EQ(0, mio_pipe_receiver_read(&receiver, &byte, 1)) << "nothing comes from /dev/null";
}

TEST(PipeSetNonblocking, IsForHandingTheDescriptorOn) {
  Sender sender;
  Receiver receiver;
  mio_handle out = MIO_HANDLE_NONE, in = MIO_HANDLE_NONE;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(mio_pipe_sender_handle(&sender, &out));
  ASSERT_OK(mio_pipe_receiver_handle(&receiver, &in));
  ASSERT_OK(mio_pipe_sender_set_nonblocking(&sender, false));
  EXPECT_FALSE(IsNonBlocking(out));
  EXPECT_TRUE(IsNonBlocking(in));
  ASSERT_OK(mio_pipe_receiver_set_nonblocking(&receiver, false));
  EXPECT_FALSE(IsNonBlocking(in));
  ASSERT_OK(mio_pipe_receiver_set_nonblocking(&receiver, true));
  EXPECT_TRUE(IsNonBlocking(in));
  ASSERT_OK(mio_pipe_sender_set_nonblocking(&sender, true));
  EXPECT_TRUE(IsNonBlocking(out));
}

TEST(PipeClosed, RefusesEverything) {
  mio_pipe_sender closed_sender = {};
  mio_pipe_receiver closed_receiver = {};
  char byte = 0;
  const mio_iovec one = {&byte, 1};
  for (mio_pipe_sender *sender : {&closed_sender, static_cast<mio_pipe_sender *>(nullptr)}) {
    EXPECT_ERROR(mio_pipe_sender_write(sender, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_sender_write(sender, &byte, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_sender_writev(sender, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_sender_set_nonblocking(sender, true), MIO_ERROR_INVALID_INPUT);
  }
  for (mio_pipe_receiver *receiver :
       {&closed_receiver, static_cast<mio_pipe_receiver *>(nullptr)}) {
    EXPECT_ERROR(mio_pipe_receiver_read(receiver, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_receiver_read(receiver, &byte, 0), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_receiver_readv(receiver, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_pipe_receiver_set_nonblocking(receiver, true), MIO_ERROR_INVALID_INPUT);
  }
}

#if defined(MIO_TEST_FAULTS)
// One that is no pipe, and an argument's fault, say nothing of the system call. First, as the ones
// below lose it for good.
TEST(PipeWrite, OneOddDescriptorLosesNothing) {
  if (!Faults::SeesRawCalls()) GTEST_SKIP() << "cannot make the system call fail";
  Sender odd, sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  std::string before;
  {
    const Faults counted;
    ASSERT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
    before = counted.Describe();
  }
  if (before == "write") GTEST_SKIP() << "the kernel has no better way";
  ASSERT_OK(mio_pipe_sender_adopt(&odd, NoSocket()));
  for (const int error : {EOPNOTSUPP, EINVAL, EPERM, EACCES}) {
    const Faults refused(0, error);
    mio_pipe_sender_write(&odd, "x", 1);
  }
  {
    const Faults refused(0, EINVAL, 2); /* both ways */
    EXPECT_LT(mio_pipe_sender_write(&sender, "x", 1), 0);
  }
  const Faults counted;
  ASSERT_EQ(1, mio_pipe_sender_write(&sender, "x", 1));
  EXPECT_EQ(before, counted.Describe());
}
#endif

// A write to a pipe without a reader, whatever the program does with SIGPIPE. Directly is how this
// system does it; masked is how Linux does it where a kernel or a sandbox has no better way, which one
// ENOSYS settles for the rest of the process: so these come last.
enum class Way { kDirect, kMasked };

int handler_calls = 0;

class Sigpipe : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    ASSERT_EQ(0, sigemptyset(&sigpipe_));
    ASSERT_EQ(0, sigaddset(&sigpipe_, SIGPIPE));
    ASSERT_EQ(0, pthread_sigmask(SIG_SETMASK, nullptr, &mask_));
    ASSERT_EQ(0, sigaction(SIGPIPE, nullptr, &action_));
    ASSERT_OK(mio_pipe_pair(&sender_, &receiver_));
    if (GetParam() == Way::kMasked) {
      ASSERT_NO_FATAL_FAILURE(LoseTheBetterWay());
      if (IsSkipped()) return;
    }
    mio_pipe_receiver_close(&receiver_);
  }

  void TearDown() override {
    sigaction(SIGPIPE, &action_, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

  void LoseTheBetterWay() {
#if defined(MIO_TEST_FAULTS)
    if (!Faults::SeesRawCalls()) GTEST_SKIP() << "cannot make the system call fail";
    {
      // From the second time on it is the plain write that fails: the better way is known to be
      // missing.
      const Faults none(0, ENOSYS);
      mio_pipe_sender_write(&sender_, "x", 1);
    }
    const Faults counted;
    ASSERT_EQ(1, mio_pipe_sender_write(&sender_, "x", 1));
    ASSERT_EQ("write", counted.Describe()) << "the better way is not tried again";
#endif
  }

  void ExpectBrokenPipe() {
    char byte = 'x';
    const mio_iovec one = {&byte, 1};
    EXPECT_ERROR(mio_pipe_sender_write(&sender_, &byte, 1), MIO_ERROR_BROKEN_PIPE);
    EXPECT_ERROR(mio_pipe_sender_writev(&sender_, &one, 1), MIO_ERROR_BROKEN_PIPE);
  }

  void Block() { ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &sigpipe_, nullptr)); }

  bool IsBlocked() {
    sigset_t now;
    EXPECT_EQ(0, pthread_sigmask(SIG_SETMASK, nullptr, &now));
    return sigismember(&now, SIGPIPE) == 1;
  }

  bool IsPending() {
    sigset_t now;
    EXPECT_EQ(0, sigpending(&now));
    return sigismember(&now, SIGPIPE) == 1;
  }

  Sender sender_;
  Receiver receiver_;
  sigset_t sigpipe_, mask_;
  struct sigaction action_;
};

TEST_P(Sigpipe, DoesNotEndTheProcess) {
  signal(SIGPIPE, SIG_DFL);
  ExpectBrokenPipe();
  EXPECT_FALSE(IsBlocked());
  EXPECT_FALSE(IsPending());
}

TEST_P(Sigpipe, DoesNotReachAHandler) {
  handler_calls = 0;
  signal(SIGPIPE, [](int) { ++handler_calls; });
  ExpectBrokenPipe();
  EXPECT_EQ(0, handler_calls);
  raise(SIGPIPE);
  EXPECT_EQ(1, handler_calls) << "the handler is still there, and one's own signals arrive";
}

TEST_P(Sigpipe, LeavesNothingPendingInABlockedThread) {
  Block();
  ExpectBrokenPipe();
  EXPECT_TRUE(IsBlocked());
  EXPECT_FALSE(IsPending());
}

TEST_P(Sigpipe, LeavesThePendingOneOfTheProgram) {
  Block();
  raise(SIGPIPE);
  ASSERT_TRUE(IsPending());
  ExpectBrokenPipe();
  EXPECT_TRUE(IsBlocked());
  EXPECT_TRUE(IsPending());
  int taken = 0;
  ASSERT_EQ(0, sigwait(&sigpipe_, &taken));
}

TEST_P(Sigpipe, MayBeIgnoredToo) {
  struct sigaction now;
  signal(SIGPIPE, SIG_IGN);
  ExpectBrokenPipe();
  EXPECT_FALSE(IsPending());
  ASSERT_EQ(0, sigaction(SIGPIPE, nullptr, &now));
  EXPECT_EQ(SIG_IGN, now.sa_handler);
}

// The writer sleeps when its reader goes: the kernel answers with what was written until then, and
// raises the signal all the same.
TEST_P(Sigpipe, StaysOutAfterAPartOfABlockingWrite) {
  signal(SIGPIPE, SIG_DFL);
  Sender sender;
  Receiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(mio_pipe_sender_set_nonblocking(&sender, false));
  const std::vector<char> much(1 << 20);
  std::thread reader([&receiver] {
    // The pipe is full once it can be read and the writer sleeps. Which cannot be seen: what was
    // written at first is taken away, and the rest makes it sleep.
    mio_handle handle = MIO_HANDLE_NONE;
    EXPECT_OK(mio_pipe_receiver_handle(&receiver, &handle));
    AwaitReadable(handle);
    char byte = 0;
    EXPECT_EQ(1, mio_pipe_receiver_read(&receiver, &byte, 1));
    mio_pipe_receiver_close(&receiver);
  });
  const ptrdiff_t written = mio_pipe_sender_write(&sender, much.data(), much.size());
  reader.join();
  EXPECT_LT(written, static_cast<ptrdiff_t>(much.size()));
  EXPECT_FALSE(IsPending());
  EXPECT_FALSE(IsBlocked());
}

// Says that SIGPIPE is ignored, which is checked, and then it is write(2) and nothing else.
TEST_P(Sigpipe, IgnoredIsSaidByTheProgram) {
  signal(SIGPIPE, SIG_DFL);
  EXPECT_ERROR(mio_unix_ignores_sigpipe(true), MIO_ERROR_INVALID_INPUT);
  signal(SIGPIPE, [](int) {});
  EXPECT_ERROR(mio_unix_ignores_sigpipe(true), MIO_ERROR_INVALID_INPUT);
  signal(SIGPIPE, SIG_IGN);
  ASSERT_OK(mio_unix_ignores_sigpipe(true));
#if defined(MIO_TEST_FAULTS)
  {
    const Faults counted;
    char byte = 'x';
    EXPECT_ERROR(mio_pipe_sender_write(&sender_, &byte, 1), MIO_ERROR_BROKEN_PIPE);
    EXPECT_EQ("write", counted.Describe());
  }
#endif
  ExpectBrokenPipe();
  ASSERT_OK(mio_unix_ignores_sigpipe(false));
  signal(SIGPIPE, SIG_DFL);
  ExpectBrokenPipe();
}

INSTANTIATE_TEST_SUITE_P(Directly, Sigpipe, ::testing::Values(Way::kDirect));
#if defined(MIO_TEST_FAULTS)
INSTANTIATE_TEST_SUITE_P(Masked, Sigpipe, ::testing::Values(Way::kMasked));
#endif

}  // namespace
}  // namespace mio_test
