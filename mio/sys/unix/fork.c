#include "mio/sys/unix/os.h"

#include "mio/sys/fork.h"

#include <pthread.h>
#include <stdatomic.h>

/* A once-control, not a lock. If a fork happens during the call, the C libraries reset the once-control in
 * the child. So the child does not wait for a thread that it does not have. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic(const mio_fork_handlers *) handlers_to_watch;
static int watch_result;

static void watch(void) {
  const mio_fork_handlers *handlers = atomic_load(&handlers_to_watch);
  watch_result = -pthread_atfork(handlers->prepare, handlers->parent, handlers->child);
}

int mio_fork_watch(const mio_fork_handlers *handlers) {
  atomic_store(&handlers_to_watch, handlers);
  (void)pthread_once(&once, watch);
  return watch_result;
}
