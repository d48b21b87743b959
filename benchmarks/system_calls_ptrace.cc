// Counts system calls with ptrace: it needs no rights and no tool, and misses none, however it is made.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "benchmarks/harness.h"

namespace mio_bench {
namespace {

// Calls that the kernel refuses and nobody else makes: what lies between them counts.
constexpr long kBegin = -0x6d696f31;
constexpr long kEnd = -0x6d696f32;

constexpr int kCannot = 90;
constexpr unsigned kLimitS = 60;

[[noreturn]] void Child(const MakeWork &make, int64_t steps) {
  alarm(kLimitS);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kCannot);
  raise(SIGSTOP);
  const std::unique_ptr<Work> work = make();
  if (work->Open() != nullptr) _exit(kCannot + 1);
  work->Steps(steps);
  syscall(SYS_getsid, kBegin);
  work->Steps(steps);
  syscall(SYS_getsid, kEnd);
  _exit(0);
}

// What a stop of a thread is, as far as it matters here.
struct Tally {
  bool counting = false;
  double calls = 0;

  void Enter(const __ptrace_syscall_info &info) {
    if (info.entry.nr == SYS_getsid) {
      const long mark = static_cast<int>(info.entry.args[0]);
      if (mark == kBegin) counting = true;
      if (mark == kEnd) counting = false;
      if (mark == kBegin || mark == kEnd) return;
    }
    if (counting) ++calls;
  }
};

// Follows the child and its threads to their end; the exit status of the child.
int Follow(pid_t child, Tally *tally) {
  for (;;) {
    int status = 0;
    const pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0) return errno == EINTR ? 0 : kCannot;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (thread != child) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : kCannot + 2;
    }
    long signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      __ptrace_syscall_info info = {};
      ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) tally->Enter(info);
      signal = 0;
    } else if (signal == SIGTRAP || signal == SIGSTOP) {
      signal = 0;
    }
    ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
  }
}

}  // namespace

double SystemCalls(const MakeWork &make, int64_t steps, std::string *why_not) {
  fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    *why_not = "fork failed";
    return -1;
  }
  if (child == 0) Child(make, steps);
  int status = 0;
  waitpid(child, &status, __WALL);
  if (WIFSTOPPED(status)) {
    ptrace(PTRACE_SETOPTIONS, child, nullptr,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    ptrace(PTRACE_SYSCALL, child, nullptr, 0L);
    Tally tally;
    status = Follow(child, &tally);
    if (status == 0) return tally.calls;
  }
  *why_not = "system calls were not counted: the traced child did not finish";
  return -1;
}

}  // namespace mio_bench
