#ifndef TESTING_WINDOWS_PIPE_PIPES_H_
#define TESTING_WINDOWS_PIPE_PIPES_H_

#include <windows.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "mio/poll.h"
#include "mio/windows/named_pipe.h"
#include "testing/util.h"

namespace mio_test {

using Pipe = Closing<mio_named_pipe, mio_named_pipe_close>;

constexpr mio_token kServer = 1;
constexpr mio_token kClient = 2;
constexpr mio_interest kBoth = MIO_READABLE | MIO_WRITABLE;

// A name that no other pipe of this machine has.
inline std::string PipeName() {
  static std::atomic<int> number;
  return "\\\\.\\pipe\\mio-" + std::to_string(GetCurrentProcessId()) + "-" +
         std::to_string(++number);
}

inline mio_named_pipe_options Messages(size_t buffer_len = 0) {
  mio_named_pipe_options options = {};
  options.messages = true;
  options.buffer_len = buffer_len;
  return options;
}

inline mio_named_pipe_options Bytes(size_t buffer_len) {
  mio_named_pipe_options options = {};
  options.buffer_len = buffer_len;
  return options;
}

// A server and a client that are connected and registered with `poll`, and have told that they can
// be written to.
struct Pair {
  explicit Pair(Poll *poll, const mio_named_pipe_options *options = nullptr,
                const mio_named_pipe_options *client_options = nullptr)
      : name(PipeName()) {
    EXPECT_OK(mio_named_pipe_create(&server, name.c_str(), options));
    EXPECT_OK(mio_named_pipe_open(&client, name.c_str(),
                                  client_options == nullptr ? options : client_options));
    EXPECT_OK(poll->Register(&server->source, kServer, kBoth));
    EXPECT_OK(poll->Register(&client->source, kClient, kBoth));
    EXPECT_OK(mio_named_pipe_connect(&server));
    EXPECT_TRUE(poll->WaitWritable(kServer).writable);
    EXPECT_TRUE(poll->WaitWritable(kClient).writable);
  }

  std::string name;
  Pipe server;
  Pipe client;
};

// Writes all of `data`, waiting where it must.
inline void WriteAll(Poll *poll, mio_named_pipe *pipe, mio_token token, const std::string &data) {
  size_t done = 0;
  do {
    const ptrdiff_t n = mio_named_pipe_write(pipe, data.data() + done, data.size() - done);
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) {
      if (!poll->WaitWritable(token).writable) return;
      continue;
    }
    ASSERT_OK(n);
    done += static_cast<size_t>(n);
  } while (done < data.size());
}

// The next bytes, at most `room`, waiting for them; "" at the end.
inline std::string ReadSome(Poll *poll, mio_named_pipe *pipe, mio_token token, size_t room = 4096) {
  std::string data(room, '\0');
  for (;;) {
    const ptrdiff_t n = mio_named_pipe_read(pipe, &data[0], room);
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) {
      if (!poll->WaitReadable(token).readable) return "";
      continue;
    }
    EXPECT_OK(n);
    data.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return data;
  }
}

// Exactly `len` bytes.
inline std::string ReadExactly(Poll *poll, mio_named_pipe *pipe, mio_token token, size_t len) {
  std::string data;
  while (data.size() < len) {
    const std::string more = ReadSome(poll, pipe, token, len - data.size());
    if (more.empty()) break;
    data += more;
  }
  return data;
}

// A whole message, of as many pieces as it takes.
inline std::string ReadMessage(Poll *poll, mio_named_pipe *pipe, mio_token token,
                               size_t room = 4096) {
  std::string message, piece(room, '\0');
  for (;;) {
    bool end = false;
    const ptrdiff_t n = mio_named_pipe_read_message(pipe, &piece[0], room, &end);
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) {
      if (!poll->WaitReadable(token).readable) return "nothing came";
      continue;
    }
    EXPECT_OK(n);
    if (n < 0) return "an error";
    message.append(piece, 0, static_cast<size_t>(n));
    if (end) return message;
  }
}

// Bytes that differ from each other.
inline std::string Pattern(size_t len) {
  std::string data(len, '\0');
  uint32_t state = 12345;
  for (char &c : data) c = static_cast<char>((state = state * 1103515245u + 12345u) >> 16);
  return data;
}

}  // namespace mio_test

#endif  // TESTING_WINDOWS_PIPE_PIPES_H_
