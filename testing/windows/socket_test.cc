// Any SOCKET as a source, and what a raw socket lets happen to a selector.

#include <vector>

#include "testing/windows/raw_socket.h"

namespace mio_test {
namespace {

enum : mio_token { kSource = 1, kOther = 2 };

class SocketTest : public ::testing::Test {
 protected:
  SocketTest() { EXPECT_OK(mio_windows_socket_init(&source_, pair_.ours.handle())); }

  mio_source *source() { return &source_->source; }

  // Reads until would-block inside try_io.
  std::string Drain() {
    struct Context {
      const RawSocket *socket;
      std::string all;
    } context = {&pair_.ours, ""};
    const ptrdiff_t result = mio_windows_socket_try_io(
        &source_, MIO_READABLE,
        [](void *argument) -> ptrdiff_t {
          auto *in = static_cast<Context *>(argument);
          for (;;) {
            char byte;
            const int got = recv(in->socket->get(), &byte, 1, 0);
            if (got < 0) return -WSAGetLastError();
            if (got == 0) return 0;
            in->all += byte;
          }
        },
        &context);
    EXPECT_ERROR(result, MIO_ERROR_WOULD_BLOCK);
    return context.all;
  }

  Poll poll_;
  RawPair pair_;
  SocketSource source_;
};

TEST_F(SocketTest, LevelIsToldByEveryWait) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE | MIO_LEVEL));
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  pair_.theirs.Send("ab");
  for (int round = 0; round < 5; ++round) EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
  EXPECT_EQ("ab", pair_.ours.Receive()) << "nobody tells the library";
  poll_.Now(kSource); /* a poll that found it before may still be told of */
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
}

TEST_F(SocketTest, LevelIsThereForAWaitWithoutTime) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE | MIO_LEVEL));
  pair_.theirs.Send();
  poll_.WaitReadable(kSource);
  for (int round = 0; round < 20; ++round) {
    ASSERT_OK(poll_.Wait(0));
    EXPECT_EQ(1u, mio_events_count(poll_.events())) << round;
  }
}

TEST_F(SocketTest, AnEdgeIsToldOnceAndComesBackAfterWouldBlock) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  for (int round = 0; round < 5; ++round) {
    pair_.theirs.Send("ab");
    EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
    EXPECT_TRUE(poll_.Now(kSource).None());
    EXPECT_EQ("ab", Drain());
    EXPECT_TRUE(poll_.Now(kSource).None());
  }
}

TEST_F(SocketTest, OneShotIsToldOnceUntilReregistered) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE | MIO_ONESHOT));
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
  Drain();
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  ASSERT_OK(poll_.Reregister(source(), kOther, MIO_READABLE | MIO_ONESHOT));
  EXPECT_TRUE(poll_.WaitReadable(kOther).readable);
}

TEST_F(SocketTest, WiderInterestReplacesThePollUnderWay) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  ASSERT_OK(poll_.Reregister(source(), kOther, MIO_READABLE | MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(kOther).writable);
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.WaitReadable(kOther).readable);
}

TEST_F(SocketTest, NarrowerInterestHidesWhatThePollUnderWayFinds) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE | MIO_PRIORITY));
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  ASSERT_OK(poll_.Reregister(source(), kSource, MIO_PRIORITY));
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  ASSERT_OK(poll_.Reregister(source(), kSource, MIO_READABLE));
  EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
}

TEST_F(SocketTest, UrgentDataIsPriority) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_PRIORITY));
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  ASSERT_EQ(1, send(pair_.theirs.get(), "!", 1, MSG_OOB));
  const Readiness readiness = poll_.WaitFor(kSource, [](const Readiness &r) { return r.priority; });
  EXPECT_FALSE(readiness.readable);
}

TEST_F(SocketTest, HalfCloseIsReadClosedOnly) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE | MIO_WRITABLE));
  poll_.WaitWritable(kSource);
  ASSERT_EQ(0, shutdown(pair_.theirs.get(), SD_SEND));
  const Readiness readiness =
      poll_.WaitFor(kSource, [](const Readiness &r) { return r.read_closed; });
  EXPECT_TRUE(readiness.readable);
  EXPECT_FALSE(readiness.write_closed);
  EXPECT_FALSE(readiness.error);
  pair_.ours.Send("still");
  EXPECT_EQ("still", pair_.theirs.Receive());
}

class SocketReset : public SocketTest, public ::testing::WithParamInterface<mio_interest> {};

TEST_P(SocketReset, IsToldWhateverTheInterest) {
  ASSERT_OK(poll_.Register(source(), kSource, GetParam()));
  poll_.Quiet(kSource); /* the edge that there may be is used up */
  pair_.theirs.Reset();
  const Readiness readiness =
      poll_.WaitFor(kSource, [](const Readiness &r) { return r.read_closed && r.write_closed; });
  EXPECT_TRUE(readiness.readable && readiness.writable);
  EXPECT_EQ(SOCKET_ERROR, send(pair_.ours.get(), "x", 1, 0));
}

INSTANTIATE_TEST_SUITE_P(Interests, SocketReset,
                         ::testing::Values(MIO_READABLE, MIO_WRITABLE, MIO_PRIORITY,
                                           MIO_READABLE | MIO_WRITABLE, MIO_READABLE | MIO_LEVEL,
                                           MIO_READABLE | MIO_ONESHOT));

TEST(SocketConnect, FailureIsAnErrorAndWritable) {
  sockaddr_in nobody = {};
  {
    RawSocket listener = RawTcpSocket();
    nobody = listener.Bind();
  }
  for (const mio_interest interest : {MIO_WRITABLE, MIO_READABLE, MIO_READABLE | MIO_WRITABLE}) {
    Poll poll;
    RawSocket socket = RawTcpSocket();
    socket.SetNonBlocking();
    SocketSource source;
    ASSERT_OK(mio_windows_socket_init(&source, socket.handle()));
    ASSERT_EQ(SOCKET_ERROR, socket.Connect(nobody));
    ASSERT_EQ(WSAEWOULDBLOCK, WSAGetLastError());
    ASSERT_OK(poll.Register(&source->source, kSource, interest));
    const Readiness readiness = poll.WaitFor(kSource, [](const Readiness &r) { return r.error; });
    EXPECT_TRUE(readiness.writable && readiness.readable);
    EXPECT_TRUE(readiness.read_closed && readiness.write_closed);
    int error = 0;
    int len = sizeof error;
    ASSERT_EQ(
        0, getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, reinterpret_cast<char *>(&error), &len));
    EXPECT_ERROR(-error, MIO_ERROR_CONNECTION_REFUSED);
  }
}

TEST(SocketConnect, SuccessIsWritable) {
  Poll poll;
  RawSocket listener = RawTcpSocket();
  const sockaddr_in addr = listener.Bind();
  ASSERT_EQ(0, listen(listener.get(), 1));
  RawSocket socket = RawTcpSocket();
  socket.SetNonBlocking();
  SocketSource source, accepting;
  ASSERT_OK(mio_windows_socket_init(&source, socket.handle()));
  ASSERT_OK(mio_windows_socket_init(&accepting, listener.handle()));
  ASSERT_OK(poll.Register(&accepting->source, kOther, MIO_READABLE));
  socket.Connect(addr);
  ASSERT_OK(poll.Register(&source->source, kSource, MIO_READABLE | MIO_WRITABLE));
  const Readiness readiness = poll.WaitWritable(kSource);
  EXPECT_FALSE(readiness.error || readiness.read_closed || readiness.write_closed);
  EXPECT_TRUE(poll.WaitReadable(kOther).readable);
}

TEST(SocketInit, RefusesWhatIsNoSocket) {
  SocketSource source;
  EXPECT_ERROR(mio_windows_socket_init(&source, MIO_HANDLE_NONE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_windows_socket_init(&source, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_windows_socket_init(nullptr, 0), MIO_ERROR_INVALID_INPUT);
  const HANDLE event = CreateEventA(nullptr, TRUE, FALSE, nullptr);
  EXPECT_EQ(-WSAENOTSOCK, mio_windows_socket_init(&source, reinterpret_cast<mio_handle>(event)));
  CloseHandle(event);
  EXPECT_ERROR(mio_windows_socket_init(&source, reinterpret_cast<mio_handle>(event)),
               MIO_ERROR_INVALID_INPUT);
  RawSocket socket = RawTcpSocket();
  const mio_handle closed = socket.handle();
  socket.Close();
  EXPECT_ERROR(mio_windows_socket_init(&source, closed), MIO_ERROR_INVALID_INPUT);
  EXPECT_FALSE(mio_source_is_open(&source->source));
  mio_windows_socket_close(&source);
  mio_windows_socket_close(nullptr);
}

TEST_F(SocketTest, HoldsOneAtATimeAndLeavesItOpen) {
  mio_handle handle = MIO_HANDLE_NONE;
  EXPECT_ERROR(mio_windows_socket_init(&source_, pair_.ours.handle()), MIO_ERROR_ALREADY_EXISTS);
  ASSERT_OK(mio_windows_socket_handle(&source_, &handle));
  EXPECT_EQ(pair_.ours.handle(), handle);
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_OK(poll_.Wait(0));
  mio_windows_socket_close(&source_);
  mio_windows_socket_close(&source_);
  EXPECT_ERROR(mio_windows_socket_handle(&source_, &handle), MIO_ERROR_INVALID_INPUT);
  pair_.theirs.Send("open");
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  EXPECT_EQ("open", pair_.ours.Receive());
  ASSERT_OK(mio_windows_socket_init(&source_, pair_.ours.handle()));
}

TEST_F(SocketTest, RegisteringAClosedSocketIsRefused) {
  pair_.ours.Close();
  EXPECT_ERROR(poll_.Register(source(), kSource, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll_.Deregister(source()), MIO_ERROR_NOT_FOUND);
}

TEST_F(SocketTest, ClosedWhileItsPollIsUnderWayItIsSilent) {
  RawPair others;
  SocketSource other;
  ASSERT_OK(mio_windows_socket_init(&other, others.ours.handle()));
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_OK(poll_.Register(&other->source, kOther, MIO_READABLE));
  ASSERT_OK(poll_.Wait(0));
  pair_.ours.Close();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  others.theirs.Send();
  EXPECT_TRUE(poll_.WaitReadable(kOther).readable) << "the others go on";
  EXPECT_ERROR(poll_.Reregister(source(), kSource, MIO_READABLE), MIO_ERROR_INVALID_INPUT);
  EXPECT_OK(poll_.Deregister(source()));
}

// The number of a closed socket goes to the next one, and the closed one's source does not watch that.
TEST_F(SocketTest, ClosedWhileItsPollIsUnderWayItDoesNotWatchItsSuccessor) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_OK(poll_.Wait(0));
  pair_.ours.Close();
  std::vector<RawSocket> taken;
  do {
    ASSERT_LT(taken.size(), 1000u) << "the number does not come back";
    taken.push_back(RawUdpSocket());
  } while (taken.back().handle() != source()->native.handle);
  const sockaddr_in addr = taken.back().Bind();
  RawUdpSocket().SendTo(addr);
  const auto would_block = [](void *) -> ptrdiff_t { return -WSAEWOULDBLOCK; };
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  EXPECT_EQ(-WSAEWOULDBLOCK,
            mio_windows_socket_try_io(&source_, MIO_READABLE, would_block, nullptr));
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  EXPECT_OK(poll_.Deregister(source()));
}

// What mio/windows/socket.h warns of ends with the registration.
TEST_F(SocketTest, ClosedAfterAnEventItsSuccessorIsSilentOnceItIsDeregistered) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  pair_.theirs.Send();
  poll_.WaitReadable(kSource);
  pair_.ours.Close();
  std::vector<RawSocket> taken;
  do {
    ASSERT_LT(taken.size(), 1000u) << "the number does not come back";
    taken.push_back(RawUdpSocket());
  } while (taken.back().handle() != source()->native.handle);
  const sockaddr_in addr = taken.back().Bind();
  ASSERT_OK(poll_.Wait(0));
  mio_windows_socket_close(&source_);
  RawUdpSocket().SendTo(addr);
  EXPECT_TRUE(poll_.Quiet(kSource).None());
}

// An edge of the end comes once, however often the program reads 0 after it.
TEST_F(SocketTest, TheEndIsReportedOnceHoweverOftenItIsRead) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_EQ(0, shutdown(pair_.theirs.get(), SD_SEND));
  EXPECT_TRUE(poll_.WaitFor(kSource, [](const Readiness &r) { return r.read_closed; }).readable);
  const auto end = [](void *) -> ptrdiff_t { return 0; };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(0, mio_windows_socket_try_io(&source_, MIO_READABLE, end, nullptr));
    EXPECT_TRUE(poll_.Quiet(kSource).None()) << i;
  }
}

TEST_F(SocketTest, ClosedBeforeItsPollIsMadeItIsSilent) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  pair_.ours.Close();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  EXPECT_OK(poll_.Deregister(source()));
}

TEST_F(SocketTest, AHandleThatCameBackIsWatchedAnew) {
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_OK(poll_.Wait(0));
  pair_.ours.Close();
  EXPECT_TRUE(poll_.Quiet(kSource).None());
  std::vector<RawSocket> taken; /* numbers are used again, the lowest or the last freed first */
  do {
    ASSERT_LT(taken.size(), 1000u) << "the number does not come back";
    taken.push_back(RawUdpSocket());
  } while (taken.back().handle() != source()->native.handle);
  const sockaddr_in addr = taken.back().Bind();
  ASSERT_OK(poll_.Reregister(source(), kOther, MIO_READABLE));
  RawUdpSocket().SendTo(addr);
  EXPECT_TRUE(poll_.WaitReadable(kOther).readable);
}

TEST_F(SocketTest, TwoPollsAreBothTold) {
  Poll other;
  SocketSource second;
  ASSERT_OK(mio_windows_socket_init(&second, pair_.ours.handle()));
  ASSERT_OK(poll_.Register(source(), kSource, MIO_READABLE));
  ASSERT_OK(other.Register(&second->source, kOther, MIO_READABLE | MIO_LEVEL));
  pair_.theirs.Send();
  EXPECT_TRUE(poll_.WaitReadable(kSource).readable);
  EXPECT_TRUE(other.WaitReadable(kOther).readable);
  EXPECT_TRUE(other.WaitReadable(kOther).readable);
  EXPECT_TRUE(poll_.Quiet(kSource).None());
}

TEST_F(SocketTest, MovesFromPollToPoll) {
  Poll polls[2];
  for (int round = 0; round < 20; ++round) {
    Poll &here = polls[round % 2];
    ASSERT_OK(here.Register(source(), kSource, MIO_READABLE));
    EXPECT_ERROR(polls[1 - round % 2].Register(source(), kSource, MIO_READABLE),
                 MIO_ERROR_ALREADY_EXISTS);
    ASSERT_OK(here.Wait(0));
    pair_.theirs.Send();
    EXPECT_TRUE(here.WaitReadable(kSource).readable);
    ASSERT_OK(here.Deregister(source()));
    pair_.ours.Receive();
  }
}

}  // namespace
}  // namespace mio_test
