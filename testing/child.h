#ifndef TESTING_CHILD_H_
#define TESTING_CHILD_H_

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "gtest/gtest.h"

namespace mio_test {

// Runs `work` in a forked child, for what would change or end this process. Its expectations count:
// what fails there is printed there and fails here. Call it while no other thread
// may be inside the C library's stdio or GoogleTest, whose locks the child would wait for.
template <typename Work>
::testing::AssertionResult InChild(Work work) {
  fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return ::testing::AssertionFailure() << "fork failed";
  if (pid == 0) {
    alarm(60);
    const bool failed_before = ::testing::Test::HasFailure();
    work();
    fflush(nullptr);
    _exit(!failed_before && ::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return ::testing::AssertionFailure() << "ended by signal " << WTERMSIG(status);
  }
  if (WEXITSTATUS(status) == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "exit code " << WEXITSTATUS(status);
}

}  // namespace mio_test

#endif  // TESTING_CHILD_H_
