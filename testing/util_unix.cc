#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "testing/util.h"

namespace mio_test {

int CountHandles() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return -1;
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
