#include "mio/sys/fork.h"

/* Windows has no fork. */
int mio_fork_watch(const mio_fork_handlers *handlers) {
  (void)handlers;
  return 0;
}
