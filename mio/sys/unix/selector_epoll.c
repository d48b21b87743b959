#include "mio/sys/unix/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mio/linux/epoll.h"
#include "mio/memory.h"
#include "mio/poll.h"
#include "mio/sys/selector.h"
#include "mio/text.h"

/* epoll(7): the kernel keeps the table, the edges and the ready list, and writes events straight
 * into the caller's memory. What is left to do here is to name things. */
struct mio_selector {
  mio_selector_base base;
  int epoll;
  char padding[MIO_SELECTOR_PADDING];
};

_Static_assert(offsetof(mio_selector, base) == 0, "mio/poll.c sees the base only");
_Static_assert(sizeof(struct mio_event) == sizeof(struct epoll_event), "epoll_wait fills these");
_Static_assert(offsetof(struct mio_event, events) == offsetof(struct epoll_event, events), "flags");
#if defined(__x86_64__)
_Static_assert(offsetof(struct mio_event, token_halves) == offsetof(struct epoll_event, data),
               "token");
#else
_Static_assert(offsetof(struct mio_event, token) == offsetof(struct epoll_event, data), "token");
#endif
_Static_assert(MIO_EPOLLIN == EPOLLIN && MIO_EPOLLPRI == EPOLLPRI && MIO_EPOLLOUT == EPOLLOUT &&
                   MIO_EPOLLERR == EPOLLERR && MIO_EPOLLHUP == EPOLLHUP &&
                   MIO_EPOLLRDHUP == EPOLLRDHUP && MIO_EPOLLWRNORM == EPOLLWRNORM &&
                   MIO_EPOLLONESHOT == EPOLLONESHOT && MIO_EPOLLET == EPOLLET &&
                   MIO_EPOLL_CTL_ADD == EPOLL_CTL_ADD && MIO_EPOLL_CTL_DEL == EPOLL_CTL_DEL &&
                   MIO_EPOLL_CTL_MOD == EPOLL_CTL_MOD,
               "as <sys/epoll.h> has them");
_Static_assert(MIO_EPOLL_IN == EPOLLIN && MIO_EPOLL_PRI == EPOLLPRI && MIO_EPOLL_OUT == EPOLLOUT &&
                   MIO_EPOLL_ERR == EPOLLERR && MIO_EPOLL_HUP == EPOLLHUP &&
                   MIO_EPOLL_RDNORM == EPOLLRDNORM && MIO_EPOLL_RDBAND == EPOLLRDBAND &&
                   MIO_EPOLL_WRNORM == EPOLLWRNORM && MIO_EPOLL_WRBAND == EPOLLWRBAND &&
                   MIO_EPOLL_MSG == EPOLLMSG && MIO_EPOLL_RDHUP == EPOLLRDHUP &&
                   MIO_EPOLL_ONESHOT == EPOLLONESHOT && MIO_EPOLL_ET == EPOLLET,
               "as <sys/epoll.h> has them");

/* epoll_pwait2(2) keeps nanoseconds; it came with Linux 5.11, has the same number on every
 * architecture of the common table, and C libraries have been slow to wrap it. Not on Android: the
 * seccomp filter of apps kills a process for a system call that is not on its list (it came with
 * API 35). */
#if defined(__ANDROID__)
#define HAVE_EPOLL_PWAIT2 0
#elif defined(SYS_epoll_pwait2)
#define HAVE_EPOLL_PWAIT2 1
#elif defined(__alpha__) || defined(__mips__) || (defined(__x86_64__) && defined(__ILP32__))
#define HAVE_EPOLL_PWAIT2 0
#else
#define HAVE_EPOLL_PWAIT2 1
#define SYS_epoll_pwait2  441
#endif

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  (void)reserve_sources;
  mio_selector *selector = mio_memory_get(sizeof *selector);
  if (selector == NULL) return -ENOMEM;
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    const int result = -errno;
    mio_memory_put(selector, sizeof *selector);
    return result;
  }
  selector->epoll = fd;
  *out_selector = selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) {
  (void)close(selector->epoll);
  mio_memory_put(selector, sizeof *selector);
}

/* The child shares the epoll instance and its registrations with the parent, so it must let go of its
 * descriptor at once. The internal waker's eventfd takes the number: epoll_ctl and epoll_wait refuse it
 * with EINVAL, and dup3 onto an open number needs no free descriptor. */
void mio_selector_abandon(mio_selector *selector) {
  (void)dup3(selector->base.waker.receiver, selector->epoll, O_CLOEXEC);
}

/* A timeout for epoll_wait: whole milliseconds, rounded up, and at most what an int holds: 24.8
 * days, after which the caller waits again. */
static int milliseconds(uint64_t timeout_ns) {
  const uint64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
  return ms > INT_MAX ? INT_MAX : (int)ms;
}

#if HAVE_EPOLL_PWAIT2

/* struct __kernel_timespec: 64 bits of seconds on 32-bit systems too. */
struct kernel_timespec {
  int64_t seconds;
  int64_t nanoseconds;
};

/* Set once the kernel, or a sandbox around it, has refused the call. */
static atomic_bool pwait2_missing;

/* ENOSYS: an older kernel. The others: a seccomp filter that does not know the call. */
static bool is_refusal(int error) {
  return error == ENOSYS || error == EPERM || error == EACCES || error == EINVAL;
}

static int wait_ms(int fd, struct epoll_event *out, int capacity, uint64_t timeout_ns) {
  const int count = epoll_wait(fd, out, capacity, milliseconds(timeout_ns));
  return count < 0 ? -errno : count;
}

/* Waits by nanoseconds, or by milliseconds where the system has nothing better. EINVAL may be the fault of
 * an argument: then epoll_wait refuses it too, and epoll_pwait2 is tried again next time. */
static int wait_ns(int fd, struct epoll_event *out, int capacity, uint64_t timeout_ns) {
  if (atomic_load_explicit(&pwait2_missing, memory_order_relaxed))
    return wait_ms(fd, out, capacity, timeout_ns);
  const struct kernel_timespec timeout = {(int64_t)(timeout_ns / NS_PER_S),
                                          (int64_t)(timeout_ns % NS_PER_S)};
  const long count = syscall(SYS_epoll_pwait2, fd, out, capacity, &timeout, NULL, 0);
  if (count >= 0) return (int)count;
  const int error = errno;
  if (!is_refusal(error)) return -error;
  const int result = wait_ms(fd, out, capacity, timeout_ns);
  if (result != -error) atomic_store_explicit(&pwait2_missing, true, memory_order_relaxed);
  return result;
}

#else

static int wait_ns(int fd, struct epoll_event *out, int capacity, uint64_t timeout_ns) {
  const int count = epoll_wait(fd, out, capacity, milliseconds(timeout_ns));
  return count < 0 ? -errno : count;
}

#endif

/* The kernel's array is the caller's: same size, same layout, asserted above. */
static struct epoll_event *kernel_events(mio_event *events) { return (struct epoll_event *)events; }

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  struct epoll_event *events = kernel_events(out);
  if (timeout_ns != 0 && timeout_ns != MIO_FOREVER)
    return wait_ns(selector->epoll, events, (int)capacity, timeout_ns);
  const int count = epoll_wait(selector->epoll, events, (int)capacity, timeout_ns == 0 ? 0 : -1);
  return count < 0 ? -errno : count;
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  const int count =
      epoll_wait(selector->epoll, kernel_events(events->data), (int)events->capacity, -1);
  return count < 0 ? -errno : count;
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  if (!mio_selector_is_idle(&selector->base)) return -1;
  return epoll_wait(selector->epoll, kernel_events(events->data), (int)events->capacity, 0);
}

int mio_native_control(int epoll, int operation, int fd, mio_event *event) {
  return epoll_ctl(epoll, operation, fd, kernel_events(event));
}

int mio_native_error(void) { return -errno; }

static int control(mio_selector *selector, int operation, int fd, mio_token token, uint32_t flags) {
  return mio_native_set(selector->epoll, operation, fd, token, flags) == 0 ? 0 : mio_native_error();
}

enum { INTEREST_KINDS = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY };
enum { INTEREST_MODES = MIO_LEVEL | MIO_ONESHOT };

/* Why there are no flags for `interest`. */
static int refuse_interest(mio_interest interest) {
  const mio_interest elsewhere = MIO_AIO | MIO_LIO;
  return (interest & elsewhere) != 0 &&
                 (interest & ~(elsewhere | INTEREST_KINDS | INTEREST_MODES)) == 0
             ? -EOPNOTSUPP
             : -EINVAL;
}

/* The kernel hands tokens back as they are, so the waker's event is known by a token that nobody
 * else can have: an address of the library's own memory. */
static mio_token waker_token(const mio_selector *selector) { return (mio_token)selector; }

static int control_interest(mio_selector *selector, int operation, mio_source *source,
                            mio_token token, mio_interest interest) {
  const bool pipe_writer = (interest & MIO_SELECTOR_PIPE_WRITER) != 0;
  interest &= ~MIO_SELECTOR_PIPE_WRITER;
  uint32_t flags = mio_native_flags(interest);
  if (flags == 0) return refuse_interest(interest);
  if (pipe_writer && (flags & EPOLLOUT) != 0) flags |= EPOLLWRNORM;
  if (token == waker_token(selector)) return -EINVAL;
  return control(selector, operation, source->native.handle, token, flags);
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  return control_interest(selector, EPOLL_CTL_ADD, source, token, interest);
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  return control_interest(selector, EPOLL_CTL_MOD, source, token, interest);
}

int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags) {
  if (token == waker_token(selector)) return -EINVAL;
  return control(selector, EPOLL_CTL_ADD, source->native.handle, token, flags);
}

int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags) {
  if (token == waker_token(selector)) return -EINVAL;
  return control(selector, EPOLL_CTL_MOD, source->native.handle, token, flags);
}

uint32_t mio_selector_event_flags(const mio_event *event) { return event->events; }

/* The number `fd` is closed, and the registration under it lives on if a duplicate keeps the file open
 * (epoll(7), Q6): its events go on coming, and EPOLL_CTL_DEL needs the file under the old number. So this
 * tries the descriptors of the process there, one after the other. F_DUPFD takes the number only if it is
 * still free, so no descriptor of another thread is lost. Regular files cannot be registered, and closing
 * a duplicate of one would drop the process's record locks (fcntl(2)). A duplicate in another process is
 * out of reach. */
static void delete_by_duplicate(int epoll, int fd) {
  enum { NUMBERS_TRIED = 1 << 16 };
  struct rlimit limit = {0, 0};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  const int end = limit.rlim_cur < NUMBERS_TRIED ? (int)limit.rlim_cur : NUMBERS_TRIED;
  for (int number = 0; number < end; ++number) {
    struct stat status;
    if (number == epoll || fstat(number, &status) != 0 || S_ISREG(status.st_mode)) continue;
    const int duplicate = fcntl(number, F_DUPFD_CLOEXEC, fd);
    if (duplicate < 0) continue;
    const bool taken = duplicate != fd;
    const bool deleted = !taken && epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) == 0;
    (void)close(duplicate);
    if (taken || deleted) return;
  }
}

/* Whether epoll would refuse `fd`, whatever is asked (EPERM). */
static bool is_plain_file(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

/* ENOENT, and EPERM of a plain file: the number belongs to another file by now. */
int mio_native_finish_deregister(int epoll, int fd) {
  const int error = errno;
  if (error == EBADF) {
    delete_by_duplicate(epoll, fd);
    return 0;
  }
  return error == ENOENT || (error == EPERM && is_plain_file(fd)) ? 0 : -error;
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  const int fd = source->native.handle;
  if (mio_native_deregister(selector->epoll, fd) == 0) return 0;
  return mio_native_finish_deregister(selector->epoll, fd);
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain) {
  (void)selector, (void)source, (void)interest, (void)drain;
}

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  return control(selector, EPOLL_CTL_ADD, receiver, waker_token(selector), EPOLLIN | EPOLLET);
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  const mio_token token = waker_token(selector);
  for (int i = 0; i < *count; ++i) {
    if (mio_event_token(&events[i]) != token) continue;
    events[i] = events[--*count];
    return true;
  }
  return false;
}

bool mio_selector_drains_waker(void) { return false; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  out->events = EPOLLIN;
  mio_native_event_set_token(out, token);
}

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  return MIO_FEATURE_LEVEL | MIO_FEATURE_ONESHOT | MIO_FEATURE_PRIORITY | MIO_FEATURE_NESTING |
         MIO_FEATURE_RAW_FLAGS | MIO_FEATURE_DIRECT_IO;
}

const char *mio_selector_name(void) { return "epoll"; }

int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  *out_handle = selector->epoll;
  return 0;
}

void mio_selector_format_event(const mio_event *event, mio_text *text) {
  static const mio_flag_name names[] = {
      {EPOLLIN, "EPOLLIN"},         {EPOLLPRI, "EPOLLPRI"},       {EPOLLOUT, "EPOLLOUT"},
      {EPOLLRDNORM, "EPOLLRDNORM"}, {EPOLLRDBAND, "EPOLLRDBAND"}, {EPOLLWRNORM, "EPOLLWRNORM"},
      {EPOLLWRBAND, "EPOLLWRBAND"}, {EPOLLMSG, "EPOLLMSG"},       {EPOLLERR, "EPOLLERR"},
      {EPOLLHUP, "EPOLLHUP"},       {EPOLLRDHUP, "EPOLLRDHUP"},
  };
  mio_text_string(text, "epoll: ");
  mio_text_flags(text, event->events, names, sizeof names / sizeof names[0], "|");
}
