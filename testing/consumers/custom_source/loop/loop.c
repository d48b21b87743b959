#include "loop/loop.h"

#include "loop/ticker.h"
#include "mio/error.h"

int loop_init(loop *l) {
  static const loop closed;
  *l = closed;
  int result = mio_poll_init(&l->poll, NULL);
  if (result == 0) result = mio_events_init(&l->events, 64);
  if (result < 0) loop_close(l);
  return result;
}

void loop_close(loop *l) {
  mio_events_close(&l->events);
  mio_poll_close(&l->poll);
}

int loop_add(loop *l, mio_source *source, mio_interest interest, loop_handler *handler) {
  return mio_registry_register(mio_poll_registry(&l->poll), source, (mio_token)handler, interest);
}

int loop_run(loop *l) {
  while (!l->done) {
    const int result = mio_poll_wait(&l->poll, &l->events, MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    if (result < 0) return result;
    const mio_event *const end = mio_events_end(&l->events);
    for (const mio_event *e = mio_events_begin(&l->events); e != end && !l->done; ++e) {
      loop_handler *handler = (loop_handler *)mio_event_token(e);
      handler->on_event(handler, e);
    }
  }
  return 0;
}

void loop_stop(loop *l) { l->done = true; }

static int ticker_register(mio_source *source, const mio_registry *registry, mio_token token,
                           mio_interest interest) {
  (void)interest;
  return mio_waker_init(&((ticker *)source)->waker, registry, token);
}

static int ticker_deregister(mio_source *source, const mio_registry *registry) {
  (void)registry;
  mio_waker_close(&((ticker *)source)->waker);
  return 0;
}

static int ticker_reregister(mio_source *source, const mio_registry *registry, mio_token token,
                             mio_interest interest) {
  ticker_deregister(source, registry);
  return ticker_register(source, registry, token, interest);
}

void ticker_init(ticker *t) {
  static const mio_source_ops ops = {ticker_register, ticker_reregister, ticker_deregister};
  static const ticker closed;
  *t = closed;
  mio_source_init(&t->source, &ops);
}

int ticker_tick(const ticker *t) { return mio_waker_wake(&t->waker); }
