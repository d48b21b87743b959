// The library from C++17: what has to be closed is, at the end of its scope.

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "mio/mio.h"

namespace {

// Throws what a result says, if it is an error.
std::ptrdiff_t Check(std::ptrdiff_t result) {
  if (result >= 0) return result;
  char message[MIO_ERROR_MESSAGE_MAX];
  throw std::runtime_error(mio_error_message(result, message, sizeof message));
}

// Any of the library's objects. It stays where it is, as a registered source has to.
template <typename T, void (*kClose)(T *)>
class Owned {
 public:
  Owned() = default;
  ~Owned() { kClose(&object_); }
  Owned(const Owned &) = delete;
  Owned &operator=(const Owned &) = delete;
  T *get() { return &object_; }
  T *operator->() { return &object_; }

 private:
  T object_ = {};
};

using Poll = Owned<mio_poll, mio_poll_close>;
using Events = Owned<mio_events, mio_events_close>;
using Waker = Owned<mio_waker, mio_waker_close>;
using TcpListener = Owned<mio_tcp_listener, mio_tcp_listener_close>;
using TcpStream = Owned<mio_tcp_stream, mio_tcp_stream_close>;

class Loop {
 public:
  Loop() {
    Check(mio_poll_init(poll_.get(), nullptr));
    Check(mio_events_init(events_.get(), 16));
  }

  const mio_registry *registry() { return mio_poll_registry(poll_.get()); }

  // Calls `handle` with each event of one wait.
  template <typename Handle>
  void Turn(Handle handle) {
    const int result = mio_poll_wait(poll_.get(), events_.get(), MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) return;
    Check(result);
    for (const mio_event *e = mio_events_begin(events_.get()); e != mio_events_end(events_.get());
         ++e) {
      handle(*e);
    }
  }

 private:
  Poll poll_;
  Events events_;
};

enum : mio_token { kServer, kClient, kWoken };

void Run() {
  Loop loop;
  TcpListener server;
  TcpStream client, peer;
  Waker waker;
  mio_addr addr = mio_addr_loopback_v4(0);
  Check(mio_tcp_listener_bind(server.get(), &addr));
  Check(mio_tcp_listener_local_addr(server.get(), &addr));
  Check(mio_registry_register(loop.registry(), &server->source, kServer, MIO_READABLE));
  Check(mio_tcp_stream_connect(client.get(), &addr));
  Check(mio_registry_register(loop.registry(), &client->source, kClient, MIO_READABLE));
  Check(mio_waker_init(waker.get(), loop.registry(), kWoken));

  std::thread worker([&waker] { mio_waker_wake(waker.get()); });
  std::string received;
  bool woken = false;
  while (!woken || received.size() < 5) {
    loop.Turn([&](const mio_event &event) {
      char buffer[16];
      std::ptrdiff_t n;
      switch (mio_event_token(&event)) {
        case kServer:
          if (mio_tcp_listener_accept(server.get(), peer.get(), nullptr) == 0) {
            Check(mio_tcp_stream_write(peer.get(), "hello", 5));
          }
          break;
        case kClient:
          while ((n = mio_tcp_stream_read(client.get(), buffer, sizeof buffer)) > 0) {
            received.append(buffer, static_cast<std::size_t>(n));
          }
          if (mio_error_kind(n) != MIO_ERROR_WOULD_BLOCK) Check(n);
          break;
        case kWoken:
          woken = true;
          break;
      }
    });
  }
  worker.join();
  std::cout << received << ", and woken\n";
}

}  // namespace

int main() try { Run(); } catch (const std::exception &error) {
  std::cerr << error.what() << "\n";
  return 1;
}
