/* A UDP server that sends each datagram back to its sender.
 *
 *   udp_server [ADDRESS]        127.0.0.1:0 by default; port 0 lets the system choose
 *
 * Ctrl-C ends it. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

enum { SOCKET, STOP }; /* tokens */

static mio_poll poll;
static mio_events events;
static mio_udp_socket socket;

/* The datagram that was received last. The server receives no other datagram until this one is sent back.
 * Datagrams that arrive before that wait in the system's queue. If the queue is full, the system drops
 * them, as UDP allows. */
static char datagram[65536]; /* more than the longest of them */
static size_t datagram_len;
static mio_addr sender;
static bool unsent;

static mio_waker stop_waker;
static volatile sig_atomic_t stopping;

/* A signal may arrive just before a wait, which would not see the flag. The waker makes that wait return. A
 * signal handler may call mio_waker_wake. */
static void on_signal(int number) {
  (void)number;
  stopping = 1;
  (void)mio_waker_wake(&stop_waker);
}

static void report(const char *what, ptrdiff_t result) {
  char message[MIO_ERROR_MESSAGE_MAX];
  fprintf(stderr, "udp_server: %s: %s\n", what, mio_error_message(result, message, sizeof message));
}

/* Setting up either works or ends the program. */
static void check(const char *what, ptrdiff_t result) {
  if (result >= 0) return;
  report(what, result);
  exit(EXIT_FAILURE);
}

/* Sends the datagram back. Returns false if it must wait for room. */
static bool answer(void) {
  const ptrdiff_t n = mio_udp_socket_send_to(&socket, datagram, datagram_len, &sender);
  if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return false;
  /* This one cannot be sent, to an address that is not reachable for example. The next can. */
  if (n < 0) report("send_to", n);
  unsent = false;
  return true;
}

/* Receives the next datagram. Returns false if there is none. */
static bool receive(void) {
  const ptrdiff_t n = mio_udp_socket_recv_from(&socket, datagram, sizeof datagram, &sender);
  switch (mio_error_kind(n)) {
    case MIO_OK: /* 0 bytes are a datagram, too */
      datagram_len = (size_t)n;
      unsent = true;
      return true;
    case MIO_ERROR_CONNECTION_REFUSED: /* some systems report here that an earlier answer */
    case MIO_ERROR_CONNECTION_RESET:   /* reached no socket; ignore it */
      return true;
    case MIO_ERROR_WOULD_BLOCK:
      return false;
    default:
      report("recv_from", n);
      return false;
  }
}

/* Continues until the socket returns would-block. Then registers for writable if an answer waits for room,
 * else for readable. */
static void serve(mio_interest *registered) {
  while (!stopping && (unsent ? answer() : receive())) continue;
  const mio_interest wanted = unsent ? MIO_WRITABLE : MIO_READABLE;
  if (*registered == wanted) return;
  check("reregister",
        mio_registry_reregister(mio_poll_registry(&poll), &socket.source, SOCKET, wanted));
  *registered = wanted;
}

static void run(void) {
  mio_interest registered = MIO_READABLE;
  check("register",
        mio_registry_register(mio_poll_registry(&poll), &socket.source, SOCKET, registered));
  while (!stopping) {
    const int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    check("wait", result);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      if (mio_event_token(e) == SOCKET) serve(&registered);
    }
  }
}

static void start(const char *address) {
  mio_addr addr;
  char text[MIO_ADDR_FORMAT_MAX];
  check(address, mio_addr_parse(address, &addr));
  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 8));
  check("waker", mio_waker_init(&stop_waker, mio_poll_registry(&poll), STOP));
  check(address, mio_udp_socket_bind(&socket, &addr));
  check("local_addr", mio_udp_socket_local_addr(&socket, &addr));
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  mio_addr_format(&addr, text, sizeof text);
  printf("listening on %s\n", text);
  fflush(stdout);
}

static void stop(void) {
  signal(SIGINT, SIG_DFL); /* no handler may wake the waker while it is closed */
  signal(SIGTERM, SIG_DFL);
  mio_udp_socket_close(&socket);
  mio_waker_close(&stop_waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
}

int main(int argc, char **argv) {
  start(argc > 1 ? argv[1] : "127.0.0.1:0");
  run();
  stop();
  return EXIT_SUCCESS;
}
