#ifndef MIO_SYS_UNIX_KQUEUE_FILTER_H_
#define MIO_SYS_UNIX_KQUEUE_FILTER_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/interest.h"
#include "mio/token.h"

/* Inside the library: any filter of a kqueue, for mio/unix/kqueue.h. Results as in sys/selector.h. */
typedef struct mio_kqueue_filter {
  uintptr_t ident;
  int64_t data;
  int32_t filter;
  uint32_t fflags;
} mio_kqueue_filter;

struct mio_selector;

/* Adds the filter, after the deletion of the one with the same identifier if `replace`. The mode in
 * `interest` counts, its kinds do not. */
int mio_kqueue_add_filter(struct mio_selector *selector, const mio_kqueue_filter *filter,
                          mio_token token, mio_interest interest, bool replace);

/* Deletes it; 0 also if it is gone already, as after a single shot. */
int mio_kqueue_delete_filter(struct mio_selector *selector, const mio_kqueue_filter *filter);

#endif /* MIO_SYS_UNIX_KQUEUE_FILTER_H_ */
