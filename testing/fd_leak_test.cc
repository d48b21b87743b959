// Each constructor fails at each system call it makes, with each error that a system has for it:
// the error is told, nothing stays open, what was closed before is closed as before, and the next
// attempt works.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"
#include "testing/fault_injection.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr int kErrors[] = {EMFILE, ENFILE,       ENOMEM,        ENOBUFS, EACCES, EPERM,
                           EINTR,  EADDRINUSE,   EADDRNOTAVAIL, EINVAL,  EIO,    EAGAIN,
                           EBADF,  EINPROGRESS,  ECONNREFUSED,  ENOSPC,  ENOSYS, EAFNOSUPPORT,
                           EPROTO, ECONNABORTED, ENOPROTOOPT};

// Something that opens descriptors.
struct Constructor {
  std::string name;
  std::function<void()> prepare;    // before each attempt
  std::function<int()> open;        // the attempt
  std::function<bool()> is_closed;  // whether what it opens is as it was before the first attempt
  std::function<void()> close;      // undoes a successful attempt
  std::function<void()> clean = [] {};  // undoes the preparation
};

// Whether the attempt may succeed although the call failed: closing has nobody to tell, calls that
// a signal interrupts are made again, a connect that was interrupted goes on by itself, and accept4 and
// pipe2 that a sandbox refuses are replaced by older calls.
bool MaySucceed(Sys sys, int error) {
  if (sys == Sys::kClose || error == EINTR) return true;
  const bool refused = error == ENOSYS || error == EPERM || error == EACCES || error == EINVAL;
  if ((sys == Sys::kAccept || sys == Sys::kPipe) && refused) return true;
  return sys == Sys::kConnect && error == EINPROGRESS;
}

// One attempt in which call `index` fails with `error`.
void Fail(const Constructor &constructor, int index, Sys sys, int error) {
  SCOPED_TRACE(constructor.name + ": call " + std::to_string(index) + ", " + SysName(sys) +
               ", fails: " + strerror(error));
  constructor.prepare();
  const std::vector<int> before = OpenDescriptors();
  int result, stray_closes;
  bool struck;
  {
    Faults faults(index, error);
    result = constructor.open();
    struck = faults.struck();
    stray_closes = faults.stray_closes();
  }
  EXPECT_TRUE(struck);
  EXPECT_EQ(stray_closes, 0) << "closed twice";
  if (result < 0) {
    EXPECT_EQ(result, -error);
    EXPECT_TRUE(constructor.is_closed());
    EXPECT_EQ(OpenDescriptors(), before) << "leaked, or closed what is not its own";
  } else {
    EXPECT_TRUE(MaySucceed(sys, error)) << "the failure was not told";
    EXPECT_FALSE(constructor.is_closed());
    constructor.close();
  }
  constructor.clean();
}

void Succeed(const Constructor &constructor) {
  SCOPED_TRACE(constructor.name);
  constructor.prepare();
  EXPECT_OK(constructor.open());
  EXPECT_FALSE(constructor.is_closed());
  constructor.close();
  EXPECT_TRUE(constructor.is_closed());
  constructor.clean();
}

void FailEverywhere(const Constructor &constructor) {
  const std::vector<int> before = OpenDescriptors();
  constructor.prepare();
  std::vector<Sys> calls;
  {
    Faults recording;
    EXPECT_OK(constructor.open());
    calls = recording.calls();
  }
  constructor.close();
  constructor.clean();
  ASSERT_EQ(OpenDescriptors(), before);
  ASSERT_FALSE(calls.empty()) << constructor.name << " makes no system call: nothing is tested";
  for (size_t index = 0; index < calls.size(); ++index) {
    for (const int error : kErrors) {
      Fail(constructor, static_cast<int>(index), calls[index], error);
      Succeed(constructor);
      ASSERT_EQ(OpenDescriptors(), before);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

template <typename T>
bool IsZero(const T &object) {
  const T zero = {};
  return memcmp(&object, &zero, sizeof zero) == 0;
}

// A constructor of one object.
template <typename T>
Constructor Make(const std::string &name, T *object, void (*close)(T *),
                 const std::function<int(T *)> &open) {
  Constructor constructor;
  constructor.name = name;
  constructor.prepare = [] {};
  constructor.open = [=] { return open(object); };
  constructor.is_closed = [=] { return IsZero(*object); };
  constructor.close = [=] { close(object); };
  return constructor;
}

template <typename T>
void FailMaking(const std::string &name, void (*close)(T *), const std::function<int(T *)> &open) {
  T object = {};
  FailEverywhere(Make<T>(name, &object, close, open));
}

// A constructor of two objects, of which both are open or none.
template <typename A, typename B>
void FailMakingPair(const std::string &name, void (*close_a)(A *), void (*close_b)(B *),
                    int (*open)(A *, B *)) {
  A a = {};
  B b = {};
  Constructor constructor = Make<A>(name, &a, close_a, [&](A *object) { return open(object, &b); });
  constructor.is_closed = [&] { return IsZero(a) && IsZero(b); };
  constructor.close = [&] {
    close_a(&a);
    close_b(&b);
  };
  FailEverywhere(constructor);
}

mio_unix_addr AbstractName(const char *name) {
  const std::string unique = std::string("mio-fd-leak-") + std::to_string(getpid()) + "-" + name;
  mio_unix_addr addr = {};
  EXPECT_OK(mio_unix_addr_from_abstract_name(unique.data(), unique.size(), &addr));
  return addr;
}

TEST(FdLeak, Poll) {
  FailMaking<mio_poll>("mio_poll_init", mio_poll_close,
                       [](mio_poll *poll) { return mio_poll_init(poll, nullptr); });
  mio_poll_options options = {};
  options.reserve_sources = 100;
  FailMaking<mio_poll>("mio_poll_init, reserving", mio_poll_close,
                       [&](mio_poll *poll) { return mio_poll_init(poll, &options); });
}

TEST(FdLeak, TcpListener) {
  const mio_addr v4 = mio_addr_loopback_v4(0);
  const mio_addr v6 = mio_addr_loopback_v6(0);
  FailMaking<mio_tcp_listener>("mio_tcp_listener_bind", mio_tcp_listener_close,
                               [&](mio_tcp_listener *l) { return mio_tcp_listener_bind(l, &v4); });
  if (!HasIpv6()) return;
  mio_tcp_listener_options options = {};
  options.only_v6 = MIO_ONLY_V6_ON;
  options.reuse_port = true;
  FailMaking<mio_tcp_listener>(
      "mio_tcp_listener_bind_with", mio_tcp_listener_close,
      [&](mio_tcp_listener *l) { return mio_tcp_listener_bind_with(l, &v6, &options); });
}

TEST(FdLeak, TcpStream) {
  mio_tcp_listener listener = {};
  mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  mio_tcp_stream stream = {};
  Constructor constructor =
      Make<mio_tcp_stream>("mio_tcp_stream_connect", &stream, mio_tcp_stream_close,
                           [&](mio_tcp_stream *s) { return mio_tcp_stream_connect(s, &addr); });
  constructor.close = [&] {
    EXPECT_OK(mio_tcp_stream_set_linger(&stream, 0));
    mio_tcp_stream_close(&stream);
  };
  FailEverywhere(constructor);
  mio_tcp_listener_close(&listener);
}

// Waits for a connection, so that an accept finds it.
void AwaitReadable(mio_handle handle) {
  pollfd entry = {handle, POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, static_cast<int>(kLong / kMillisecond)), 1);
}

TEST(FdLeak, TcpAccept) {
  mio_tcp_listener listener = {};
  mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  mio_tcp_stream client = {}, accepted = {};
  mio_addr peer;
  Constructor constructor = Make<mio_tcp_stream>(
      "mio_tcp_listener_accept", &accepted, mio_tcp_stream_close,
      [&](mio_tcp_stream *s) { return mio_tcp_listener_accept(&listener, s, &peer); });
  constructor.prepare = [&] {
    ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
    AwaitReadable(listener.source.native.handle);
  };
  constructor.clean = [&] {
    // Where accept itself failed the connection still waits.
    while (mio_tcp_listener_accept(&listener, &accepted, nullptr) == 0) {
      mio_tcp_stream_close(&accepted);
    }
    mio_tcp_stream_close(&client);
  };
  FailEverywhere(constructor);
  mio_tcp_listener_close(&listener);
}

// The promise behind "MIO_ERROR_TOO_MANY_FILES, with which the connection waits on".
TEST(FdLeak, ConnectionWaitsWhileThereAreTooManyFiles) {
  mio_tcp_listener listener = {};
  mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  mio_tcp_stream client = {}, accepted = {};
  ASSERT_OK(mio_tcp_stream_connect(&client, &addr));
  AwaitReadable(listener.source.native.handle);
  {
    Faults faults(0, EMFILE);
    EXPECT_ERROR(mio_tcp_listener_accept(&listener, &accepted, nullptr), MIO_ERROR_TOO_MANY_FILES);
  }
  EXPECT_OK(mio_tcp_listener_accept(&listener, &accepted, nullptr));
  mio_tcp_stream_close(&accepted);
  mio_tcp_stream_close(&client);
  mio_tcp_listener_close(&listener);
}

TEST(FdLeak, UdpSocket) {
  const mio_addr v4 = mio_addr_loopback_v4(0);
  const mio_addr v6 = mio_addr_loopback_v6(0);
  FailMaking<mio_udp_socket>("mio_udp_socket_bind", mio_udp_socket_close,
                             [&](mio_udp_socket *s) { return mio_udp_socket_bind(s, &v4); });
  if (!HasIpv6()) return;
  mio_udp_socket_options options = {};
  options.only_v6 = MIO_ONLY_V6_OFF;
  options.reuse_addr = true;
  options.reuse_port = true;
  FailMaking<mio_udp_socket>(
      "mio_udp_socket_bind_with", mio_udp_socket_close,
      [&](mio_udp_socket *s) { return mio_udp_socket_bind_with(s, &v6, &options); });
}

TEST(FdLeak, UnixListener) {
  const mio_unix_addr abstract = AbstractName("listener");
  FailMaking<mio_unix_listener>(
      "mio_unix_listener_bind_addr", mio_unix_listener_close,
      [&](mio_unix_listener *l) { return mio_unix_listener_bind_addr(l, &abstract); });

  const TempFolder folder;
  const std::string path = folder.Path("listener");
  mio_unix_listener listener = {};
  Constructor constructor = Make<mio_unix_listener>(
      "mio_unix_listener_bind", &listener, mio_unix_listener_close,
      [&](mio_unix_listener *l) { return mio_unix_listener_bind(l, path.c_str()); });
  // Where listen failed the path is there already, as the header says that it stays.
  constructor.clean = [&] { unlink(path.c_str()); };
  FailEverywhere(constructor);
}

TEST(FdLeak, UnixStream) {
  mio_unix_listener listener = {};
  const mio_unix_addr addr = AbstractName("stream");
  ASSERT_OK(mio_unix_listener_bind_addr(&listener, &addr));
  mio_unix_stream stream = {}, accepted = {};
  Constructor constructor = Make<mio_unix_stream>(
      "mio_unix_stream_connect_addr", &stream, mio_unix_stream_close,
      [&](mio_unix_stream *s) { return mio_unix_stream_connect_addr(s, &addr); });
  constructor.clean = [&] {
    while (mio_unix_listener_accept(&listener, &accepted, nullptr) == 0) {
      mio_unix_stream_close(&accepted);
    }
  };
  FailEverywhere(constructor);
  mio_unix_listener_close(&listener);
}

TEST(FdLeak, UnixAccept) {
  mio_unix_listener listener = {};
  const mio_unix_addr addr = AbstractName("accept");
  ASSERT_OK(mio_unix_listener_bind_addr(&listener, &addr));
  mio_unix_stream client = {}, accepted = {};
  mio_unix_addr peer;
  Constructor constructor = Make<mio_unix_stream>(
      "mio_unix_listener_accept", &accepted, mio_unix_stream_close,
      [&](mio_unix_stream *s) { return mio_unix_listener_accept(&listener, s, &peer); });
  constructor.prepare = [&] { ASSERT_OK(mio_unix_stream_connect_addr(&client, &addr)); };
  constructor.clean = [&] {
    while (mio_unix_listener_accept(&listener, &accepted, nullptr) == 0) {
      mio_unix_stream_close(&accepted);
    }
    mio_unix_stream_close(&client);
  };
  FailEverywhere(constructor);
  mio_unix_listener_close(&listener);
}

TEST(FdLeak, UnixDatagram) {
  const mio_unix_addr abstract = AbstractName("datagram");
  FailMaking<mio_unix_datagram>(
      "mio_unix_datagram_bind_addr", mio_unix_datagram_close,
      [&](mio_unix_datagram *s) { return mio_unix_datagram_bind_addr(s, &abstract); });
  FailMaking<mio_unix_datagram>("mio_unix_datagram_unbound", mio_unix_datagram_close,
                                mio_unix_datagram_unbound);
}

TEST(FdLeak, Pairs) {
  FailMakingPair<mio_unix_stream, mio_unix_stream>("mio_unix_stream_pair", mio_unix_stream_close,
                                                   mio_unix_stream_close, mio_unix_stream_pair);
  FailMakingPair<mio_unix_datagram, mio_unix_datagram>(
      "mio_unix_datagram_pair", mio_unix_datagram_close, mio_unix_datagram_close,
      mio_unix_datagram_pair);
  FailMakingPair<mio_pipe_sender, mio_pipe_receiver>("mio_pipe_pair", mio_pipe_sender_close,
                                                     mio_pipe_receiver_close, mio_pipe_pair);
}

// Adopting a handle: one that fails leaves it to the caller, open.
template <typename T>
void FailAdopting(const std::string &name, void (*close_object)(T *), int (*adopt)(T *, mio_handle),
                  const std::function<int()> &make_handle) {
  T object = {};
  int handle = -1;
  Constructor constructor =
      Make<T>(name, &object, close_object, [&](T *target) { return adopt(target, handle); });
  constructor.prepare = [&] {
    handle = make_handle();
    ASSERT_GE(handle, 0);
  };
  constructor.close = [&] {
    close_object(&object);
    handle = -1;
  };
  constructor.clean = [&] {
    if (handle >= 0) {
      EXPECT_EQ(close(handle), 0);
    }
  };
  FailEverywhere(constructor);
}

TEST(FdLeak, Adopt) {
  const auto stream = [] { return socket(AF_INET, SOCK_STREAM, 0); };
  const auto datagram = [] { return socket(AF_INET, SOCK_DGRAM, 0); };
  const auto unix_stream = [] { return socket(AF_UNIX, SOCK_STREAM, 0); };
  const auto unix_datagram = [] { return socket(AF_UNIX, SOCK_DGRAM, 0); };
  FailAdopting<mio_tcp_listener>("mio_tcp_listener_adopt", mio_tcp_listener_close,
                                 mio_tcp_listener_adopt, stream);
  FailAdopting<mio_tcp_stream>("mio_tcp_stream_adopt", mio_tcp_stream_close, mio_tcp_stream_adopt,
                               stream);
  FailAdopting<mio_udp_socket>("mio_udp_socket_adopt", mio_udp_socket_close, mio_udp_socket_adopt,
                               datagram);
  FailAdopting<mio_unix_listener>("mio_unix_listener_adopt", mio_unix_listener_close,
                                  mio_unix_listener_adopt, unix_stream);
  FailAdopting<mio_unix_stream>("mio_unix_stream_adopt", mio_unix_stream_close,
                                mio_unix_stream_adopt, unix_stream);
  FailAdopting<mio_unix_datagram>("mio_unix_datagram_adopt", mio_unix_datagram_close,
                                  mio_unix_datagram_adopt, unix_datagram);
  FailAdopting<mio_pipe_sender>("mio_pipe_sender_adopt", mio_pipe_sender_close,
                                mio_pipe_sender_adopt, unix_stream);
  FailAdopting<mio_pipe_receiver>("mio_pipe_receiver_adopt", mio_pipe_receiver_close,
                                  mio_pipe_receiver_adopt, unix_stream);
}

// A source over somebody else's descriptor never closes it.
TEST(FdLeak, SourceFd) {
  mio_source_fd source = {};
  int fd = -1;
  Constructor constructor =
      Make<mio_source_fd>("mio_source_fd_init", &source, mio_source_fd_close,
                          [&](mio_source_fd *object) { return mio_source_fd_init(object, fd); });
  constructor.prepare = [&] { fd = dup(STDERR_FILENO); };
  constructor.clean = [&] { EXPECT_EQ(close(fd), 0); };
  FailEverywhere(constructor);
}

// Closes `object`, which is open, while the system says that a signal interrupted that: the handle is
// gone all the same, and may be another thread's by the time that it would be closed again.
template <typename T>
void InterruptClosing(T *object, void (*close)(T *)) {
  ASSERT_FALSE(IsZero(*object));
  Faults faults(0, EINTR, 100);
  close(object);
  EXPECT_GE(faults.count(Sys::kClose), 1);
  EXPECT_EQ(faults.stray_closes(), 0) << "closed twice";
  EXPECT_TRUE(IsZero(*object));
}

TEST(FdLeak, InterruptedCloseIsNotRepeated) {
  const std::vector<int> before = OpenDescriptors();
  mio_poll poll = {};
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  InterruptClosing(&poll, mio_poll_close);
  mio_tcp_stream client = {}, server = {};
  ASSERT_OK(ConnectTcp(&client, &server));
  InterruptClosing(&client, mio_tcp_stream_close);
  InterruptClosing(&server, mio_tcp_stream_close);
  mio_unix_datagram c = {}, d = {};
  ASSERT_OK(mio_unix_datagram_pair(&c, &d));
  InterruptClosing(&c, mio_unix_datagram_close);
  InterruptClosing(&d, mio_unix_datagram_close);
  mio_pipe_sender sender = {};
  mio_pipe_receiver receiver = {};
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  InterruptClosing(&sender, mio_pipe_sender_close);
  InterruptClosing(&receiver, mio_pipe_receiver_close);
  EXPECT_EQ(OpenDescriptors(), before);
}

// Registration changes keep what was there before when the system refuses them.
class FdLeakRegistration : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(mio_unix_stream_pair(&a_, &b_));
    Faults recording;
    ASSERT_OK(poll_.Register(&a_->source, 1, MIO_READABLE));
    register_calls_ = recording.count();
    ASSERT_OK(poll_.Reregister(&a_->source, 1, MIO_WRITABLE));
    reregister_calls_ = recording.count() - register_calls_;
    ASSERT_OK(poll_.Deregister(&a_->source));
    deregister_calls_ = recording.count() - reregister_calls_ - register_calls_;
  }

  Poll poll_;
  Closing<mio_unix_stream, mio_unix_stream_close> a_, b_;
  // A selector with a table of its own may do without the system.
  int register_calls_ = 0;
  int reregister_calls_ = 0;
  int deregister_calls_ = 0;
};

TEST_F(FdLeakRegistration, RegisterFails) {
  if (register_calls_ == 0) GTEST_SKIP() << SelectorName() << " needs no system call for it";
  for (const int error : {ENOMEM, ENOSPC, EPERM, ENOENT, EEXIST}) {
    {
      Faults faults(0, error);
      EXPECT_EQ(poll_.Register(&a_->source, 1, MIO_READABLE), -error);
      ASSERT_TRUE(faults.struck());
    }
    EXPECT_ERROR(poll_.Reregister(&a_->source, 1, MIO_READABLE), MIO_ERROR_NOT_FOUND);
    EXPECT_ERROR(poll_.Deregister(&a_->source), MIO_ERROR_NOT_FOUND);
    EXPECT_OK(poll_.Register(&a_->source, 1, MIO_READABLE));
    EXPECT_OK(poll_.Deregister(&a_->source));
  }
}

TEST_F(FdLeakRegistration, ReregisterFails) {
  if (reregister_calls_ == 0) GTEST_SKIP() << SelectorName() << " needs no system call for it";
  ASSERT_OK(poll_.Register(&a_->source, 1, MIO_READABLE));
  for (const int error : {ENOMEM, EPERM}) {
    {
      Faults faults(0, error);
      EXPECT_EQ(poll_.Reregister(&a_->source, 2, MIO_WRITABLE), -error);
      ASSERT_TRUE(faults.struck());
    }
    ASSERT_EQ(mio_unix_stream_write(&b_, "x", 1), 1);
    EXPECT_TRUE(poll_.WaitReadable(1).readable) << "the old registration is gone";
  }
  EXPECT_OK(poll_.Reregister(&a_->source, 2, MIO_WRITABLE));
  EXPECT_TRUE(poll_.WaitWritable(2).writable);
}

TEST_F(FdLeakRegistration, DeregisterFails) {
  if (deregister_calls_ == 0) GTEST_SKIP() << SelectorName() << " needs no system call for it";
  ASSERT_OK(poll_.Register(&a_->source, 1, MIO_READABLE));
  {
    Faults faults(0, ENOMEM);
    EXPECT_ERROR(poll_.Deregister(&a_->source), MIO_ERROR_OUT_OF_MEMORY);
    ASSERT_TRUE(faults.struck());
  }
  EXPECT_ERROR(poll_.Register(&a_->source, 2, MIO_READABLE), MIO_ERROR_ALREADY_EXISTS);
  EXPECT_OK(poll_.Deregister(&a_->source));
  EXPECT_ERROR(poll_.Deregister(&a_->source), MIO_ERROR_NOT_FOUND);
}

// What the system does not know is not registered any more, so deregistering it succeeds.
TEST_F(FdLeakRegistration, DeregisterFindsTheRegistrationGone) {
  if (deregister_calls_ == 0) GTEST_SKIP() << SelectorName() << " needs no system call for it";
  const auto deregister = [this](mio_unix_stream *stream, int error) {
    ASSERT_OK(poll_.Register(&stream->source, 1, MIO_READABLE));
    {
      Faults faults(0, error);
      EXPECT_OK(poll_.Deregister(&stream->source)) << error;
      ASSERT_TRUE(faults.struck());
    }
    EXPECT_ERROR(poll_.Deregister(&stream->source), MIO_ERROR_NOT_FOUND) << error;
  };
  // The fault leaves a registration in the kernel, so each stream serves once.
  deregister(&a_, ENOENT);
  deregister(&b_, EBADF);
}

// A wait that the system fails tells so, has no events, and the next one works.
TEST(FdLeakWait, WaitFails) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kevent is not among what can be failed here";
  Poll poll;
  Closing<mio_unix_stream, mio_unix_stream_close> a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll.Register(&a->source, 1, MIO_READABLE));
  ASSERT_EQ(mio_unix_stream_write(&b, "x", 1), 1);
  for (const uint64_t timeout_ns : {uint64_t{0}, uint64_t{1}, kSecond, MIO_FOREVER}) {
    const bool is_raw = timeout_ns != 0 && timeout_ns != MIO_FOREVER;
    if (is_raw && !Faults::SeesRawCalls()) continue;
    for (const int error : {EINTR, ENOMEM}) {
      {
        // For good, as a wait may look twice before it believes an error.
        Faults faults(0, error, 100);
        EXPECT_EQ(mio_poll_wait(poll.get(), poll.events(), timeout_ns), -error);
        ASSERT_TRUE(faults.struck());
        EXPECT_EQ(faults.stray_closes(), 0);
      }
      EXPECT_TRUE(mio_events_is_empty(poll.events()));
    }
    ASSERT_OK(poll.Reregister(&a->source, 1, MIO_READABLE));
    EXPECT_TRUE(poll.WaitReadable(1).readable);
  }
}

}  // namespace
}  // namespace mio_test
