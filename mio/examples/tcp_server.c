/* A TCP server that sends back the bytes that it receives. No client can harm it or another client.
 *
 *   tcp_server [ADDRESS]        127.0.0.1:0 by default; port 0 lets the system choose
 *
 * Try it with `nc 127.0.0.1 PORT`; Ctrl-C ends it.
 *
 * A connection has one buffer and one of two states. It registers only for the direction of that state:
 *
 *                    some bytes were read
 *   READING  -------------------------------------->  WRITING
 *   the buffer is empty,                              the buffer has bytes to send,
 *   interest READABLE                                 interest WRITABLE if they do not go at once
 *            <--------------------------------------
 *                    all of them were written
 *
 * A client that does not read its bytes keeps its connection in WRITING, where the server reads nothing. So
 * the system's buffers fill up and TCP slows that client down. The server needs no more memory, and other
 * clients see no delay. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

enum {
  CONNECTION_MAX = 128, /* more clients than this wait in the listener's queue */
  BUFFER_LEN = 16 * 1024,
  EVENT_MAX = 64,
  TURN_MAX = 16 /* reads and writes of one connection before it is the others' turn */
};

/* Tokens. The token of a connection is its index in the table. These tokens follow. */
enum { LISTENER = CONNECTION_MAX, STOP };

static const uint64_t RETRY_NS = 1000000000;

typedef struct connection {
  mio_tcp_stream stream;
  mio_interest interest; /* that the stream is registered for */
  size_t sent, filled;   /* buffer[sent] to buffer[filled - 1] are still to be written */
  /* The last read was short, which drains the stream: another read would only return would-block. But the
   * end of a client that has finished yields no further event, so the server must read it at once. */
  bool drained, finished;
  struct connection *next_free;
  char buffer[BUFFER_LEN];
} connection;

/* A source must not move while it is registered, so all of them are where they stay. */
static mio_poll poll;
static mio_events events;
static mio_tcp_listener listener;
static connection connections[CONNECTION_MAX];
static connection *free_connections;
static bool accept_again; /* clients may wait for which no further event comes */

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
  fprintf(stderr, "tcp_server: %s: %s\n", what, mio_error_message(result, message, sizeof message));
}

/* Setting up either works or ends the program. */
static void check(const char *what, ptrdiff_t result) {
  if (result >= 0) return;
  report(what, result);
  exit(EXIT_FAILURE);
}

static void close_connection(connection *c) {
  mio_tcp_stream_close(&c->stream); /* deregisters it, too */
  c->next_free = free_connections;
  free_connections = c;
}

static mio_interest wanted(const connection *c) {
  return c->sent < c->filled ? MIO_WRITABLE : MIO_READABLE;
}

/* Registers for the direction that `c` waits for. Reregistering reports existing readiness again. Returns
 * false on failure. */
static bool update_interest(connection *c) {
  c->interest = wanted(c);
  return mio_registry_reregister(mio_poll_registry(&poll), &c->stream.source,
                                 (mio_token)(c - connections), c->interest) == 0;
}

/* Reads into the empty buffer, or writes its bytes. Returns the stream's result, which is 0 at the end of
 * the client's data. */
static ptrdiff_t transfer(connection *c) {
  ptrdiff_t n;
  if (c->sent < c->filled) {
    n = mio_tcp_stream_write(&c->stream, c->buffer + c->sent, c->filled - c->sent);
    if (n > 0) c->sent += (size_t)n;
  } else {
    n = mio_tcp_stream_read(&c->stream, c->buffer, sizeof c->buffer);
    if (n > 0) {
      c->sent = 0;
      c->filled = (size_t)n;
      c->drained = c->filled < sizeof c->buffer;
    }
  }
  return n;
}

/* Continues until the stream is drained, as edges require, but at most for one turn. Otherwise a client
 * that sends faster than this server reads would delay all others. Returns false when the connection has
 * ended. */
static bool serve(connection *c) {
  for (int turn = 0; turn < TURN_MAX; ++turn) {
    const ptrdiff_t n = transfer(c);
    if (n > 0 && c->drained && c->sent == c->filled && !c->finished) {
      return c->interest == wanted(c) || update_interest(c);
    }
    if (n > 0) continue;
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) {
      return c->interest == wanted(c) || update_interest(c);
    }
    /* Either the client has vanished, or the result is 0: the client sends no more, and all its bytes are
     * written. The system delivers them also after the close. */
    return false;
  }
  return update_interest(c); /* there may be more events; the next wait returns them */
}

static void open_connection(connection *c) {
  free_connections = c->next_free;
  c->sent = c->filled = 0;
  c->drained = c->finished = false;
  c->interest = wanted(c);
  /* Answers should not wait for each other. Without it all is slower, but right. */
  (void)mio_tcp_stream_set_nodelay(&c->stream, true);
  const int result = mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
                                           (mio_token)(c - connections), c->interest);
  if (result == 0) return;
  report("register", result);
  close_connection(c);
}

/* Accepts until would-block. If the table is full or no descriptor is left, it must stop earlier. No event
 * reports the clients that already wait then, so the main loop calls it again. */
static void accept_clients(void) {
  while (free_connections != NULL) {
    const int result = mio_tcp_listener_accept(&listener, &free_connections->stream, NULL);
    switch (mio_error_kind(result)) {
      case MIO_OK:
        open_connection(free_connections);
        break;
      case MIO_ERROR_CONNECTION_ABORTED: /* that client has disconnected; the next may still wait */
        break;
      case MIO_ERROR_WOULD_BLOCK:
        accept_again = false;
        return;
      default:
        if (!accept_again) report("accept", result);
        accept_again = true;
        return;
    }
  }
  accept_again = true;
}

static void handle(const mio_event *event) {
  const mio_token token = mio_event_token(event);
  if (token == LISTENER) {
    accept_clients();
  } else if (token < CONNECTION_MAX) {
    /* The flags of the event do not matter, because a read or write returns the data or the error. An
     * earlier event of this batch may have closed the connection, and a new client may use its slot. An
     * extra event does no harm to that client. */
    connection *c = &connections[token];
    if (!mio_source_is_open(&c->stream.source)) return;
    if (mio_event_is_read_closed(event)) c->finished = true;
    if (!serve(c)) close_connection(c);
  }
}

static void run(void) {
  while (!stopping) {
    const int result = mio_poll_wait(&poll, &events, accept_again ? RETRY_NS : MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    check("wait", result);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      handle(e);
    }
    if (accept_again) accept_clients();
  }
}

static void start(const char *address) {
  mio_addr addr;
  char text[MIO_ADDR_FORMAT_MAX];
  check(address, mio_addr_parse(address, &addr));
  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, EVENT_MAX));
  check("waker", mio_waker_init(&stop_waker, mio_poll_registry(&poll), STOP));
  check(address, mio_tcp_listener_bind(&listener, &addr));
  check("register",
        mio_registry_register(mio_poll_registry(&poll), &listener.source, LISTENER, MIO_READABLE));
  check("local_addr", mio_tcp_listener_local_addr(&listener, &addr));
  for (int i = CONNECTION_MAX - 1; i >= 0; --i) {
    connections[i].next_free = free_connections;
    free_connections = &connections[i];
  }
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  mio_addr_format(&addr, text, sizeof text);
  printf("listening on %s\n", text);
  fflush(stdout);
}

static void stop(void) {
  signal(SIGINT, SIG_DFL); /* no handler may wake the waker while it is closed */
  signal(SIGTERM, SIG_DFL);
  for (int i = 0; i < CONNECTION_MAX; ++i) mio_tcp_stream_close(&connections[i].stream);
  mio_tcp_listener_close(&listener);
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
