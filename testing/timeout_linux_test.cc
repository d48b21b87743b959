// Timeouts without epoll_pwait2(2), which an older kernel or a sandbox does not have.

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing/timeouts.h"
#include "testing/util.h"

namespace mio_test {
namespace {

constexpr mio_token kWaker = 1;

#if !defined(SYS_epoll_pwait2)
#define SYS_epoll_pwait2 441
#endif

// Makes the kernel answer `error` to epoll_pwait2, for this process and for good.
bool ForbidPwait2(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

// What the child process answers.
enum { kKept, kCutShort, kWaitFailed, kNoEvent, kNoFilter };

int WaitWithoutPwait2(int error) {
  mio_poll poll = {};
  mio_events events = {};
  mio_waker waker = {};
  if (mio_poll_init(&poll, nullptr) < 0 || mio_events_init(&events, 8) < 0) return kWaitFailed;
  if (!ForbidPwait2(error)) return kNoFilter;
  for (int round = 0; round < 2; ++round) { /* the first is refused, the second knows */
    for (const uint64_t timeout_ns : kShort) {
      const uint64_t start = NowNs();
      if (mio_poll_wait(&poll, &events, timeout_ns) < 0) return kWaitFailed;
      if (NowNs() - start < timeout_ns) return kCutShort;
    }
  }
  if (mio_waker_init(&waker, mio_poll_registry(&poll), kWaker) < 0) return kWaitFailed;
  for (const uint64_t timeout_ns : kVeryLong) {
    if (mio_waker_wake(&waker) < 0) return kWaitFailed;
    if (mio_poll_wait(&poll, &events, timeout_ns) < 0) return kWaitFailed;
    if (mio_events_count(&events) != 1) return kNoEvent;
  }
  mio_waker_close(&waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
  return kKept;
}

class TimeoutLinux : public ::testing::TestWithParam<int> {};

TEST_P(TimeoutLinux, IsKeptInWholeMillisecondsWithoutPwait2) {
  if (SelectorName() == "kqueue") GTEST_SKIP() << "kqueue has another call";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(WaitWithoutPwait2(GetParam()));
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  ASSERT_TRUE(WIFEXITED(status)) << status;
  if (WEXITSTATUS(status) == kNoFilter) GTEST_SKIP() << "this machine allows no seccomp filters";
  EXPECT_EQ(kKept, WEXITSTATUS(status));
}

INSTANTIATE_TEST_SUITE_P(Pwait2, TimeoutLinux, ::testing::Values(ENOSYS, EPERM),
                         [](const ::testing::TestParamInfo<int> &test) {
                           return test.param == ENOSYS ? "ENOSYS" : "EPERM";
                         });

}  // namespace
}  // namespace mio_test
