#ifndef TESTING_WAITING_H_
#define TESTING_WAITING_H_

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "mio/poll.h"
#include "testing/util.h"

namespace mio_test {

// The file that shows the state of this thread, or a path to nowhere on systems without such files.
inline std::string ThreadStateFile() {
  std::error_code error;
  return "/proc" / std::filesystem::read_symlink("/proc/thread-self", error) / "stat";
}

// Whether the thread of that file runs. False if it cannot be seen.
inline bool IsAwake(const std::string &state_file) {
  std::ifstream file(state_file);
  std::string line;
  // "1234 (name) S ...", or nothing once the thread has ended.
  return std::getline(file, line) && line.find(") S ") == std::string::npos;
}

// A thread that waits for one event of `poll`, and what it got.
class Waiting {
 public:
  explicit Waiting(mio_poll *poll, uint64_t timeout_ns = kLong)
      : thread_([this, poll, timeout_ns] {
          mio_event event;
          mio_events events = {};
          mio_events_init_with_buffer(&events, &event, 1);
          state_file_ = ThreadStateFile();
          started_ = true;
          result_ = mio_poll_wait(poll, &events, timeout_ns);
          count_ = mio_events_count(&events);
          if (count_ == 1) token_ = mio_event_token(&event);
        }) {
    while (!started_) std::this_thread::yield();
  }
  ~Waiting() {
    if (thread_.joinable()) thread_.join();
  }
  // Until the thread sleeps in the kernel; at once where that cannot be seen.
  void LetItBlock() const {
    while (IsAwake(state_file_)) std::this_thread::yield();
  }
  pthread_t handle() { return thread_.native_handle(); }
  void Join() { thread_.join(); }
  int result() const { return result_; }
  size_t count() const { return count_; }
  mio_token token() const { return token_; }

 private:
  std::string state_file_;
  std::atomic<bool> started_{false};
  int result_ = 1;
  size_t count_ = 0;
  mio_token token_ = 0;
  std::thread thread_;
};

}  // namespace mio_test

#endif  // TESTING_WAITING_H_
