#ifndef BENCHMARKS_PEERS_RAW_AFD_H_
#define BENCHMARKS_PEERS_RAW_AFD_H_

/* clang-format off */
#include <winsock2.h>
#include <windows.h>
#include <winternl.h>
/* clang-format on */
#include <mswsock.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "benchmarks/channel.h"
#include "benchmarks/harness.h"
#include "benchmarks/peers/common.h"

// What ntdll exports and the SDK does not declare: cancelling, whoever began it; and waiting at a port
// for units of 100 ns, which are negative from now on.
extern "C" NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, IO_STATUS_BLOCK *request,
                                           IO_STATUS_BLOCK *outcome);
extern "C" NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE port, void *entries, ULONG count,
                                                 ULONG *removed, LARGE_INTEGER *timeout,
                                                 BOOLEAN alertable);

namespace mio_bench {

// The driver's poll request for one socket, which the answer replaces, and its bits. None of it is in
// the SDK; the values are those of ReactOS' and Wine's afd.h.
struct AfdRequest {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  HANDLE socket;
  ULONG events;
  NTSTATUS status;
};

enum : ULONG {
  kAfdReceive = 0x1,
  kAfdSend = 0x4,
  kAfdDisconnect = 0x8,
  kAfdAbort = 0x10,
  kAfdLocalClose = 0x20,
  kAfdAccept = 0x80,
  kAfdConnectFail = 0x100,
  kAfdRead = kAfdReceive | kAfdDisconnect | kAfdAbort | kAfdAccept | kAfdConnectFail,
};

constexpr ULONG kIoctlAfdPoll = 0x12024;
constexpr NTSTATUS kNtSuccess = 0;
constexpr NTSTATUS kNtPending = 0x103;

// A watched socket. The kernel may write into it until its packet is dequeued, so it is the loop's.
struct AfdWatched {
  IO_STATUS_BLOCK outcome;
  AfdRequest request;
  HANDLE afd;
  HANDLE socket;
  uintptr_t token;
  ULONG wanted;
  bool in_flight;
  bool removed;
};

// The system calls and nothing else: one poll in flight for each socket, made again by the loop once it
// was delivered, which makes a level of it; at a driver handle for every 32 sockets, as cancelling looks
// through all polls of a handle.
template <typename Handler>
class RawAfdLoop {
 public:
  static constexpr char kName[] = "raw_afd";
  static constexpr bool kEdges = false;
  using Io = FdIo;

  struct Watch {
    AfdWatched *watched;
  };

  RawAfdLoop() = default;
  RawAfdLoop(const RawAfdLoop &) = delete;
  RawAfdLoop &operator=(const RawAfdLoop &) = delete;
  ~RawAfdLoop() {
    if (port_ == nullptr) return;
    for (Group &group : groups_) {
      for (AfdWatched &watched : group.watched) Cancel(&watched);
    }
    while (in_flight_ > 0) {
      const ULONG found = Ask(kPatienceMs);
      Require(found > 0, "cancelled polls are not to be had");
      for (ULONG i = 0; i < found; ++i) {
        if (entries_[i].lpCompletionKey != kWakeKey) --in_flight_;
      }
    }
    for (Group &group : groups_) CloseHandle(group.afd);
    CloseHandle(port_);
  }

  bool Open(Handler *handler, const LoopOptions &options) {
    handler_ = handler;
    shared_ = options.shared;
    spin_ns_ = options.spin_ns;
    entries_.resize(options.max_events);
    port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
    return port_ != nullptr;
  }

  template <typename Source>
  bool Add(Watch *watch, Source *source, uintptr_t token) {
    // What lies below the layered providers, if there are any: the driver knows no other.
    SOCKET base = INVALID_SOCKET;
    DWORD written = 0;
    if (WSAIoctl(static_cast<SOCKET>(HandleOf(source)), SIO_BASE_HANDLE, nullptr, 0, &base,
                 sizeof base, &written, nullptr, nullptr) != 0) {
      return false;
    }
    const auto lock = Lock();
    watch->watched = Take();
    if (watch->watched == nullptr) return false;
    watch->watched->socket = reinterpret_cast<HANDLE>(base);
    watch->watched->token = token;
    watch->watched->wanted = kAfdRead;
    watch->watched->removed = false;
    return Begin(watch->watched);
  }
  // A poll cannot be changed: one that looks at too little is cancelled, and its packet begins the next.
  // What one finds that looks at too much is not delivered.
  bool Change(Watch *watch, bool writable) {
    const auto lock = Lock();
    AfdWatched *const watched = watch->watched;
    watched->wanted = kAfdRead | (writable ? kAfdSend : 0);
    if (!watched->in_flight) return Begin(watched);
    if (writable) Cancel(watched);
    return true;
  }
  bool Remove(Watch *watch) {
    const auto lock = Lock();
    watch->watched->removed = true;
    if (watch->watched->in_flight) {
      Cancel(watch->watched);
    } else {
      free_.push_back(watch->watched);
    }
    return true;
  }
  // The packets of cancelled polls.
  void Apply() { Now(); }

  void Now() { Deliver(Ask(0)); }
  void Next() {
    ULONG found = 0;
    if (spin_ns_ > 0) {
      const uint64_t end = NowNs() + spin_ns_;
      do {
        found = Ask(0);
      } while (found == 0 && NowNs() < end);
    }
    Deliver(found != 0 ? found : Ask(INFINITE));
  }

  bool OpenWaker() { return true; }
  void Wake() { Require(PostQueuedCompletionStatus(port_, 0, kWakeKey, nullptr), "post"); }

 private:
  static constexpr ULONG_PTR kPollKey = 0;
  static constexpr ULONG_PTR kWakeKey = 1;
  static constexpr size_t kGroupSize = 32;
  static constexpr DWORD kPatienceMs = 10000;

  struct Group {
    HANDLE afd;
    AfdWatched watched[kGroupSize];
  };

  std::unique_lock<std::mutex> Lock() {
    return shared_ ? std::unique_lock<std::mutex>(mutex_) : std::unique_lock<std::mutex>();
  }

  AfdWatched *Take() {
    if (free_.empty() && !Grow()) return nullptr;
    AfdWatched *const watched = free_.back();
    free_.pop_back();
    return watched;
  }

  // Opens the driver: without the attributes that would make a socket of it, by any name.
  bool Grow() {
    static wchar_t path[] = L"\\Device\\Afd\\raw";
    UNICODE_STRING name = {sizeof path - sizeof path[0], sizeof path, path};
    OBJECT_ATTRIBUTES attributes = {};
    attributes.Length = sizeof attributes;
    attributes.ObjectName = &name;
    IO_STATUS_BLOCK outcome;
    HANDLE afd = nullptr;
    if (NtCreateFile(&afd, SYNCHRONIZE, &attributes, &outcome, nullptr, 0,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, nullptr, 0) != kNtSuccess) {
      return false;
    }
    groups_.emplace_back();
    Group &group = groups_.back();
    group = {};
    group.afd = afd;
    for (AfdWatched &watched : group.watched) {
      watched.afd = afd;
      free_.push_back(&watched);
    }
    // Nobody waits for the handle itself.
    return CreateIoCompletionPort(afd, port_, kPollKey, 0) != nullptr &&
           SetFileCompletionNotificationModes(afd, FILE_SKIP_SET_EVENT_ON_HANDLE);
  }

  bool Begin(AfdWatched *watched) {
    AfdRequest &request = watched->request;
    request.timeout.QuadPart = INT64_MAX;
    request.count = 1;
    request.exclusive = FALSE;
    request.socket = watched->socket;
    request.events = watched->wanted | kAfdLocalClose;
    request.status = kNtSuccess;
    watched->outcome.Status = kNtPending;
    const NTSTATUS status =
        NtDeviceIoControlFile(watched->afd, nullptr, nullptr, watched, &watched->outcome,
                              kIoctlAfdPoll, &request, sizeof request, &request, sizeof request);
    // What succeeds at once has a packet too.
    watched->in_flight = status == kNtSuccess || status == kNtPending;
    in_flight_ += watched->in_flight;
    return watched->in_flight;
  }

  static void Cancel(AfdWatched *watched) {
    IO_STATUS_BLOCK outcome;
    if (watched->in_flight) NtCancelIoFileEx(watched->afd, &watched->outcome, &outcome);
  }

  ULONG Ask(DWORD timeout_ms) {
    ULONG found = 0;
    const bool worked = GetQueuedCompletionStatusEx(
        port_, entries_.data(), static_cast<ULONG>(entries_.size()), &found, timeout_ms, FALSE);
    return worked ? found : 0;
  }

  void Deliver(ULONG found) {
    for (ULONG i = 0; i < found; ++i) {
      if (entries_[i].lpCompletionKey == kWakeKey) {
        handler_->OnWake();
      } else {
        End(reinterpret_cast<AfdWatched *>(entries_[i].lpOverlapped));
      }
    }
  }

  // A packet was dequeued.
  void End(AfdWatched *watched) {
    auto lock = Lock();
    --in_flight_;
    watched->in_flight = false;
    if (watched->removed) {
      free_.push_back(watched);
      return;
    }
    const bool answered = watched->outcome.Status == kNtSuccess && watched->request.count > 0;
    const ULONG events = answered ? watched->request.events : 0;
    if ((events & watched->wanted) != 0) {
      const uintptr_t token = watched->token;
      if (shared_) lock.unlock();
      handler_->OnReady(token);
      if (shared_) lock.lock();
    }
    // The handler may have removed it, or changed it, which begins a poll of its own.
    if ((events & kAfdLocalClose) == 0 && !watched->removed && !watched->in_flight) Begin(watched);
  }

  Handler *handler_ = nullptr;
  HANDLE port_ = nullptr;
  bool shared_ = false;
  uint64_t spin_ns_ = 0;
  size_t in_flight_ = 0;
  std::vector<OVERLAPPED_ENTRY> entries_;
  std::mutex mutex_;
  std::deque<Group> groups_;
  std::vector<AfdWatched *> free_;
};

}  // namespace mio_bench

#endif  // BENCHMARKS_PEERS_RAW_AFD_H_
