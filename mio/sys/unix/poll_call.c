#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_call.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "mio/poll.h"

/* ppoll(2) with its timespec: not on Darwin and not in POSIX before 2024. NetBSD had it as
 * pollts(2) long before it had the name. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
#define POLL_TIMESPEC ppoll
#elif defined(__NetBSD__)
#define POLL_TIMESPEC pollts
#endif

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

#if defined(POLL_TIMESPEC)

/* Three years: BSD kernels once took no more (itimerfix), and time_t may have 32 bits. */
#define SECONDS_MAX UINT64_C(100000000)

static int call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  if (timeout_ns == MIO_FOREVER) return POLL_TIMESPEC(entries, count, NULL, NULL);
  uint64_t seconds = timeout_ns / NS_PER_S;
  if (seconds > SECONDS_MAX) seconds = SECONDS_MAX;
  struct timespec timeout = {.tv_sec = (time_t)seconds};
  timeout.tv_nsec = (long)(timeout_ns % NS_PER_S);
  return POLL_TIMESPEC(entries, count, &timeout, NULL);
}

#else

static int call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  if (timeout_ns == MIO_FOREVER) return poll(entries, count, -1);
  const uint64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
  return poll(entries, count, ms > INT_MAX ? INT_MAX : (int)ms);
}

#endif

int mio_poll_call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  const int found = call(entries, count, timeout_ns);
  if (found >= 0) return found;
  /* POSIX's word for a kernel that is short of memory; it would be taken for would-block. */
  return errno == EAGAIN ? -ENOMEM : -errno;
}
