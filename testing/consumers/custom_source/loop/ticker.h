#ifndef LOOP_TICKER_H_
#define LOOP_TICKER_H_

/* A source that has no handle: a thread of the project's own makes it ready, through a waker that
 * exists while it is registered. */

#include "mio/poll.h"
#include "mio/source.h"
#include "mio/waker.h"

typedef struct ticker {
  mio_source source; /* first, as in the library's own types */
  mio_waker waker;
} ticker;

void ticker_init(ticker *t);

/* From any thread, while it is registered. */
int ticker_tick(const ticker *t);

#endif /* LOOP_TICKER_H_ */
