// The same as alloc_test.cc for what only a Unix has: pipes, Unix datagrams and abstract names.

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "mio/unix/ancillary.h"
#include "mio/unix/pipe.h"
#include "testing/alloc.h"
#include "testing/net_util.h"

namespace mio_test {
namespace {

using PipeSender = Closing<mio_pipe_sender, mio_pipe_sender_close>;
using PipeReceiver = Closing<mio_pipe_receiver, mio_pipe_receiver_close>;

TEST_F(Alloc, Pipes) {
  PipeSender sender;
  PipeReceiver receiver;
  ASSERT_OK(mio_pipe_pair(&sender, &receiver));
  ASSERT_OK(poll_->Register(&receiver->source, 1, MIO_READABLE));
  ExpectNoAllocation(kMillion / 10, [&](int times) {
    char buffer[64] = {};
    for (int i = 0; i < times; ++i) {
      if (mio_pipe_sender_write(&sender, buffer, 30) != 30) return false;
      if (!WaitForEvent()) return false;
      if (mio_pipe_receiver_read(&receiver, buffer, sizeof buffer) != 30) return false;
      if (mio_error_kind(mio_pipe_receiver_read(&receiver, buffer, 1)) != MIO_ERROR_WOULD_BLOCK) {
        return false;
      }
    }
    return true;
  });
}

TEST_F(Alloc, UnixDatagrams) {
  UnixDatagram a, b;
  ASSERT_OK(mio_unix_datagram_pair(&a, &b));
  ASSERT_OK(poll_->Register(&b->source, 1, MIO_READABLE));
  ExpectNoAllocation(kMillion / 10, [&](int times) {
    char buffer[64] = {};
    mio_unix_addr from;
    for (int i = 0; i < times; ++i) {
      if (mio_unix_datagram_send(&a, buffer, 30) != 30) return false;
      if (!WaitForEvent()) return false;
      if (mio_unix_datagram_recv_from(&b, buffer, sizeof buffer, &from) != 30) return false;
      if (mio_error_kind(mio_unix_datagram_recv(&b, buffer, 1)) != MIO_ERROR_WOULD_BLOCK) {
        return false;
      }
    }
    return true;
  });
}

TEST_F(Alloc, UnixConnections) {
  const TempFolder folder;
  UnixListener listener;
  mio_unix_addr addr = {};
  ASSERT_OK(mio_unix_listener_bind(&listener, folder.Path("socket").c_str()));
  ASSERT_OK(mio_unix_listener_local_addr(&listener, &addr));
  ASSERT_OK(poll_->Register(&listener->source, 1, MIO_READABLE));
  ExpectNoAllocation(kThousands, [&](int times) {
    for (int i = 0; i < times; ++i) {
      UnixStream client, server, none;
      if (mio_unix_stream_connect_addr(&client, &addr) < 0) return false;
      if (!WaitForEvent()) return false;
      if (mio_unix_listener_accept(&listener, &server, nullptr) < 0) return false;
      if (mio_error_kind(mio_unix_listener_accept(&listener, &none, nullptr)) !=
          MIO_ERROR_WOULD_BLOCK) {
        return false;
      }
    }
    return true;
  });
}

TEST_F(Alloc, DescriptorsOverSockets) {
  UnixStream a, b;
  ASSERT_OK(mio_unix_stream_pair(&a, &b));
  ASSERT_OK(poll_->Register(&b->source, 1, MIO_READABLE));
  mio_handle own = MIO_HANDLE_NONE;
  ASSERT_OK(mio_unix_stream_handle(&a, &own));
  ExpectNoAllocation(kThousands, [&](int times) {
    char byte = 'x';
    for (int i = 0; i < times; ++i) {
      const mio_iovec buffer = {&byte, 1};
      // Room for more than what comes: a short read drains the stream.
      char bytes[2];
      const mio_iovec room = {bytes, sizeof bytes};
      mio_handle fds[2] = {own, own}, got[1];
      mio_unix_ancillary with = {};
      with.fds = fds;
      with.fd_count = 2;
      if (mio_unix_stream_write_with(&a, &buffer, 1, &with) != 1) return false;
      if (!WaitForEvent()) return false;
      with.fds = got;
      with.fd_capacity = 1;
      if (mio_unix_stream_read_with(&b, &room, 1, &with) != 1) return false;
      if (with.fd_count != 1 || !with.fds_lost) return false;
      mio_pipe_receiver end = {};
      if (mio_pipe_receiver_adopt(&end, got[0]) < 0) return false;
      mio_pipe_receiver_close(&end);
    }
    return true;
  });
}

}  // namespace
}  // namespace mio_test
