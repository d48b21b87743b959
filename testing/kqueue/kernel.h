#ifndef TESTING_KQUEUE_KERNEL_H_
#define TESTING_KQUEUE_KERNEL_H_

#include <sys/stat.h>
#include <sys/syscall.h>

/* System calls of the model's own, which suites that count or fail those of the library do not see.
 * Each returns what the kernel does: negative errors, and errno untouched. */

#if defined(__x86_64__)

static inline long kernel_call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#else

#include <errno.h>
#include <unistd.h>

static inline long kernel_call6(long number, long a, long b, long c, long d, long e, long f) {
  const int saved = errno;
  const long result = syscall(number, a, b, c, d, e, f);
  const long answer = result < 0 ? -errno : result;
  errno = saved;
  return answer;
}

#endif

static inline long kernel_call(long number, long a, long b, long c, long d) {
  return kernel_call6(number, a, b, c, d, 0, 0);
}

static inline int kernel_fstat(int fd, struct stat *out) { return fstat(fd, out); }

#endif /* TESTING_KQUEUE_KERNEL_H_ */
