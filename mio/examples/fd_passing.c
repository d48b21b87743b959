/* A server of two processes. The parent accepts connections and passes each to a worker process, which
 * serves the client. A server that separates privileges does this: only the parent may open ports or files,
 * and only the worker sees bytes from the network.
 *
 *   fd_passing [ADDRESS]        default 127.0.0.1:0; port 0 lets the system choose
 *
 * The worker sends each client a line with its process number and closes the connection. Ctrl-C ends both.
 * Unix only. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mio/mio.h"
#include "mio/unix/ancillary.h"

enum { LISTENER, CHANNEL, STOP }; /* tokens */

static mio_poll poll;
static mio_events events;
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
  fprintf(stderr, "fd_passing: %s: %s\n", what, mio_error_message(result, message, sizeof message));
}

static void check(const char *what, ptrdiff_t result) {
  if (result >= 0) return;
  report(what, result);
  exit(EXIT_FAILURE);
}

static void open_poll(void) {
  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 8));
  check("waker", mio_waker_init(&stop_waker, mio_poll_registry(&poll), STOP));
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
}

static void close_poll(void) {
  signal(SIGINT, SIG_DFL); /* the waker must not be woken while it is closed */
  signal(SIGTERM, SIG_DFL);
  mio_waker_close(&stop_waker);
  mio_events_close(&events);
  mio_poll_close(&poll);
}

static void add(mio_source *source, mio_token token) {
  check("register", mio_registry_register(mio_poll_registry(&poll), source, token, MIO_READABLE));
}

/* Waits, and returns whether there is an event for `token`. */
static bool wait_for(mio_token token) {
  const int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
  if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) return false;
  check("wait", result);
  for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
    if (mio_event_token(e) == token) return true;
  }
  return false;
}

/* The worker. */

/* Talks to one client. The line fits the send buffer of a new connection, so it is written at once. */
static void greet(mio_handle handle) {
  mio_tcp_stream client = {0};
  char line[64];
  if (mio_tcp_stream_adopt(&client, handle) < 0) {
    (void)close(handle);
    return;
  }
  const int len = snprintf(line, sizeof line, "worker %ld\n", (long)getpid());
  (void)mio_tcp_stream_write(&client, line, (size_t)len);
  mio_tcp_stream_close(&client);
}

/* Receives connections until would-block. Returns false when the parent has ended. */
static bool take_connections(mio_unix_stream *channel) {
  for (;;) {
    char bytes[16];
    mio_handle handles[16];
    mio_unix_ancillary with = {0};
    const mio_iovec into = {bytes, sizeof bytes};
    with.fds = handles;
    with.fd_capacity = sizeof handles / sizeof *handles;
    const ptrdiff_t n = mio_unix_stream_read_with(channel, &into, 1, &with);
    if (n < 0) return mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK;
    if (n == 0) return false;
    if (with.fds_lost) fprintf(stderr, "fd_passing: a connection was lost\n");
    for (size_t i = 0; i < with.fd_count; ++i) greet(handles[i]);
  }
}

static void work(mio_unix_stream *channel) {
  open_poll();
  add(&channel->source, CHANNEL);
  while (!stopping && (!wait_for(CHANNEL) || take_connections(channel))) continue;
  mio_unix_stream_close(channel);
  close_poll();
}

/* The parent. */

/* Hands `client` to the worker, with one byte, because descriptors do not travel without data. */
static void hand_over(mio_unix_stream *channel, mio_tcp_stream *client) {
  char byte = 'c';
  const mio_iovec from = {&byte, 1};
  mio_handle handle = MIO_HANDLE_NONE;
  mio_unix_ancillary with = {0};
  check("handle", mio_tcp_stream_handle(client, &handle));
  with.fds = &handle;
  with.fd_count = 1;
  /* Would-block means that the worker is far behind. This client is turned away. */
  const ptrdiff_t n = mio_unix_stream_write_with(channel, &from, 1, &with);
  if (n < 0) report("hand over", n);
  mio_tcp_stream_close(client); /* the worker has its own descriptor */
}

static void serve(mio_tcp_listener *listener, mio_unix_stream *channel) {
  while (!stopping) {
    if (!wait_for(LISTENER)) continue;
    mio_tcp_stream client = {0};
    int result;
    while ((result = mio_tcp_listener_accept(listener, &client, NULL)) == 0) {
      hand_over(channel, &client);
    }
    if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) report("accept", result);
  }
}

int main(int argc, char **argv) {
  const char *address = argc > 1 ? argv[1] : "127.0.0.1:0";
  mio_addr addr;
  char text[MIO_ADDR_FORMAT_MAX];
  mio_tcp_listener listener = {0};
  mio_unix_stream ours = {0}, theirs = {0};
  check(address, mio_addr_parse(address, &addr));
  check("pair", mio_unix_stream_pair(&ours, &theirs));

  /* Before the poll exists, so that each process has its own. */
  const pid_t worker = fork();
  if (worker < 0) check("fork", mio_error_from_kind(MIO_ERROR_OTHER));
  if (worker == 0) {
    mio_unix_stream_close(&ours);
    work(&theirs);
    return EXIT_SUCCESS;
  }
  mio_unix_stream_close(&theirs);

  open_poll();
  check(address, mio_tcp_listener_bind(&listener, &addr));
  check("local_addr", mio_tcp_listener_local_addr(&listener, &addr));
  add(&listener.source, LISTENER);
  mio_addr_format(&addr, text, sizeof text);
  printf("listening on %s\n", text);
  fflush(stdout);
  serve(&listener, &ours);

  mio_tcp_listener_close(&listener);
  mio_unix_stream_close(&ours); /* ends the worker */
  close_poll();
  (void)waitpid(worker, NULL, 0);
  return EXIT_SUCCESS;
}
