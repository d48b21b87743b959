#ifndef TESTING_SUBPROCESS_H_
#define TESTING_SUBPROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace mio_test {

// A child process, its standard output coming to us. It is killed, and waited for, at the end of
// the scope if it has not ended before. Every wait is bounded by kLong: a test that needs longer
// fails, and the child is killed.
class Subprocess {
 public:
  explicit Subprocess(const std::vector<std::string> &arguments);
  ~Subprocess();
  Subprocess(const Subprocess &) = delete;
  Subprocess &operator=(const Subprocess &) = delete;

  pid_t pid() const { return pid_; }

  // The next line of its output, without the newline; what there is at the end of the output.
  std::string ReadLine();

  // The rest of its output: waits until it has closed it, which a program does by ending.
  std::string ReadAll();

  void Signal(int number);

  // Waits until the child has ended. Its exit code; 128 + N if signal N ended it, as shells say; -1
  // if it never began. What it prints meanwhile is kept for ReadAll.
  int Wait();

 private:
  // Reads more output. False at its end, and, with the test failed and the child killed, if none
  // comes in time.
  bool ReadMore();
  void Spawn(const std::vector<std::string> &arguments);
  void Reap();

  pid_t pid_ = -1;
  int output_ = -1;
  int exit_code_ = -1;
  std::string buffer_;
};

}  // namespace mio_test

#endif  // TESTING_SUBPROCESS_H_
