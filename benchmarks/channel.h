#ifndef BENCHMARKS_CHANNEL_H_
#define BENCHMARKS_CHANNEL_H_

#include <cstddef>
#include <deque>

#include "mio/mio.h"

#if MIO_BENCH_UNIX
#include <unistd.h>

#include "mio/unix/pipe.h"
#endif

// What is read and written in the benchmarks. All peers get the same descriptors; mio gets them through
// its own types.
namespace mio_bench {

#if MIO_BENCH_UNIX
using Reader = mio_pipe_receiver;
using Writer = mio_pipe_sender;
#else
using Reader = mio_tcp_stream;
using Writer = mio_tcp_stream;
#endif

// A pipe, or what comes nearest to one.
struct Pipe {
  Reader reader = {};
  Writer writer = {};
  mio_handle read_fd = {};
  mio_handle write_fd = {};

  Pipe() = default;
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  ~Pipe();
  bool Open();
};

// One end of a connection.
template <typename Stream>
struct End {
  Stream stream = {};
  mio_handle fd = {};
};

using UnixEnd = End<mio_unix_stream>;
using TcpEnd = End<mio_tcp_stream>;

bool OpenPair(UnixEnd *a, UnixEnd *b);
bool OpenPair(TcpEnd *a, TcpEnd *b);
void Close(UnixEnd *end);
void Close(TcpEnd *end);

// As many descriptors as this process may have; false if `needed` is more.
bool RaiseDescriptorLimit(size_t needed);

// Reads what there is. Where the kernel keeps the edges, less than there is room for is all there is, and
// what comes next is an edge; elsewhere only a would-block sees to the next edge.
template <typename Stream>
ptrdiff_t ReadAll(Stream *stream, void *data, size_t len,
                  ptrdiff_t (*read_some)(Stream *, void *, size_t)) {
  ptrdiff_t count = read_some(stream, data, len);
#if MIO_NATIVE_REARMS
  while (count > 0 && static_cast<size_t>(count) < len) {
    const auto room = len - static_cast<size_t>(count);
    const ptrdiff_t more = read_some(stream, static_cast<char *>(data) + count, room);
    if (more <= 0) break;
    count += more;
  }
#endif
  return count;
}

// Input and output the way a user of mio does it, and the way everybody else does it.
struct MioIo {
#if MIO_BENCH_UNIX
  static ptrdiff_t Read(Pipe *pipe, void *data, size_t len) {
    return ReadAll(&pipe->reader, data, len, mio_pipe_receiver_read);
  }
  static ptrdiff_t Write(Pipe *pipe, const void *data, size_t len) {
    return mio_pipe_sender_write(&pipe->writer, data, len);
  }
#else
  static ptrdiff_t Read(Pipe *pipe, void *data, size_t len) {
    return ReadAll(&pipe->reader, data, len, mio_tcp_stream_read);
  }
  static ptrdiff_t Write(Pipe *pipe, const void *data, size_t len) {
    return mio_tcp_stream_write(&pipe->writer, data, len);
  }
#endif
  static ptrdiff_t Read(UnixEnd *end, void *data, size_t len) {
    return ReadAll(&end->stream, data, len, mio_unix_stream_read);
  }
  static ptrdiff_t Write(UnixEnd *end, const void *data, size_t len) {
    return mio_unix_stream_write(&end->stream, data, len);
  }
  static ptrdiff_t Read(TcpEnd *end, void *data, size_t len) {
    return ReadAll(&end->stream, data, len, mio_tcp_stream_read);
  }
  static ptrdiff_t Write(TcpEnd *end, const void *data, size_t len) {
    return mio_tcp_stream_write(&end->stream, data, len);
  }
};

// The system's own calls.
#if MIO_BENCH_UNIX
inline ptrdiff_t ReadHandle(mio_handle handle, void *data, size_t len) {
  return read(handle, data, len);
}
inline ptrdiff_t WriteHandle(mio_handle handle, const void *data, size_t len) {
  return write(handle, data, len);
}
#else
ptrdiff_t ReadHandle(mio_handle handle, void *data, size_t len);
ptrdiff_t WriteHandle(mio_handle handle, const void *data, size_t len);
#endif

// Accepts a connection and throws it away; false if there is none.
bool AcceptAndClose(mio_handle listener);

struct FdIo {
  static ptrdiff_t Read(Pipe *pipe, void *data, size_t len) {
    return ReadHandle(pipe->read_fd, data, len);
  }
  static ptrdiff_t Write(Pipe *pipe, const void *data, size_t len) {
    return WriteHandle(pipe->write_fd, data, len);
  }
  template <typename Stream>
  static ptrdiff_t Read(End<Stream> *end, void *data, size_t len) {
    return ReadHandle(end->fd, data, len);
  }
  template <typename Stream>
  static ptrdiff_t Write(End<Stream> *end, const void *data, size_t len) {
    return WriteHandle(end->fd, data, len);
  }
};

inline mio_source *SourceOf(Pipe *pipe) { return &pipe->reader.source; }
inline mio_handle HandleOf(const Pipe *pipe) { return pipe->read_fd; }
template <typename Stream>
mio_source *SourceOf(End<Stream> *end) {
  return &end->stream.source;
}
template <typename Stream>
mio_handle HandleOf(const End<Stream> *end) {
  return end->fd;
}

}  // namespace mio_bench

#endif  // BENCHMARKS_CHANNEL_H_
