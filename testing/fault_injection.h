#ifndef TESTING_FAULT_INJECTION_H_
#define TESTING_FAULT_INJECTION_H_

#include <string>
#include <vector>

// System calls, counted and failed. fault_injection.cc defines socket, epoll_ctl, close and the
// like in the test's own binary, so that the library's calls arrive there, and passes them on to
// the kernel. A suite that uses it is linked with that file and with the library as archives.
namespace mio_test {

enum class Sys : unsigned char {
  kAccept,
  kBind,
  kClose,
  kConnect,
  kDup,
  kEpollCreate,
  kEpollCtl,
  kEpollWait,  // epoll_wait, epoll_pwait and epoll_pwait2
  kEventfd,
  kFcntl,
  kGetName,  // getsockname and getpeername
  kGetOption,
  kIoctl,
  kListen,
  kPipe,
  kPoll,  // poll and ppoll
  kRead,  // read, readv, recv, recvfrom, recvmsg and recvmmsg
  kSetOption,
  kShutdown,
  kSocket,  // socket and socketpair
  kWrite,   // write, writev, send, sendto, sendmsg and sendmmsg
  kOther    // anything through syscall(2)
};

const char *SysName(Sys sys);

// While one lives, the system calls of its thread are recorded, and one of them may fail. At most
// one at a time in a thread; nothing is allocated while it listens.
class Faults {
 public:
  // Records only.
  Faults() : Faults(-1, 0) {}

  // The call number `index`, counted from 0, fails with the errno `error` and without having done
  // anything; but a close closes all the same, as Linux does.
  Faults(int index, int error) : Faults(index, error, 1) {}

  // The same for `times` calls from number `index` on.
  Faults(int index, int error, int times);
  ~Faults();
  Faults(const Faults &) = delete;
  Faults &operator=(const Faults &) = delete;

  // How many calls there were, and how many of a kind.
  int count() const;
  int count(Sys sys) const;

  // The kinds of the calls, in their order.
  std::vector<Sys> calls() const;

  // Whether the call that was to fail was made.
  bool struck() const;

  // How often something was closed that was not open: somebody else's descriptor, had it been.
  int stray_closes() const;

  // "socket fcntl bind".
  std::string Describe() const;

  // Whether calls through syscall(2) are seen too, on this architecture.
  static bool SeesRawCalls();
};

// Whether the kernel has epoll_pwait2 (Linux 5.11), whatever the library was told of it.
bool HasEpollPwait2();

// The open descriptors of this process, ascending.
std::vector<int> OpenDescriptors();

}  // namespace mio_test

#endif  // TESTING_FAULT_INJECTION_H_
