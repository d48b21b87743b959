/* Three ticks of a thread, as events of a source of the project's own in a loop of its own. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "loop/loop.h"
#include "loop/ticker.h"

typedef struct counter {
  loop_handler handler; /* first: the loop calls back with this */
  loop *loop;
  atomic_int seen;
} counter;

static ticker source;
static counter count;

static void on_tick(loop_handler *handler, const mio_event *event) {
  counter *c = (counter *)handler;
  (void)event;
  printf("tick %d\n", atomic_fetch_add(&c->seen, 1) + 1);
  if (atomic_load(&c->seen) == 3) loop_stop(c->loop);
}

/* Each tick once the one before was seen: they coalesce otherwise. */
static void *tick(void *unused) {
  for (int i = 0; i < 3; ++i) {
    while (atomic_load(&count.seen) < i) continue;
    ticker_tick(&source);
  }
  return unused;
}

int main(void) {
  loop l;
  pthread_t thread;
  if (loop_init(&l) < 0) return 1;
  ticker_init(&source);
  count.handler.on_event = on_tick;
  count.loop = &l;
  if (loop_add(&l, &source.source, MIO_READABLE, &count.handler) < 0) return 1;
  if (pthread_create(&thread, NULL, tick, NULL) != 0) return 1;
  const int result = loop_run(&l);
  pthread_join(thread, NULL);
  loop_close(&l);
  return result < 0 ? 1 : 0;
}
