// The model itself: each rule that the manuals give, or that a kernel was seen to follow, once.

#include "testing/kqueue/model.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

using Kevents = std::vector<struct kevent>;

struct kevent Change(uintptr_t ident, int filter, unsigned flags, unsigned fflags = 0,
                     uintptr_t udata = 0) {
  struct kevent made = {};
  made.ident = ident;
  made.filter = static_cast<short>(filter);
  made.flags = static_cast<unsigned short>(flags);
  made.fflags = fflags;
  made.udata = reinterpret_cast<void *>(udata);
  return made;
}

class Model : public ::testing::Test {
 protected:
  void SetUp() override {
    model_reset();
    kq_ = kqueue();
    ASSERT_GE(kq_, 0);
    ASSERT_EQ(0, pipe2(pipe_, O_NONBLOCK));
    ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_));
  }
  void TearDown() override {
    model_reset();
    for (int fd : {kq_, pipe_[0], pipe_[1], sockets_[0], sockets_[1]}) {
      if (fd >= 0) close(fd);
    }
  }

  uintptr_t reader() const { return static_cast<uintptr_t>(pipe_[0]); }
  uintptr_t writer() const { return static_cast<uintptr_t>(pipe_[1]); }
  uintptr_t socket() const { return static_cast<uintptr_t>(sockets_[0]); }

  // One change without a place for its receipt: 0 or the errno.
  int Apply(const struct kevent &change) {
    return kevent(kq_, &change, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
  }
  int Add(uintptr_t ident, int filter, unsigned flags, uintptr_t udata = 0) {
    return Apply(Change(ident, filter, EV_ADD | flags, 0, udata));
  }
  // Several, each with its receipt: the errno of each, or -1 if there is no receipt.
  std::vector<int> Receipts(Kevents changes, size_t room) {
    Kevents out(room);
    const int count = kevent(kq_, changes.data(), static_cast<int>(changes.size()), out.data(),
                             static_cast<int>(room), nullptr);
    std::vector<int> errors;
    for (int i = 0; i < count; ++i) {
      EXPECT_NE(0, out[static_cast<size_t>(i)].flags & EV_ERROR);
      errors.push_back(static_cast<int>(out[static_cast<size_t>(i)].data));
    }
    return errors;
  }
  Kevents Wait(int room = 8, long timeout_ns = 0) {
    Kevents out(static_cast<size_t>(room));
    const struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    const int count = kevent(kq_, nullptr, 0, out.data(), room, &timeout);
    EXPECT_GE(count, 0);
    out.resize(static_cast<size_t>(count < 0 ? 0 : count));
    return out;
  }
  void Write(int fd, const char *bytes = "x") {
    ASSERT_EQ(static_cast<ssize_t>(strlen(bytes)), write(fd, bytes, strlen(bytes)));
  }

  int kq_ = -1;
  int pipe_[2] = {-1, -1};
  int sockets_[2] = {-1, -1};
};

TEST_F(Model, AQueueStaysInAProgramThatIsExecuted) {
  EXPECT_EQ(0, fcntl(kq_, F_GETFD) & FD_CLOEXEC) << "until the program asks for more";
}

TEST_F(Model, ErrorsOfEachKind) {
  EXPECT_EQ(EBADF, Add(9999, EVFILT_READ, 0));
  EXPECT_EQ(EINVAL, Add(reader(), -99, 0));
  for (const unsigned flags : {EV_DELETE, EV_ENABLE, EV_DISABLE}) {
    EXPECT_EQ(ENOENT, Apply(Change(reader(), EVFILT_READ, flags)));
  }
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0));
  close(pipe_[0]);
  EXPECT_EQ(EBADF, Apply(Change(reader(), EVFILT_READ, EV_DELETE)));
  pipe_[0] = -1;
  struct kevent none;
  EXPECT_EQ(-1, kevent(pipe_[1], nullptr, 0, &none, 1, nullptr));
  EXPECT_EQ(EBADF, errno) << "no kqueue";
  EXPECT_EQ(-1, kevent(kq_, nullptr, -1, &none, 1, nullptr));
  EXPECT_EQ(EINVAL, errno);
}

TEST_F(Model, TimeoutsThatMakeNoSense) {
  struct kevent none;
  for (const struct timespec &timeout :
       {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1000000000}}) {
    EXPECT_EQ(-1, kevent(kq_, nullptr, 0, &none, 1, &timeout));
    EXPECT_EQ(EINVAL, errno);
  }
}

TEST_F(Model, NoRoomForEventsReturnsAtOnce) {
  EXPECT_EQ(0, kevent(kq_, nullptr, 0, nullptr, 0, nullptr)) << "without end otherwise";
}

TEST_F(Model, ATimeoutIsKept) {
  const uint64_t start = NowNs();
  EXPECT_TRUE(Wait(1, 3000000).empty());
  EXPECT_GE(NowNs() - start, 3000000u);
}

TEST_F(Model, ReceiptsComeForEachChangeAndAlone) {
  Write(pipe_[1]);
  const std::vector<int> expected = {0, ENOENT, EBADF};
  EXPECT_EQ(expected, Receipts({Change(reader(), EVFILT_READ, EV_ADD | EV_RECEIPT),
                                Change(socket(), EVFILT_READ, EV_DELETE | EV_RECEIPT),
                                Change(9999, EVFILT_READ, EV_ADD | EV_RECEIPT)},
                               8));
  EXPECT_EQ(1u, Wait().size()) << "the event that was ready did not come with them";
}

TEST_F(Model, ReceiptsMayLieWhereTheChangesWere) {
  Kevents both = {Change(reader(), EVFILT_READ, EV_ADD | EV_RECEIPT),
                  Change(socket(), EVFILT_WRITE, EV_ADD | EV_RECEIPT)};
  ASSERT_EQ(2, kevent(kq_, both.data(), 2, both.data(), 2, nullptr));
  EXPECT_EQ(EV_ERROR, both[0].flags);
  EXPECT_EQ(socket(), both[1].ident);
  EXPECT_EQ(2u, model_filter_count(kq_));
}

TEST_F(Model, WithoutReceiptsTheFirstErrorEndsTheCall) {
  const Kevents changes = {Change(reader(), EVFILT_READ, EV_ADD),
                           Change(socket(), EVFILT_READ, EV_DELETE),
                           Change(socket(), EVFILT_WRITE, EV_ADD)};
  EXPECT_EQ(-1, kevent(kq_, changes.data(), 3, nullptr, 0, nullptr));
  EXPECT_EQ(ENOENT, errno);
  EXPECT_EQ(1u, model_filter_count(kq_)) << "the first was applied, the last was not";
}

// With 0, and without a word about the receipts that did fit (kqueue_kevent() of FreeBSD).
TEST_F(Model, AReceiptWithoutRoomEndsTheCall) {
  EXPECT_TRUE(Receipts({Change(reader(), EVFILT_READ, EV_ADD | EV_RECEIPT),
                        Change(socket(), EVFILT_READ, EV_ADD | EV_RECEIPT),
                        Change(socket(), EVFILT_WRITE, EV_ADD | EV_RECEIPT)},
                       1)
                  .empty());
  EXPECT_EQ(2u, model_filter_count(kq_)) << "the third was not applied";
}

TEST_F(Model, FlagsComeBack) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR, 7));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_CLEAR, events[0].flags) << "without EV_ADD, as on FreeBSD 12.3";
  EXPECT_EQ(1, events[0].data);
  EXPECT_EQ(reinterpret_cast<void *>(uintptr_t{7}), events[0].udata);
}

TEST_F(Model, ALevelLasts) {
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0));
  EXPECT_TRUE(Wait().empty());
  Write(pipe_[1]);
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(1u, Wait().size());
  char byte;
  ASSERT_EQ(1, read(pipe_[0], &byte, 1));
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, AnEdgeComesOnceAndAgainWithNewBytes) {
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR));
  Write(pipe_[1], "ab");
  EXPECT_EQ(1u, Wait().size());
  EXPECT_TRUE(Wait().empty());
  Write(pipe_[1], "c");
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(3, events[0].data) << "all that is there";
  char byte;
  ASSERT_EQ(1, read(pipe_[0], &byte, 1));
  EXPECT_TRUE(Wait().empty()) << "a partial read";
}

TEST_F(Model, AddingAgainFiresAgainWithTheNewUdata) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR, 1));
  EXPECT_EQ(1u, Wait().size());
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR, 2));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(reinterpret_cast<void *>(uintptr_t{2}), events[0].udata);
  EXPECT_EQ(1u, model_filter_count(kq_));
}

TEST_F(Model, AddingClearLeavesALevelALevel) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0));
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(1u, Wait().size());
  ASSERT_EQ(0, Apply(Change(reader(), EVFILT_READ, EV_DELETE)));
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, OneShotIsGoneAfterItsEvent) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_ONESHOT));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(ENOENT, Apply(Change(reader(), EVFILT_READ, EV_DELETE)));
}

// kqueue_scan() of FreeBSD and of NetBSD asks a filter again before it tells, but not a single shot.
TEST_F(Model, OneShotIsToldThoughItIsOver) {
  char byte;
  for (const bool once : {true, false}) {
    Write(sockets_[1]);
    ASSERT_EQ(0, Add(socket(), EVFILT_READ, once ? EV_ONESHOT : EV_CLEAR));
    ASSERT_EQ(1, read(sockets_[0], &byte, 1));
    EXPECT_EQ(once ? 1u : 0u, Wait().size());
  }
}

TEST_F(Model, DispatchIsSilentUntilEnabled) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_DISPATCH));
  EXPECT_EQ(1u, Wait().size());
  Write(pipe_[1]);
  EXPECT_TRUE(Wait().empty());
  ASSERT_EQ(0, Apply(Change(reader(), EVFILT_READ, EV_ENABLE)));
  EXPECT_EQ(1u, Wait().size());
}

TEST_F(Model, OneShotGoesBeforeDispatch) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_ONESHOT | EV_DISPATCH));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_ONESHOT | EV_DISPATCH, events[0].flags & (EV_ONESHOT | EV_DISPATCH));
  EXPECT_EQ(0u, model_filter_count(kq_));
}

TEST_F(Model, WhatDoesNotFitComesNext) {
  Write(pipe_[1]);
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, Add(socket(), EVFILT_WRITE, EV_CLEAR));
  EXPECT_EQ(1u, Wait(1).size());
  EXPECT_EQ(1u, Wait(1).size());
  EXPECT_TRUE(Wait(1).empty());
}

TEST_F(Model, EventsCanBeSplit) {
  Write(sockets_[1]);
  ASSERT_EQ(0, Add(socket(), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, Add(socket(), EVFILT_WRITE, EV_CLEAR));
  model_deliver_at_most(1);
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(1u, Wait().size());
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ATouchIsAnExtraEdge) {
  ASSERT_EQ(0, Add(socket(), EVFILT_WRITE, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_TRUE(Wait().empty());
  model_touch(socket(), EVFILT_WRITE);
  EXPECT_EQ(1u, Wait().size());
}

TEST_F(Model, ThePeersEndIsEofOnBothFiltersOfAUnixSocket) {
  ASSERT_EQ(0, Add(socket(), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, Add(socket(), EVFILT_WRITE, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  close(sockets_[1]);
  sockets_[1] = -1;
  const Kevents events = Wait();
  ASSERT_EQ(2u, events.size());
  EXPECT_NE(0, events[0].flags & EV_EOF);
  EXPECT_NE(0, events[1].flags & EV_EOF);
}

TEST_F(Model, AHalfCloseIsEofOnReadOnly) {
  ASSERT_EQ(0, Add(socket(), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, shutdown(sockets_[1], SHUT_WR));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_NE(0, events[0].flags & EV_EOF);
  EXPECT_EQ(0u, events[0].fflags);
}

TEST_F(Model, AResetIsEofWithTheErrorOnBoth) {
  TcpStream ours, theirs;
  ASSERT_OK(ConnectTcp(&theirs, &ours));
  mio_handle fd = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(&ours, &fd));
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(fd), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(fd), EVFILT_WRITE, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  ASSERT_OK(mio_tcp_stream_set_linger(&theirs, 0));
  mio_tcp_stream_close(&theirs);
  const Kevents events = Wait(8, 1000000000);
  ASSERT_EQ(2u, events.size());
  for (const struct kevent &event : events) {
    EXPECT_NE(0, event.flags & EV_EOF);
    EXPECT_EQ(static_cast<unsigned>(ECONNRESET), event.fflags);
  }
}

TEST_F(Model, ASocketThatWasNeverConnectedSaysNothing) {
  const int fresh = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  ASSERT_GE(fresh, 0);
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(fresh), EVFILT_READ, EV_CLEAR));
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(fresh), EVFILT_WRITE, EV_CLEAR));
  EXPECT_TRUE(Wait().empty());
  close(fresh);
}

// Where the model was kinder than FreeBSD 12.3.

TEST_F(Model, APipeAtItsEndFiresAgainAfterAPartialRead) {
  char byte;
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, EV_CLEAR));
  Write(pipe_[1], "abc");
  close(pipe_[1]);
  pipe_[1] = -1;
  Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_EOF | EV_CLEAR, events[0].flags);
  EXPECT_EQ(3, events[0].data);
  ASSERT_EQ(1, read(pipe_[0], &byte, 1));
  events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(2, events[0].data);
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ASocketThatHasSentItsBytesIsAnEdge) {
  TcpStream ours, theirs;
  ASSERT_OK(ConnectTcp(&theirs, &ours));
  mio_handle fd = MIO_HANDLE_NONE;
  ASSERT_OK(mio_tcp_stream_handle(&ours, &fd));
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(fd), EVFILT_WRITE, EV_CLEAR));
  EXPECT_EQ(1u, Wait().size());
  std::string bytes(100000, 'x');
  while (mio_tcp_stream_write(&ours, bytes.data(), bytes.size()) > 0) {
  }
  EXPECT_TRUE(Wait().empty());
  size_t taken = 0;
  const uint64_t end = NowNs() + kLong;
  for (;;) {
    const ptrdiff_t n = mio_tcp_stream_read(&theirs, &bytes[0], bytes.size());
    if (n > 0) taken += static_cast<size_t>(n);
    if (!Wait().empty()) break;
    ASSERT_LT(NowNs(), end) << "no edge after " << taken << " bytes were taken";
  }
}

TEST_F(Model, AFullPipesWriterLearnsThatItsReaderHasGone) {
  const std::string block(4096, 'x');
  ASSERT_EQ(0, Add(writer(), EVFILT_WRITE, EV_CLEAR));
  while (write(pipe_[1], block.data(), block.size()) > 0) {
  }
  Wait();
  close(pipe_[0]);
  pipe_[0] = -1;
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_EOF | EV_ONESHOT | EV_CLEAR, events[0].flags);
  EXPECT_EQ(ENOENT, Apply(Change(writer(), EVFILT_WRITE, EV_DELETE))) << "the filter is gone";
}

TEST_F(Model, AFifoIsAcceptedWithoutAReaderAndKeepsItsFilter) {
  const TempFolder folder;
  const std::string path = folder.Path("fifo");
  ASSERT_EQ(0, mkfifo(path.c_str(), 0600));
  int reading = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const int writing = open(path.c_str(), O_WRONLY | O_NONBLOCK);
  ASSERT_GE(reading, 0);
  ASSERT_GE(writing, 0);
  close(reading);
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(writing), EVFILT_WRITE, EV_CLEAR));
  Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_EOF | EV_CLEAR, events[0].flags);
  EXPECT_EQ(16384, events[0].data);
  reading = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reading, 0);
  EXPECT_EQ(0, Add(static_cast<uintptr_t>(writing), EVFILT_WRITE, EV_CLEAR));
  events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_CLEAR, events[0].flags) << "the reader is back";
  ASSERT_EQ(0, Add(static_cast<uintptr_t>(reading), EVFILT_READ, EV_CLEAR));
  close(writing);
  events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_EOF | EV_CLEAR, events[0].flags);
  close(reading);
}

TEST_F(Model, AnEmptyFileIsReadyWithNoteFilePollOnly) {
  FILE *file = tmpfile();
  ASSERT_NE(nullptr, file);
  const uintptr_t fd = static_cast<uintptr_t>(fileno(file));
  ASSERT_EQ(0, Add(fd, EVFILT_READ, 0));
  EXPECT_TRUE(Wait().empty());
  ASSERT_EQ(0, Apply(Change(fd, EVFILT_READ, EV_DELETE)));
  ASSERT_EQ(0, Apply(Change(fd, EVFILT_READ, EV_ADD, NOTE_FILE_POLL)));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(0, events[0].data);
  fclose(file);
}

TEST_F(Model, AChildDoesNotInheritAKqueue) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct kevent none;
    const struct timespec now = {0, 0};
    const bool free_number = fcntl(kq_, F_GETFD) < 0;
    const bool refused = kevent(kq_, nullptr, 0, &none, 1, &now) < 0 && errno == EBADF;
    _exit(free_number && refused && kqueue() >= 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(0, Add(reader(), EVFILT_READ, 0)) << "the parent's is as it was";
}

TEST_F(Model, AWriterLearnsOnceThatItsReaderHasGone) {
  ASSERT_EQ(0, Add(writer(), EVFILT_WRITE, 0));
  EXPECT_EQ(1u, Wait().size());
  close(pipe_[0]);
  pipe_[0] = -1;
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(EV_EOF | EV_ONESHOT, events[0].flags & (EV_EOF | EV_ONESHOT));
  EXPECT_TRUE(Wait().empty()) << "although it is a level";
}

TEST_F(Model, AWriterLearnsItAsOfAllElseOnNetBsd) {
  model_refuse_pipes_with(EBADF);
  ASSERT_EQ(0, Add(writer(), EVFILT_WRITE, 0));
  close(pipe_[0]);
  pipe_[0] = -1;
  for (int round = 0; round < 2; ++round) {
    const Kevents events = Wait();
    ASSERT_EQ(1u, events.size());
    EXPECT_EQ(EV_EOF, events[0].flags & (EV_EOF | EV_ONESHOT));
  }
}

TEST_F(Model, AWriterWithoutAReaderIsRefused) {
  close(pipe_[0]);
  pipe_[0] = -1;
  EXPECT_EQ(EPIPE, Add(writer(), EVFILT_WRITE, 0));
  model_refuse_pipes_with(EBADF);
  EXPECT_EQ(EBADF, Add(writer(), EVFILT_WRITE, 0));
  EXPECT_EQ(0u, model_filter_count(kq_));
}

TEST_F(Model, TheWrongEndOfAPipeIsAcceptedAndSilent) {
  ASSERT_EQ(0, Add(writer(), EVFILT_READ, 0));
  ASSERT_EQ(0, Add(reader(), EVFILT_WRITE, 0));
  Write(pipe_[1]);
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ClosingDropsFiltersAndEventsEvenWithADuplicate) {
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0));
  Write(pipe_[1]);
  const int duplicate = dup(pipe_[0]);
  close(pipe_[0]);
  pipe_[0] = duplicate;
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ANumberThatIsUsedAgainStartsClean) {
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0, 1));
  Write(pipe_[1]);
  EXPECT_EQ(1u, Wait().size()) << "a level, so there is another one waiting";
  Write(sockets_[1]);
  ASSERT_EQ(pipe_[0], dup2(sockets_[0], pipe_[0]));
  EXPECT_TRUE(Wait().empty());
  ASSERT_EQ(0, Add(reader(), EVFILT_READ, 0, 2));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(reinterpret_cast<void *>(uintptr_t{2}), events[0].udata);
}

TEST_F(Model, UserTriggersCoalesceAndBringTheirUdata) {
  EXPECT_EQ(ENOENT, Apply(Change(1, EVFILT_USER, 0, NOTE_TRIGGER)));
  ASSERT_EQ(0, Add(1, EVFILT_USER, EV_CLEAR, 1));
  EXPECT_TRUE(Wait().empty());
  for (uintptr_t udata : {2, 3}) {
    ASSERT_EQ(0, Apply(Change(1, EVFILT_USER, 0, NOTE_TRIGGER | NOTE_FFOR | udata, udata)));
  }
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(reinterpret_cast<void *>(uintptr_t{3}), events[0].udata);
  EXPECT_EQ(3u, events[0].fflags);
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ATriggerWithTheAdditionDoesNotCount) {
  ASSERT_EQ(0, Apply(Change(1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER)));
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, ClearWithATriggerTakesItBack) {
  ASSERT_EQ(0, Add(1, EVFILT_USER, EV_CLEAR));
  ASSERT_EQ(0, Apply(Change(1, EVFILT_USER, EV_CLEAR, NOTE_TRIGGER)));
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, AUserEventWithoutClearLasts) {
  ASSERT_EQ(0, Add(1, EVFILT_USER, 0));
  ASSERT_EQ(0, Apply(Change(1, EVFILT_USER, 0, NOTE_TRIGGER)));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(1u, Wait().size());
}

TEST_F(Model, AKqueueIsReadableWhileItHasEvents) {
  struct pollfd entry = {kq_, POLLIN, 0};
  ASSERT_EQ(0, Add(1, EVFILT_USER, EV_CLEAR));
  EXPECT_EQ(0, poll(&entry, 1, 0));
  ASSERT_EQ(0, Apply(Change(1, EVFILT_USER, 0, NOTE_TRIGGER)));
  EXPECT_EQ(1, poll(&entry, 1, 0));
  EXPECT_EQ(1u, Wait().size());
  EXPECT_EQ(0, poll(&entry, 1, 0));
}

TEST_F(Model, AKqueueHasNoWriteFilter) {
  const int outer = kqueue();
  const struct kevent write = Change(static_cast<uintptr_t>(outer), EVFILT_WRITE, EV_ADD);
  EXPECT_EQ(EINVAL, Apply(write));
  const struct kevent read = Change(static_cast<uintptr_t>(outer), EVFILT_READ, EV_ADD);
  EXPECT_EQ(0, Apply(read));
  close(outer);
}

TEST_F(Model, OtherFiltersFireWhenTheyArePosted) {
  ASSERT_EQ(0, Apply(Change(77, EVFILT_PROC, EV_ADD, NOTE_EXIT)));
  EXPECT_EQ(0, model_post(77, EVFILT_PROC, NOTE_WRITE, 0));
  EXPECT_TRUE(Wait().empty());
  EXPECT_EQ(1, model_post(77, EVFILT_PROC, NOTE_EXIT, 9));
  const Kevents events = Wait();
  ASSERT_EQ(1u, events.size());
  EXPECT_EQ(NOTE_EXIT, events[0].fflags);
  EXPECT_EQ(9, events[0].data);
  EXPECT_NE(0, events[0].flags & EV_CLEAR) << "whatever was asked for";
  EXPECT_TRUE(Wait().empty());
}

TEST_F(Model, InjectedErrorsStrikeAsOftenAsSaid) {
  model_fail_changes(EVFILT_READ, EV_ADD, ENOMEM, 1);
  EXPECT_EQ(ENOENT, Apply(Change(reader(), EVFILT_READ, EV_DELETE))) << "another action";
  EXPECT_EQ(0, Add(socket(), EVFILT_WRITE, 0)) << "another filter";
  EXPECT_EQ(ENOMEM, Add(reader(), EVFILT_READ, 0));
  EXPECT_EQ(0, Add(reader(), EVFILT_READ, 0));
}

TEST_F(Model, AnInterruptedCallHasAppliedItsChanges) {
  model_interrupt_changes(1);
  struct kevent change = Change(reader(), EVFILT_READ, EV_ADD | EV_RECEIPT);
  EXPECT_EQ(-1, kevent(kq_, &change, 1, &change, 1, nullptr));
  EXPECT_EQ(EINTR, errno);
  EXPECT_EQ(1u, model_filter_count(kq_));
}

TEST_F(Model, ReceiptsMayKeepTheirFlags) {
  model_keep_flags_in_receipts(true);
  struct kevent change = Change(reader(), EVFILT_READ, EV_ADD | EV_RECEIPT);
  ASSERT_EQ(1, kevent(kq_, &change, 1, &change, 1, nullptr));
  EXPECT_EQ(EV_ADD | EV_RECEIPT | EV_ERROR, change.flags);
}

}  // namespace
}  // namespace mio_test
