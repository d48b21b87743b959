#ifndef MIO_SOURCE_H_
#define MIO_SOURCE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mio/export.h"
#include "mio/interest.h"
#include "mio/sys/native.h"
#include "mio/token.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mio_registry;
typedef struct mio_source mio_source;

/* The operations of a type that can be registered. The registry has already checked that `source` is open
 * and is not registered (do_register) or is registered there (the other two). An operation passes the call
 * on, usually to the sources that the type is made of:
 *
 *   struct two_sockets { mio_source source; mio_udp_socket v4, v6; };
 *
 *   static int two_register(mio_source *s, const mio_registry *r, mio_token t, mio_interest i) {
 *     struct two_sockets *both = (struct two_sockets *)s;
 *     int result = mio_registry_register(r, &both->v4.source, t, i);
 *     if (result == 0) {
 *       result = mio_registry_register(r, &both->v6.source, t, i);
 *       if (result < 0) mio_registry_deregister(r, &both->v4.source);
 *     }
 *     return result;
 *   }
 *
 * Each returns 0 or a negative error code. An operation that fails must undo its changes. To do so,
 * do_reregister of a source with several parts must remember the previous token and interest. To close
 * such a type, close its parts, which deregisters them, and zero its mio_source. All three are required.
 * They run on the thread that called the registry. (`register` is a keyword in C.) */
typedef struct mio_source_ops {
  int (*do_register)(mio_source *source, const struct mio_registry *registry, mio_token token,
                     mio_interest interest);
  int (*do_reregister)(mio_source *source, const struct mio_registry *registry, mio_token token,
                       mio_interest interest);
  int (*do_deregister)(mio_source *source, const struct mio_registry *registry);
} mio_source_ops;

/* A source is anything that can be registered: the first member of every socket type, and of your own
 * types.
 *
 * `ops` is the operations table. It is NULL if the source is closed. `registration` belongs to the
 * registry: the id of the poll that the source is registered with, or 0. `native` is the handle of a source
 * that has one of its own; a source that is made of other sources ignores it. A zeroed source is valid and
 * closed.
 *
 * The struct must not move or be copied while it is registered: a table of sources that grows holds
 * pointers to them, or blocks that stay where they are (mio/examples/loop_adapter.c).
 *
 * Registering, reregistering, deregistering and closing a source need exclusive access to it: no
 * transfer on it may run in another thread at that time. Otherwise transfers in several threads are
 * fine if the OS allows them. Comes from mio's `event::Source`. */
struct mio_source {
  const mio_source_ops *ops;
  uint32_t registration;
  mio_native_source native;
};

/* Initializes a source of a type of your own. `ops` must outlive it. Allocates nothing. */
static inline void mio_source_init(mio_source *source, const mio_source_ops *ops) {
  memset(source, 0, sizeof *source);
  source->ops = ops;
}

/* Returns whether a source is open. Any thread that may use the source. */
static inline bool mio_source_is_open(const mio_source *source) { return source->ops != NULL; }

/* An operation on a source's handle, for try_io. Returns 0 or a count, or a negative error code. */
typedef ptrdiff_t (*mio_io_operation)(void *context);

/* Runs `operation(context)`, which does I/O on the handle of `source` by other means than this library
 * (sendmsg, a TLS library's own read ...), and returns its result. `interest` is the direction of the
 * operation: MIO_READABLE, MIO_WRITABLE or both. A result of 0 or less means that the source was
 * drained in that direction: selectors that keep the edges themselves (poll(2), Windows) watch it again
 * then, so that new readiness yields an event. On epoll and kqueue this costs nothing. The operation of
 * a stream should return 0 or an error once it has moved fewer bytes than it asked for, or go on until
 * it does. MIO_ERROR_INVALID_INPUT for a closed source or no operation. */
MIO_API ptrdiff_t mio_source_try_io(mio_source *source, mio_interest interest,
                                    mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SOURCE_H_ */
