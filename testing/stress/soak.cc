#include "testing/stress/soak.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "mio/mio.h"
#include "testing/util.h"

namespace mio_test {
namespace {

// --- Clients

constexpr int kClientPatience_s = 60;

uint8_t PatternAt(uint64_t position) {
  return static_cast<uint8_t>(position * 7 + (position >> 8));
}

// One connection of a client, made with plain blocking sockets.
class Connection {
 public:
  explicit Connection(uint16_t port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // What is lost on the way ends the client, and so is told.
    const timeval patience = {kClientPatience_s, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr *>(&name), sizeof name) == 0;
  }
  ~Connection() { close(fd_); }
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  bool connected() const { return connected_; }

  // Sends the next `len` bytes of the pattern, as far as they fit if `wait` is false.
  bool Send(size_t len, bool wait) {
    std::vector<uint8_t> bytes(len);
    for (size_t i = 0; i < len; ++i) bytes[i] = PatternAt(sent_ + i);
    size_t done = 0;
    while (done < len) {
      const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
      const ssize_t n = send(fd_, bytes.data() + done, len - done, flags);
      if (n < 0 && !wait && errno == EAGAIN) break;
      if (n <= 0) return false;
      done += static_cast<size_t>(n);
    }
    sent_ += done;
    return true;
  }

  // Reads back all that was sent.
  bool Receive() {
    std::array<uint8_t, 65536> bytes;
    while (received_ < sent_) {
      const size_t want = std::min<uint64_t>(bytes.size(), sent_ - received_);
      const ssize_t n = recv(fd_, bytes.data(), want, 0);
      if (n <= 0) return false;
      for (ssize_t i = 0; i < n; ++i) {
        if (bytes[static_cast<size_t>(i)] != PatternAt(received_++)) return false;
      }
    }
    return true;
  }

  // Whether the server closes, now that this end has said that no more comes.
  bool EndsAfterHalfClose() {
    shutdown(fd_, SHUT_WR);
    uint8_t byte;
    return Receive() && recv(fd_, &byte, 1, 0) == 0;
  }

  void Reset() {
    const linger now = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
  bool connected_ = false;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

// What one connection does. False if the server did not keep its side.
bool Converse(Connection *connection, std::minstd_rand *random) {
  if (!connection->connected()) return false;
  const auto length = [&] { return 1 + (*random)() % 5000; };
  switch ((*random)() % 6) {
    case 0:  // vanishes with nothing said
      return true;
    case 1:  // some exchanges
      for (int i = 0; i < 5; ++i) {
        if (!connection->Send(length(), true) || !connection->Receive()) return false;
      }
      return true;
    case 2:  // a flood: does not read until nothing more fits
      return connection->Send(2u << 20, false) && connection->Receive();
    case 3:  // half a close, with an answer under way
      return connection->Send(length() * 10, true) && connection->EndsAfterHalfClose();
    case 4:  // a reset, with an answer under way
      connection->Reset();
      return connection->Send(length(), true);
    default:  // closes with an answer unread
      return connection->Send(length(), true);
  }
}

int RunClient(uint16_t port, const SoakOptions &options, unsigned seed) {
  std::minstd_rand random(seed);
  const uint64_t began = NowNs();
  for (uint64_t round = 0; options.rounds == 0 || round < options.rounds; ++round) {
    if (options.seconds != 0 && NowNs() - began >= options.seconds * kSecond) break;
    Connection connection(port);
    if (!Converse(&connection, &random)) {
      fprintf(stderr, "soak: client %u, connection %llu: %s\n", seed,
              static_cast<unsigned long long>(round),
              connection.connected() ? "the echo is wrong or missing" : "no connection");
      return 1;
    }
  }
  return 0;
}

// --- The server

// The library's memory.
size_t outstanding_bytes;
void *Allocate(void *, size_t size) {
  outstanding_bytes += size;
  return malloc(size);
}
void Release(void *, void *memory, size_t size) {
  outstanding_bytes -= size;
  free(memory);
}

size_t OpenDescriptorCount() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

struct Peer {
  mio_tcp_stream stream = {};
  std::vector<uint8_t> pending;  // read and not written yet
  bool ended = false;            // no more is read
  bool dead = false;
};

constexpr mio_token kListener = 0;
constexpr mio_token kFirstPeer = 1;

class Server {
 public:
  explicit Server(const SoakOptions &options) : options_(options) {}

  // Binds; returns the port, or 0.
  uint16_t Open() {
    mio_addr addr = mio_addr_loopback_v4(0);
    if (mio_poll_init(&poll_, nullptr) != 0 || mio_events_init(&events_, 64) != 0 ||
        mio_tcp_listener_bind(&listener_, &addr) != 0 ||
        mio_tcp_listener_local_addr(&listener_, &addr) != 0 ||
        mio_registry_register(mio_poll_registry(&poll_), &listener_.source, kListener,
                              MIO_READABLE) != 0) {
      Fail("the server cannot be opened");
      return 0;
    }
    return addr.port;
  }

  void Serve(const std::vector<pid_t> &clients) {
    began_ = last_print_ = NowNs();
    getrlimit(RLIMIT_NOFILE, &limit_);
    running_ = clients;
    while (result_.failure.empty() && !(running_.empty() && peers_.empty())) {
      Squeeze();
      const int result = mio_poll_wait(&poll_, &events_, 5000000);
      if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
      if (result < 0) Fail("mio_poll_wait said " + std::to_string(result));
      for (const mio_event *e = mio_events_begin(&events_); e != mio_events_end(&events_); ++e) {
        Handle(e);
      }
      if (accept_again_) Accept();
      Bury();
      Reap();
      Print();
    }
    setrlimit(RLIMIT_NOFILE, &limit_);
  }

  void Close() {
    peers_.clear();
    mio_tcp_listener_close(&listener_);
    mio_events_close(&events_);
    mio_poll_close(&poll_);
  }

  SoakResult *result() { return &result_; }
  void Fail(const std::string &what) {
    if (result_.failure.empty()) result_.failure = what;
  }

 private:
  void Handle(const mio_event *event) {
    const mio_token token = mio_event_token(event);
    if (token == kListener) {
      Accept();
      return;
    }
    const auto found = peers_.find(token);
    if (found == peers_.end()) {
      Fail("an event of a connection that was closed before this wait");
      return;
    }
    if (!found->second->dead) Echo(found->second.get());
  }

  void Accept() {
    accept_again_ = false;
    for (;;) {
      auto peer = std::make_unique<Peer>();
      const int result = mio_tcp_listener_accept(&listener_, &peer->stream, nullptr);
      const mio_error kind = mio_error_kind(result);
      if (kind == MIO_ERROR_WOULD_BLOCK) return;
      // A client that reset its connection in the queue.
      if (kind == MIO_ERROR_CONNECTION_ABORTED) continue;
      if (kind == MIO_ERROR_TOO_MANY_FILES) {
        ++result_.refusals;
        accept_again_ = true;  // it stays in the queue, of which no second event tells
        return;
      }
      if (result < 0) return Fail("accept said " + std::to_string(result));
      ++result_.accepted;
      Welcome(std::move(peer));
    }
  }

  void Welcome(std::unique_ptr<Peer> peer) {
    const mio_token token = next_token_++;
    const int result = mio_registry_register(mio_poll_registry(&poll_), &peer->stream.source, token,
                                             MIO_READABLE | MIO_WRITABLE);
    if (result < 0) return Fail("register said " + std::to_string(result));
    peers_[token] = std::move(peer);
  }

  // Reads and writes until both say would-block, or the connection is over.
  void Echo(Peer *peer) {
    for (;;) {
      if (!Flush(peer)) return;
      if (peer->ended) {
        peer->dead = true;
        return;
      }
      const ptrdiff_t n = mio_tcp_stream_read(&peer->stream, room_.data(), room_.size());
      if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return;
      if (n < 0) return Lose(peer);
      peer->ended = n == 0;
      peer->pending.assign(room_.begin(), room_.begin() + n);
      result_.bytes += static_cast<uint64_t>(n);
    }
  }

  // Writes what is pending. False if some is left, or the connection is over.
  bool Flush(Peer *peer) {
    while (!peer->pending.empty()) {
      const ptrdiff_t n =
          mio_tcp_stream_write(&peer->stream, peer->pending.data(), peer->pending.size());
      if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return false;
      if (n < 0) {
        Lose(peer);
        return false;
      }
      peer->pending.erase(peer->pending.begin(), peer->pending.begin() + n);
    }
    return true;
  }

  void Lose(Peer *peer) {
    ++result_.resets;
    peer->dead = true;
  }

  // Closes what ended in this round: only now, as the events of the round may name it again.
  void Bury() {
    for (auto peer = peers_.begin(); peer != peers_.end();) {
      if (!peer->second->dead) {
        ++peer;
        continue;
      }
      mio_tcp_stream_close(&peer->second->stream);
      ++result_.closed;
      peer = peers_.erase(peer);
    }
  }

  // For some of the time the process may open two descriptors more, or none.
  void Squeeze() {
    if (!options_.squeezes) return;
    const uint64_t phase = (NowNs() - began_) / (20 * kMillisecond);
    if (phase == phase_) return;
    phase_ = phase;
    // The limit of an earlier phase may still hold, and to count takes a descriptor.
    setrlimit(RLIMIT_NOFILE, &limit_);
    rlimit limit = limit_;
    if (phase % 4 == 3) limit.rlim_cur = OpenDescriptorCount() + phase / 4 % 3;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  // Notices clients that have ended.
  void Reap() {
    for (auto client = running_.begin(); client != running_.end();) {
      int status = 0;
      if (waitpid(*client, &status, WNOHANG) != *client) {
        ++client;
        continue;
      }
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) Fail("a client was not served");
      client = running_.erase(client);
    }
  }

  void Print() {
    const uint64_t now = NowNs();
    if (!options_.progress || now - last_print_ < 10 * kSecond) return;
    last_print_ = now;
    printf("%llu s: %llu connections, %zu open, %llu resets, %llu refused, %llu MB, %zu bytes\n",
           static_cast<unsigned long long>((now - began_) / kSecond),
           static_cast<unsigned long long>(result_.accepted), peers_.size(),
           static_cast<unsigned long long>(result_.resets),
           static_cast<unsigned long long>(result_.refusals),
           static_cast<unsigned long long>(result_.bytes >> 20), outstanding_bytes);
    fflush(stdout);
  }

  const SoakOptions options_;
  mio_poll poll_ = {};
  mio_events events_ = {};
  mio_tcp_listener listener_ = {};
  std::unordered_map<mio_token, std::unique_ptr<Peer>> peers_;
  mio_token next_token_ = kFirstPeer;
  bool accept_again_ = false;
  std::array<uint8_t, 16384> room_ = {};
  std::vector<pid_t> running_;
  rlimit limit_ = {};
  uint64_t began_ = 0, last_print_ = 0, phase_ = 0;
  SoakResult result_;
};

}  // namespace

SoakResult Soak(const SoakOptions &options) {
  const mio_allocator allocator = {Allocate, Release, nullptr};
  (void)mio_set_allocator(&allocator);
  const size_t descriptors = OpenDescriptorCount(), memory = outstanding_bytes;
  auto server = std::make_unique<Server>(options);
  const uint16_t port = server->Open();
  std::vector<pid_t> clients;
  for (int i = 0; i < options.clients && port != 0; ++i) {
    const pid_t client = fork();
    if (client == 0) _exit(RunClient(port, options, static_cast<unsigned>(i) + 1));
    if (client > 0) clients.push_back(client);
  }
  server->Serve(clients);
  server->Close();
  SoakResult *result = server->result();
  if (result->accepted != result->closed) server->Fail("not all connections were closed");
  if (OpenDescriptorCount() != descriptors) server->Fail("descriptors were left open");
  if (outstanding_bytes != memory) server->Fail("memory of the library was left");
  return *result;
}

}  // namespace mio_test
