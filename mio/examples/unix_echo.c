/* A server on a Unix socket that sends back the bytes that it receives and prints the credentials of its
 * clients.
 *
 *   unix_echo [PATH]            by default unix_echo.sock in the current folder
 *
 * Try it with `nc -U PATH`; Ctrl-C ends it. Exits with 77 if the system has no Unix sockets.
 *
 * Unlike tcp_server it uses levels and not edges: every wait reports a connection while it is ready. So one
 * read or write for each event is enough, and unread data is reported again. But a source that is ready and
 * not wanted must be deregistered, because otherwise no wait would sleep. The tokens are the addresses of
 * the connections. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

enum { CONNECTION_MAX = 64, BUFFER_LEN = 4096, EVENT_MAX = 64, EXIT_UNSUPPORTED = 77 };

static const uint64_t RETRY_NS = 1000000000;

typedef struct connection {
  mio_unix_stream stream;
  size_t sent, filled; /* buffer[sent] to buffer[filled - 1] are still to be written */
  char buffer[BUFFER_LEN];
} connection;

static mio_poll poll;
static mio_events events;
static mio_unix_listener listener;
static bool listening; /* the listener is registered */
static connection connections[CONNECTION_MAX];

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
  fprintf(stderr, "unix_echo: %s: %s\n", what, mio_error_message(result, message, sizeof message));
}

/* Setting up either works or ends the program. */
static void check(const char *what, ptrdiff_t result) {
  if (result >= 0) return;
  report(what, result);
  exit(EXIT_FAILURE);
}

static void set_listening(bool on) {
  const mio_registry *registry = mio_poll_registry(&poll);
  if (listening == on) return;
  check("listener", on ? mio_registry_register(registry, &listener.source, (mio_token)&listener,
                                               MIO_READABLE | MIO_LEVEL)
                       : mio_registry_deregister(registry, &listener.source));
  listening = on;
}

static void close_connection(connection *c) {
  mio_unix_stream_close(&c->stream); /* deregisters it, too */
  set_listening(true);
}

static void greet(const connection *c) {
  mio_unix_credentials who;
  if (mio_unix_stream_peer_credentials(&c->stream, &who) < 0)
    return; /* some systems do not report it */
  printf("a client of user %lu, process %lld\n", (unsigned long)who.uid, (long long)who.pid);
  fflush(stdout);
}

static connection *free_connection(void) {
  for (int i = 0; i < CONNECTION_MAX; ++i) {
    if (!mio_source_is_open(&connections[i].stream.source)) return &connections[i];
  }
  return NULL;
}

static void open_connection(connection *c) {
  c->sent = c->filled = 0;
  const int result = mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
                                           (mio_token)c, MIO_READABLE | MIO_LEVEL);
  if (result == 0) {
    greet(c);
  } else {
    report("register", result);
    close_connection(c);
  }
}

/* Accepts one client. If more wait, the next wait reports them. If the table is full or no descriptor is
 * left, every wait would report the listener again. So the listener then pauses until a client has left, or
 * for some time. */
static void accept_client(void) {
  connection *c = free_connection();
  if (c == NULL) {
    set_listening(false);
    return;
  }
  const int result = mio_unix_listener_accept(&listener, &c->stream, NULL);
  if (result == 0) {
    open_connection(c);
  } else if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) {
    report("accept", result);
    set_listening(false);
  }
}

/* Makes one write if there are bytes to send, else one read and a write of the received bytes. Returns 0 if
 * the client has finished and an error if it has vanished. Would-block is not an error. */
static ptrdiff_t transfer(connection *c) {
  ptrdiff_t n;
  if (c->sent == c->filled) {
    n = mio_unix_stream_read(&c->stream, c->buffer, sizeof c->buffer);
    if (n <= 0) return n;
    c->sent = 0;
    c->filled = (size_t)n;
  }
  n = mio_unix_stream_write(&c->stream, c->buffer + c->sent, c->filled - c->sent);
  if (n > 0) c->sent += (size_t)n;
  return n;
}

/* The server reads nothing while bytes wait to be written, so a client that does not read them cannot make
 * the server store more and more. Returns false when the connection has ended. */
static bool serve(connection *c) {
  const bool was_writing = c->sent < c->filled;
  const ptrdiff_t n = transfer(c);
  if (n <= 0 && mio_error_kind(n) != MIO_ERROR_WOULD_BLOCK) return false;
  const bool writing = c->sent < c->filled;
  if (writing == was_writing) return true;
  return mio_registry_reregister(mio_poll_registry(&poll), &c->stream.source, (mio_token)c,
                                 (writing ? MIO_WRITABLE : MIO_READABLE) | MIO_LEVEL) == 0;
}

static void handle(const mio_event *event) {
  const mio_token token = mio_event_token(event);
  if (token == (mio_token)&listener) {
    accept_client();
  } else if (token != (mio_token)&stop_waker) {
    connection *c = (connection *)token;
    if (mio_source_is_open(&c->stream.source) && !serve(c)) close_connection(c);
  }
}

static void run(void) {
  while (!stopping) {
    const int result = mio_poll_wait(&poll, &events, listening ? MIO_FOREVER : RETRY_NS);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    check("wait", result);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      handle(e);
    }
    if (mio_events_is_empty(&events)) set_listening(true); /* the while is over */
  }
}

static void bind_to(const char *path) {
  const int result = mio_unix_listener_bind(&listener, path);
  if (mio_error_kind(result) == MIO_ERROR_ADDR_FAMILY_UNSUPPORTED) {
    fprintf(stderr, "unix_echo: this system has no Unix sockets\n");
    exit(EXIT_UNSUPPORTED);
  }
  if (mio_error_kind(result) == MIO_ERROR_ADDR_IN_USE) {
    /* The path may belong to another server, or to one that was killed. This program must not remove it. */
    fprintf(stderr, "unix_echo: %s exists: remove it if nobody uses it\n", path);
    exit(EXIT_FAILURE);
  }
  check(path, result);
}

static void start(const char *path) {
  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, EVENT_MAX));
  check("waker", mio_waker_init(&stop_waker, mio_poll_registry(&poll), (mio_token)&stop_waker));
  bind_to(path);
  set_listening(true);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  printf("listening on %s\n", path);
  fflush(stdout);
}

static void stop(const char *path) {
  signal(SIGINT, SIG_DFL); /* no handler may wake the waker while it is closed */
  signal(SIGTERM, SIG_DFL);
  for (int i = 0; i < CONNECTION_MAX; ++i) mio_unix_stream_close(&connections[i].stream);
  mio_unix_listener_close(&listener);
  (void)remove(path); /* the file is the program's, and would be in the way of the next bind */
  mio_waker_close(&stop_waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "unix_echo.sock";
  start(path);
  run();
  stop(path);
  return EXIT_SUCCESS;
}
