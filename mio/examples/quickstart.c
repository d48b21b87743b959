/* A server and a client in one thread. The client connects. The server accepts and closes the
 * connection. The client reads the end. The program prints these steps and exits. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

enum { SERVER, CLIENT }; /* tokens: each event has the token of its socket */

/* Ends the program if `result` is an error. */
static void check(const char *what, ptrdiff_t result) {
  char message[MIO_ERROR_MESSAGE_MAX];
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, mio_error_message(result, message, sizeof message));
  exit(EXIT_FAILURE);
}

static void print(const char *what, const mio_addr *addr) {
  char text[MIO_ADDR_FORMAT_MAX];
  mio_addr_format(addr, text, sizeof text);
  printf("%s %s\n", what, text);
}

int main(void) {
  mio_poll poll = {0}; /* a zeroed struct is valid and closed */
  mio_events events = {0};
  mio_tcp_listener server = {0};
  mio_tcp_stream client = {0}, peer = {0};
  mio_addr addr;
  bool connected = false, done = false;

  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 128)); /* the last allocation of the program */
  const mio_registry *registry = mio_poll_registry(&poll);

  check("parse", mio_addr_parse("127.0.0.1:0", &addr)); /* port 0: the system chooses */
  check("bind", mio_tcp_listener_bind(&server, &addr));
  check("register", mio_registry_register(registry, &server.source, SERVER, MIO_READABLE));
  check("local_addr", mio_tcp_listener_local_addr(&server, &addr));
  print("server: listening on", &addr);

  check("connect", mio_tcp_stream_connect(&client, &addr)); /* starts, and returns at once */
  check("register",
        mio_registry_register(registry, &client.source, CLIENT, MIO_READABLE | MIO_WRITABLE));

  while (!done) {
    int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue; /* a signal; wait again */
    check("wait", result);

    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      switch (mio_event_token(e)) {
        case SERVER: /* accept until would-block, else no further event comes */
          while ((result = mio_tcp_listener_accept(&server, &peer, &addr)) == 0) {
            print("server: accepted, and hanging up on", &addr);
            mio_tcp_stream_close(&peer);
          }
          if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) check("accept", result);
          break;

        case CLIENT:
          if (!connected && mio_event_is_writable(e)) { /* the connect has ended */
            check("connect", mio_tcp_stream_take_error(&client));
            result = mio_tcp_stream_peer_addr(&client, &addr);
            if (mio_error_kind(result) == MIO_ERROR_NOT_CONNECTED) break; /* a spurious event */
            check("peer_addr", result);
            print("client: connected to", &addr);
            connected = true;
          }
          if (connected) {
            char buffer[64];
            const ptrdiff_t n = mio_tcp_stream_read(&client, buffer, sizeof buffer);
            if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) break; /* nothing to read yet */
            check("read", n);
            if (n == 0) done = true; /* the end of the server's data */
          }
          break;
      }
    }
  }
  printf("client: the server closed the connection\n");

  mio_tcp_stream_close(&client);
  mio_tcp_listener_close(&server);
  mio_events_close(&events);
  mio_poll_close(&poll);
  return EXIT_SUCCESS;
}
