#include "testing/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "gtest/gtest.h"
#include "testing/util.h"

extern char **environ;

namespace mio_test {

Subprocess::Subprocess(const std::vector<std::string> &arguments) { Spawn(arguments); }

void Subprocess::Spawn(const std::vector<std::string> &arguments) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0) << strerror(errno);
  output_ = ends[0];
  // Children of other threads must not keep the pipe open, which would hide its end from us.
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);

  std::vector<char *> argv;
  // What this program itself runs under, its children need as well: the kernel knows nothing of it.
  char *emulator = getenv("MIO_EMULATOR");
  if (emulator != nullptr) argv.push_back(emulator);
  for (const std::string &argument : arguments) argv.push_back(const_cast<char *>(argument.data()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) pid_ = -1;
  ASSERT_EQ(error, 0) << arguments[0] << ": " << strerror(error);
}

Subprocess::~Subprocess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    Reap();
  }
  if (output_ >= 0) close(output_);
}

bool Subprocess::ReadMore() {
  const uint64_t deadline = NowNs() + kLong;
  for (;;) {
    const uint64_t now = NowNs();
    const int left_ms = now < deadline ? static_cast<int>((deadline - now) / kMillisecond) : 0;
    pollfd waited = {output_, POLLIN, 0};
    const int ready = poll(&waited, 1, left_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      ADD_FAILURE() << "the child neither prints nor ends: killed";
      kill(pid_, SIGKILL);
      return false;
    }
    char bytes[4096];
    const ssize_t n = read(output_, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) buffer_.append(bytes, static_cast<size_t>(n));
    return n > 0;
  }
}

std::string Subprocess::ReadLine() {
  size_t end;
  while ((end = buffer_.find('\n')) == std::string::npos && ReadMore()) continue;
  const std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

std::string Subprocess::ReadAll() {
  while (ReadMore()) continue;
  std::string all;
  all.swap(buffer_);
  return all;
}

void Subprocess::Signal(int number) {
  ASSERT_GT(pid_, 0);
  ASSERT_EQ(kill(pid_, number), 0) << strerror(errno);
}

// The system closes a process's files before the process can be waited for, so once the output has
// ended the wait for the process is short.
int Subprocess::Wait() {
  if (pid_ <= 0) return exit_code_;
  while (ReadMore()) continue;
  Reap();
  return exit_code_;
}

void Subprocess::Reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return;
  }
  pid_ = -1;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace mio_test
