#ifndef MIO_REGISTRY_H_
#define MIO_REGISTRY_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/poll.h"
#include "mio/sys/selector.h"

/* Inside the library: how long a selector lives, and whether a source is registered with it.
 *
 * A selector lives while a poll, a clone of its registry or a waker holds a reference. Registrations
 * count only while there is a registry to deregister with: the poll or a clone. When the last registry
 * is closed, or in a child of fork(2), the sources that are still registered become free. Their structs
 * cannot be found from here: their `registration` is an id that mio_selector_find does not find any more. */

/* Lets the children of later forks know that the selectors are not theirs. Must precede the first
 * mio_registry_begin. Returns 0 or MIO_ERROR_OUT_OF_MEMORY. */
int mio_registry_watch_forks(void);

/* Gives the selector an id and its first registry, `*registry`, and adds it to the open ones. */
void mio_registry_begin(mio_registry *registry, mio_selector *selector);

/* False for a closed registry, and for one that a child inherited from its parent. */
bool mio_registry_is_open(const mio_registry *registry);

/* Adds or drops a reference that does not keep registrations alive. The last one closes the selector. */
void mio_selector_hold(mio_selector *selector);
void mio_selector_drop(mio_selector *selector);

/* Returns the open selector with this id, held for the caller (mio_selector_drop). NULL if there is
 * none, if it has no registry any more or if it belongs to the parent of this process. */
mio_selector *mio_selector_find(uint32_t id);

/* Like mio_registry_register and _reregister, with the OS's own flags, for sources that are one handle. */
int mio_registry_register_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                uint32_t flags);
int mio_registry_reregister_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                  uint32_t flags);

#endif /* MIO_REGISTRY_H_ */
