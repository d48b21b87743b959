#include "mio/windows/named_pipe.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "testing/windows_pipe/pipes.h"

// Connecting, and moving bytes and messages.
namespace mio_test {
namespace {

TEST(NamedPipe, IsWritableOnceRegistered) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server, client;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  ASSERT_OK(poll.Register(&client->source, kClient, MIO_WRITABLE));
  EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
}

TEST(NamedPipe, WritesAreRead) {
  Poll poll;
  Pair pair(&poll);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, "1234", 4), 4);
  const Readiness ready = poll.WaitReadable(kServer);
  EXPECT_FALSE(ready.read_closed) << ready;
  EXPECT_FALSE(ready.error) << ready;
  char buffer[10];
  ASSERT_EQ(mio_named_pipe_read(&pair.server, buffer, sizeof buffer), 4);
  EXPECT_EQ(std::string(buffer, 4), "1234");
  EXPECT_ERROR(mio_named_pipe_read(&pair.server, buffer, sizeof buffer), MIO_ERROR_WOULD_BLOCK);
  WriteAll(&poll, &pair.server, kServer, "answer");
  EXPECT_EQ(ReadExactly(&poll, &pair.client, kClient, 6), "answer");
}

TEST(NamedPipe, ConnectsBeforeTheClientComes) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server, client;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_TRUE(poll.Quiet(kServer).None());
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK) << "again";
  char byte = 0;
  EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_ERROR(mio_named_pipe_write(&server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(poll.Quiet(kServer).None());

  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  EXPECT_FALSE(poll.WaitWritable(kServer).error);
  EXPECT_OK(mio_named_pipe_take_error(&server));
  ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
  WriteAll(&poll, &client, kClient, "hello");
  EXPECT_EQ(ReadExactly(&poll, &server, kServer, 5), "hello");
}

TEST(NamedPipe, ConnectsToAClientThatIsThere) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server, client;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_TRUE(poll.Now(kServer).None());
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
  EXPECT_OK(mio_named_pipe_connect(&server));
  EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  EXPECT_OK(mio_named_pipe_connect(&server)) << "is connected";
  WriteAll(&poll, &client, kClient, "hello");
  EXPECT_EQ(ReadExactly(&poll, &server, kServer, 5), "hello");
}

TEST(NamedPipe, ConnectsToAClientThatWroteAndLeft) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server, client;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
  WriteAll(&poll, &client, kClient, "bye");
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  mio_named_pipe_close(&client);
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_OK(mio_named_pipe_connect(&server));
  EXPECT_EQ(ReadExactly(&poll, &server, kServer, 3), "bye");
  EXPECT_EQ(ReadSome(&poll, &server, kServer), "");
}

TEST(NamedPipe, WhatWasWrittenBeforeTheCloseIsRead) {
  Poll poll;
  Pair pair(&poll);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, "1234", 4), 4);
  mio_named_pipe_close(&pair.client);
  EXPECT_EQ(ReadExactly(&poll, &pair.server, kServer, 4), "1234");
  const Readiness end = poll.WaitFor(kServer, [](const Readiness &r) { return r.read_closed; });
  EXPECT_TRUE(end.readable && end.write_closed) << end;
  char byte;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(mio_named_pipe_read(&pair.server, &byte, 1), 0);
  bool message_end;
  EXPECT_ERROR(mio_named_pipe_read_message(&pair.server, &byte, 1, &message_end),
               MIO_ERROR_BROKEN_PIPE);
  EXPECT_TRUE(poll.Quiet(kServer).None()) << "the end is told once";
}

TEST(NamedPipe, WritingToAClosedPipeFails) {
  Poll poll;
  Pair pair(&poll);
  mio_named_pipe_close(&pair.client);
  EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  ptrdiff_t result = 0;
  for (int i = 0; i < 16 && mio_error_kind(result) != MIO_ERROR_BROKEN_PIPE; ++i) {
    result = mio_named_pipe_write(&pair.server, "x", 1);
    if (mio_error_kind(result) == MIO_ERROR_WOULD_BLOCK) poll.WaitWritable(kServer);
  }
  EXPECT_ERROR(result, MIO_ERROR_BROKEN_PIPE);
  EXPECT_ERROR(mio_named_pipe_write(&pair.server, "x", 1), MIO_ERROR_BROKEN_PIPE) << "still";
}

TEST(NamedPipe, AFailedWriteIsToldByTheNext) {
  Poll poll;
  const mio_named_pipe_options small = Bytes(1024), large = Bytes(1 << 20);
  Pair pair(&poll, &small, &large);
  const std::string data(1 << 20, 'x');
  ASSERT_EQ(mio_named_pipe_write(&pair.client, data.data(), data.size()),
            static_cast<ptrdiff_t>(data.size()));
  EXPECT_ERROR(mio_named_pipe_write(&pair.client, "y", 1), MIO_ERROR_WOULD_BLOCK);
  ASSERT_OK(mio_named_pipe_disconnect(&pair.server));
  const Readiness failed =
      poll.WaitFor(kClient, [](const Readiness &r) { return r.writable && r.write_closed; });
  EXPECT_TRUE(failed.write_closed) << failed;
  EXPECT_ERROR(mio_named_pipe_write(&pair.client, "y", 1), MIO_ERROR_NOT_CONNECTED);
}

TEST(NamedPipe, ServesTheNextClient) {
  Poll poll;
  Pair pair(&poll);
  for (int i = 0; i < 6; ++i) {
    // One leaves bytes and the end behind, one is still there, with the server's read under way.
    if (i % 2 == 0) {
      WriteAll(&poll, &pair.client, kClient, "unread");
      mio_named_pipe_close(&pair.client);
      EXPECT_TRUE(poll.WaitReadable(kServer).readable);
    }
    ASSERT_OK(mio_named_pipe_disconnect(&pair.server));
    EXPECT_ERROR(mio_named_pipe_connect(&pair.server), MIO_ERROR_WOULD_BLOCK);
    mio_named_pipe_close(&pair.client);
    ASSERT_OK(mio_named_pipe_open(&pair.client, pair.name.c_str(), nullptr));
    ASSERT_OK(poll.Register(&pair.client->source, kClient, kBoth));
    const Readiness ready = poll.WaitWritable(kServer);
    EXPECT_FALSE(ready.read_closed) << "left over from the one before: " << ready;
    char byte;
    EXPECT_ERROR(mio_named_pipe_read(&pair.server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
    WriteAll(&poll, &pair.client, kClient, "hello");
    EXPECT_EQ(ReadExactly(&poll, &pair.server, kServer, 5), "hello");
    WriteAll(&poll, &pair.server, kServer, "welcome");
    EXPECT_EQ(ReadExactly(&poll, &pair.client, kClient, 7), "welcome");
  }
}

TEST(NamedPipe, DisconnectEndsTheWaitForAClient) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server, client;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK);
  EXPECT_OK(mio_named_pipe_disconnect(&server));
  EXPECT_TRUE(poll.Quiet(kServer).None());
  EXPECT_OK(mio_named_pipe_take_error(&server));

  // And once more, with another wait begun before the packet of the first one is taken.
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK);
  EXPECT_OK(mio_named_pipe_disconnect(&server));
  EXPECT_ERROR(mio_named_pipe_connect(&server), MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(poll.Quiet(kServer).None());
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  EXPECT_FALSE(poll.WaitWritable(kServer).error);
}

TEST(NamedPipe, DisconnectThrowsAwayWhatWasNotRead) {
  Poll poll;
  Pair pair(&poll);
  WriteAll(&poll, &pair.client, kClient, "lost");
  EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  WriteAll(&poll, &pair.server, kServer, "lost, too");
  EXPECT_OK(mio_named_pipe_disconnect(&pair.server));
  char buffer[16];
  poll.Now(kServer);
  EXPECT_ERROR(mio_named_pipe_read(&pair.server, buffer, sizeof buffer), MIO_ERROR_NOT_CONNECTED);
  EXPECT_ERROR(mio_named_pipe_write(&pair.server, "x", 1), MIO_ERROR_NOT_CONNECTED);
  EXPECT_LT(mio_named_pipe_disconnect(&pair.server), 0) << "nobody is there";
}

TEST(NamedPipe, AClientHearsOfTheDisconnect) {
  Poll poll;
  Pair pair(&poll);
  EXPECT_OK(mio_named_pipe_disconnect(&pair.server));
  const Readiness end = poll.WaitFor(kClient, [](const Readiness &r) { return r.read_closed; });
  EXPECT_TRUE(end.readable && end.write_closed) << end;
  char byte;
  EXPECT_ERROR(mio_named_pipe_read(&pair.client, &byte, 1), MIO_ERROR_NOT_CONNECTED);
  EXPECT_ERROR(mio_named_pipe_write(&pair.client, "x", 1), MIO_ERROR_NOT_CONNECTED);
  EXPECT_LT(mio_named_pipe_disconnect(&pair.client), 0) << "is the server's business";
  EXPECT_LT(mio_named_pipe_connect(&pair.client), 0) << "as well";
}

TEST(NamedPipe, MovesMuchThroughLittleBuffers) {
  Poll poll;
  const mio_named_pipe_options small = Bytes(1000), large = Bytes(30000);
  Pair pair(&poll, &small, &large);
  const std::string data = Pattern(300000);
  std::string there, back;
  size_t sent = 0, returned = 0;
  char buffer[777];
  while (back.size() < data.size()) {
    ptrdiff_t n;
    bool moved = false;
    while ((n = mio_named_pipe_write(&pair.client, data.data() + sent, data.size() - sent)) > 0) {
      sent += static_cast<size_t>(n);
      moved = true;
    }
    while ((n = mio_named_pipe_read(&pair.server, buffer, sizeof buffer)) > 0) {
      there.append(buffer, static_cast<size_t>(n));
      moved = true;
    }
    while ((n = mio_named_pipe_write(&pair.server, there.data() + returned,
                                     there.size() - returned)) > 0) {
      returned += static_cast<size_t>(n);
      moved = true;
    }
    while ((n = mio_named_pipe_read(&pair.client, buffer, sizeof buffer)) > 0) {
      back.append(buffer, static_cast<size_t>(n));
      moved = true;
    }
    if (!moved) {
      ASSERT_OK(poll.Wait());
      ASSERT_GT(mio_events_count(poll.events()), 0u) << "stuck at " << sent << ", " << back.size();
    }
  }
  EXPECT_EQ(back, data);
}

TEST(NamedPipe, MovesBytesBeyondTheBuffersInOneMessage) {
  Poll poll;
  const mio_named_pipe_options small = Messages(100), large = Messages(100000);
  Pair pair(&poll, &small, &large);
  for (const size_t len : {1u, 99u, 100u, 101u, 200u, 4096u, 100000u}) {
    const std::string message = Pattern(len);
    ASSERT_EQ(mio_named_pipe_write(&pair.client, message.data(), len), static_cast<ptrdiff_t>(len));
    EXPECT_EQ(ReadMessage(&poll, &pair.server, kServer, 4096), message) << len;
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
    ASSERT_EQ(mio_named_pipe_write(&pair.client, message.data(), len), static_cast<ptrdiff_t>(len));
    EXPECT_EQ(ReadMessage(&poll, &pair.server, kServer, 7), message) << len << ", little by little";
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  }
}

TEST(NamedPipe, KeepsMessagesApart) {
  Poll poll;
  const mio_named_pipe_options options = Messages();
  Pair pair(&poll, &options);
  for (const char *message : {"one", "two", "three"}) {
    WriteAll(&poll, &pair.client, kClient, message);
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  }
  EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "one");
  EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "two");
  EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "three");
}

TEST(NamedPipe, MovesEmptyMessages) {
  Poll poll;
  const mio_named_pipe_options options = Messages();
  Pair pair(&poll, &options);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, nullptr, 0), 0);
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, "x", 1), 1);
  EXPECT_EQ(ReadMessage(&poll, &pair.server, kServer), "");
  EXPECT_EQ(ReadMessage(&poll, &pair.server, kServer), "x");
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, nullptr, 0), 0);
  EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "");
  EXPECT_FALSE(poll.Quiet(kServer).read_closed);
  char byte;
  EXPECT_ERROR(mio_named_pipe_read(&pair.server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
}

TEST(NamedPipe, RefusesAMessageThatDoesNotFit) {
  Poll poll;
  const mio_named_pipe_options options = Messages(10);
  Pair pair(&poll, &options);
  EXPECT_ERROR(mio_named_pipe_write(&pair.client, "12345678901", 11), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(mio_named_pipe_write(&pair.client, "1234567890", 10), 10);
  EXPECT_EQ(ReadMessage(&poll, &pair.server, kServer), "1234567890");
}

TEST(NamedPipe, ReadsAPipeOfMessagesAsBytes) {
  Poll poll;
  const mio_named_pipe_options messages = Messages(), bytes = Bytes(0);
  Pair pair(&poll, &messages, &bytes);
  for (const char *message : {"one", "", "two"}) {
    WriteAll(&poll, &pair.server, kServer, message);
    EXPECT_TRUE(poll.WaitWritable(kServer).writable);
  }
  EXPECT_EQ(ReadExactly(&poll, &pair.client, kClient, 6), "onetwo");
  WriteAll(&poll, &pair.server, kServer, "");
  poll.Quiet(kClient);
  char byte;
  EXPECT_ERROR(mio_named_pipe_read(&pair.client, &byte, 1), MIO_ERROR_WOULD_BLOCK)
      << "an empty message has no bytes, and is not the end";
}

TEST(NamedPipe, NoBytesAreNotTheEnd) {
  Poll poll;
  const std::string name = PipeName();
  Pipe server;
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  const HANDLE raw = CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                 OPEN_EXISTING, 0, nullptr);
  ASSERT_NE(raw, INVALID_HANDLE_VALUE);
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  DWORD written;
  EXPECT_TRUE(WriteFile(raw, "", 0, &written, nullptr));
  EXPECT_TRUE(WriteFile(raw, "x", 1, &written, nullptr));
  EXPECT_EQ(ReadSome(&poll, &server, kServer), "x");
  char byte;
  EXPECT_TRUE(WriteFile(raw, "", 0, &written, nullptr));
  EXPECT_TRUE(poll.Now(kServer).events <= 1);
  EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(WriteFile(raw, "y", 1, &written, nullptr));
  EXPECT_EQ(ReadSome(&poll, &server, kServer), "y");
  CloseHandle(raw);
  EXPECT_EQ(ReadSome(&poll, &server, kServer), "");
}

TEST(NamedPipe, MovesSeveralBuffers) {
  Poll poll;
  const mio_named_pipe_options options = Messages();
  Pair pair(&poll, &options);
  char one[] = "one,", two[] = "two,", three[] = "three";
  const mio_iovec parts[] = {{one, 4}, {nullptr, 0}, {two, 4}, {three, 5}};
  EXPECT_EQ(mio_named_pipe_writev(&pair.client, parts, 4), 13);
  EXPECT_TRUE(poll.WaitReadable(kServer).readable);
  char a[2] = {}, b[5] = {}, c[100] = {};
  const mio_iovec room[] = {{a, 2}, {b, 5}, {nullptr, 0}, {c, 100}};
  EXPECT_EQ(mio_named_pipe_readv(&pair.server, room, 4), 13);
  EXPECT_EQ(std::string(a, 2) + std::string(b, 5) + c, "one,two,three");
}

TEST(NamedPipe, ServesAsManyClientsAsThereAreInstances) {
  Poll poll;
  const std::string name = PipeName();
  mio_named_pipe_options options = {};
  options.max_instances = 3;
  Pipe servers[4], clients[4];
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(mio_named_pipe_create(&servers[i], name.c_str(), &options));
    ASSERT_OK(poll.Register(&servers[i]->source, static_cast<mio_token>(i), kBoth));
    EXPECT_ERROR(mio_named_pipe_connect(&servers[i]), MIO_ERROR_WOULD_BLOCK);
    options.further_instance = true;
  }
  EXPECT_LT(mio_named_pipe_create(&servers[3], name.c_str(), &options), 0) << "one too many";
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(mio_named_pipe_open(&clients[i], name.c_str(), nullptr));
    ASSERT_OK(poll.Register(&clients[i]->source, static_cast<mio_token>(10 + i), kBoth));
    WriteAll(&poll, &clients[i], static_cast<mio_token>(10 + i), std::to_string(i));
  }
  EXPECT_ERROR(mio_named_pipe_open(&clients[3], name.c_str(), nullptr),
               MIO_ERROR_CONNECTION_REFUSED);
  std::string all;
  for (int i = 0; i < 3; ++i) all += ReadSome(&poll, &servers[i], static_cast<mio_token>(i));
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, "012") << "each went to an instance of its own";
}

}  // namespace
}  // namespace mio_test
