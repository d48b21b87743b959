#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "testing/util.h"

namespace mio_test {

namespace {

// Asks for each number. The BSDs have no /proc/self/fd, and their /dev/fd may list three descriptors only.
int CountByNumber() {
  constexpr rlim_t kMost = 65536;
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  const int end = static_cast<int>(std::min(limit.rlim_cur, kMost));
  int count = 0;
  for (int fd = 0; fd < end; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

}  // namespace

int CountHandles() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return CountByNumber();
  int count = -1;  // the iterator's own
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  return count;
}

std::string WhyNotOpen(size_t handles) {
  const rlim_t needed = handles + static_cast<size_t>(CountHandles()) + 32;
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return "getrlimit failed";
  if (limit.rlim_cur >= needed) return "";
  const rlimit raised = {needed, std::max(limit.rlim_max, needed)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return "";
  const rlimit within = {needed, limit.rlim_max};
  if (limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &within) == 0) return "";
  return "this process may have " + std::to_string(limit.rlim_max) + " descriptors (ulimit -Hn), " +
         std::to_string(needed) + " are needed";
}

bool UnderWine() { return false; }

}  // namespace mio_test
