// The poll(2) selector makes the edges itself. A source must never go deaf, and a condition that lasts
// must not make every wait return.

#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/child.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Sender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using Receiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;
using Stream = Closing<mio_unix_stream, mio_unix_stream_close>;
using TcpStream = Closing<mio_tcp_stream, mio_tcp_stream_close>;
using TcpListener = Closing<mio_tcp_listener, mio_tcp_listener_close>;
using Udp = Closing<mio_udp_socket, mio_udp_socket_close>;
using Datagram = Closing<mio_unix_datagram, mio_unix_datagram_close>;
using SourceFd = Closing<mio_source_fd, mio_source_fd_close>;

constexpr mio_token kToken = 7;

bool Any(const Readiness &readiness) { return !readiness.None(); }
bool IsReadable(const Readiness &readiness) { return readiness.readable; }
bool IsWritable(const Readiness &readiness) { return readiness.writable; }
bool IsError(const Readiness &readiness) { return readiness.error; }
bool IsReadClosed(const Readiness &readiness) { return readiness.read_closed; }
bool IsWriteClosed(const Readiness &readiness) { return readiness.write_closed; }

// Waits a while with the system's own poll(2).
int PollFor(struct pollfd *entry) { return ::poll(entry, 1, 2000); }

// A pipe whose ends can be opened again, as those of a FIFO can.
struct Fifo {
  Sender sender;
  Receiver receiver;

  Fifo() { EXPECT_OK(mio_pipe_pair(&sender, &receiver)); }

  // Opens another end on the pipe that `handle` belongs to.
  static mio_handle Open(mio_handle handle, int mode) {
    const std::string path = "/proc/self/fd/" + std::to_string(handle);
    return open(path.c_str(), mode | O_NONBLOCK | O_CLOEXEC);
  }
  void OpenSender() {
    mio_handle handle;
    ASSERT_OK(mio_pipe_receiver_handle(&receiver, &handle));
    ASSERT_OK(mio_pipe_sender_adopt(&sender, Open(handle, O_WRONLY)));
  }
  void OpenReceiver() {
    mio_handle handle;
    ASSERT_OK(mio_pipe_sender_handle(&sender, &handle));
    ASSERT_OK(mio_pipe_receiver_adopt(&receiver, Open(handle, O_RDONLY)));
  }
  ptrdiff_t Read() {
    char byte;
    return mio_pipe_receiver_read(&receiver, &byte, 1);
  }
};

// Two ends of a TCP connection.
struct TcpPair {
  TcpStream a, b;
  TcpPair() {
    TcpListener listener;
    mio_addr at = mio_addr_loopback_v4(0);
    Poll poll;
    EXPECT_OK(mio_tcp_listener_bind(&listener, &at));
    EXPECT_OK(mio_tcp_listener_local_addr(&listener, &at));
    EXPECT_OK(mio_tcp_stream_connect(&a, &at));
    EXPECT_OK(poll.Register(&listener->source, 1, MIO_READABLE));
    EXPECT_OK(poll.Register(&a->source, 2, MIO_WRITABLE));
    poll.WaitReadable(1);
    poll.WaitWritable(2);
    EXPECT_OK(mio_tcp_listener_accept(&listener, &b, nullptr));
    EXPECT_OK(poll.Deregister(&a->source));
  }
};

// A UDP socket connected to a port that nothing is bound to: each datagram comes back as an error.
struct Refused {
  Udp socket;
  Refused() {
    Udp gone;
    mio_addr at = mio_addr_loopback_v4(0);
    const mio_addr any = at;
    EXPECT_OK(mio_udp_socket_bind(&gone, &at));
    EXPECT_OK(mio_udp_socket_local_addr(&gone, &at));
    EXPECT_OK(mio_udp_socket_bind(&socket, &any));
    mio_udp_socket_close(&gone);
    EXPECT_OK(mio_udp_socket_connect(&socket, &at));
  }
  void Send() { EXPECT_EQ(mio_udp_socket_send(&socket, "x", 1), 1); }
  ptrdiff_t Receive() {
    char byte;
    return mio_udp_socket_recv(&socket, &byte, 1);
  }
};

// What an event says.

TEST(SelectorPollEvents, DrainedPipeWithoutWriterIsReadable) {
  Poll poll;
  Fifo fifo;
  ASSERT_OK(poll.Register(&fifo.receiver->source, kToken, MIO_READABLE));
  mio_pipe_sender_close(&fifo.sender);
  EXPECT_TRUE(poll.WaitFor(kToken, IsReadClosed).readable);
  EXPECT_EQ(fifo.Read(), 0);
}

TEST(SelectorPollEvents, FullPipeWithoutReaderIsWritable) {
  Poll poll;
  Fifo fifo;
  const std::vector<char> bytes(1 << 20);
  ASSERT_GT(mio_pipe_sender_write(&fifo.sender, bytes.data(), bytes.size()), 0);
  ASSERT_OK(poll.Register(&fifo.sender->source, kToken, MIO_WRITABLE));
  EXPECT_TRUE(poll.Now(kToken).None());
  mio_pipe_receiver_close(&fifo.receiver);
  const Readiness closed = poll.WaitFor(kToken, IsWriteClosed);
  EXPECT_TRUE(closed.writable);
  EXPECT_TRUE(closed.error);
}

TEST(SelectorPollEvents, ErrorOfADatagramSocketClosesNothing) {
  for (const mio_interest interest : {MIO_READABLE, MIO_WRITABLE, MIO_READABLE | MIO_WRITABLE}) {
    Poll poll;
    Refused refused;
    ASSERT_OK(poll.Register(&refused.socket->source, kToken, interest));
    refused.Send();
    const Readiness error = poll.WaitFor(kToken, IsError);
    EXPECT_TRUE(error.readable);
    EXPECT_TRUE(error.writable);
    EXPECT_FALSE(error.read_closed);
    EXPECT_FALSE(error.write_closed);
  }
}

// Rearming.

TEST(SelectorPollRearm, EveryErrorOfADatagramSocketHasAnEvent) {
  for (const mio_interest interest : {MIO_READABLE, MIO_WRITABLE}) {
    Poll poll;
    Refused refused;
    ASSERT_OK(poll.Register(&refused.socket->source, kToken, interest));
    for (int i = 0; i < 5; ++i) {
      refused.Send();
      poll.WaitFor(kToken, IsError);
      if (i % 2 == 0) {
        EXPECT_ERROR(mio_udp_socket_take_error(&refused.socket), MIO_ERROR_CONNECTION_REFUSED);
      } else {
        EXPECT_ERROR(refused.Receive(), MIO_ERROR_CONNECTION_REFUSED);
      }
      EXPECT_ERROR(refused.Receive(), MIO_ERROR_WOULD_BLOCK);
    }
  }
}

// The source is drained, but the error came again before that was known.
TEST(SelectorPollRearm, ErrorThatCameBeforeTheDrainHasAnEvent) {
  Poll poll;
  Refused refused;
  mio_handle handle;
  ASSERT_OK(mio_udp_socket_handle(&refused.socket, &handle));
  ASSERT_OK(poll.Register(&refused.socket->source, kToken, MIO_READABLE));
  refused.Send();
  poll.WaitFor(kToken, IsError);
  char byte;
  ASSERT_EQ(recv(handle, &byte, 1, 0), -1);  // consumes the error
  refused.Send();
  struct pollfd entry = {handle, POLLIN, 0};
  ASSERT_EQ(PollFor(&entry), 1);
  const auto drained = [](void *) -> ptrdiff_t { return -EAGAIN; };
  EXPECT_EQ(mio_udp_socket_try_io(&refused.socket, MIO_READABLE, drained, nullptr), -EAGAIN);
  poll.WaitFor(kToken, IsError);
}

TEST(SelectorPollRearm, EndOfAFifoIsReportedOnceAndItsNextWriterIsSeen) {
  Poll poll;
  Fifo fifo;
  ASSERT_OK(poll.Register(&fifo.receiver->source, kToken, MIO_READABLE));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(mio_pipe_sender_write(&fifo.sender, "x", 1), 1);
    poll.WaitReadable(kToken);
    EXPECT_EQ(fifo.Read(), 1);
    EXPECT_ERROR(fifo.Read(), MIO_ERROR_WOULD_BLOCK);
    mio_pipe_sender_close(&fifo.sender);
    poll.WaitFor(kToken, IsReadClosed);
    EXPECT_EQ(fifo.Read(), 0);
    EXPECT_TRUE(poll.Quiet(kToken).None()) << "the end lasts";
    EXPECT_EQ(fifo.Read(), 0);
    EXPECT_TRUE(poll.Quiet(kToken).None());
    fifo.OpenSender();
  }
}

// The writer that came has gone again before anybody looked.
TEST(SelectorPollRearm, DataOfABriefWriterIsSeen) {
  Poll poll;
  Fifo fifo;
  ASSERT_OK(poll.Register(&fifo.receiver->source, kToken, MIO_READABLE));
  mio_pipe_sender_close(&fifo.sender);
  poll.WaitFor(kToken, IsReadClosed);
  EXPECT_EQ(fifo.Read(), 0);
  for (int i = 0; i < 3; ++i) {
    fifo.OpenSender();
    ASSERT_EQ(mio_pipe_sender_write(&fifo.sender, "x", 1), 1);
    mio_pipe_sender_close(&fifo.sender);
    poll.WaitReadable(kToken);
    EXPECT_EQ(fifo.Read(), 1);
    EXPECT_EQ(fifo.Read(), 0);
    EXPECT_TRUE(poll.Quiet(kToken).None());
  }
}

TEST(SelectorPollRearm, ReaderThatGoesAndComesBack) {
  Poll poll;
  Fifo fifo;
  ASSERT_OK(poll.Register(&fifo.sender->source, kToken, MIO_WRITABLE));
  for (int i = 0; i < 3; ++i) {
    poll.WaitFor(kToken, [](const Readiness &r) { return r.writable && !r.write_closed; });
    mio_pipe_receiver_close(&fifo.receiver);
    poll.WaitFor(kToken, IsWriteClosed);
    EXPECT_ERROR(mio_pipe_sender_write(&fifo.sender, "x", 1), MIO_ERROR_BROKEN_PIPE);
    EXPECT_TRUE(poll.Quiet(kToken).None());
    fifo.OpenReceiver();
  }
}

// More than are looked up by one call, with other sources between them.
TEST(SelectorPollRearm, ManyEndsAtATime) {
  Poll poll;
  constexpr int kFifos = 150;
  std::vector<std::unique_ptr<Fifo>> fifos;
  for (int i = 0; i < kFifos; ++i) {
    fifos.push_back(std::make_unique<Fifo>());
    ASSERT_OK(poll.Register(&fifos[i]->receiver->source, i, MIO_READABLE));
    if (i % 3 != 0) mio_pipe_sender_close(&fifos[i]->sender);
  }
  for (int i = 0; i < kFifos; ++i) {
    if (i % 3 == 0) continue;
    poll.WaitFor(i, IsReadClosed);
    EXPECT_EQ(fifos[i]->Read(), 0);
  }
  for (int i = kFifos - 1; i >= 0; --i) {
    if (i % 3 != 0) fifos[i]->OpenSender();
    ASSERT_EQ(mio_pipe_sender_write(&fifos[i]->sender, "x", 1), 1);
    poll.WaitReadable(i);
  }
}

TEST(SelectorPollRearm, TerminalWhoseChildExits) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) GTEST_SKIP() << "no pseudo-terminals here";
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  const std::string name = ptsname(master);
  Receiver terminal;
  ASSERT_OK(mio_pipe_receiver_adopt(&terminal, master));
  Poll poll;
  int child = open(name.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(child, 0);
  ASSERT_OK(poll.Register(&terminal->source, kToken, MIO_READABLE));
  for (int i = 0; i < 3; ++i) {
    char bytes[64];
    ASSERT_EQ(write(child, "out", 3), 3);
    poll.WaitReadable(kToken);
    EXPECT_EQ(mio_pipe_receiver_read(&terminal, bytes, sizeof bytes), 3);
    close(child);
    poll.WaitFor(kToken, IsReadClosed);
    EXPECT_EQ(mio_pipe_receiver_read(&terminal, bytes, sizeof bytes), -EIO);
    EXPECT_TRUE(poll.Quiet(kToken).None()) << "the hang-up lasts";
    child = open(name.c_str(), O_RDWR | O_NOCTTY);
    ASSERT_GE(child, 0);
  }
  close(child);
}

TEST(SelectorPollRearm, EndOfAHalfClosedStreamIsReportedOnce) {
  Poll poll;
  TcpPair pair;
  char byte;
  ASSERT_OK(poll.Register(&pair.a->source, kToken, MIO_READABLE | MIO_WRITABLE));
  ASSERT_EQ(mio_tcp_stream_write(&pair.b, "x", 1), 1);
  ASSERT_OK(mio_tcp_stream_shutdown(&pair.b, MIO_SHUTDOWN_WRITE));
  poll.WaitFor(kToken, [](const Readiness &r) { return r.read_closed && r.writable; });
  EXPECT_EQ(mio_tcp_stream_read(&pair.a, &byte, 1), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(mio_tcp_stream_read(&pair.a, &byte, 1), 0);
    EXPECT_TRUE(poll.Quiet(kToken).None()) << "a read of 0 does not end the end";
  }
  // The other direction goes on, and its end is an event.
  const std::vector<char> bytes(1 << 16);
  while (mio_tcp_stream_write(&pair.a, bytes.data(), bytes.size()) > 0) {
  }
  EXPECT_TRUE(poll.Now(kToken).None());
  std::vector<char> received(1 << 16);
  const uint64_t until = NowNs() + kLong;
  while (poll.Now(kToken).None() && NowNs() < until) {
    (void)mio_tcp_stream_read(&pair.b, received.data(), received.size());
  }
  mio_tcp_stream_close(&pair.b);
  while (mio_tcp_stream_write(&pair.a, bytes.data(), bytes.size()) > 0) {
  }
  poll.WaitFor(kToken, IsWriteClosed);
}

// Reading and writing a connection that is shut both ways goes on failing, without further events.
TEST(SelectorPollRearm, EndOfAConnectionIsReportedOnce) {
  for (const mio_interest interest : {MIO_READABLE, MIO_WRITABLE, MIO_READABLE | MIO_WRITABLE}) {
    Poll poll;
    Stream a, b;
    char byte;
    ASSERT_OK(mio_unix_stream_pair(&a, &b));
    ASSERT_OK(poll.Register(&a->source, kToken, interest));
    mio_unix_stream_close(&b);
    poll.WaitFor(kToken, [](const Readiness &r) { return r.read_closed && r.write_closed; });
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(mio_unix_stream_read(&a, &byte, 1), 0);
      EXPECT_ERROR(mio_unix_stream_write(&a, "x", 1), MIO_ERROR_BROKEN_PIPE);
      EXPECT_TRUE(poll.Quiet(kToken).None());
    }
  }
}

// Before it is connected a stream has hung up (tcp_poll in Linux's net/ipv4/tcp.c).
TEST(SelectorPollRearm, HangUpBeforeConnecting) {
  TcpListener listener;
  mio_addr at = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &at));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &at));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  TcpStream stream;
  ASSERT_OK(mio_tcp_stream_adopt(&stream, fd));
  Poll poll;
  ASSERT_OK(poll.Register(&stream->source, kToken, MIO_WRITABLE));
  poll.WaitFor(kToken, IsWriteClosed);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(at.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)connect(fd, reinterpret_cast<const sockaddr *>(&to), sizeof to);
  EXPECT_FALSE(poll.WaitFor(kToken, IsWritable).write_closed);
  EXPECT_OK(mio_tcp_stream_take_error(&stream));
}

ptrdiff_t TakeUrgent(void *context) {
  char byte;
  const ssize_t got = recv(*static_cast<int *>(context), &byte, 1, MSG_OOB);
  return got < 0 ? -errno : got;
}

TEST(SelectorPollRearm, EveryUrgentByteHasAnEvent) {
  Poll poll;
  TcpPair pair;
  mio_handle from, to;
  ASSERT_OK(mio_tcp_stream_handle(&pair.a, &from));
  ASSERT_OK(mio_tcp_stream_handle(&pair.b, &to));
  ASSERT_OK(poll.Register(&pair.b->source, kToken, MIO_PRIORITY));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(send(from, "u", 1, MSG_OOB), 1);
    poll.WaitFor(kToken, [](const Readiness &r) { return r.priority; });
    EXPECT_EQ(mio_tcp_stream_try_io(&pair.b, MIO_PRIORITY, TakeUrgent, &to), 1);
    EXPECT_EQ(mio_tcp_stream_try_io(&pair.b, MIO_PRIORITY, TakeUrgent, &to), -EINVAL);
    EXPECT_TRUE(poll.Quiet(kToken).None());
  }
}

// A transmit timestamp waits in the error queue of a healthy connection, which says POLLERR until the
// program takes it.
TEST(SelectorPollRearm, ErrorQueueOfAHealthyConnection) {
  Poll poll;
  TcpPair pair;
  mio_handle handle;
  ASSERT_OK(mio_tcp_stream_handle(&pair.a, &handle));
  const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (setsockopt(handle, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0) {
    GTEST_SKIP() << "no timestamps here";
  }
  ASSERT_OK(poll.Register(&pair.a->source, kToken, MIO_READABLE));
  ASSERT_EQ(mio_tcp_stream_write(&pair.a, "x", 1), 1);
  struct pollfd entry = {handle, 0, 0};
  if (PollFor(&entry) != 1) GTEST_SKIP() << "no timestamps on loopback here";
  const Readiness error = poll.WaitFor(kToken, IsError);
  EXPECT_FALSE(error.read_closed);
  EXPECT_FALSE(error.write_closed);
  // A program that does not look at the queue: no busy loop, and data is not missed.
  char byte;
  int events = 0;
  const uint64_t until = NowNs() + 200 * kMillisecond;
  while (NowNs() < until) {
    EXPECT_ERROR(mio_tcp_stream_read(&pair.a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
    ASSERT_OK(poll.Wait(20 * kMillisecond));
    events += static_cast<int>(mio_events_count(poll.events()));
  }
  EXPECT_LE(events, 10) << "the same entry of the queue makes every wait return";
  ASSERT_EQ(mio_tcp_stream_write(&pair.b, "y", 1), 1);
  const uint64_t begin = NowNs();
  while (mio_tcp_stream_read(&pair.a, &byte, 1) != 1) {
    ASSERT_LT(NowNs() - begin, kLong);
    ASSERT_OK(poll.Wait());
  }
  // Once the queue is empty, everything is as before.
  char space[512];
  iovec data = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  EXPECT_GE(recvmsg(handle, &message, MSG_ERRQUEUE | MSG_DONTWAIT), 0);
  EXPECT_ERROR(mio_tcp_stream_read(&pair.a, &byte, 1), MIO_ERROR_WOULD_BLOCK);
  (void)poll.Quiet(kToken);
  ASSERT_EQ(mio_tcp_stream_write(&pair.b, "z", 1), 1);
  EXPECT_FALSE(poll.WaitReadable(kToken).error);
}

// /proc/self/mounts says POLLERR | POLLPRI once for each change of the mounts (proc(5)): asking takes
// the answer away.
void WatchMounts() {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 && unshare(CLONE_NEWNS) != 0) return;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
  if (mount("none", "/mnt", "tmpfs", 0, nullptr) != 0) return;
  const int fd = open("/proc/self/mounts", O_RDONLY | O_NONBLOCK);
  SourceFd mounts;
  ASSERT_OK(mio_source_fd_init(&mounts, fd));
  ASSERT_EQ(mount("none", "/mnt", "tmpfs", 0, nullptr), 0);
  Poll poll(1);
  ASSERT_OK(poll.Register(&mounts->source, kToken, MIO_PRIORITY));
  const auto read_again = [](void *context) -> ptrdiff_t {
    char bytes[4096];
    const int mounts_fd = *static_cast<int *>(context);
    (void)lseek(mounts_fd, 0, SEEK_SET);
    ssize_t got;
    while ((got = read(mounts_fd, bytes, sizeof bytes)) > 0) {
    }
    return got < 0 ? -errno : 0;
  };
  int descriptor = fd;
  poll.WaitFor(kToken, IsError);  // what changed before it was registered
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(mio_source_fd_try_io(&mounts, MIO_PRIORITY, read_again, &descriptor), 0);
    EXPECT_TRUE(poll.Quiet(kToken).None());
    ASSERT_EQ(mount("none", "/mnt", "tmpfs", 0, nullptr), 0);
    poll.WaitFor(kToken, [](const Readiness &r) { return r.priority; });
  }
  // The event has no room at first.
  EXPECT_EQ(mio_source_fd_try_io(&mounts, MIO_PRIORITY, read_again, &descriptor), 0);
  Fifo fifo;
  ASSERT_EQ(mio_pipe_sender_write(&fifo.sender, "x", 1), 1);
  ASSERT_OK(poll.Register(&fifo.receiver->source, kToken + 1, MIO_READABLE | MIO_LEVEL));
  ASSERT_EQ(mount("none", "/mnt", "tmpfs", 0, nullptr), 0);
  int seen = 0;
  for (int i = 0; i < 10; ++i) seen += Any(poll.Now(kToken));
  EXPECT_EQ(seen, 1);
  close(fd);
}

TEST(SelectorPollRearm, FileThatReportsAnErrorOnce) { EXPECT_TRUE(InChild(WatchMounts)); }

// A descriptor was closed without its source, and its number belongs to another file now.
TEST(SelectorPollRearm, NumberOfAClosedDescriptorIsFreeForANewSource) {
  Poll poll;
  Fifo fifo;
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  SourceFd before, after;
  ASSERT_OK(mio_source_fd_init(&before, fds[0]));
  ASSERT_OK(poll.Register(&before->source, kToken, MIO_READABLE));
  mio_handle handle;
  ASSERT_OK(mio_pipe_receiver_handle(&fifo.receiver, &handle));
  ASSERT_EQ(dup2(handle, fds[0]), fds[0]);
  ASSERT_OK(mio_source_fd_init(&after, fds[0]));
  EXPECT_OK(poll.Register(&after->source, kToken + 1, MIO_READABLE));
  ASSERT_EQ(mio_pipe_sender_write(&fifo.sender, "x", 1), 1);
  EXPECT_TRUE(poll.WaitFor(kToken + 1, IsReadable).readable);
  EXPECT_TRUE(poll.Now(kToken).None());
  mio_source_fd_close(&before);
  EXPECT_OK(poll.Deregister(&after->source)) << "was not the other source's to end";
  close(fds[0]);
  close(fds[1]);
}

// Counts the events for `token` within 200 ms of a program that calls `retry` after each.
template <typename Retry>
int EventsWith(Poll *poll, Retry retry) {
  int events = 0;
  const uint64_t until = NowNs() + 200 * kMillisecond;
  while (NowNs() < until) {
    EXPECT_OK(poll->Wait(20 * kMillisecond));
    const auto count = static_cast<int>(mio_events_count(poll->events()));
    events += count;
    if (count > 0) retry();
  }
  (void)poll->Now(kToken);
  return events;
}

// At a pace of one in 10 ms, with room for a late one.
constexpr int kPaced = 25;

// Uses up the descriptors that the process may have. Frees them at the end.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &lowered);
    int fd;
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) fds_.push_back(fd);
  }
  ~NoDescriptors() {
    for (const int fd : fds_) close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_ = {};
  std::vector<int> fds_;
};

TEST(SelectorPollPace, AcceptWithoutDescriptorsIsTriedAgainAtAPace) {
  Poll poll;
  TcpListener listener;
  TcpStream client, later, accepted;
  mio_addr at = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &at));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &at));
  ASSERT_OK(poll.Register(&listener->source, kToken, MIO_READABLE));
  ASSERT_OK(mio_tcp_stream_connect(&client, &at));
  poll.WaitReadable(kToken);
  {
    const NoDescriptors none;
    const auto accept = [&] {
      EXPECT_ERROR(mio_tcp_listener_accept(&listener, &accepted, nullptr),
                   MIO_ERROR_TOO_MANY_FILES);
    };
    accept();
    const int events = EventsWith(&poll, accept);
    EXPECT_GE(events, 1) << "the connection still waits";
    EXPECT_LE(events, kPaced);
    accept();
  }
  poll.WaitReadable(kToken);  // descriptors are there again
  ASSERT_OK(mio_tcp_listener_accept(&listener, &accepted, nullptr));
  mio_tcp_stream_close(&accepted);
  EXPECT_ERROR(mio_tcp_listener_accept(&listener, &accepted, nullptr), MIO_ERROR_WOULD_BLOCK);
  EXPECT_TRUE(poll.Quiet(kToken).None());
  ASSERT_OK(mio_tcp_stream_connect(&later, &at));
  poll.WaitReadable(kToken);
  ASSERT_OK(mio_tcp_listener_accept(&listener, &accepted, nullptr));
}

// A receiver that is full of the datagrams of an unconnected sender, which poll(2) calls writable.
struct FullReceiver {
  Datagram sender, receiver;
  mio_unix_addr at;
  FullReceiver() {
    const std::string name = "rearm-" + std::to_string(getpid());
    EXPECT_OK(mio_unix_addr_from_abstract_name(name.data(), name.size(), &at));
    EXPECT_OK(mio_unix_datagram_bind_addr(&receiver, &at));
    EXPECT_OK(mio_unix_datagram_unbound(&sender));
  }
  ptrdiff_t Send(mio_unix_datagram *from) {
    return mio_unix_datagram_send_to_addr(from, "x", 1, &at);
  }
  void Fill(mio_unix_datagram *from) {
    while (Send(from) == 1) {
    }
  }
  void Receive() {
    char byte;
    EXPECT_EQ(mio_unix_datagram_recv(&receiver, &byte, 1), 1);
  }
  void Drain() {
    char byte;
    while (mio_unix_datagram_recv(&receiver, &byte, 1) == 1) {
    }
  }
};

TEST(SelectorPollPace, SenderToAFullReceiverIsNotWritableAtOnce) {
  Poll poll;
  FullReceiver full;
  ASSERT_OK(poll.Register(&full.sender->source, kToken, MIO_WRITABLE));
  poll.WaitWritable(kToken);
  full.Fill(&full.sender);
  const auto send = [&] { EXPECT_ERROR(full.Send(&full.sender), MIO_ERROR_WOULD_BLOCK); };
  EXPECT_LE(EventsWith(&poll, send), kPaced);
  for (int i = 0; i < 3; ++i) {
    send();
    full.Receive();
    poll.WaitWritable(kToken);
    EXPECT_EQ(full.Send(&full.sender), 1);
    send();
  }
  full.Drain();
  poll.WaitWritable(kToken);
}

// An event that came too early must not be the last one.
TEST(SelectorPollPace, RoomInAFullReceiverIsSeenWithoutAnotherTry) {
  Poll poll;
  FullReceiver full;
  ASSERT_OK(poll.Register(&full.sender->source, kToken, MIO_WRITABLE));
  poll.WaitWritable(kToken);
  full.Fill(&full.sender);
  EXPECT_LE(EventsWith(&poll, [] {}), kPaced);
  full.Drain();
  poll.WaitWritable(kToken);
  EXPECT_TRUE(poll.Quiet(kToken).None()) << "nothing is unread any more";
}

TEST(SelectorPollPace, ReceiverThatIsFullOfOthersDatagrams) {
  Poll poll;
  FullReceiver full;
  Datagram other;
  ASSERT_OK(mio_unix_datagram_unbound(&other));
  ASSERT_OK(poll.Register(&full.sender->source, kToken, MIO_WRITABLE));
  poll.WaitWritable(kToken);
  full.Fill(&other);
  const auto send = [&] { EXPECT_ERROR(full.Send(&full.sender), MIO_ERROR_WOULD_BLOCK); };
  send();
  EXPECT_LE(EventsWith(&poll, send), kPaced);
  send();
  full.Drain();
  poll.WaitWritable(kToken);
  EXPECT_EQ(full.Send(&full.sender), 1);
}

}  // namespace
}  // namespace mio_test
