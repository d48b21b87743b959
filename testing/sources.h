#ifndef TESTING_SOURCES_H_
#define TESTING_SOURCES_H_

#include <array>
#include <string>
#include <vector>

#include "testing/net_util.h"
#include "testing/util.h"

// Sources that are made ready, drained and filled at will, for suites that look at polls rather
// than at sockets. Portable: they are TCP streams.
namespace mio_test {

// Two connected streams. `ours` is what is registered.
class StreamPair {
 public:
  StreamPair() { EXPECT_OK(ConnectTcp(&theirs_, &ours_)); }

  mio_tcp_stream *ours() { return &ours_; }
  mio_tcp_stream *theirs() { return &theirs_; }
  mio_source *source() { return &ours_->source; }

  // The peer sends; `ours` becomes readable.
  void Send(const std::string &bytes = "x") {
    EXPECT_EQ(static_cast<ptrdiff_t>(bytes.size()),
              mio_tcp_stream_write(&theirs_, bytes.data(), bytes.size()));
  }

  // The same, and it is readable when this returns, as long as nobody else reads.
  void Deliver(const std::string &bytes = "x") {
    Send(bytes);
    AwaitArrival();
  }

  // Reads `ours` until would-block. Returns what was read; stops at the end and at errors.
  std::string Drain() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const ptrdiff_t got = mio_tcp_stream_read(&ours_, buffer, sizeof buffer);
      if (got <= 0) return all;
      all.append(buffer, static_cast<size_t>(got));
    }
  }

  // Writes to `ours` until would-block.
  void Fill() {
    static const std::array<char, 65536> bytes = {};
    ptrdiff_t written;
    do {
      written = mio_tcp_stream_write(&ours_, bytes.data(), bytes.size());
    } while (written >= 0);
    EXPECT_ERROR(written, MIO_ERROR_WOULD_BLOCK);
  }

  // The same, and until nothing that is still under way makes room any more.
  void FillForGood() {
    Poll poll;
    EXPECT_OK(poll.Register(source(), 0, MIO_WRITABLE));
    do {
      Fill();
    } while (poll.Quiet(0).writable);
    EXPECT_OK(poll.Deregister(source()));
  }

  // The peer reads all that is there.
  void DrainTheirs() {
    static std::array<char, 65536> buffer;
    while (mio_tcp_stream_read(&theirs_, buffer.data(), buffer.size()) > 0) {
    }
  }

  // The peer throws the connection away.
  void Reset() {
    EXPECT_OK(mio_tcp_stream_set_linger(&theirs_, 0));
    mio_tcp_stream_close(&theirs_);
    AwaitArrival();
  }

 private:
  // On loopback too: a BSD delivers in another thread of the kernel, and may have Nagle wait for an
  // acknowledgement.
  void AwaitArrival() {
    mio_handle handle = MIO_HANDLE_NONE;
    if (mio_tcp_stream_handle(&ours_, &handle) == 0) AwaitReadable(handle);
  }

  TcpStream ours_, theirs_;
};

// A sender and a receiver. The receiver is what is registered, mostly.
struct LocalPipe {
  LocalPipe() { EXPECT_OK(ConnectLocal(&sender, &receiver)); }
  void Write() { EXPECT_EQ(1, mio_tcp_stream_write(&sender, "x", 1)); }
  ptrdiff_t Read() {
    char byte = 0;
    return mio_tcp_stream_read(&receiver, &byte, 1);
  }
  void Drain() {
    while (Read() > 0) {
    }
  }
  mio_source *source() { return &receiver->source; }

  TcpStream sender, receiver;
};

// The tokens of what a wait found, in order.
inline std::vector<mio_token> Tokens(const mio_events *events) {
  std::vector<mio_token> tokens;
  for (size_t i = 0; i < mio_events_count(events); ++i) {
    tokens.push_back(mio_event_token(mio_events_get(events, i)));
  }
  return tokens;
}

}  // namespace mio_test

#endif  // TESTING_SOURCES_H_
