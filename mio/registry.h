#ifndef MIO_REGISTRY_H_
#define MIO_REGISTRY_H_

#include <stdint.h>

#include "mio/poll.h"
#include "mio/sys/selector.h"

/* Inside the library: how long a selector lives, and who is registered with it.
 *
 * A selector lives while a poll, a clone of its registry or a waker holds a reference.
 * Registrations count only while there is a registry to deregister with: the poll or a clone. When
 * the last of those goes, the sources that are still registered become free, though their structs
 * cannot be found from here: their `registration` is an id that no live selector has any more. */

/* Gives the selector an id and its first registry, `*registry`, and makes it known. */
void mio_registry_begin(mio_registry *registry, mio_selector *selector);

/* One registry more; or one less, and the end of the selector if nobody holds it any more. */
void mio_registry_hold(mio_selector *selector);
void mio_registry_drop(mio_selector *selector);

/* The same for a waker, which does not keep registrations alive. */
void mio_selector_hold(mio_selector *selector);
void mio_selector_drop(mio_selector *selector);

/* The live selector with this id, held for the caller (mio_selector_drop); NULL if there is none.
 */
mio_selector *mio_selector_find(uint32_t id);

/* mio_registry_register and _reregister with the OS's own flags, for sources that are one handle.
 */
int mio_registry_register_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                uint32_t flags);
int mio_registry_reregister_flags(const mio_registry *registry, mio_source *source, mio_token token,
                                  uint32_t flags);

#endif /* MIO_REGISTRY_H_ */
