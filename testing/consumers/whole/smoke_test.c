/* The whole of mio by one header, in both spellings. */

#include <mio/mio.h>
#include <mio/version.h>
#include <stdio.h>

#include "mio/mio.h"

int main(void) {
  mio_poll poll = {0};
  mio_events events = {0};
  mio_waker waker = {0};

  if (mio_version() != MIO_VERSION) return 1;
  if (mio_poll_init(&poll, NULL) != 0 || mio_events_init(&events, 4) != 0) return 2;
  if (mio_waker_init(&waker, mio_poll_registry(&poll), 7) != 0) return 3;
  if (mio_waker_wake(&waker) != 0 || mio_poll_wait(&poll, &events, MIO_FOREVER) < 0) return 4;
  if (mio_event_token(mio_events_begin(&events)) != 7) return 5;
  mio_waker_close(&waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
  printf("woken by mio %s\n", MIO_VERSION_STRING);
  return 0;
}
