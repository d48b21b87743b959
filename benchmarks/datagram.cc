// UDP datagrams of 1,200 bytes over loopback, 44 a step: one call each, many a call (sendmmsg, recvmmsg),
// and as the segments of one message (UDP_SEGMENT, UDP_GRO). Rows send_... only send, to a socket whose
// buffer is full, so that they have nothing of the receiver's costs. Rows exchange_... receive as well.

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/harness.h"
#include "benchmarks/peers/peers.h"
#include "mio/mio.h"

#if MIO_BENCH_UNIX
#include <netinet/in.h>
#include <sys/socket.h>
#endif
#if MIO_BENCH_EPOLL
#include <netinet/udp.h>
#endif

namespace mio_bench {
namespace {

constexpr size_t kCount = 44;
constexpr size_t kLen = 1200;
constexpr size_t kRoom = 65536;

// Two sockets on loopback, and the memory that all peers send from and receive into.
struct Ends {
  mio_udp_socket from = {}, to = {};
  mio_addr addr = {};
  std::string out = std::string(kCount * kLen, 'x');
  std::vector<std::string> in = std::vector<std::string>(kCount, std::string(kRoom, '\0'));

  Ends() = default;
  Ends(const Ends &) = delete;
  Ends &operator=(const Ends &) = delete;
  ~Ends() {
    mio_udp_socket_close(&from);
    mio_udp_socket_close(&to);
  }
  bool Open() {
    addr = mio_addr_loopback_v4(0);
    return mio_udp_socket_bind(&from, &addr) == 0 && mio_udp_socket_bind(&to, &addr) == 0 &&
           mio_udp_socket_local_addr(&to, &addr) == 0;
  }
};

enum class How { kEach, kMany, kSegments };

// Sends a step's datagrams, and receives them, through mio.
class MioCalls {
 public:
  const char *Open(Ends *ends, How how) {
    ends_ = ends;
    how_ = how;
    const uint32_t has = mio_udp_batch_supports(&ends->to);
    if (how == How::kMany && (has & MIO_UDP_SEND_MANY) == 0) {
      return MIO_BENCH_UNSUPPORTED "no call for many datagrams";
    }
    const uint32_t segments = MIO_UDP_SEND_SEGMENTS | MIO_UDP_RECV_COALESCED;
    if (how == How::kSegments && (has & segments) != segments) {
      return MIO_BENCH_UNSUPPORTED "no segments";
    }
    const uint32_t wanted = how == How::kSegments ? MIO_UDP_RECV_COALESCED : 0;
    if (mio_udp_batch_init(&sender_, &ends->from, 0) != 0 ||
        mio_udp_batch_init(&receiver_, &ends->to, wanted) != 0) {
      return "no batch";
    }
    for (size_t i = 0; i < kCount; ++i) {
      sent_[i] = {};
      sent_[i].buffer = &ends->out[i * kLen];
      sent_[i].len = kLen;
      sent_[i].peer = ends->addr;
      received_[i] = {};
      received_[i].buffer = &ends->in[i][0];
      received_[i].capacity = kRoom;
    }
    if (how == How::kSegments) {
      sent_[0].len = kCount * kLen;
      sent_[0].segment_len = kLen;
    }
    return nullptr;
  }
  void Send() {
    if (how_ == How::kEach) {
      for (size_t i = 0; i < kCount; ++i) {
        mio_udp_socket_send_to(&ends_->from, sent_[i].buffer, kLen, &ends_->addr);
      }
      return;
    }
    const size_t count = how_ == How::kMany ? kCount : 1;
    for (size_t i = 0; i < count; ++i) sent_[i].sent = 0;
    Require(mio_udp_batch_send(&sender_, sent_, count) == static_cast<ptrdiff_t>(count), "send");
  }
  size_t Receive() {
    if (how_ == How::kEach) {
      mio_addr from;
      const ptrdiff_t n = mio_udp_socket_recv_from(&ends_->to, &ends_->in[0][0], kRoom, &from);
      return n < 0 ? 0 : static_cast<size_t>(n);
    }
    const ptrdiff_t n = mio_udp_batch_recv(&receiver_, received_, how_ == How::kMany ? kCount : 1);
    size_t bytes = 0;
    for (ptrdiff_t i = 0; i < n; ++i) bytes += received_[i].len;
    return bytes;
  }

 private:
  Ends *ends_ = nullptr;
  How how_ = How::kEach;
  mio_udp_batch sender_ = {}, receiver_ = {};
  mio_udp_message sent_[kCount], received_[kCount];
};

#if MIO_BENCH_UNIX && MIO_BENCH_RAW

// The system's own calls, with structs that are filled in once.
class RawCalls {
 public:
  const char *Open(Ends *ends, How how) {
    ends_ = ends;
    how_ = how;
    mio_udp_socket_handle(&ends->from, &from_);
    mio_udp_socket_handle(&ends->to, &to_);
    name_.sin_family = AF_INET;
    name_.sin_port = htons(ends->addr.port);
    name_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
#if MIO_BENCH_EPOLL
    return OpenLinux();
#else
    return how == How::kEach ? nullptr : MIO_BENCH_UNSUPPORTED "no raw calls";
#endif
  }
  void Send() {
    if (how_ == How::kEach) {
      for (size_t i = 0; i < kCount; ++i) {
        sendto(from_, &ends_->out[i * kLen], kLen, MSG_NOSIGNAL,
               reinterpret_cast<sockaddr *>(&name_), sizeof name_);
      }
      return;
    }
#if MIO_BENCH_EPOLL
    if (how_ == How::kMany) {
      Require(sendmmsg(from_, sent_, kCount, MSG_NOSIGNAL) == kCount, "sendmmsg");
    } else {
      Require(sendmsg(from_, &sent_[0].msg_hdr, MSG_NOSIGNAL) == kCount * kLen, "sendmsg");
    }
#endif
  }
  size_t Receive() {
    sockaddr_in names[kCount];
    if (how_ == How::kEach) {
      socklen_t len = sizeof names[0];
      const ssize_t n =
          recvfrom(to_, &ends_->in[0][0], kRoom, 0, reinterpret_cast<sockaddr *>(&names[0]), &len);
      return n < 0 ? 0 : static_cast<size_t>(n);
    }
    size_t bytes = 0;
#if MIO_BENCH_EPOLL
    const unsigned count = how_ == How::kMany ? kCount : 1;
    for (unsigned i = 0; i < count; ++i) {
      received_[i].msg_hdr.msg_name = &names[i];
      received_[i].msg_hdr.msg_namelen = sizeof names[i];
      received_[i].msg_hdr.msg_control = how_ == How::kSegments ? in_control_ : nullptr;
      received_[i].msg_hdr.msg_controllen = how_ == How::kSegments ? sizeof in_control_ : 0;
    }
    if (how_ == How::kSegments) {
      const ssize_t n = recvmsg(to_, &received_[0].msg_hdr, 0);
      return n < 0 ? 0 : static_cast<size_t>(n);
    }
    const int n = recvmmsg(to_, received_, count, 0, nullptr);
    for (int i = 0; i < n; ++i) bytes += received_[i].msg_len;
#endif
    return bytes;
  }

 private:
#if MIO_BENCH_EPOLL
  const char *OpenLinux() {
    for (size_t i = 0; i < kCount; ++i) {
      out_buffers_[i] = {&ends_->out[i * kLen], kLen};
      in_buffers_[i] = {&ends_->in[i][0], kRoom};
      sent_[i] = {};
      sent_[i].msg_hdr.msg_name = &name_;
      sent_[i].msg_hdr.msg_namelen = sizeof name_;
      sent_[i].msg_hdr.msg_iov = &out_buffers_[i];
      sent_[i].msg_hdr.msg_iovlen = 1;
      received_[i] = {};
      received_[i].msg_hdr.msg_iov = &in_buffers_[i];
      received_[i].msg_hdr.msg_iovlen = 1;
    }
    if (how_ != How::kSegments) return nullptr;
    // UDP_GRO and UDP_SEGMENT, which not every C library's headers have.
    constexpr int kGro = 104, kSegment = 103;
    const int on = 1;
    if (setsockopt(to_, IPPROTO_UDP, kGro, &on, sizeof on) != 0) {
      return MIO_BENCH_UNSUPPORTED "no segments";
    }
    out_buffers_[0].iov_len = kCount * kLen;
    sent_[0].msg_hdr.msg_control = out_control_;
    sent_[0].msg_hdr.msg_controllen = sizeof out_control_;
    cmsghdr *header = CMSG_FIRSTHDR(&sent_[0].msg_hdr);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = kSegment;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const uint16_t len = kLen;
    memcpy(CMSG_DATA(header), &len, sizeof len);
    return nullptr;
  }

  mmsghdr sent_[kCount], received_[kCount];
  iovec out_buffers_[kCount], in_buffers_[kCount];
  alignas(cmsghdr) char out_control_[CMSG_SPACE(sizeof(uint16_t))] = {};
  alignas(cmsghdr) char in_control_[CMSG_SPACE(sizeof(int))];
#endif
  Ends *ends_ = nullptr;
  How how_ = How::kEach;
  mio_handle from_ = -1, to_ = -1;
  sockaddr_in name_ = {};
};

#endif

template <typename Calls>
class Datagrams : public Repeated<Datagrams<Calls>> {
 public:
  Datagrams(How how, bool receives) : how_(how), receives_(receives) {}
  const char *Open() override {
    if (!ends_.Open()) return "no sockets";
    const char *why_not = calls_.Open(&ends_, how_);
    if (why_not != nullptr || receives_) return why_not;
    for (int i = 0; i < 100; ++i) calls_.Send();  // until the receiver's buffer is full
    return nullptr;
  }
  void Step() {
    calls_.Send();
    if (!receives_) return;
    for (size_t bytes = 0; bytes < kCount * kLen;) {
      const size_t got = calls_.Receive();
      Require(got > 0, "receive");
      bytes += got;
    }
  }

 private:
  How how_;
  bool receives_;
  Ends ends_;
  Calls calls_;
};

int AddAll() {
  Measure measure;
  measure.items = kCount;
  const std::pair<const char *, How> ways[] = {
      {"each", How::kEach}, {"many", How::kMany}, {"segments", How::kSegments}};
  for (const bool receives : {false, true}) {
    for (const auto &way : ways) {
      const std::string row =
          std::string("datagram/") + (receives ? "exchange_" : "send_") + way.first + "/";
      AddWork<Datagrams<MioCalls>>(row + "mio", measure, way.second, receives);
#if MIO_BENCH_UNIX && MIO_BENCH_RAW
      AddWork<Datagrams<RawCalls>>(row + RawLoop<Handler>::kName, measure, way.second, receives);
#endif
    }
  }
  return 0;
}

const int kAdded = AddAll();

}  // namespace
}  // namespace mio_bench
