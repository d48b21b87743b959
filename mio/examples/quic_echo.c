/* A UDP server in the form of a QUIC server: it receives many datagrams in a call, and sends each back with
 * the same ECN bits, in the same segments, from the address at which it arrived.
 *
 *   quic_echo [ADDRESS]        0.0.0.0:0 by default; port 0 lets the system choose
 *
 * Ctrl-C ends it. A real server would pass the datagrams to its connections, and they would send. The calls
 * on the socket would not change. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

enum { SOCKET, STOP };                            /* tokens */
enum { MESSAGE_COUNT = 16, MESSAGE_LEN = 65536 }; /* room for the longest coalesced message */

static mio_poll poll;
static mio_events events;
static mio_udp_socket socket;
static mio_udp_batch batch;

/* The messages that were received last. messages[sent] and those behind it must still be sent. */
static char buffers[MESSAGE_COUNT][MESSAGE_LEN];
static mio_udp_message messages[MESSAGE_COUNT];
static size_t sent, received;

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
  fprintf(stderr, "quic_echo: %s: %s\n", what, mio_error_message(result, message, sizeof message));
}

/* Setting up either works or ends the program. */
static void check(const char *what, ptrdiff_t result) {
  if (result >= 0) return;
  report(what, result);
  exit(EXIT_FAILURE);
}

/* Sends messages back. False if they must wait for room. */
static bool answer(void) {
  const ptrdiff_t n = mio_udp_batch_send(&batch, messages + sent, received - sent);
  if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return false;
  if (n >= 0) {
    sent += (size_t)n;
  } else {
    /* This one cannot be sent, for example to an address without a route. The next one can. */
    report("send", n);
    ++sent;
  }
  return true;
}

/* Receives the next messages. Returns false if there are none. */
static bool receive(void) {
  const ptrdiff_t n = mio_udp_batch_recv(&batch, messages, MESSAGE_COUNT);
  if (n > 0) {
    sent = 0;
    received = (size_t)n;
    return true;
  }
  if (mio_error_kind(n) == MIO_ERROR_CONNECTION_RESET) return true; /* an earlier answer was lost */
  if (mio_error_kind(n) != MIO_ERROR_WOULD_BLOCK) report("recv", n);
  return false;
}

/* Continues until the socket returns would-block, and registers for the event to wait for. */
static void serve(mio_interest *registered) {
  while (!stopping && (sent < received ? answer() : receive())) continue;
  const mio_interest wanted = sent < received ? MIO_WRITABLE : MIO_READABLE;
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

/* Turns on the receive features that an echo needs, if the system has them. */
static void prepare_batch(void) {
  const uint32_t has = mio_udp_batch_supports(&socket);
  const uint32_t wanted =
      MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_RECV_TRAFFIC_CLASS | MIO_UDP_RECV_COALESCED;
  check("batch", mio_udp_batch_init(&batch, &socket, wanted & has));
  for (int i = 0; i < MESSAGE_COUNT; ++i) {
    messages[i].buffer = buffers[i];
    messages[i].capacity = MESSAGE_LEN;
  }
  printf("local address: %s, ECN: %s, coalesced: %s, segments: %s\n",
         (has & MIO_UDP_RECV_LOCAL_ADDR) != 0 ? "yes" : "no",
         (has & MIO_UDP_RECV_TRAFFIC_CLASS) != 0 ? "yes" : "no",
         (has & MIO_UDP_RECV_COALESCED) != 0 ? "yes" : "no",
         (has & MIO_UDP_SEND_SEGMENTS) != 0 ? "yes" : "no");
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
  prepare_batch();
  fflush(stdout);
}

static void stop(void) {
  signal(SIGINT, SIG_DFL); /* the waker must not be woken while it is closed */
  signal(SIGTERM, SIG_DFL);
  mio_udp_socket_close(&socket);
  mio_waker_close(&stop_waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
}

int main(int argc, char **argv) {
  start(argc > 1 ? argv[1] : "0.0.0.0:0");
  run();
  stop();
  return EXIT_SUCCESS;
}
