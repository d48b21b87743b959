#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_call.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "mio/poll.h"

/* ppoll(2) takes a timespec. Darwin does not have it, nor did POSIX before 2024. NetBSD has it under
 * the name pollts(2) too, and had that name long before. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
#define POLL_TIMESPEC ppoll
#elif defined(__NetBSD__)
#define POLL_TIMESPEC pollts
#endif

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

#if defined(POLL_TIMESPEC)

/* Three years. Older BSD kernels refuse more (itimerfix), and time_t may have 32 bits. */
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

/* The kernel takes fewer entries than before: Linux and the BSDs refuse more than RLIMIT_NOFILE, which
 * the process may have lowered, and Darwin has a limit of its own. The entries are asked in pieces
 * then. As no call can wait for all of them, a wait is made of steps. The first piece, which holds the
 * descriptors that interrupt a wait, is the one that is waited for. */
#define STEP_NS (5 * NS_PER_MS)

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The largest piece that the kernel takes, found by halving; 0 if it takes none. */
static uint32_t find_piece(struct pollfd *entries, uint32_t count) {
  do {
    count /= 2;
  } while (count > 0 && call(entries, count, 0) < 0 && errno == EINVAL);
  return count;
}

/* Asks all the entries in pieces, and waits for the first piece only. */
static int call_pieces(struct pollfd *entries, uint32_t count, uint32_t piece, uint64_t wait_ns) {
  int found = 0;
  for (uint32_t begin = 0; begin < count; begin += piece) {
    const uint32_t size = smaller(piece, count - begin);
    const int result = call(entries + begin, size, begin == 0 ? wait_ns : 0);
    if (result < 0) return result;
    found += result;
  }
  return found;
}

static int call_in_steps(struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  const uint32_t piece = find_piece(entries, count);
  if (piece == 0) {
    errno = EMFILE;
    return -1;
  }
  int found = call_pieces(entries, count, piece, 0);
  while (found == 0 && timeout_ns > 0) {
    const uint64_t step = timeout_ns < STEP_NS ? timeout_ns : STEP_NS;
    found = call_pieces(entries, count, piece, step);
    if (timeout_ns != MIO_FOREVER) timeout_ns -= step;
  }
  return found;
}

int mio_poll_call(struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  int found = call(entries, count, timeout_ns);
  if (found < 0 && errno == EINVAL && count > 0) found = call_in_steps(entries, count, timeout_ns);
  if (found >= 0) return found;
  /* EAGAIN is POSIX's code for a kernel that is short of memory. Here it would mean would-block. */
  return errno == EAGAIN ? -ENOMEM : -errno;
}
