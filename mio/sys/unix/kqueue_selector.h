#ifndef MIO_SYS_UNIX_KQUEUE_SELECTOR_H_
#define MIO_SYS_UNIX_KQUEUE_SELECTOR_H_

#include "mio/interest.h"
#include "mio/sys/selector.h"
#include "mio/sys/unix/kqueue_changes.h"
#include "mio/sys/unix/kqueue_pairs.h"
#include "mio/token.h"

/* Inside the kqueue selector: declarations that selector_kqueue.c and kqueue_filter.c share. */
struct mio_selector {
  mio_selector_base base;
  mio_kqueue_queue queue; /* the main kqueue; counts stand-ins only */
  mio_kqueue_locked locked;
  char padding[MIO_SELECTOR_PADDING];
};

/* Returns the error of a token or an interest that this selector cannot register, or 0. */
int mio_kqueue_check(const mio_selector *selector, mio_token token, mio_interest interest);

#endif /* MIO_SYS_UNIX_KQUEUE_SELECTOR_H_ */
