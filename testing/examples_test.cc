// Every example, run as a real process against real clients: plain sockets, so that no bug of the
// library is on both sides.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "testing/runfile.h"
#include "testing/subprocess.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr size_t kMegabyte = 1024 * 1024;

// Bytes of which no two runs are alike, so that lost, doubled or swapped ones are noticed.
std::string Pattern(size_t len, uint32_t seed) {
  std::string bytes(len, '\0');
  uint32_t state = seed * 2654435761u + 1;
  for (char &byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

// More than the buffers of both systems hold between a client that does not read and a server: Linux
// lets TCP's grow to 4 and 6 MB on either side.
const std::string &MoreThanFits() {
  static const std::string bytes = Pattern(32 * kMegabyte, 3);
  return bytes;
}

// The address that a server prints on its first line.
std::string BoundAddress(Subprocess *server) {
  const std::string line = server->ReadLine();
  const std::string prefix = "listening on ";
  EXPECT_EQ(line.substr(0, prefix.size()), prefix);
  return line.size() > prefix.size() ? line.substr(prefix.size()) : std::string();
}

void ExpectNoChildren() {
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

sockaddr_in LoopbackOf(const std::string &address) {
  sockaddr_in addr = {};
  addr.sin_family = AF_INET;
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  addr.sin_port =
      htons(static_cast<uint16_t>(atoi(address.substr(address.rfind(':') + 1).c_str())));
  return addr;
}

// A socket of the test's own; every wait is bounded by kLong.
class Client {
 public:
  // To "127.0.0.1:port", or to the path of a Unix socket.
  explicit Client(const std::string &address) {
    const bool is_tcp = address.find(':') != std::string::npos;
    fd_ = socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    EXPECT_GE(fd_, 0) << strerror(errno);
    sockaddr_in in = LoopbackOf(address);
    sockaddr_un un = {};
    un.sun_family = AF_UNIX;
    address.copy(un.sun_path, sizeof un.sun_path - 1);
    const sockaddr *addr =
        is_tcp ? reinterpret_cast<sockaddr *>(&in) : reinterpret_cast<sockaddr *>(&un);
    EXPECT_EQ(connect(fd_, addr, is_tcp ? sizeof in : sizeof un), 0) << strerror(errno);
    const int on = 1;
    if (is_tcp) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Client() { Close(); }
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  // Closes with what is unread or unsent thrown away: TCP sends a reset.
  void Vanish() {
    const linger at_once = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    Close();
  }

  void ShutdownWrite() { EXPECT_EQ(shutdown(fd_, SHUT_WR), 0) << strerror(errno); }

  bool WaitFor(short events, uint64_t timeout_ns = kLong) {
    pollfd waited = {fd_, events, 0};
    int ready;
    do {
      ready = poll(&waited, 1, static_cast<int>(timeout_ns / kMillisecond));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
  }

  // Sends what fits now; how many bytes that was.
  size_t SendSome(const std::string &bytes, size_t from) {
    const ssize_t n =
        send(fd_, bytes.data() + from, bytes.size() - from, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      EXPECT_TRUE(errno == EAGAIN || errno == EINTR) << strerror(errno);
    }
    return n > 0 ? static_cast<size_t>(n) : 0;
  }

  // Sends all of it, which has to fit the buffers on the way.
  void Send(const std::string &bytes) {
    for (size_t sent = 0; sent < bytes.size(); sent += SendSome(bytes, sent)) {
      ASSERT_TRUE(WaitFor(POLLOUT)) << "the server does not take what it is sent";
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }

  // Receives what is there now. False at the end of what the server sends.
  bool ReceiveSome(std::string *bytes) {
    std::string buffer(64 * 1024, '\0');
    const ssize_t n = recv(fd_, &buffer[0], buffer.size(), MSG_DONTWAIT);
    if (n < 0) {
      EXPECT_TRUE(errno == EAGAIN || errno == EINTR) << strerror(errno);
    }
    if (n > 0) bytes->append(buffer, 0, static_cast<size_t>(n));
    return n != 0;
  }

  // Sends `bytes` from `sent` on, while receiving into `received` until it has `bytes.size()`.
  void Exchange(const std::string &bytes, size_t sent, std::string *received) {
    while (received->size() < bytes.size()) {
      const bool sending = sent < bytes.size();
      ASSERT_TRUE(WaitFor(static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN)))
          << "no answer after " << received->size() << " of " << bytes.size() << " bytes";
      if (sending) sent += SendSome(bytes, sent);
      ASSERT_TRUE(ReceiveSome(received)) << "the server has hung up";
    }
  }

  // Whether the server sends back just what it got.
  ::testing::AssertionResult Echoes(const std::string &bytes) {
    std::string received;
    Exchange(bytes, 0, &received);
    if (received == bytes) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << "other bytes came back, from "
           << std::mismatch(bytes.begin(), bytes.end(), received.begin(), received.end()).first -
                  bytes.begin()
           << " on, " << received.size() << " in all";
  }

  // Sends without receiving, until nothing goes any more. Returns how many bytes went.
  size_t Fill(const std::string &bytes) {
    size_t sent = 0;
    while (sent < bytes.size() && WaitFor(POLLOUT, kQuiet)) sent += SendSome(bytes, sent);
    return sent;
  }

  // Waits until the server has ended the connection, in order or by a reset.
  bool IsHungUpOn() {
    char bytes[4096];
    ssize_t n = 1;
    while (n > 0 && WaitFor(POLLIN)) n = recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

 private:
  int fd_ = -1;
};

// A folder of the test's own, and in it from then on: the names of Unix sockets are short.
void EnterNewFolder() {
  const char *base = getenv("TEST_TMPDIR");
  std::string name = std::string(base != nullptr ? base : "/tmp") + "/examples_XXXXXX";
  ASSERT_NE(mkdtemp(&name[0]), nullptr) << strerror(errno);
  ASSERT_EQ(chdir(name.c_str()), 0) << strerror(errno);
}

// --- The two servers with connections ------------------------------------------------------------

struct EchoServer {
  const char *program;
  const char *address;
  size_t capacity;  // clients that it serves at a time
};

std::ostream &operator<<(std::ostream &out, const EchoServer &server) {
  return out << server.program;
}

class EchoServerTest : public ::testing::TestWithParam<EchoServer> {
 protected:
  void SetUp() override {
    program_ = Runfile(std::string("mio/examples/") + GetParam().program);
    ASSERT_FALSE(program_.empty());
    ASSERT_NO_FATAL_FAILURE(EnterNewFolder());
  }

  void Start() {
    server_.reset(new Subprocess({program_, GetParam().address}));
    address_ = BoundAddress(server_.get());
    ASSERT_FALSE(address_.empty());
  }

  std::unique_ptr<Client> Connect() { return std::unique_ptr<Client>(new Client(address_)); }

  // As many clients as the server takes, each of them answered: there is no place left.
  std::vector<std::unique_ptr<Client>> ConnectAll() {
    std::vector<std::unique_ptr<Client>> clients;
    for (size_t i = 0; i < GetParam().capacity; ++i) {
      clients.push_back(Connect());
      const auto answered = clients.back()->Echoes(Pattern(100, static_cast<uint32_t>(i)));
      EXPECT_TRUE(answered) << "client " << i;
      if (!answered) break;
    }
    return clients;
  }

  void Stop(int signal_number = SIGTERM) {
    server_->Signal(signal_number);
    EXPECT_EQ(server_->Wait(), 0);
    ExpectNoChildren();
  }

  // Watches `client`, which gets no answer for a while, and that the server sleeps meanwhile: one that
  // asks again and again looks right, and takes a whole core.
  void ExpectNoAnswerAndNoWork(Client *client) {
    const uint64_t before = CpuNs();
    EXPECT_FALSE(client->WaitFor(POLLIN, 4 * kQuiet));
    EXPECT_LT(CpuNs() - before, kQuiet) << "the server does not sleep";
  }

  std::string program_;
  std::string address_;
  std::unique_ptr<Subprocess> server_;

 private:
  // Processor time that the server has taken; always 0 where other processes' cannot be read.
  uint64_t CpuNs() {
#if defined(_POSIX_CPUTIME) && _POSIX_CPUTIME >= 0
    clockid_t clock;
    timespec time;
    EXPECT_EQ(clock_getcpuclockid(server_->pid(), &clock), 0);
    EXPECT_EQ(clock_gettime(clock, &time), 0);
    return static_cast<uint64_t>(time.tv_sec) * kSecond + static_cast<uint64_t>(time.tv_nsec);
#else
    return 0;
#endif
  }
};

INSTANTIATE_TEST_SUITE_P(Examples, EchoServerTest,
                         ::testing::Values(EchoServer{"tcp_server", "127.0.0.1:0", 128},
                                           EchoServer{"unix_echo", "echo.sock", 64}),
                         [](const auto &parameter) { return parameter.param.program; });

TEST_P(EchoServerTest, AnswersOneByteAtATime) {
  Start();
  auto client = Connect();
  for (int byte = 0; byte < 256; ++byte) {
    ASSERT_TRUE(client->Echoes(std::string(1, static_cast<char>(byte))));
  }
  Stop();
}

TEST_P(EchoServerTest, AnswersMuchMoreThanItsBuffer) {
  Start();
  EXPECT_TRUE(Connect()->Echoes(Pattern(8 * kMegabyte, 1)));
  Stop();
}

TEST_P(EchoServerTest, AnswersAllThatCameBeforeAHalfClose) {
  Start();
  auto client = Connect();
  // As much as fits while the client does not read: 50,000 bytes on Linux, the server's buffer and three
  // of 8,192 bytes on a Unix socket of FreeBSD.
  std::string bytes = Pattern(50000, 2);
  bytes.resize(client->Fill(bytes));
  ASSERT_GT(bytes.size(), 4096u);
  client->ShutdownWrite();
  std::string received;
  client->Exchange(bytes, bytes.size(), &received);
  EXPECT_EQ(received, bytes);
  ASSERT_TRUE(client->WaitFor(POLLIN));
  EXPECT_FALSE(client->ReceiveSome(&received)) << "more than was sent";
  Stop();
}

TEST_P(EchoServerTest, ServesFiftyClientsAtOnce) {
  Start();
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 50; ++i) {
    threads.emplace_back([this, i] {
      EXPECT_TRUE(Connect()->Echoes(Pattern(kMegabyte / 4 + i, i))) << "client " << i;
    });
  }
  for (std::thread &thread : threads) thread.join();
  Stop();
}

// The client sends until neither its own system nor the server takes any more, then reads.
TEST_P(EchoServerTest, HoldsBackAClientThatDoesNotRead) {
  Start();
  auto slow = Connect();
  const std::string &bytes = MoreThanFits();
  const size_t filled = slow->Fill(bytes);
  EXPECT_LT(filled, bytes.size()) << "the server keeps whatever it is sent";

  auto other = Connect();
  EXPECT_TRUE(other->Echoes(Pattern(1000, 4))) << "others wait for the slow client";
  ExpectNoAnswerAndNoWork(other.get());

  std::string received;
  const std::string all = bytes.substr(0, filled + kMegabyte);
  slow->Exchange(all, filled, &received);
  EXPECT_TRUE(received == all) << "other bytes came back";
  slow->ShutdownWrite();
  EXPECT_TRUE(slow->IsHungUpOn());
  Stop();
}

TEST_P(EchoServerTest, ForgetsClientsThatVanish) {
  Start();
  for (size_t i = 0; i < 3 * GetParam().capacity; ++i) {
    auto client = Connect();
    client->Send(Pattern(1000, 5));
    client->Vanish();
  }
  for (int i = 0; i < 3; ++i) { /* while the server waits for them to read */
    auto client = Connect();
    client->Fill(MoreThanFits());
    client->Vanish();
  }
  EXPECT_EQ(ConnectAll().size(), GetParam().capacity);
  Stop();
}

TEST_P(EchoServerTest, LetsClientsWaitForAPlace) {
  Start();
  auto clients = ConnectAll();
  auto waiting = Connect();
  const std::string bytes = Pattern(100, 7);
  waiting->Send(bytes);
  ExpectNoAnswerAndNoWork(waiting.get());
  EXPECT_TRUE(clients.front()->Echoes(bytes)) << "the clients in place suffer";

  clients.back()->Close();
  std::string received;
  waiting->Exchange(bytes, bytes.size(), &received);
  EXPECT_EQ(received, bytes);
  Stop();
}

TEST_P(EchoServerTest, LetsClientsWaitForADescriptor) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {24, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0); /* the server inherits it */
  Start();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<std::unique_ptr<Client>> clients;
  const std::string bytes = Pattern(100, 8);
  for (int i = 0; i < 40; ++i) {
    clients.push_back(Connect());
    clients.back()->Send(bytes);
  }
  EXPECT_TRUE(clients.front()->WaitFor(POLLIN));
  ExpectNoAnswerAndNoWork(clients.back().get());
  for (auto &client : clients) { /* each that leaves makes room for one that waits */
    std::string received;
    client->Exchange(bytes, bytes.size(), &received);
    ASSERT_EQ(received, bytes);
    client->Close();
  }
  Stop();
}

TEST_P(EchoServerTest, EndsOnSignals) {
  for (const int number : {SIGTERM, SIGINT}) {
    Start();
    Stop(number);
    struct stat status;
    EXPECT_NE(stat(GetParam().address, &status), 0) << "the socket's file is still there";
  }
}

TEST_P(EchoServerTest, EndsWithClientsAtWork) {
  Start();
  auto idle = Connect();
  EXPECT_TRUE(idle->Echoes("x"));
  auto stuck = Connect();
  stuck->Fill(MoreThanFits());
  Stop();
  EXPECT_TRUE(idle->IsHungUpOn());
  EXPECT_TRUE(stuck->IsHungUpOn());
}

TEST_P(EchoServerTest, DoesNotStartTwiceAtOneAddress) {
  Start();
  Subprocess second({program_, address_});
  EXPECT_EQ(second.Wait(), EXIT_FAILURE);
  EXPECT_EQ(second.ReadAll(), "");
  EXPECT_TRUE(Connect()->Echoes("the first goes on"));
  Stop();
}

// --- The others
// -----------------------------------------------------------------------------------

// What UDP over IPv4 can carry, or what the system lets a program send: 9,216 bytes on FreeBSD and Apple's
// systems unless net.inet.udp.maxdgram was changed.
size_t LongestDatagram(const sockaddr_in &to) {
  const int probe = socket(AF_INET, SOCK_DGRAM, 0);
  const std::string bytes(65507, 'x');
  const ssize_t sent = sendto(probe, bytes.data(), bytes.size(), 0,
                              reinterpret_cast<const sockaddr *>(&to), sizeof to);
  const bool is_limited = sent < 0 && errno == EMSGSIZE;
  close(probe);
  return is_limited ? 9216 : bytes.size();
}

TEST(UdpServer, AnswersDatagramsOfAnyLength) {
  Subprocess server({Runfile("mio/examples/udp_server")});
  const sockaddr_in to = LoopbackOf(BoundAddress(&server));
  for (const size_t len : {size_t{0}, size_t{1}, size_t{1400}, LongestDatagram(to), size_t{3}}) {
    const int client = socket(AF_INET, SOCK_DGRAM, 0);
    const timeval bound = {30, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr *>(&to), sizeof to), 0);
    const std::string bytes = Pattern(len, static_cast<uint32_t>(len));
    ASSERT_EQ(send(client, bytes.data(), len, 0), static_cast<ssize_t>(len)) << strerror(errno);
    std::string received(70000, '\0');
    const ssize_t n = recv(client, &received[0], received.size(), 0);
    ASSERT_EQ(n, static_cast<ssize_t>(len)) << strerror(errno);
    EXPECT_EQ(received.substr(0, len), bytes);
    close(client);
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  ExpectNoChildren();
}

// A client that is gone when its answer comes: the server has nobody to send to, and goes on.
TEST(UdpServer, OutlivesClientsThatVanish) {
  Subprocess server({Runfile("mio/examples/udp_server")});
  const sockaddr_in to = LoopbackOf(BoundAddress(&server));
  // Has its port before the others have theirs: an answer to one of them is never for it.
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  const timeval bound = {30, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr *>(&to), sizeof to), 0);
  for (int i = 0; i < 100; ++i) {
    const int vanishing = socket(AF_INET, SOCK_DGRAM, 0);
    ASSERT_EQ(sendto(vanishing, "x", 1, 0, reinterpret_cast<const sockaddr *>(&to), sizeof to), 1);
    close(vanishing);
  }
  ASSERT_EQ(send(client, "still there?", 12, 0), 12);
  char bytes[64];
  EXPECT_EQ(recv(client, bytes, sizeof bytes, 0), 12) << strerror(errno);
  close(client);
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(), 0);
}

// Datagrams of several clients, at an address other than the first one where there is one: each client is
// connected, so it takes an answer only from the address that it asked.
TEST(QuicEcho, AnswersFromTheAddressItWasAskedAt) {
  Subprocess server({Runfile("mio/examples/quic_echo")});
  sockaddr_in to = LoopbackOf(BoundAddress(&server));
  const std::string features = server.ReadLine();
  EXPECT_NE(features.find("local address: "), std::string::npos) << features;
  sockaddr_in second = {};
  second.sin_family = AF_INET;
  second.sin_addr.s_addr = htonl(0x7f030201);
  const int probe = socket(AF_INET, SOCK_DGRAM, 0);
  const bool has_second =
      bind(probe, reinterpret_cast<const sockaddr *>(&second), sizeof second) == 0;
  close(probe);
  if (has_second && features.find("local address: yes") != std::string::npos) {
    to.sin_addr = second.sin_addr;
  }
  for (const int ecn : {0, 1, 2}) {
    const int client = socket(AF_INET, SOCK_DGRAM, 0);
    const timeval bound = {30, 0};
    const int on = 1;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    setsockopt(client, IPPROTO_IP, IP_TOS, &ecn, sizeof ecn);
    ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr *>(&to), sizeof to), 0);
    for (const size_t len : {1u, 1200u, 0u, 9000u}) {
      const std::string bytes = Pattern(len, static_cast<uint32_t>(len));
      ASSERT_EQ(send(client, bytes.data(), len, 0), static_cast<ssize_t>(len)) << strerror(errno);
      std::string received(70000, '\0');
      const ssize_t n = recv(client, &received[0], received.size(), 0);
      ASSERT_EQ(n, static_cast<ssize_t>(len)) << strerror(errno);
      EXPECT_EQ(received.substr(0, len), bytes);
    }
#if defined(IP_RECVTOS)
    // The answer has the ECN bits of the question.
    if (features.find("ECN: yes") != std::string::npos) {
      char byte = 'x';
      alignas(cmsghdr) char control[64] = {};
      iovec buffer = {&byte, 1};
      msghdr message = {};
      message.msg_iov = &buffer;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      ASSERT_EQ(setsockopt(client, IPPROTO_IP, IP_RECVTOS, &on, sizeof on), 0);
      ASSERT_EQ(send(client, &byte, 1, 0), 1);
      ASSERT_EQ(recvmsg(client, &message, 0), 1);
      const cmsghdr *header = CMSG_FIRSTHDR(&message);
      ASSERT_NE(header, nullptr);
      EXPECT_EQ(*CMSG_DATA(header) & 3, ecn);
    }
#endif
    (void)on;
    close(client);
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  ExpectNoChildren();
}

TEST(FdPassing, AnotherProcessServesTheClients) {
  Subprocess server({Runfile("mio/examples/fd_passing")});
  const std::string address = BoundAddress(&server);
  std::string worker;
  for (int i = 0; i < 40; ++i) {
    Client client(address);
    std::string line;
    while (line.find('\n') == std::string::npos) {
      ASSERT_TRUE(client.WaitFor(POLLIN)) << "no answer";
      if (!client.ReceiveSome(&line)) break;
    }
    ASSERT_EQ(line.substr(0, 7), "worker ");
    EXPECT_NE(line, "worker " + std::to_string(server.pid()) + "\n");
    if (i > 0) {
      EXPECT_EQ(line, worker) << "the worker was replaced";
    }
    worker = line;
    EXPECT_TRUE(client.IsHungUpOn());
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  // The parent waits for the worker, so that is gone too.
  EXPECT_EQ(kill(static_cast<pid_t>(atol(worker.c_str() + 7)), 0), -1);
  EXPECT_EQ(errno, ESRCH);
  ExpectNoChildren();
}

TEST(Servers, RefuseWhatIsNoAddress) {
  for (const char *name : {"tcp_server", "udp_server", "quic_echo", "fd_passing"}) {
    Subprocess server({Runfile(std::string("mio/examples/") + name), "localhost:http"});
    EXPECT_EQ(server.Wait(), EXIT_FAILURE);
    EXPECT_EQ(server.ReadAll(), "");
  }
}

// The file may be anything: a server must not remove what it did not make.
TEST(UnixEcho, LeavesAFileThatIsInTheWay) {
  const std::string program = Runfile("mio/examples/unix_echo");
  ASSERT_NO_FATAL_FAILURE(EnterNewFolder());
  FILE *file = fopen("precious", "w");
  ASSERT_NE(file, nullptr);
  fclose(file);
  Subprocess server({program, "precious"});
  EXPECT_EQ(server.Wait(), EXIT_FAILURE);
  struct stat status;
  EXPECT_EQ(stat("precious", &status), 0);
}

TEST(UnixEcho, SaysWhoItsClientsAre) {
  const std::string program = Runfile("mio/examples/unix_echo");
  ASSERT_NO_FATAL_FAILURE(EnterNewFolder());
  Subprocess server({program});
  const std::string address = BoundAddress(&server);
  EXPECT_EQ(address, "unix_echo.sock");
  Client client(address);
  EXPECT_EQ(server.ReadLine(), "a client of user " + std::to_string(geteuid()) + ", process " +
                                   std::to_string(getpid()));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST(Quickstart, SaysWhatHappens) {
  Subprocess quickstart({Runfile("mio/examples/quickstart")});
  EXPECT_EQ(quickstart.Wait(), 0);
  const std::string output = quickstart.ReadAll();
  const std::string server = "server: listening on (127\\.0\\.0\\.1:\\d+)\n";
  const std::string accepted = "server: accepted, and hanging up on 127\\.0\\.0\\.1:\\d+\n";
  const std::string connected = "client: connected to \\1\n";
  const std::string closed = "client: the server closed the connection\n";
  // Both ends are connected at the same time: which of them hears of it first is the system's.
  const std::regex either(server + "(?:" + accepted + connected + "|" + connected + accepted + ")" +
                          closed);
  EXPECT_TRUE(std::regex_match(output, either)) << output;
  ExpectNoChildren();
}

TEST(Waker, HandsAllResultsOver) {
  Subprocess waker({Runfile("mio/examples/waker")});
  EXPECT_EQ(waker.Wait(), 0);
  const std::string output = waker.ReadAll();
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 17) << output;
  for (int first = 0; first < 160000; first += 10000) {
    const std::string job = std::to_string(first) + " to " + std::to_string(first + 9999) + ": ";
    EXPECT_NE(("\n" + output).find("\n" + job), std::string::npos) << job << " in\n" << output;
  }
  EXPECT_NE(output.find("\n14683 primes below 160000\n"), std::string::npos) << output;
}

TEST(CustomSource, IsWaitedForAsOne) {
  Subprocess custom({Runfile("mio/examples/custom_source")});
  EXPECT_EQ(custom.Wait(), 0);
  const std::string output = custom.ReadAll();
  const std::string accepted = "accepted at (127\\.0\\.0\\.1:\\d+)\n";
  const std::string again = "accepted at \\1\naccepted at \\2\n";
  EXPECT_TRUE(std::regex_match(
      output, std::regex("morning\n" + accepted + accepted + "evening\n" + again + "done\n")))
      << output;
}

}  // namespace
}  // namespace mio_test
