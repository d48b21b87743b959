// After set-up nothing allocates, on any selector: counted in the library's allocator hook and,
// where the C library lets us, in malloc itself.

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/alloc.h"
#include "testing/allocation_count.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

// The counters count: otherwise all that follows would mean nothing.
TEST_F(Alloc, CountersSeeAllocations) {
  const uint64_t hook_start = hook_calls;
  mio_events events = {};
  ASSERT_OK(mio_events_init(&events, 4));
  EXPECT_EQ(hook_calls - hook_start, 1u);
  mio_events_close(&events);
  EXPECT_EQ(hook_calls - hook_start, 2u);
}

TEST_F(Alloc, MallocIsSeen) {
  if (AllocationCount::WhyNot() != nullptr) GTEST_SKIP() << AllocationCount::WhyNot();
  const AllocationCount heap;
  mio_events events = {};
  ASSERT_OK(mio_events_init(&events, 4));
  mio_events_close(&events);
  EXPECT_EQ(heap.calls(), 2u);
  std::unique_ptr<std::string> text(new std::string(100, 'x'));
  EXPECT_EQ(heap.calls(), 4u);
}

TEST_F(Alloc, Waits) {
  ExpectNoAllocation(kMillion, [&](int times) {
    for (int i = 0; i < times; ++i) {
      if (!Wait(0)) return false;
    }
    for (int i = 0; i < 100; ++i) {
      if (!Wait(1)) return false;
    }
    return true;
  });
}

TEST_F(Alloc, Wakes) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_->registry(), 7));
  ExpectNoAllocation(kMillion, [&](int times) {
    for (int i = 0; i < times; ++i) {
      if (mio_waker_wake(&waker) < 0 || mio_waker_wake(&waker) < 0 || !WaitForEvent()) return false;
    }
    return true;
  });
}

TEST_F(Alloc, WakersComeAndGo) {
  ExpectNoAllocation(kThousands, [&](int times) {
    for (int i = 0; i < times; ++i) {
      Waker waker;
      Registry clone;
      if (mio_registry_clone(poll_->registry(), &clone) < 0) return false;
      if (mio_waker_init(&waker, &clone, 7) < 0) return false;
      if (mio_waker_wake(&waker) < 0) return false;
    }
    return true;
  });
}

TEST_F(Alloc, RegistrationCycles) {
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  const bool modes = Supports(MIO_FEATURE_LEVEL) && Supports(MIO_FEATURE_ONESHOT);
  ExpectNoAllocation(kMillion, [&](int times) {
    for (int i = 0; i < times; ++i) {
      const mio_token token = static_cast<mio_token>(i);
      if (poll_->Register(&a->source, token, MIO_READABLE) < 0) return false;
      if (i % 4 == 0 && poll_->Reregister(&a->source, token + 1, MIO_READABLE | MIO_WRITABLE) < 0) {
        return false;
      }
      if (modes && i % 4 == 2 &&
          poll_->Reregister(&a->source, token, MIO_READABLE | MIO_LEVEL | MIO_ONESHOT) < 0) {
        return false;
      }
      if (poll_->Deregister(&a->source) < 0) return false;
    }
    return true;
  });
}

// As many at once as were reserved, in changing order.
TEST_F(Alloc, ReservedSources) {
  constexpr size_t kPairs = 32;
  std::vector<TcpStream> a(kPairs), b(kPairs);
  for (size_t i = 0; i < kPairs; ++i) ASSERT_OK(ConnectLocal(&a[i], &b[i]));
  const auto cycle = [&](size_t first) {
    for (size_t i = 0; i < kPairs; ++i) {
      if (poll_->Register(&a[i]->source, i, MIO_READABLE) < 0) return false;
      if (poll_->Register(&b[i]->source, kPairs + i, MIO_WRITABLE) < 0) return false;
    }
    if (!WaitForEvent()) return false;
    for (size_t n = 0; n < kPairs; ++n) {
      const size_t i = (first + n * 7) % kPairs;
      if (poll_->Deregister(&a[i]->source) < 0) return false;
      if (poll_->Deregister(&b[kPairs - 1 - i]->source) < 0) return false;
    }
    return true;
  };
  // The first time counts too: this is what reserve_sources is for.
  const uint64_t hook_start = hook_calls;
  const AllocationCount heap;
  bool worked = true;
  for (int i = 0; i < kThousands && worked; ++i) worked = cycle(static_cast<size_t>(i) % kPairs);
  const uint64_t heap_calls = heap.calls();
  EXPECT_TRUE(worked);
  EXPECT_EQ(hook_calls - hook_start, 0u);
  EXPECT_EQ(heap_calls, 0u);
}

TEST_F(Alloc, ReadsAndWrites) {
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  ASSERT_OK(poll_->Register(&b->source, 1, MIO_READABLE));
  // Four transfers a round.
  ExpectNoAllocation(kMillion / 4, [&](int times) {
    char buffer[64] = {};
    const mio_iovec parts[] = {{buffer, 10}, {buffer + 10, 20}};
    for (int i = 0; i < times; ++i) {
      const bool vectored = i % 4 == 0;
      if (vectored ? mio_tcp_stream_writev(&a, parts, 2) != 30
                   : mio_tcp_stream_write(&a, buffer, 30) != 30) {
        return false;
      }
      if (!WaitForEvent()) return false;
      if (mio_tcp_stream_peek(&b, buffer, 5) != 5) return false;
      if (vectored ? mio_tcp_stream_readv(&b, parts, 2) != 30
                   : mio_tcp_stream_read(&b, buffer, sizeof buffer) != 30) {
        return false;
      }
      if (mio_error_kind(mio_tcp_stream_read(&b, buffer, 1)) != MIO_ERROR_WOULD_BLOCK) {
        return false;
      }
    }
    return true;
  });
}

TEST_F(Alloc, Datagrams) {
  UdpSocket a, b;
  mio_addr addr = mio_addr_loopback_v4(0), b_addr, from;
  ASSERT_OK(mio_udp_socket_bind(&a, &addr));
  ASSERT_OK(mio_udp_socket_bind(&b, &addr));
  ASSERT_OK(mio_udp_socket_local_addr(&b, &b_addr));
  ASSERT_OK(poll_->Register(&b->source, 1, MIO_READABLE));
  ExpectNoAllocation(kMillion / 10, [&](int times) {
    char buffer[64] = {};
    for (int i = 0; i < times; ++i) {
      if (mio_udp_socket_send_to(&a, buffer, 30, &b_addr) != 30) return false;
      if (!WaitForEvent()) return false;
      if (mio_udp_socket_recv_from(&b, buffer, sizeof buffer, &from) != 30) return false;
      if (mio_error_kind(mio_udp_socket_recv(&b, buffer, 1)) != MIO_ERROR_WOULD_BLOCK) return false;
    }
    return true;
  });
}

TEST_F(Alloc, TcpConnections) {
  TcpListener listener;
  mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_tcp_listener_bind(&listener, &addr));
  ASSERT_OK(mio_tcp_listener_local_addr(&listener, &addr));
  ASSERT_OK(poll_->Register(&listener->source, 1, MIO_READABLE));
  ExpectNoAllocation(kThousands, [&](int times) {
    for (int i = 0; i < times; ++i) {
      TcpStream client, server, none;
      mio_addr peer;
      if (mio_tcp_stream_connect(&client, &addr) < 0) return false;
      int accepted;
      do {
        if (!WaitForEvent()) return false;
        accepted = mio_tcp_listener_accept(&listener, &server, &peer);
      } while (mio_error_kind(accepted) == MIO_ERROR_WOULD_BLOCK);
      if (accepted < 0 || mio_tcp_stream_set_nodelay(&server, true) < 0) return false;
      if (mio_error_kind(mio_tcp_listener_accept(&listener, &none, nullptr)) !=
          MIO_ERROR_WOULD_BLOCK) {
        return false;
      }
      if (poll_->Register(&server->source, 2, MIO_WRITABLE) < 0 || !WaitForEvent()) return false;
      if (mio_tcp_stream_write(&server, "x", 1) != 1) return false;
      // A reset leaves no port behind in TIME_WAIT.
      if (mio_tcp_stream_set_linger(&client, 0) < 0) return false;
    }
    return true;
  });
}

// Text is put together in the caller's memory.
TEST_F(Alloc, Text) {
  Waker waker;
  ASSERT_OK(mio_waker_init(&waker, poll_->registry(), 7));
  ASSERT_OK(mio_waker_wake(&waker));
  ASSERT_TRUE(WaitForEvent());
  const mio_addr addr = mio_addr_loopback_v6(80);
  ExpectNoAllocation(kThousands, [&](int times) {
    char text[512];
    for (int i = 0; i < times; ++i) {
      if (mio_event_format(mio_events_begin(poll_->events()), text, sizeof text) == 0) return false;
      if (mio_interest_format(MIO_READABLE | MIO_LEVEL, text, sizeof text) == 0) return false;
      if (mio_addr_format(&addr, text, sizeof text) == 0) return false;
      mio_error_message(-(1 + i % 100), text, sizeof text);
      mio_addr parsed;
      if (mio_addr_parse("[fe80::1%3]:80", &parsed) < 0) return false;
    }
    return true;
  });
}

// Batches of datagrams with all their details, in every way that the system has.
TEST_F(Alloc, UdpBatches) {
  UdpSocket from, to;
  mio_addr addr = mio_addr_loopback_v4(0);
  ASSERT_OK(mio_udp_socket_bind(&from, &addr));
  ASSERT_OK(mio_udp_socket_bind(&to, &addr));
  ASSERT_OK(mio_udp_socket_local_addr(&to, &addr));
  ASSERT_OK(poll_->Register(&to->source, 1, MIO_READABLE));
  mio_udp_batch sender = {}, receiver = {};
  ASSERT_OK(mio_udp_batch_init(&sender, &from, 0));
  ASSERT_OK(mio_udp_batch_init(&receiver, &to, mio_udp_batch_supports(&to) & 7u));
  static char out[3000], in[4][65536];
  ExpectNoAllocation(kThousands, [&](int times) {
    for (int i = 0; i < times; ++i) {
      mio_udp_message sent[2] = {};
      for (mio_udp_message &message : sent) {
        message.buffer = out;
        message.len = sizeof out;
        message.segment_len = 1000;
        message.peer = addr;
        message.ecn = MIO_ECN_CAPABLE_0;
      }
      if (mio_udp_batch_send(&sender, sent, 2) != 2) return false;
      for (size_t bytes = 0; bytes < 2 * sizeof out;) {
        mio_udp_message received[4] = {};
        for (int k = 0; k < 4; ++k) {
          received[k].buffer = in[k];
          received[k].capacity = sizeof in[k];
        }
        const ptrdiff_t n = mio_udp_batch_recv(&receiver, received, 4);
        if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK && !WaitForEvent()) return false;
        for (ptrdiff_t k = 0; k < n; ++k) bytes += received[k].len;
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace mio_test
