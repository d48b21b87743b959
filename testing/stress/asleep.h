#ifndef TESTING_STRESS_ASLEEP_H_
#define TESTING_STRESS_ASLEEP_H_

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "testing/util.h"

namespace mio_test {

inline long ThisThread() { return syscall(SYS_gettid); }

// Whether a thread of this process sleeps in the kernel.
inline bool IsAsleep(long thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.size() > name_end + 2 && text[name_end + 2] == 'S';
}

// Waits until the thread that sets `id` sleeps.
inline void AwaitAsleep(const std::atomic<long> &id) {
  const uint64_t deadline = NowNs() + kLong;
  while ((id == 0 || !IsAsleep(id)) && NowNs() < deadline) std::this_thread::yield();
}

}  // namespace mio_test

#endif  // TESTING_STRESS_ASLEEP_H_
