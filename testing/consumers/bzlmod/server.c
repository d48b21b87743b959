/* The least that shows that the library works: a socket pair's event, and a wake. */

#include <stdio.h>

#include "mio/mio.h"

int main(void) {
  mio_poll poll = {0};
  mio_events events = {0};
  mio_waker waker = {0};
  mio_udp_socket socket = {0};
  const mio_addr any_port = mio_addr_loopback_v4(0);

  if (mio_poll_init(&poll, NULL) < 0 || mio_events_init(&events, 8) < 0) return 1;
  const mio_registry *registry = mio_poll_registry(&poll);
  if (mio_waker_init(&waker, registry, 1) < 0) return 1;
  if (mio_udp_socket_bind(&socket, &any_port) < 0) return 1;
  if (mio_registry_register(registry, &socket.source, 2, MIO_WRITABLE) < 0) return 1;
  if (mio_waker_wake(&waker) < 0) return 1;

  unsigned seen = 0;
  while (seen != 6) { /* bits 1 and 2: both tokens */
    if (mio_poll_wait(&poll, &events, MIO_FOREVER) < 0) return 1;
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      seen |= 1u << mio_event_token(e);
    }
  }
  printf("woken, and writable\n");

  mio_udp_socket_close(&socket);
  mio_waker_close(&waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
  return 0;
}
