// Locks that cannot be had. pthread_mutex_init and pthread_cond_init allocate on the BSDs, so a poll must
// report their errors. On Linux they never fail: this binary defines both itself.

#include <pthread.h>

#include <cerrno>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/util.h"

namespace {

thread_local int inits = 0;
thread_local int failing_init = -1;

int CountInit() { return inits++ == failing_init ? ENOMEM : 0; }

}  // namespace

extern "C" int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *) {
  const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
  *mutex = fresh;
  return CountInit();
}

extern "C" int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *) {
  const pthread_cond_t fresh = PTHREAD_COND_INITIALIZER;
  *condition = fresh;
  return CountInit();
}

namespace mio_test {
namespace {

TEST(LockInit, APollReportsThatItsLockHasNoMemory) {
  mio_poll poll = {};
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  mio_poll_close(&poll);

  inits = 0;
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  const int needed = inits;
  mio_poll_close(&poll);
  ASSERT_GT(needed, 0);

  const int before = CountHandles();
  for (int index = 0; index < needed; ++index) {
    inits = 0;
    failing_init = index;
    EXPECT_ERROR(mio_poll_init(&poll, nullptr), MIO_ERROR_OUT_OF_MEMORY) << index;
    failing_init = -1;
    EXPECT_EQ(nullptr, poll.registry.selector) << index;
    EXPECT_EQ(before, CountHandles()) << "leaked by number " << index;
  }
  EXPECT_OK(mio_poll_init(&poll, nullptr));
  mio_poll_close(&poll);
}

}  // namespace
}  // namespace mio_test
