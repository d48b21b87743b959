// The model itself: each rule that testing/afd/model.h states, once.

#include "testing/afd/model.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

extern "C" {
#include <windows.h>
#include <winternl.h>
}

namespace mio_test {
namespace {

enum : ULONG { kPollCode = 0x12024 };

// As the driver lays it out.
struct PollInfo {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  HANDLE socket;
  ULONG events;
  NTSTATUS status;
};

// A poll request and the memory that the driver writes to.
struct Request {
  HANDLE driver = nullptr;
  IO_STATUS_BLOCK outcome = {};
  PollInfo info = {};

  // The memory must outlive the poll.
  ~Request() {
    IO_STATUS_BLOCK ignored;
    if (outcome.Status == MODEL_STATUS_PENDING) NtCancelIoFileEx(driver, &outcome, &ignored);
  }
  NTSTATUS Begin(HANDLE of, int socket, uint32_t events) {
    driver = of;
    outcome = {};
    info = {};
    info.timeout.QuadPart = INT64_MAX;
    info.count = 1;
    info.socket = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(socket));
    info.events = events;
    return NtDeviceIoControlFile(driver, nullptr, nullptr, this, &outcome, kPollCode, &info,
                                 sizeof info, &info, sizeof info);
  }
};

using Packets = std::vector<OVERLAPPED_ENTRY>;

class AfdModel : public ::testing::Test {
 protected:
  void SetUp() override {
    model_reset();
    handles_ = model_handles();
    port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, UINT32_MAX);
    ASSERT_NE(nullptr, port_);
    driver_ = OpenDriver(kKey);
    socket_ = model_socket_open(false);
    ASSERT_GE(socket_, 0);
  }
  void TearDown() override {
    model_reset();
    if (socket_ >= 0) model_socket_close(socket_);
    if (driver_ != nullptr) {
      EXPECT_TRUE(CloseHandle(driver_));
    }
    EXPECT_TRUE(CloseHandle(port_));
    EXPECT_EQ(handles_, model_handles());
    EXPECT_EQ(0u, model_polls());
    EXPECT_EQ(0u, model_packets());
  }

  HANDLE OpenDriver(ULONG_PTR key) {
    wchar_t path[] = L"\\Device\\Afd\\test";
    UNICODE_STRING name = {sizeof path - sizeof path[0], sizeof path, path};
    OBJECT_ATTRIBUTES attributes = {};
    IO_STATUS_BLOCK outcome;
    HANDLE driver = nullptr;
    attributes.Length = sizeof attributes;
    attributes.ObjectName = &name;
    EXPECT_EQ(MODEL_STATUS_SUCCESS, NtCreateFile(&driver, SYNCHRONIZE, &attributes, &outcome,
                                                 nullptr, 0, 0, FILE_OPEN, 0, nullptr, 0));
    EXPECT_EQ(port_, CreateIoCompletionPort(driver, port_, key, 0));
    return driver;
  }

  // The packets that are there, or that come within `timeout_ns`.
  Packets Remove(int64_t timeout_ns = 0, ULONG room = 8) {
    return RemoveFrom(port_, timeout_ns, room);
  }
  static Packets RemoveFrom(HANDLE port, int64_t timeout_ns, ULONG room) {
    Packets packets(room);
    LARGE_INTEGER timeout;
    ULONG removed = 0;
    timeout.QuadPart = -(timeout_ns / 100);
    const NTSTATUS status =
        NtRemoveIoCompletionEx(port, packets.data(), room, &removed, &timeout, FALSE);
    EXPECT_EQ(removed > 0 ? MODEL_STATUS_SUCCESS : MODEL_STATUS_TIMEOUT, status);
    packets.resize(removed);
    return packets;
  }

  // Expects the packet of `request` alone, with its status and its events.
  void ExpectOnly(const Request &request, NTSTATUS status, uint32_t events) {
    const Packets packets = Remove(kSecondNs);
    ASSERT_EQ(1u, packets.size());
    EXPECT_EQ(static_cast<ULONG_PTR>(kKey), packets[0].lpCompletionKey);
    EXPECT_EQ(static_cast<const void *>(&request), packets[0].lpOverlapped);
    EXPECT_EQ(status, static_cast<NTSTATUS>(packets[0].Internal));
    EXPECT_EQ(status, request.outcome.Status);
    EXPECT_EQ(events, request.info.events);
    EXPECT_EQ(events != 0 ? 1u : 0u, request.info.count);
    EXPECT_TRUE(Remove().empty());
  }

  enum : ULONG_PTR { kKey = 7 };
  static constexpr int64_t kSecondNs = 1000000000;
  HANDLE port_ = nullptr;
  HANDLE driver_ = nullptr;
  int socket_ = -1;
  size_t handles_ = 0;
};

TEST_F(AfdModel, APollCompletesOnceWhenOneOfItsEventsHolds) {
  Request request;
  EXPECT_EQ(MODEL_STATUS_PENDING, request.Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_EQ(1u, model_polls());
  EXPECT_TRUE(Remove().empty());
  model_socket_set(socket_, MODEL_SEND);
  EXPECT_TRUE(Remove().empty()) << "not asked for";
  model_socket_set(socket_, MODEL_SEND | MODEL_RECEIVE);
  model_socket_set(socket_, 0);
  model_socket_set(socket_, MODEL_RECEIVE);
  EXPECT_EQ(0u, model_polls());
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_RECEIVE);
}

TEST_F(AfdModel, APollThatIsAnsweredAtOnceHasItsPacketToo) {
  Request request;
  model_socket_set(socket_, MODEL_RECEIVE | MODEL_SEND);
  EXPECT_EQ(MODEL_STATUS_SUCCESS, request.Begin(driver_, socket_, MODEL_RECEIVE));
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_RECEIVE);
}

TEST_F(AfdModel, AnErrorYieldsNoPacketAndAWarningDoes) {
  Request request;
  model_fail(MODEL_POLL, MODEL_STATUS_ACCESS_DENIED, 0, 1);
  EXPECT_EQ(MODEL_STATUS_ACCESS_DENIED, request.Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_TRUE(Remove().empty());
  model_fail(MODEL_POLL, MODEL_STATUS_WARNING, 0, 1);
  EXPECT_EQ(MODEL_STATUS_WARNING, request.Begin(driver_, socket_, MODEL_RECEIVE));
  ExpectOnly(request, MODEL_STATUS_WARNING, 0);
}

TEST_F(AfdModel, AFailureHitsTheCallsThatItIsMeantFor) {
  Request requests[4];
  model_fail(MODEL_POLL, MODEL_STATUS_NO_MEMORY, 1, 2);
  EXPECT_EQ(MODEL_STATUS_PENDING, requests[0].Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_EQ(MODEL_STATUS_NO_MEMORY, requests[1].Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_EQ(MODEL_STATUS_NO_MEMORY, requests[2].Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_EQ(MODEL_STATUS_PENDING, requests[3].Begin(driver_, socket_, MODEL_RECEIVE));
  EXPECT_EQ(4, model_count(MODEL_POLL));
  model_socket_set(socket_, MODEL_RECEIVE);
  EXPECT_EQ(2u, Remove().size());
}

TEST_F(AfdModel, WhatIsNoSocketIsRefused) {
  Request request;
  const int fd = dup(0);
  ASSERT_GE(fd, 0);
  close(fd);
  EXPECT_EQ(MODEL_STATUS_INVALID_HANDLE, request.Begin(driver_, fd, MODEL_RECEIVE));
  EXPECT_TRUE(Remove().empty());
}

TEST_F(AfdModel, ACancelledPollHasItsPacket) {
  Request request, other;
  IO_STATUS_BLOCK outcome;
  request.Begin(driver_, socket_, MODEL_RECEIVE);
  other.Begin(driver_, socket_, MODEL_RECEIVE);
  EXPECT_EQ(MODEL_STATUS_SUCCESS, NtCancelIoFileEx(driver_, &request.outcome, &outcome));
  EXPECT_EQ(MODEL_STATUS_NOT_FOUND, NtCancelIoFileEx(driver_, &request.outcome, &outcome));
  ExpectOnly(request, MODEL_STATUS_CANCELLED, 0);
  EXPECT_EQ(1u, model_polls());
  model_socket_set(socket_, MODEL_RECEIVE);
  EXPECT_EQ(MODEL_STATUS_NOT_FOUND, NtCancelIoFileEx(driver_, &other.outcome, &outcome));
  ExpectOnly(other, MODEL_STATUS_SUCCESS, MODEL_RECEIVE);
}

TEST_F(AfdModel, ClosingTheSocketCompletesItsPolls) {
  Request request;
  request.Begin(driver_, socket_, MODEL_RECEIVE | MODEL_LOCAL_CLOSE);
  model_socket_close(socket_);
  socket_ = -1;
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_LOCAL_CLOSE);
}

TEST_F(AfdModel, ClosingTheDriversHandleCancelsItsPollsOnly) {
  Request request, other;
  const HANDLE second = OpenDriver(kKey + 1);
  request.Begin(driver_, socket_, MODEL_RECEIVE);
  other.Begin(second, socket_, MODEL_RECEIVE);
  EXPECT_TRUE(CloseHandle(driver_));
  driver_ = nullptr;
  ExpectOnly(request, MODEL_STATUS_CANCELLED, 0);
  EXPECT_EQ(1u, model_polls());
  EXPECT_TRUE(CloseHandle(second));
  const Packets packets = Remove();
  ASSERT_EQ(1u, packets.size());
  EXPECT_EQ(static_cast<ULONG_PTR>(kKey + 1), packets[0].lpCompletionKey);
}

TEST_F(AfdModel, PostedPacketsComeAsTheyWerePostedAndInTheirOrder) {
  OVERLAPPED overlapped;
  EXPECT_TRUE(PostQueuedCompletionStatus(port_, 3, 11, &overlapped));
  EXPECT_TRUE(PostQueuedCompletionStatus(port_, 4, 12, nullptr));
  model_fail(MODEL_POST, ENOMEM, 0, 1);
  EXPECT_FALSE(PostQueuedCompletionStatus(port_, 5, 13, nullptr));
  EXPECT_EQ(static_cast<DWORD>(ENOMEM), GetLastError());
  const Packets first = Remove(0, 1), second = Remove();
  ASSERT_EQ(1u, first.size());
  ASSERT_EQ(1u, second.size());
  EXPECT_EQ(3u, first[0].dwNumberOfBytesTransferred);
  EXPECT_EQ(11u, first[0].lpCompletionKey);
  EXPECT_EQ(&overlapped, first[0].lpOverlapped);
  EXPECT_EQ(12u, second[0].lpCompletionKey);
}

TEST_F(AfdModel, HeldPacketsComeLater) {
  Request request;
  model_hold_packets(true);
  model_socket_set(socket_, MODEL_RECEIVE);
  request.Begin(driver_, socket_, MODEL_RECEIVE);
  EXPECT_TRUE(Remove().empty());
  EXPECT_TRUE(PostQueuedCompletionStatus(port_, 0, 0, nullptr));
  EXPECT_EQ(1u, Remove().size()) << "only those of polls are held";
  EXPECT_EQ(1u, model_packets());
  model_hold_packets(false);
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_RECEIVE);
}

TEST_F(AfdModel, AWaitEndsWithAPacketOfAnotherThread) {
  std::thread poster([this] {
    while (model_count(MODEL_REMOVE) == 0) std::this_thread::yield();
    EXPECT_TRUE(PostQueuedCompletionStatus(port_, 0, 1, nullptr));
  });
  EXPECT_EQ(1u, Remove(60 * kSecondNs).size());
  poster.join();
}

TEST_F(AfdModel, APacketGoesToOneThread) {
  enum { kPackets = 200, kThreads = 4 };
  std::atomic<int> removed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000 && removed < kPackets; ++round) {
        removed += static_cast<int>(Remove(kSecondNs / 100, 3).size());
      }
    });
  }
  for (ULONG_PTR i = 0; i < kPackets; ++i) {
    EXPECT_TRUE(PostQueuedCompletionStatus(port_, 0, i, nullptr));
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(static_cast<int>(kPackets), removed);
}

// One thread has a packet, so a port with a concurrency of one gives none to another thread before the
// first one comes back or ends.
TEST_F(AfdModel, APortHoldsPacketsBackWhileEnoughThreadsAreBusy) {
  const HANDLE narrow = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  ASSERT_NE(nullptr, narrow);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(PostQueuedCompletionStatus(narrow, 0, 0, nullptr));
  EXPECT_EQ(1u, RemoveFrom(narrow, 0, 1).size());
  std::thread([&] { EXPECT_TRUE(RemoveFrom(narrow, 0, 1).empty()); }).join();
  EXPECT_EQ(1u, RemoveFrom(narrow, 0, 1).size()) << "the same thread";
  EXPECT_TRUE(Remove().empty()); /* waits at another port, so it is idle at this one */
  std::thread([&] { EXPECT_EQ(1u, RemoveFrom(narrow, 0, 1).size()); }).join();
  EXPECT_TRUE(CloseHandle(narrow));
}

TEST_F(AfdModel, TheHookRunsOnceBeforeThePacketsAreReturned) {
  int calls = 0;
  model_after_remove([](void *context) { ++*static_cast<int *>(context); }, &calls);
  EXPECT_TRUE(Remove().empty());
  EXPECT_EQ(0, calls) << "nothing was dequeued";
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(PostQueuedCompletionStatus(port_, 0, 0, nullptr));
    EXPECT_EQ(1u, Remove().size());
    EXPECT_EQ(1, calls);
  }
}

// Linux's sockets.

class AfdModelSockets : public AfdModel {
 protected:
  void SetUp() override {
    AfdModel::SetUp();
    ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair_));
  }
  void TearDown() override {
    for (const int fd : pair_) {
      if (fd >= 0) close(fd);
    }
    AfdModel::TearDown();
  }
  void ClosePeer() {
    close(pair_[1]);
    pair_[1] = -1;
  }

  int pair_[2] = {-1, -1};
};

TEST_F(AfdModelSockets, BytesAreReceivedAndAnEndIsADisconnect) {
  Request request;
  EXPECT_EQ(MODEL_STATUS_PENDING,
            request.Begin(driver_, pair_[0], MODEL_RECEIVE | MODEL_DISCONNECT));
  EXPECT_EQ(1, write(pair_[1], "x", 1));
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_RECEIVE);
  char byte;
  EXPECT_EQ(1, read(pair_[0], &byte, 1));
  EXPECT_EQ(0, shutdown(pair_[1], SHUT_WR));
  EXPECT_EQ(MODEL_STATUS_SUCCESS,
            request.Begin(driver_, pair_[0], MODEL_RECEIVE | MODEL_DISCONNECT));
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_DISCONNECT);
}

TEST_F(AfdModelSockets, RoomIsSend) {
  Request request;
  EXPECT_EQ(MODEL_STATUS_SUCCESS, request.Begin(driver_, pair_[0], MODEL_SEND | MODEL_RECEIVE));
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_SEND);
}

TEST_F(AfdModelSockets, AUnixSocketWithoutItsPeerIsAborted) {
  Request request;
  request.Begin(driver_, pair_[0], MODEL_ABORT);
  ClosePeer();
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_ABORT);
}

TEST_F(AfdModelSockets, AThreadThatWaitsSeesTheSocketOfALaterPoll) {
  Request request;
  std::thread other([&] {
    while (model_count(MODEL_REMOVE) == 0) std::this_thread::yield();
    EXPECT_EQ(MODEL_STATUS_PENDING, request.Begin(driver_, pair_[0], MODEL_RECEIVE));
    EXPECT_EQ(1, write(pair_[1], "x", 1));
  });
  EXPECT_EQ(1u, Remove(60 * kSecondNs).size());
  other.join();
}

TEST_F(AfdModelSockets, ADescriptorThatBelongsToAnotherSocketWasClosed) {
  Request request;
  int others[2];
  ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, others));
  request.Begin(driver_, pair_[0], MODEL_RECEIVE | MODEL_LOCAL_CLOSE);
  EXPECT_EQ(1, write(others[1], "x", 1));
  ASSERT_EQ(pair_[0], dup2(others[0], pair_[0]));
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_LOCAL_CLOSE);
  for (const int fd : others) close(fd);
}

class AfdModelTcp : public AfdModel {
 protected:
  void SetUp() override {
    AfdModel::SetUp();
    client_ = Tcp();
    listener_ = Tcp();
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(0, bind(listener_, Name(), sizeof address_));
    socklen_t len = sizeof address_;
    ASSERT_EQ(0, getsockname(listener_, Name(), &len));
  }
  void TearDown() override {
    close(client_);
    close(listener_);
    AfdModel::TearDown();
  }

  static int Tcp() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT_GE(fd, 0);
    return fd;
  }
  sockaddr *Name() { return reinterpret_cast<sockaddr *>(&address_); }
  void Connect() {
    if (connect(client_, Name(), sizeof address_) != 0) {
      EXPECT_EQ(EINPROGRESS, errno);
    }
  }

  int client_ = -1;
  int listener_ = -1;
  sockaddr_in address_ = {};
};

TEST_F(AfdModelTcp, AConnectionIsAnAcceptAndARoom) {
  Request accept, send;
  ASSERT_EQ(0, listen(listener_, 1));
  EXPECT_EQ(MODEL_STATUS_PENDING,
            accept.Begin(driver_, listener_, MODEL_ACCEPT | MODEL_RECEIVE | MODEL_SEND));
  Connect();
  ExpectOnly(accept, MODEL_STATUS_SUCCESS, MODEL_ACCEPT);
  send.Begin(driver_, client_, MODEL_SEND | MODEL_CONNECT_FAIL);
  ExpectOnly(send, MODEL_STATUS_SUCCESS, MODEL_SEND);
}

TEST_F(AfdModelTcp, ARefusedConnectionIsAFailedConnect) {
  Request request;
  Connect();
  request.Begin(driver_, client_, MODEL_SEND | MODEL_CONNECT_FAIL | MODEL_ABORT);
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_CONNECT_FAIL);
}

TEST_F(AfdModelTcp, AResetConnectionIsAborted) {
  Request request;
  ASSERT_EQ(0, listen(listener_, 1));
  EXPECT_EQ(MODEL_STATUS_PENDING, request.Begin(driver_, listener_, MODEL_ACCEPT));
  Connect();
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_ACCEPT);
  const int accepted = accept(listener_, nullptr, nullptr);
  ASSERT_GE(accepted, 0);
  EXPECT_EQ(MODEL_STATUS_PENDING, request.Begin(driver_, client_, MODEL_ABORT));
  const linger at_once = {1, 0};
  EXPECT_EQ(0, setsockopt(accepted, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  close(accepted);
  ExpectOnly(request, MODEL_STATUS_SUCCESS, MODEL_ABORT);
}

TEST_F(AfdModelTcp, ASocketThatWasNeverConnectedSaysNothing) {
  Request request;
  EXPECT_EQ(
      MODEL_STATUS_PENDING,
      request.Begin(driver_, client_, MODEL_RECEIVE | MODEL_SEND | MODEL_DISCONNECT | MODEL_ABORT));
  EXPECT_TRUE(Remove(kSecondNs / 100).empty());
  EXPECT_EQ(1u, model_polls());
}

}  // namespace
}  // namespace mio_test
