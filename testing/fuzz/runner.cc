#include "testing/fuzz/runner.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>

namespace mio_fuzz {
namespace {

// No program takes nearly as long, sanitizers and loaded machines included.
constexpr uint64_t kHangSeconds = 60;
constexpr size_t kTextMax = 65536;

// What a child and its parent share.
struct Shared {
  std::atomic<uint64_t> seed;
  std::atomic<uint64_t> programs, ops, waits, events;
  std::atomic<bool> failed;
  char what[1024];
  char code[kTextMax];
};

class SharedMemory {
 public:
  SharedMemory() {
    void *memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) abort();
    shared_ = new (memory) Shared{};
  }
  ~SharedMemory() { munmap(shared_, sizeof(Shared)); }
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;
  Shared *operator->() { return shared_; }

 private:
  Shared *shared_;
};

uint64_t NowSeconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec);
}

void Copy(const std::string &text, char *out, size_t size) {
  const size_t length = text.size() < size - 1 ? text.size() : size - 1;
  memcpy(out, text.data(), length);
  out[length] = 0;
}

// Runs `body` in a child, calls `look` meanwhile, and says how it ended: nothing if it exited.
std::string InChild(const std::function<void()> &body, const std::function<bool()> &is_hanging) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child < 0) return "no fork";
  if (child == 0) {
    close(ends[0]);
    body();
    _exit(0);
  }
  // The pipe ends with the child.
  close(ends[1]);
  pollfd entry = {ends[0], POLLIN, 0};
  bool killed = false;
  while (poll(&entry, 1, 1000) <= 0) {
    if (killed || !is_hanging()) continue;
    killed = true;
    kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (killed) return "hung";
  if (WIFSIGNALED(status)) return std::string("died of ") + strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "exited with " + std::to_string(WEXITSTATUS(status));
}

// Runs one program in a child and leaves what it says in `shared`.
std::string RunShared(const Program &program, const RunOptions &options, SharedMemory *shared) {
  (*shared)->failed = false;
  (*shared)->what[0] = (*shared)->code[0] = 0;
  const uint64_t began = NowSeconds();
  const std::string died = InChild(
      [&] {
        const Verdict verdict = Run(program, options);
        Copy(verdict.what, (*shared)->what, sizeof(*shared)->what);
        Copy(verdict.code, (*shared)->code, sizeof(*shared)->code);
        (*shared)->failed = verdict.failed;
      },
      [&] { return NowSeconds() - began > kHangSeconds; });
  if (!died.empty()) return died;
  return (*shared)->failed ? (*shared)->what : "";
}

// What of a failure stays the same when the program shrinks: its first words.
std::string KindOf(const std::string &what) {
  std::string kind;
  for (const char c : what) {
    if (c == '(') break;
    if (c < '0' || c > '9') kind += c;
  }
  return kind;
}

class Minimizer {
 public:
  Minimizer(const Program &program, const RunOptions &options)
      : program_(program), options_(options), kind_(KindOf(RunIsolated(program, options))) {}

  Program Run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t count = program_.size() / 2; count > 0; count /= 2) changed |= Drop(count);
      changed |= Simplify();
    }
    return program_;
  }

 private:
  bool Try(Program candidate) {
    if (KindOf(RunIsolated(candidate, options_)) != kind_) return false;
    program_ = std::move(candidate);
    return true;
  }

  // Leaves out `count` operations at a time.
  bool Drop(size_t count) {
    bool changed = false;
    for (size_t i = 0; i + count <= program_.size();) {
      Program candidate = program_;
      candidate.erase(candidate.begin() + static_cast<ptrdiff_t>(i),
                      candidate.begin() + static_cast<ptrdiff_t>(i + count));
      if (Try(std::move(candidate))) {
        changed = true;
      } else {
        ++i;
      }
    }
    return changed;
  }

  bool Simplify() {
    bool changed = false;
    for (size_t i = 0; i < program_.size(); ++i) {
      for (uint8_t Op::*field : {&Op::a, &Op::b, &Op::c}) {
        for (const int value : {0, 1, 2, 3}) {
          if (program_[i].*field <= value) break;
          Program candidate = program_;
          candidate[i].*field = static_cast<uint8_t>(value);
          if (!Try(std::move(candidate))) continue;
          changed = true;
          break;
        }
      }
    }
    return changed;
  }

  Program program_;
  const RunOptions options_;
  const std::string kind_;
};

void PrintProgress(SharedMemory *shared, uint64_t seconds) {
  printf("%llu s: seed %llu, %llu programs (%llu a second), %llu waits, %llu events\n",
         static_cast<unsigned long long>(seconds),
         static_cast<unsigned long long>((*shared)->seed.load()),
         static_cast<unsigned long long>((*shared)->programs.load()),
         static_cast<unsigned long long>((*shared)->programs.load() / (seconds > 0 ? seconds : 1)),
         static_cast<unsigned long long>((*shared)->waits.load()),
         static_cast<unsigned long long>((*shared)->events.load()));
  fflush(stdout);
}

}  // namespace

std::string RunIsolated(const Program &program, const RunOptions &options) {
  SharedMemory shared;
  return RunShared(program, options, &shared);
}

Finding Find(const Search &search) {
  SharedMemory shared;
  shared->seed = search.seed;
  const uint64_t began = NowSeconds();
  uint64_t last_seed = 0, last_change = began, last_print = began;
  const std::string died = InChild(
      [&] {
        for (uint64_t n = 0; search.programs == 0 || n < search.programs; ++n) {
          if (search.seconds != 0 && NowSeconds() - began >= search.seconds) return;
          shared->seed = search.seed + n;
          const Verdict verdict = Run(Generate(search.seed + n, search.length), search.options);
          ++shared->programs;
          shared->ops += verdict.ops;
          shared->waits += verdict.waits;
          shared->events += verdict.events;
          if (!verdict.failed) continue;
          Copy(verdict.what, shared->what, sizeof shared->what);
          shared->failed = true;
          return;
        }
      },
      [&] {
        const uint64_t now = NowSeconds();
        if (search.progress && now - last_print >= 10) {
          PrintProgress(&shared, now - began);
          last_print = now;
        }
        if (shared->seed != last_seed) {
          last_seed = shared->seed;
          last_change = now;
        }
        return now - last_change > kHangSeconds;
      });
  if (search.progress) PrintProgress(&shared, NowSeconds() - began);
  Finding finding;
  finding.totals = {shared->programs, shared->ops, shared->waits, shared->events};
  finding.found = shared->failed || !died.empty();
  if (!finding.found) return finding;
  finding.seed = shared->seed;
  finding.what = died.empty() ? shared->what : died;
  finding.program = Generate(finding.seed, search.length);
  return finding;
}

Program Minimize(const Program &program, const RunOptions &options) {
  return Minimizer(program, options).Run();
}

std::string ToC(const Program &program, const RunOptions &options) {
  SharedMemory shared;
  RunOptions printing = options;
  printing.print_code = true;
  const std::string what = RunShared(program, printing, &shared);
  std::string text = "#include \"testing/fuzz/replay.h\"\n\nint main(void) {\n";
  // A program that died has left no text: its operations are all that there is to show.
  text += shared->code;
  if (shared->code[0] == 0) {
    for (const Op &op : program) {
      text += "  /* operation " + std::to_string(static_cast<int>(op.action)) + ": " +
              std::to_string(op.a) + ", " + std::to_string(op.b) + ", " + std::to_string(op.c) +
              " */\n";
    }
  }
  return text + "  return 0;\n}\n/* " + (what.empty() ? "Nothing was wrong." : what) + " */\n";
}

}  // namespace mio_fuzz
