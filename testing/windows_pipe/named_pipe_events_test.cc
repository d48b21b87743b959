#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "mio/windows/named_pipe.h"
#include "testing/windows_pipe/pipes.h"

// What is told when, and to whom.
namespace mio_test {
namespace {

void DrainServer(Pair *pair) {
  char buffer[256];
  while (mio_named_pipe_read(&pair->server, buffer, sizeof buffer) > 0) {
  }
}

TEST(NamedPipeEvents, AnEdgeIsToldOnce) {
  Poll poll;
  Pair pair(&poll);
  WriteAll(&poll, &pair.client, kClient, "x");
  EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  EXPECT_TRUE(poll.Quiet(kServer).None());
  DrainServer(&pair);
  EXPECT_TRUE(poll.Quiet(kServer).None());
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  WriteAll(&poll, &pair.client, kClient, "y");
  EXPECT_TRUE(poll.WaitReadable(kServer).readable) << "after would-block, once more";
}

TEST(NamedPipeEvents, EveryWouldBlockIsFollowedByAnEvent) {
  Poll poll(1);  // an event a wait: none may get lost
  Pair pair(&poll);
  for (int i = 0; i < 200; ++i) {
    WriteAll(&poll, &pair.client, kClient, std::string(1, static_cast<char>('a' + i % 26)));
    EXPECT_EQ(ReadSome(&poll, &pair.server, kServer)[0], 'a' + i % 26);
    WriteAll(&poll, &pair.server, kServer, "back");
    EXPECT_EQ(ReadExactly(&poll, &pair.client, kClient, 4), "back");
  }
}

TEST(NamedPipeEvents, TheCloseIsToldToWhoReadsAllThatCame) {
  Poll poll;
  Pair pair(&poll);
  WriteAll(&poll, &pair.client, kClient, "1234");
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  mio_named_pipe_close(&pair.client);
  EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  char buffer[100];
  EXPECT_EQ(mio_named_pipe_read(&pair.server, buffer, sizeof buffer), 4);
  // It stops at a short read instead of at would-block; the close is an event nevertheless.
  const Readiness end = poll.WaitFor(kServer, [](const Readiness &r) { return r.read_closed; });
  EXPECT_TRUE(end.read_closed && end.write_closed && !end.error) << end;
}

TEST(NamedPipeEvents, TheCloseIsToldWhateverTheInterest) {
  Poll poll;
  for (const mio_interest interest : {MIO_READABLE, MIO_WRITABLE}) {
    Pair pair(&poll);
    ASSERT_OK(poll.Reregister(&pair.server->source, 7, interest));
    poll.Quiet(7);
    mio_named_pipe_close(&pair.client);
    const Readiness end = poll.WaitFor(7, [](const Readiness &r) { return r.read_closed; });
    EXPECT_TRUE(end.read_closed && end.write_closed) << end;
  }
}

TEST(NamedPipeEvents, OnlyWhatWasAskedForIsTold) {
  Poll poll;
  Pair pair(&poll);
  ASSERT_OK(poll.Reregister(&pair.server->source, 7, MIO_WRITABLE));
  EXPECT_FALSE(poll.WaitWritable(7).readable);
  WriteAll(&poll, &pair.client, kClient, "x");
  EXPECT_TRUE(poll.Quiet(7).None());
  ASSERT_OK(poll.Reregister(&pair.server->source, 8, MIO_READABLE));
  EXPECT_FALSE(poll.WaitReadable(8).writable) << "what is there already is told again";
  EXPECT_TRUE(poll.Quiet(7).None()) << "the token was replaced";
}

TEST(NamedPipeEvents, ALevelIsToldByEveryWait) {
  Poll poll;
  Pair pair(&poll);
  ASSERT_OK(poll.Reregister(&pair.server->source, kServer, MIO_READABLE | MIO_LEVEL));
  EXPECT_TRUE(poll.Quiet(kServer).None());
  WriteAll(&poll, &pair.client, kClient, "xy");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  char byte;
  EXPECT_EQ(mio_named_pipe_read(&pair.server, &byte, 1), 1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  EXPECT_EQ(mio_named_pipe_read(&pair.server, &byte, 1), 1);
  EXPECT_TRUE(poll.Quiet(kServer).None());
  ASSERT_OK(poll.Reregister(&pair.server->source, kServer, MIO_WRITABLE | MIO_LEVEL));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  mio_named_pipe_close(&pair.client);
  for (int i = 0; i < 5; ++i) {
    poll.WaitFor(kServer, [](const Readiness &r) { return r.read_closed; });
  }
}

TEST(NamedPipeEvents, OneShotIsToldOnce) {
  Poll poll;
  Pair pair(&poll);
  for (const mio_interest more : {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL}) {
    ASSERT_OK(poll.Reregister(&pair.server->source, kServer, MIO_READABLE | more));
    WriteAll(&poll, &pair.client, kClient, "x");
    EXPECT_TRUE(poll.WaitReadable(kServer).readable);
    DrainServer(&pair);
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
    WriteAll(&poll, &pair.client, kClient, "y");
    EXPECT_TRUE(poll.Quiet(kServer).None());
    ASSERT_OK(poll.Reregister(&pair.server->source, kServer, MIO_READABLE | more));
    EXPECT_TRUE(poll.WaitReadable(kServer).readable);
    DrainServer(&pair);
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  }
}

TEST(NamedPipeEvents, RefusesInterestsItCannotHave) {
  Poll poll;
  Pipe pipe;
  ASSERT_OK(mio_named_pipe_create(&pipe, PipeName().c_str(), nullptr));
  EXPECT_ERROR(poll.Register(&pipe->source, 1, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll.Register(&pipe->source, 1, MIO_LEVEL), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll.Register(&pipe->source, 1, MIO_READABLE | 0x80000000u),
               MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(poll.Register(&pipe->source, 1, MIO_READABLE | MIO_PRIORITY), MIO_ERROR_UNSUPPORTED);
  ASSERT_OK(poll.Register(&pipe->source, 1, MIO_READABLE));
  EXPECT_ERROR(poll.Reregister(&pipe->source, 2, MIO_AIO), MIO_ERROR_UNSUPPORTED);
}

TEST(NamedPipeEvents, WhatIsNotRegisteredIsNotFound) {
  Poll poll, other;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  char byte = 0;
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_named_pipe_read(&client, &byte, 1), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_named_pipe_write(&client, &byte, 1), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll.Reregister(&server->source, 1, kBoth), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll.Deregister(&server->source), MIO_ERROR_NOT_FOUND);
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_ERROR(poll.Register(&server->source, 2, kBoth), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Register(&server->source, 2, kBoth), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(other.Reregister(&server->source, 2, kBoth), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(other.Deregister(&server->source), MIO_ERROR_NOT_FOUND);
  EXPECT_TRUE(poll.WaitWritable(kServer).writable) << "is registered as it was";
  ASSERT_OK(poll.Deregister(&server->source));
  EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(poll.Deregister(&server->source), MIO_ERROR_NOT_FOUND);
}

TEST(NamedPipeEvents, NothingIsToldAfterDeregister) {
  Poll poll;
  Pair pair(&poll);
  for (int i = 0; i < 100; ++i) {
    // An event of every kind is in the port's queue: the read's, the write's, and the notice.
    WriteAll(&poll, &pair.client, kClient, "x");
    EXPECT_EQ(mio_named_pipe_write(&pair.server, "y", 1), 1);
    ASSERT_OK(poll.Reregister(&pair.server->source, kServer, kBoth));
    ASSERT_OK(poll.Deregister(&pair.server->source));
    const Readiness after = poll.Now(kServer);
    ASSERT_TRUE(after.None()) << i << ": " << after;
    ASSERT_OK(poll.Register(&pair.server->source, kServer, kBoth));
    EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "x") << "nothing is lost";
    EXPECT_TRUE(poll.WaitWritable(kServer).writable);
    EXPECT_EQ(ReadSome(&poll, &pair.client, kClient), "y");
  }
}

TEST(NamedPipeEvents, AConnectEndsWhileDeregistered) {
  Poll poll;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK);
  ASSERT_OK(poll.Deregister(&server->source));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  EXPECT_TRUE(poll.Quiet(kServer).None());
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_TRUE(poll.WaitWritable(kServer).writable);
}

// A pipe can leave a poll for another, where the system lets a handle change its completion port.
void ExpectMoves(Poll *to, mio_named_pipe *pipe) {
  const int result = to->Register(&pipe->source, kServer, kBoth);
  SKIP_IF_WINE(mio_error_kind(result) == MIO_ERROR_UNSUPPORTED,
               "8.0 has no FileReplaceCompletionInformation: a handle keeps its port");
  ASSERT_OK(result);
  EXPECT_TRUE(to->WaitWritable(kServer).writable);
}

TEST(NamedPipeEvents, GoesToAnotherPollAfterDeregister) {
  Poll other;
  Poll poll;
  Pair pair(&poll);
  ASSERT_OK(poll.Deregister(&pair.server->source));
  EXPECT_ERROR(other.Register(&pair.server->source, kServer, kBoth), MIO_ERROR_ALREADY_EXISTS)
      << "the read has not ended";
  poll.Now(kServer);
  ExpectMoves(&other, &pair.server);
}

TEST(NamedPipeEvents, OutlivesItsPoll) {
  Poll other;
  Pipe server, client;
  {
    Poll poll;
    const std::string name = PipeName();
    ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
    ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
    ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
    ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
    EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  }
  char byte = 0;
  EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_named_pipe_write(&server, &byte, 1), MIO_ERROR_NOT_FOUND);
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_NOT_FOUND);
  ExpectMoves(&other, &server);
}

TEST(NamedPipeEvents, WorksWhileAnotherThreadWaits) {
  Poll poll;
  Pair pair(&poll);
  constexpr int kRounds = 500;
  // This thread waits, and does nothing else; the events of another one's registrations reach it.
  std::thread peer([&pair] {
    for (int i = 0; i < kRounds; ++i) {
      while (mio_error_kind(mio_named_pipe_write(&pair.client, "x", 1)) == MIO_ERROR_WOULD_BLOCK) {
        std::this_thread::yield();
      }
    }
  });
  std::string all;
  while (all.size() < kRounds) all += ReadSome(&poll, &pair.server, kServer);
  peer.join();
  EXPECT_EQ(all, std::string(kRounds, 'x'));
}

TEST(NamedPipeEvents, RegistersWhileAnotherThreadWaits) {
  Poll poll;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  std::thread waiter([&poll] { EXPECT_TRUE(poll.WaitWritable(kServer).writable); });
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  waiter.join();
}

TEST(NamedPipeEvents, TryIoLeavesThemAlone) {
  Poll poll;
  Pair pair(&poll);
  const auto would_block = [](void *) {
    return static_cast<ptrdiff_t>(mio_error_from_kind(MIO_ERROR_WOULD_BLOCK));
  };
  EXPECT_ERROR(mio_source_try_io(&pair.server->source, kBoth, would_block, nullptr),
               MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(poll.Quiet(kServer).None());
}

}  // namespace
}  // namespace mio_test
