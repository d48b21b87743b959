#ifndef MIO_SYS_UNIX_KQUEUE_FILTER_H_
#define MIO_SYS_UNIX_KQUEUE_FILTER_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/interest.h"
#include "mio/token.h"

/* Inside the library: any filter of a kqueue, for mio/unix/kqueue.h. The functions return results like
 * those of sys/selector.h. */
typedef struct mio_kqueue_filter {
  uintptr_t ident;
  int64_t data;
  int32_t filter;
  uint32_t fflags;
} mio_kqueue_filter;

struct mio_selector;

/* Adds the filter. With `replace` it deletes the filter with the same identifier first. Only the mode in
 * `interest` matters, not its kinds. */
int mio_kqueue_add_filter(struct mio_selector *selector, const mio_kqueue_filter *filter,
                          mio_token token, mio_interest interest, bool replace);

/* Deletes the filter. Returns 0 also if the filter no longer exists, for example after a one-shot event. */
int mio_kqueue_delete_filter(struct mio_selector *selector, const mio_kqueue_filter *filter);

#endif /* MIO_SYS_UNIX_KQUEUE_FILTER_H_ */
