#ifndef LOOP_LOOP_H_
#define LOOP_LOOP_H_

/* An event loop of a project's own, over the queue alone: it knows no kind of socket and no
 * selector. What is waited for calls back. */

#include <stdbool.h>

#include "mio/poll.h"

typedef struct loop_handler loop_handler;
struct loop_handler {
  void (*on_event)(loop_handler *handler, const mio_event *event);
};

typedef struct loop {
  mio_poll poll;
  mio_events events;
  bool done;
} loop;

/* 0 or an error of mio. */
int loop_init(loop *l);
void loop_close(loop *l);

/* Any mio_source; the handler is its token. */
int loop_add(loop *l, mio_source *source, mio_interest interest, loop_handler *handler);

/* Until loop_stop, which a handler calls. */
int loop_run(loop *l);
void loop_stop(loop *l);

#endif /* LOOP_LOOP_H_ */
