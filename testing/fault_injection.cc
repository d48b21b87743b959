#include "testing/fault_injection.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#if !defined(SYS_epoll_pwait2)
#define SYS_epoll_pwait2 441
#endif

#if defined(__i386__)
// All six arguments are in registers, one of them in that of the frame: no place for a compiler.
__asm__(
    ".text\n"
    "MioTestKernel:\n"
    "  pushl %ebp\n"
    "  pushl %edi\n"
    "  pushl %esi\n"
    "  pushl %ebx\n"
    "  movl 20(%esp), %eax\n"
    "  movl 24(%esp), %ebx\n"
    "  movl 28(%esp), %ecx\n"
    "  movl 32(%esp), %edx\n"
    "  movl 36(%esp), %esi\n"
    "  movl 40(%esp), %edi\n"
    "  movl 44(%esp), %ebp\n"
    "  int $0x80\n"
    "  popl %ebx\n"
    "  popl %esi\n"
    "  popl %edi\n"
    "  popl %ebp\n"
    "  ret\n");
extern "C" long MioTestKernel(long number, long a, long b, long c, long d, long e, long f);
#endif

namespace mio_test {
namespace {

constexpr int kMaxCalls = 16384;

struct Record {
  bool listening;
  int count;
  int fail_from;
  int fail_count;
  int error;
  bool struck;
  int stray_closes;
  Sys calls[kMaxCalls];
};

thread_local Record record;

#if defined(__x86_64__)
// The kernel itself, without the C library's syscall(), which is among what is replaced here.
long Kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define SEES_RAW_CALLS 1
#elif defined(__aarch64__)
long Kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#define SEES_RAW_CALLS 1
#elif defined(__s390x__)
long Kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long r1 __asm__("r1") = number;
  register long r2 __asm__("r2") = a;
  register long r3 __asm__("r3") = b;
  register long r4 __asm__("r4") = c;
  register long r5 __asm__("r5") = d;
  register long r6 __asm__("r6") = e;
  register long r7 __asm__("r7") = f;
  __asm__ volatile("svc 0"
                   : "+r"(r2)
                   : "r"(r1), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7)
                   : "memory");
  return r2;
}
#define SEES_RAW_CALLS 1
#elif defined(__i386__)
long Kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return MioTestKernel(number, a, b, c, d, e, f);
}
#define SEES_RAW_CALLS 1
#else
extern "C" long syscall(long number, ...);
long Kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  const long result = syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}
#define SEES_RAW_CALLS 0
#endif

// A kernel's result as the C library hands it on.
long Finish(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// Notes a call. True if it has to fail, with errno set.
bool Strike(Sys sys) {
  Record &r = record;
  if (!r.listening) return false;
  if (r.count == kMaxCalls) abort();
  r.calls[r.count] = sys;
  const int index = r.count++;
  if (index < r.fail_from || index - r.fail_from >= r.fail_count) return false;
  r.struck = true;
  errno = r.error;
  return true;
}

template <typename T>
long Word(T value) {
  return (long)value;
}

template <typename... Args>
long Call(Sys sys, long number, Args... args) {
  if (Strike(sys)) return -1;
  return Finish(Kernel(number, Word(args)...));
}

#if defined(SYS_fcntl64)
constexpr long kFcntl = SYS_fcntl64;
#else
constexpr long kFcntl = SYS_fcntl;
#endif

#if defined(SYS_ppoll_time64)
constexpr long kPpoll = SYS_ppoll_time64;
#else
constexpr long kPpoll = SYS_ppoll;
#endif

// struct __kernel_timespec.
struct KernelTime {
  int64_t seconds;
  int64_t nanoseconds;
};

constexpr long kSigsetSize = 8;

}  // namespace

// Under names of their own, so that what the system's headers say of these functions (which of them
// throw nothing, and in which C library) does not matter.
extern "C" {

int MioSocket(int family, int type, int protocol) __asm__("socket");
int MioSocket(int family, int type, int protocol) {
  return (int)Call(Sys::kSocket, SYS_socket, family, type, protocol);
}

int MioSocketpair(int family, int type, int protocol, int *out) __asm__("socketpair");
int MioSocketpair(int family, int type, int protocol, int *out) {
  return (int)Call(Sys::kSocket, SYS_socketpair, family, type, protocol, out);
}

int MioBind(int fd, const sockaddr *name, socklen_t len) __asm__("bind");
int MioBind(int fd, const sockaddr *name, socklen_t len) {
  return (int)Call(Sys::kBind, SYS_bind, fd, name, len);
}

int MioListen(int fd, int backlog) __asm__("listen");
int MioListen(int fd, int backlog) { return (int)Call(Sys::kListen, SYS_listen, fd, backlog); }

int MioConnect(int fd, const sockaddr *name, socklen_t len) __asm__("connect");
int MioConnect(int fd, const sockaddr *name, socklen_t len) {
  return (int)Call(Sys::kConnect, SYS_connect, fd, name, len);
}

int MioAccept(int fd, sockaddr *name, socklen_t *len) __asm__("accept");
int MioAccept(int fd, sockaddr *name, socklen_t *len) {
  return (int)Call(Sys::kAccept, SYS_accept4, fd, name, len, 0);
}

int MioAccept4(int fd, sockaddr *name, socklen_t *len, int flags) __asm__("accept4");
int MioAccept4(int fd, sockaddr *name, socklen_t *len, int flags) {
  return (int)Call(Sys::kAccept, SYS_accept4, fd, name, len, flags);
}

int MioShutdown(int fd, int how) __asm__("shutdown");
int MioShutdown(int fd, int how) { return (int)Call(Sys::kShutdown, SYS_shutdown, fd, how); }

int MioGetsockname(int fd, sockaddr *name, socklen_t *len) __asm__("getsockname");
int MioGetsockname(int fd, sockaddr *name, socklen_t *len) {
  return (int)Call(Sys::kGetName, SYS_getsockname, fd, name, len);
}

int MioGetpeername(int fd, sockaddr *name, socklen_t *len) __asm__("getpeername");
int MioGetpeername(int fd, sockaddr *name, socklen_t *len) {
  return (int)Call(Sys::kGetName, SYS_getpeername, fd, name, len);
}

int MioGetsockopt(int fd, int level, int name, void *value, socklen_t *len) __asm__("getsockopt");
int MioGetsockopt(int fd, int level, int name, void *value, socklen_t *len) {
  return (int)Call(Sys::kGetOption, SYS_getsockopt, fd, level, name, value, len);
}

int MioSetsockopt(int fd, int level, int name, const void *value,
                  socklen_t len) __asm__("setsockopt");
int MioSetsockopt(int fd, int level, int name, const void *value, socklen_t len) {
  return (int)Call(Sys::kSetOption, SYS_setsockopt, fd, level, name, value, len);
}

// Not pipe: the undefined behaviour sanitizer calls it, to find out whether memory can be read, and
// the library has pipe2 wherever this file compiles.
int MioPipe2(int *out, int flags) __asm__("pipe2");
int MioPipe2(int *out, int flags) { return (int)Call(Sys::kPipe, SYS_pipe2, out, flags); }

int MioEventfd(unsigned int value, int flags) __asm__("eventfd");
int MioEventfd(unsigned int value, int flags) {
  return (int)Call(Sys::kEventfd, SYS_eventfd2, value, flags);
}

int MioEpollCreate1(int flags) __asm__("epoll_create1");
int MioEpollCreate1(int flags) { return (int)Call(Sys::kEpollCreate, SYS_epoll_create1, flags); }

int MioEpollCtl(int epoll, int operation, int fd, void *event) __asm__("epoll_ctl");
int MioEpollCtl(int epoll, int operation, int fd, void *event) {
  return (int)Call(Sys::kEpollCtl, SYS_epoll_ctl, epoll, operation, fd, event);
}

int MioEpollWait(int epoll, void *events, int capacity, int timeout_ms) __asm__("epoll_wait");
int MioEpollWait(int epoll, void *events, int capacity, int timeout_ms) {
  return (int)Call(Sys::kEpollWait, SYS_epoll_pwait, epoll, events, capacity, timeout_ms, 0,
                   kSigsetSize);
}

int MioEpollPwait(int epoll, void *events, int capacity, int timeout_ms,
                  const sigset_t *mask) __asm__("epoll_pwait");
int MioEpollPwait(int epoll, void *events, int capacity, int timeout_ms, const sigset_t *mask) {
  return (int)Call(Sys::kEpollWait, SYS_epoll_pwait, epoll, events, capacity, timeout_ms, mask,
                   kSigsetSize);
}

int MioPoll(pollfd *fds, nfds_t count, int timeout_ms) __asm__("poll");
int MioPoll(pollfd *fds, nfds_t count, int timeout_ms) {
  KernelTime time = {timeout_ms / 1000, static_cast<int64_t>(timeout_ms % 1000) * 1000000};
  return (int)Call(Sys::kPoll, kPpoll, fds, count, timeout_ms < 0 ? nullptr : &time, 0,
                   kSigsetSize);
}

int MioPpoll(pollfd *fds, nfds_t count, const timespec *timeout,
             const sigset_t *mask) __asm__("ppoll");
int MioPpoll(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask) {
  KernelTime time = {0, 0};
  if (timeout != nullptr) time = {timeout->tv_sec, timeout->tv_nsec};
  return (int)Call(Sys::kPoll, kPpoll, fds, count, timeout == nullptr ? nullptr : &time, mask,
                   kSigsetSize);
}

int MioFcntl(int fd, int command, ...) __asm__("fcntl");
int MioFcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return (int)Call(Sys::kFcntl, kFcntl, fd, command, argument);
}

int MioIoctl(int fd, unsigned long request, ...) __asm__("ioctl");
int MioIoctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return (int)Call(Sys::kIoctl, SYS_ioctl, fd, request, argument);
}

int MioDup(int fd) __asm__("dup");
int MioDup(int fd) { return (int)Call(Sys::kDup, SYS_dup, fd); }

int MioDup3(int from, int to, int flags) __asm__("dup3");
int MioDup3(int from, int to, int flags) { return (int)Call(Sys::kDup, SYS_dup3, from, to, flags); }

int MioClose(int fd) __asm__("close");
int MioClose(int fd) {
  const bool strike = Strike(Sys::kClose);
  const long result = Kernel(SYS_close, fd);
  if (result == -EBADF && record.listening) ++record.stray_closes;
  if (!strike) return (int)Finish(result);
  errno = record.error;
  return -1;
}

ssize_t MioRead(int fd, void *buffer, size_t len) __asm__("read");
ssize_t MioRead(int fd, void *buffer, size_t len) {
  return Call(Sys::kRead, SYS_read, fd, buffer, len);
}

ssize_t MioReadv(int fd, const iovec *buffers, int count) __asm__("readv");
ssize_t MioReadv(int fd, const iovec *buffers, int count) {
  return Call(Sys::kRead, SYS_readv, fd, buffers, count);
}

ssize_t MioRecv(int fd, void *buffer, size_t len, int flags) __asm__("recv");
ssize_t MioRecv(int fd, void *buffer, size_t len, int flags) {
  return Call(Sys::kRead, SYS_recvfrom, fd, buffer, len, flags, 0, 0);
}

ssize_t MioRecvfrom(int fd, void *buffer, size_t len, int flags, sockaddr *name,
                    socklen_t *name_len) __asm__("recvfrom");
ssize_t MioRecvfrom(int fd, void *buffer, size_t len, int flags, sockaddr *name,
                    socklen_t *name_len) {
  return Call(Sys::kRead, SYS_recvfrom, fd, buffer, len, flags, name, name_len);
}

ssize_t MioWrite(int fd, const void *buffer, size_t len) __asm__("write");
ssize_t MioWrite(int fd, const void *buffer, size_t len) {
  return Call(Sys::kWrite, SYS_write, fd, buffer, len);
}

ssize_t MioWritev(int fd, const iovec *buffers, int count) __asm__("writev");
ssize_t MioWritev(int fd, const iovec *buffers, int count) {
  return Call(Sys::kWrite, SYS_writev, fd, buffers, count);
}

ssize_t MioSend(int fd, const void *buffer, size_t len, int flags) __asm__("send");
ssize_t MioSend(int fd, const void *buffer, size_t len, int flags) {
  return Call(Sys::kWrite, SYS_sendto, fd, buffer, len, flags, 0, 0);
}

ssize_t MioSendto(int fd, const void *buffer, size_t len, int flags, const sockaddr *name,
                  socklen_t name_len) __asm__("sendto");
ssize_t MioSendto(int fd, const void *buffer, size_t len, int flags, const sockaddr *name,
                  socklen_t name_len) {
  return Call(Sys::kWrite, SYS_sendto, fd, buffer, len, flags, name, name_len);
}

// musl on 32-bit systems has these two rewrite control messages, which no suite looks at.
ssize_t MioRecvmsg(int fd, msghdr *message, int flags) __asm__("recvmsg");
ssize_t MioRecvmsg(int fd, msghdr *message, int flags) {
  return Call(Sys::kRead, SYS_recvmsg, fd, message, flags);
}

ssize_t MioSendmsg(int fd, const msghdr *message, int flags) __asm__("sendmsg");
ssize_t MioSendmsg(int fd, const msghdr *message, int flags) {
  return Call(Sys::kWrite, SYS_sendmsg, fd, message, flags);
}

int MioRecvmmsg(int fd, void *messages, unsigned count, int flags,
                void *timeout) __asm__("recvmmsg");
int MioRecvmmsg(int fd, void *messages, unsigned count, int flags, void *timeout) {
  return (int)Call(Sys::kRead, SYS_recvmmsg, fd, messages, count, flags, timeout);
}

#if SEES_RAW_CALLS
long MioSyscall(long number, ...) __asm__("syscall");
long MioSyscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long &word : a) word = va_arg(list, long);
  va_end(list);
  const Sys sys = number == SYS_epoll_pwait2 ? Sys::kEpollWait
                  : number == SYS_sendmmsg   ? Sys::kWrite
                                             : Sys::kOther;
  return Call(sys, number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
#endif

}  // extern "C"

const char *SysName(Sys sys) {
  static const char *const names[] = {
      "accept",    "bind",       "close",   "connect", "dup",     "epoll_create",
      "epoll_ctl", "epoll_wait", "eventfd", "fcntl",   "getname", "getsockopt",
      "ioctl",     "listen",     "pipe",    "poll",    "read",    "setsockopt",
      "shutdown",  "socket",     "write",   "syscall"};
  return names[static_cast<int>(sys)];
}

Faults::Faults(int index, int error, int times) {
  record.count = 0;
  record.fail_from = index;
  record.fail_count = index < 0 ? 0 : times;
  record.error = error;
  record.struck = false;
  record.stray_closes = 0;
  record.listening = true;
}

Faults::~Faults() { record.listening = false; }

int Faults::count() const { return record.count; }

int Faults::count(Sys sys) const {
  return static_cast<int>(std::count(record.calls, record.calls + record.count, sys));
}

std::vector<Sys> Faults::calls() const {
  return std::vector<Sys>(record.calls, record.calls + record.count);
}

bool Faults::struck() const { return record.struck; }

int Faults::stray_closes() const { return record.stray_closes; }

std::string Faults::Describe() const {
  std::string text;
  for (int i = 0; i < record.count; ++i) {
    if (i > 0) text += ' ';
    text += SysName(record.calls[i]);
  }
  return text;
}

bool Faults::SeesRawCalls() { return SEES_RAW_CALLS; }

bool HasEpollPwait2() { return Kernel(SYS_epoll_pwait2, -1) == -EBADF; }

std::vector<int> OpenDescriptors() {
  std::vector<int> open;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == nullptr) return open;
  while (const dirent *entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) open.push_back(fd);
  }
  closedir(directory);
  std::sort(open.begin(), open.end());
  return open;
}

}  // namespace mio_test
