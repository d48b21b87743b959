#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mio/allocator.h"
#include "mio/windows/named_pipe.h"
#include "testing/windows_pipe/pipes.h"

// Opening and closing: what is owned by whom, and for how long. The library's memory comes from an
// allocator that fills what it takes back, so that a request whose memory went too early writes
// into, or reads from, something that shows it.
namespace mio_test {
namespace {

std::atomic<uint64_t> allocations;
std::atomic<int64_t> blocks;
std::atomic<bool> is_out_of_memory;

void *Allocate(void *, size_t size) {
  ++allocations;
  if (is_out_of_memory) return nullptr;
  ++blocks;
  return std::malloc(size);
}

void Release(void *, void *memory, size_t size) {
  --blocks;
  std::memset(memory, 0xdd, size);
  std::free(memory);
}

class NamedPipeLife : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const mio_allocator allocator = {Allocate, Release, nullptr};
    ASSERT_OK(mio_set_allocator(&allocator));
  }

  void SetUp() override {
    {
      Poll warm_up;
    }
    handles_ = CountHandles();
  }

  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_EQ(CountHandles(), handles_);
    EXPECT_EQ(blocks, 0) << "blocks of memory";
  }

 private:
  int handles_ = 0;
};

TEST_F(NamedPipeLife, ClosedIsLegalAndAnswersInvalidInput) {
  mio_named_pipe pipe = {};
  mio_named_pipe_close(nullptr);
  mio_named_pipe_close(&pipe);
  char byte = 0;
  bool end;
  mio_handle handle;
  const mio_iovec one = {&byte, 1};
  for (mio_named_pipe *closed : {static_cast<mio_named_pipe *>(nullptr), &pipe}) {
    EXPECT_ERROR(mio_named_pipe_connect(closed), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_disconnect(closed), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_take_error(closed), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_read(closed, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_readv(closed, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_read_message(closed, &byte, 1, &end), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_write(closed, &byte, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_writev(closed, &one, 1), MIO_ERROR_INVALID_INPUT);
    EXPECT_ERROR(mio_named_pipe_handle(closed, &handle), MIO_ERROR_INVALID_INPUT);
  }
  Poll poll;
  EXPECT_ERROR(poll.Register(&pipe.source, 1, kBoth), MIO_ERROR_INVALID_INPUT);
}

TEST_F(NamedPipeLife, BadArgumentsAreInvalidInput) {
  Poll poll;
  Pair pair(&poll);
  char byte = 0;
  const mio_iovec one = {&byte, 1}, nothing = {nullptr, 1};
  mio_named_pipe *pipe = &pair.server;
  EXPECT_ERROR(mio_named_pipe_read(pipe, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_write(pipe, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_readv(pipe, nullptr, 1), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_writev(pipe, &one, 0), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_readv(pipe, &nothing, 1), MIO_ERROR_INVALID_INPUT);
  const std::vector<mio_iovec> many(MIO_IOVEC_COUNT_MAX + 1, one);
  EXPECT_ERROR(mio_named_pipe_writev(pipe, many.data(), many.size()), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_read_message(pipe, &byte, 1, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_handle(pipe, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_EQ(mio_named_pipe_read(pipe, nullptr, 0), 0);
  EXPECT_EQ(mio_named_pipe_write(pipe, nullptr, 0), 0);
}

TEST_F(NamedPipeLife, OpensOnlyPipes) {
  Pipe pipe;
  const std::string prefix = "\\\\.\\pipe\\";
  for (const std::string &name :
       {std::string(), std::string("pipe"), prefix, std::string("C:\\windows\\win.ini"),
        std::string("\\\\server\\pipe\\x"), prefix + "with\\backslash",
        prefix + std::string(MIO_NAMED_PIPE_NAME_MAX, 'x'), prefix + "not UTF-8 \xff"}) {
    EXPECT_ERROR(mio_named_pipe_create(&pipe, name.c_str(), nullptr), MIO_ERROR_INVALID_INPUT)
        << name;
    EXPECT_ERROR(mio_named_pipe_open(&pipe, name.c_str(), nullptr), MIO_ERROR_INVALID_INPUT)
        << name;
  }
  EXPECT_ERROR(mio_named_pipe_create(&pipe, nullptr, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_open(nullptr, PipeName().c_str(), nullptr), MIO_ERROR_INVALID_INPUT);
  const mio_named_pipe_options huge = Bytes(MIO_NAMED_PIPE_BUFFER_MAX + 1);
  EXPECT_ERROR(mio_named_pipe_create(&pipe, PipeName().c_str(), &huge), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(mio_named_pipe_open(&pipe, PipeName().c_str(), nullptr), MIO_ERROR_NOT_FOUND);
  const std::string name = PipeName() + "-\xc3\xa4\xe2\x82\xac";
  Pipe client;
  ASSERT_OK(mio_named_pipe_create(&pipe, name.c_str(), nullptr));
  EXPECT_ERROR(mio_named_pipe_create(&pipe, PipeName().c_str(), nullptr), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_ERROR(mio_named_pipe_open(&pipe, name.c_str(), nullptr), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
}

TEST_F(NamedPipeLife, TheFirstInstanceIsTheFirst) {
  Pipe first, second;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&first, name.c_str(), nullptr));
  const int result = mio_named_pipe_create(&second, name.c_str(), nullptr);
  SKIP_IF_WINE(result == 0, "8.0 ignores FILE_FLAG_FIRST_PIPE_INSTANCE");
  EXPECT_ERROR(result, MIO_ERROR_PERMISSION_DENIED);
}

TEST_F(NamedPipeLife, AClientOfMessagesNeedsAServerOfMessages) {
  Pipe server, client;
  const std::string name = PipeName();
  const mio_named_pipe_options messages = Messages();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  EXPECT_LT(mio_named_pipe_open(&client, name.c_str(), &messages), 0);
  EXPECT_FALSE(mio_source_is_open(&client->source));
}

TEST_F(NamedPipeLife, LeavesNothingWithoutMemory) {
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  is_out_of_memory = true;
  Pipe another;
  EXPECT_ERROR(mio_named_pipe_create(&another, PipeName().c_str(), nullptr),
               MIO_ERROR_OUT_OF_MEMORY);
  EXPECT_ERROR(mio_named_pipe_open(&client, name.c_str(), nullptr), MIO_ERROR_OUT_OF_MEMORY);
  is_out_of_memory = false;
  EXPECT_FALSE(mio_source_is_open(&client->source));
}

TEST_F(NamedPipeLife, HandlesAreNotInherited) {
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  for (mio_named_pipe *pipe : {&server, &client}) {
    mio_handle handle;
    ASSERT_OK(mio_named_pipe_handle(pipe, &handle));
    DWORD flags = HANDLE_FLAG_INHERIT;
    ASSERT_TRUE(GetHandleInformation(reinterpret_cast<HANDLE>(handle), &flags));
    EXPECT_EQ(flags & HANDLE_FLAG_INHERIT, 0u);
  }
}

HANDLE RawServer(const std::string &name, DWORD access, DWORD mode) {
  return CreateNamedPipeA(name.c_str(), access, mode, 1, 4096, 4096, 0, nullptr);
}

HANDLE RawClient(const std::string &name, DWORD access, DWORD flags) {
  return CreateFileA(name.c_str(), access, 0, nullptr, OPEN_EXISTING, flags, nullptr);
}

int Adopt(mio_named_pipe *pipe, HANDLE handle) {
  return mio_named_pipe_adopt(pipe, reinterpret_cast<mio_handle>(handle), nullptr);
}

TEST_F(NamedPipeLife, AdoptsBothEnds) {
  Poll poll;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(Adopt(&server, RawServer(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                     PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)));
  ASSERT_OK(Adopt(&client, RawClient(name, GENERIC_READ | GENERIC_WRITE, FILE_FLAG_OVERLAPPED)));
  EXPECT_ERROR(Adopt(&client, nullptr), MIO_ERROR_ALREADY_EXISTS);
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
  EXPECT_EQ(mio_named_pipe_write(&client, nullptr, 0), 0);
  EXPECT_TRUE(poll.WaitWritable(kClient).writable);
  WriteAll(&poll, &client, kClient, "message");
  EXPECT_EQ(ReadMessage(&poll, &server, kServer), "") << "its modes are asked for";
  EXPECT_EQ(ReadMessage(&poll, &server, kServer), "message");
}

TEST_F(NamedPipeLife, AdoptsOneWayEnds) {
  Poll poll;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(Adopt(&server, RawServer(name, PIPE_ACCESS_OUTBOUND | FILE_FLAG_OVERLAPPED, 0)));
  ASSERT_OK(Adopt(&client, RawClient(name, GENERIC_READ, FILE_FLAG_OVERLAPPED)));
  ASSERT_OK(poll.Register(&server->source, kServer, MIO_WRITABLE));
  ASSERT_OK(poll.Register(&client->source, kClient, MIO_READABLE));
  const Readiness ready = poll.WaitWritable(kServer);
  EXPECT_FALSE(ready.readable || ready.error || ready.read_closed) << ready;
  WriteAll(&poll, &server, kServer, "x");
  EXPECT_EQ(ReadSome(&poll, &client, kClient), "x");
  char byte;
  EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_PERMISSION_DENIED);
}

TEST_F(NamedPipeLife, AdoptsNothingElse) {
  Pipe pipe;
  HANDLE read_end, write_end;
  ASSERT_TRUE(CreatePipe(&read_end, &write_end, nullptr, 0));
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  char path[MAX_PATH];
  ASSERT_GT(GetModuleFileNameA(nullptr, path, MAX_PATH), 0u);
  const HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                  FILE_FLAG_OVERLAPPED, nullptr);
  const HANDLE waiting = RawServer(PipeName(), PIPE_ACCESS_DUPLEX, 0);
  const HANDLE nowait =
      RawServer(PipeName(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_NOWAIT);
  for (const HANDLE handle : {read_end, write_end, event, file, waiting, nowait}) {
    ASSERT_NE(handle, INVALID_HANDLE_VALUE);
    EXPECT_ERROR(Adopt(&pipe, handle), MIO_ERROR_INVALID_INPUT) << handle;
    EXPECT_FALSE(mio_source_is_open(&pipe->source));
    EXPECT_TRUE(CloseHandle(handle)) << "is still the caller's";
  }
  EXPECT_ERROR(Adopt(&pipe, nullptr), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(Adopt(&pipe, INVALID_HANDLE_VALUE), MIO_ERROR_INVALID_INPUT);
  EXPECT_ERROR(Adopt(&pipe, event), MIO_ERROR_INVALID_INPUT) << "closed";
}

TEST_F(NamedPipeLife, NothingAllocatesOncePipesAreOpen) {
  mio_poll_options options = {};
  options.reserve_sources = 16;
  Poll poll(64, &options);
  Pair pair(&poll);
  const uint64_t before = allocations;
  for (int i = 0; i < 2000; ++i) {
    WriteAll(&poll, &pair.client, kClient, "hello");
    EXPECT_EQ(ReadExactly(&poll, &pair.server, kServer, 5), "hello");
    ASSERT_OK(poll.Reregister(&pair.server->source, kServer, kBoth));
    if (i % 10 == 0) {
      ASSERT_OK(poll.Deregister(&pair.server->source));
      ASSERT_OK(poll.Register(&pair.server->source, kServer, kBoth));
    }
  }
  EXPECT_EQ(allocations, before);
}

TEST_F(NamedPipeLife, AWriteUnderWayArrivesAfterTheClose) {
  Poll poll;
  const mio_named_pipe_options small = Bytes(512), large = Bytes(200000);
  Pair pair(&poll, &small, &large);
  const std::string data = Pattern(200000);
  ASSERT_EQ(mio_named_pipe_write(&pair.client, data.data(), data.size()), 200000);
  mio_named_pipe_close(&pair.client);
  EXPECT_EQ(ReadExactly(&poll, &pair.server, kServer, data.size()), data);
  EXPECT_EQ(ReadSome(&poll, &pair.server, kServer), "") << "and then the close";
}

TEST_F(NamedPipeLife, AWriteUnderWayEndsWithThePoll) {
  const mio_named_pipe_options small = Bytes(512), large = Bytes(200000);
  const std::string data = Pattern(200000);
  Poll readers;
  Pipe server;
  {
    Poll poll;
    Pipe client;
    const std::string name = PipeName();
    ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), &small));
    ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), &large));
    ASSERT_OK(readers.Register(&server->source, kServer, kBoth));
    ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
    EXPECT_TRUE(poll.WaitWritable(kClient).writable);
    ASSERT_EQ(mio_named_pipe_write(&client, data.data(), data.size()), 200000);
    mio_named_pipe_close(&client);
    EXPECT_EQ(blocks, 2 + 2 + 2) << "two polls with events, two pipes";
  }
  size_t read = 0;
  for (std::string some; !(some = ReadSome(&readers, &server, kServer)).empty();) {
    EXPECT_EQ(some, data.substr(read, some.size()));
    read += some.size();
  }
  EXPECT_LT(read, data.size());
}

TEST_F(NamedPipeLife, APollIsClosedUnderItsPipes) {
  for (int i = 0; i < 50; ++i) {
    Pipe server, client, lonely;
    const std::string name = PipeName();
    {
      Poll poll;
      ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
      ASSERT_OK(mio_named_pipe_create(&lonely, PipeName().c_str(), nullptr));
      ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
      ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
      ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
      ASSERT_OK(poll.Register(&lonely->source, 3, kBoth));
      EXPECT_ERROR(mio_named_pipe_connect(&lonely), MIO_ERROR_WOULD_BLOCK);
      EXPECT_EQ(mio_named_pipe_write(&client, "x", 1), 1);
      if (i % 2 == 0) poll.Now(kServer);
    }
    char byte;
    EXPECT_ERROR(mio_named_pipe_read(&server, &byte, 1), MIO_ERROR_NOT_FOUND);
  }
}

TEST_F(NamedPipeLife, ACloseIsSeenAtOnce) {
  Poll poll, other;
  Pipe server, client;
  const std::string name = PipeName();
  ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
  ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
  ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
  ASSERT_OK(other.Register(&client->source, kClient, kBoth));
  EXPECT_EQ(mio_named_pipe_write(&server, "bye", 3), 3);
  mio_named_pipe_close(&server);
  EXPECT_EQ(ReadExactly(&other, &client, kClient, 3), "bye");
  EXPECT_EQ(ReadSome(&other, &client, kClient), "") << "though nobody waits with its poll";
}

// Opens, registers, begins what takes long, and closes, a hundred thousand times. Packets of pipes
// that are gone pile up in the port for a while.
TEST_F(NamedPipeLife, ClosesWithRequestsInFlight) {
  constexpr int kRounds = 100000;
  Poll poll;
  const mio_named_pipe_options options = Bytes(64);
  const std::string listening = PipeName();
  std::atomic<int64_t> most{0};
  for (int i = 0; i < kRounds; ++i) {
    mio_named_pipe pipe = {};
    ASSERT_OK(mio_named_pipe_create(&pipe, listening.c_str(), &options));
    ASSERT_OK(poll.Register(&pipe.source, kServer, kBoth));
    ASSERT_ERROR(mio_named_pipe_connect(&pipe), MIO_ERROR_WOULD_BLOCK);
    mio_named_pipe_close(&pipe);
    if (blocks > most) most = blocks.load();
    if (i % 100 == 99) {
      ASSERT_TRUE(poll.Now(kServer).None()) << "it was closed before";
      // A wait takes at most 64 packets.
      while (blocks > 2) poll.Now(kServer);
    }
  }
  EXPECT_GT(most, 50) << "were closed with their request in flight";
}

// The same with both ends, reads and writes.
TEST_F(NamedPipeLife, ClosesConnectedPairs) {
  constexpr int kRounds = 10000;
  Poll poll;
  const mio_named_pipe_options options = Bytes(64);
  for (int i = 0; i < kRounds; ++i) {
    Pipe server, client;
    const std::string name = PipeName();
    ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), &options));
    ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), &options));
    ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
    ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
    if (i % 2 == 0) {
      ASSERT_EQ(mio_named_pipe_write(&client, "x", 1), 1);
    }
    if (i % 3 == 0) {
      ASSERT_EQ(mio_named_pipe_write(&server, "y", 1), 1);
    }
    if (i % 5 == 0) {
      ASSERT_OK(mio_named_pipe_disconnect(&server));
    }
    if (i % 7 == 0) poll.Now(kServer);
    if (i % 50 == 0) {
      mio_named_pipe_close(&server);
      mio_named_pipe_close(&client);
      while (blocks > 2) poll.Now(kServer);
    }
  }
}

TEST_F(NamedPipeLife, ClosesWhileAnotherThreadWaits) {
  Poll poll;
  Waker waker;
  std::atomic<bool> done{false};
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 99));
  std::thread waiter([&] {
    while (!done) ASSERT_OK(poll.Wait());
  });
  for (int i = 0; i < 2000; ++i) {
    Pipe server, client;
    const std::string name = PipeName();
    ASSERT_OK(mio_named_pipe_create(&server, name.c_str(), nullptr));
    ASSERT_OK(mio_named_pipe_open(&client, name.c_str(), nullptr));
    ASSERT_OK(poll.Register(&server->source, kServer, kBoth));
    ASSERT_OK(poll.Register(&client->source, kClient, kBoth));
    const ptrdiff_t n = mio_named_pipe_write(&client, "x", 1);
    EXPECT_EQ(n, 1);
    char byte;
    const ptrdiff_t m = mio_named_pipe_read(&server, &byte, 1);
    EXPECT_TRUE(m == 1 || mio_error_kind(m) == MIO_ERROR_WOULD_BLOCK) << m;
  }
  done = true;
  EXPECT_OK(mio_waker_wake(&waker));
  waiter.join();
}

}  // namespace
}  // namespace mio_test
