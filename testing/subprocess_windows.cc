// clang-format off
#include <windows.h>
#include <io.h>
// clang-format on

#include <algorithm>
#include <csignal>
#include <iterator>

#include "gtest/gtest.h"
#include "testing/subprocess.h"
#include "testing/util.h"

// Here `pid_` is the process's handle, which keeps its number from being somebody else's.
namespace mio_test {
namespace {

HANDLE Process(pid_t pid) { return reinterpret_cast<HANDLE>(static_cast<INT_PTR>(pid)); }

HANDLE Pipe(int output) { return reinterpret_cast<HANDLE>(_get_osfhandle(output)); }

// No argument of a test has quotes or backslashes before one in it.
std::string CommandLine(const std::vector<std::string> &arguments) {
  std::string line;
  for (const std::string &argument : arguments) {
    if (!line.empty()) line += ' ';
    line += '"' + argument + '"';
  }
  return line;
}

}  // namespace

Subprocess::Subprocess(const std::vector<std::string> &arguments) { Spawn(arguments); }

void Subprocess::Spawn(const std::vector<std::string> &arguments) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
  HANDLE ours = nullptr, theirs = nullptr;
  ASSERT_TRUE(CreatePipe(&ours, &theirs, &inherited, 0)) << GetLastError();
  SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0);
  output_ = _open_osfhandle(reinterpret_cast<intptr_t>(ours), 0);

  STARTUPINFOA startup = {};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  startup.hStdOutput = theirs;
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  PROCESS_INFORMATION made = {};
  std::string line = CommandLine(arguments);
  const BOOL began = CreateProcessA(arguments[0].c_str(), &line[0], nullptr, nullptr, TRUE, 0,
                                    nullptr, nullptr, &startup, &made);
  const DWORD error = GetLastError();
  ::CloseHandle(theirs);
  ASSERT_TRUE(began) << arguments[0] << ": " << error;
  ::CloseHandle(made.hThread);
  pid_ = static_cast<pid_t>(reinterpret_cast<INT_PTR>(made.hProcess));
}

Subprocess::~Subprocess() {
  if (pid_ > 0) {
    TerminateProcess(Process(pid_), 1);
    Reap();
  }
  if (output_ >= 0) _close(output_);
}

// A pipe of this kind can be waited for by reading only, which has no bound: it is looked at each few
// milliseconds instead.
bool Subprocess::ReadMore() {
  const uint64_t deadline = NowNs() + kLong;
  constexpr DWORD kPauseMs = 5;
  DWORD available = 0;
  while (available == 0) {
    const bool ended = WaitForSingleObject(Process(pid_), kPauseMs) == WAIT_OBJECT_0;
    if (!PeekNamedPipe(Pipe(output_), nullptr, 0, nullptr, &available, nullptr)) return false;
    if (available == 0 && ended) return false;
    if (NowNs() > deadline) {
      ADD_FAILURE() << "the child neither prints nor ends: killed";
      TerminateProcess(Process(pid_), 1);
      return false;
    }
  }
  char bytes[4096];
  DWORD got = 0;
  if (!ReadFile(Pipe(output_), bytes, std::min<DWORD>(available, sizeof bytes), &got, nullptr)) {
    return false;
  }
  // As text: standard output ends its lines with two characters here.
  std::remove_copy(bytes, bytes + got, std::back_inserter(buffer_), '\r');
  return true;
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

// The nearest to a signal that a process without a window or a console can be sent.
void Subprocess::Signal(int) {
  ASSERT_GT(pid_, 0);
  ASSERT_TRUE(TerminateProcess(Process(pid_), 128 + SIGTERM));
}

int Subprocess::Wait() {
  if (pid_ <= 0) return exit_code_;
  while (ReadMore()) continue;
  Reap();
  return exit_code_;
}

void Subprocess::Reap() {
  DWORD code = 0;
  WaitForSingleObject(Process(pid_), INFINITE);
  GetExitCodeProcess(Process(pid_), &code);
  ::CloseHandle(Process(pid_));
  pid_ = -1;
  exit_code_ = static_cast<int>(code);
}

}  // namespace mio_test
