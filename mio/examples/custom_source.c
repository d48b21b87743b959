/* A custom source that consists of two listeners at two addresses. The program registers it, waits for it
 * and accepts from it as if it were one listener. The example connects to both addresses, accepts, and
 * ends. */

#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"

/* --- The type --------------------------------------------------------------------------------
 *
 * A source starts with a mio_source, as the library's own types do. */
typedef struct two_listeners {
  mio_source source;
  mio_tcp_listener first, second;
  mio_token token; /* as registered last, to go back to when reregistering fails half way */
  mio_interest interest;
} two_listeners;

/* Functions that the registry calls. Before do_register the registry has checked that the source is open
 * and not registered. Before the other two it has checked that the source is registered with this poll. A
 * function that fails must undo its changes. */
static int register_both(mio_source *source, const mio_registry *registry, mio_token token,
                         mio_interest interest) {
  two_listeners *both = (two_listeners *)source;
  int result = mio_registry_register(registry, &both->first.source, token, interest);
  if (result < 0) return result;
  result = mio_registry_register(registry, &both->second.source, token, interest);
  if (result < 0) {
    (void)mio_registry_deregister(registry, &both->first.source);
    return result;
  }
  both->token = token;
  both->interest = interest;
  return 0;
}

static int reregister_both(mio_source *source, const mio_registry *registry, mio_token token,
                           mio_interest interest) {
  two_listeners *both = (two_listeners *)source;
  int result = mio_registry_reregister(registry, &both->first.source, token, interest);
  if (result < 0) return result;
  result = mio_registry_reregister(registry, &both->second.source, token, interest);
  if (result < 0) {
    (void)mio_registry_reregister(registry, &both->first.source, both->token, both->interest);
    return result;
  }
  both->token = token;
  both->interest = interest;
  return 0;
}

static int deregister_both(mio_source *source, const mio_registry *registry) {
  two_listeners *both = (two_listeners *)source;
  const int first = mio_registry_deregister(registry, &both->first.source);
  const int second = mio_registry_deregister(registry, &both->second.source);
  return first < 0 ? first : second;
}

static const mio_source_ops two_listeners_ops = {register_both, reregister_both, deregister_both};

/* Closes both listeners, which deregisters them, and zeroes the struct. */
static void two_listeners_close(two_listeners *both) {
  static const two_listeners closed;
  mio_tcp_listener_close(&both->first);
  mio_tcp_listener_close(&both->second);
  *both = closed;
}

/* Opens a closed source. On failure it stays closed. */
static int two_listeners_bind(two_listeners *both, const mio_addr *first, const mio_addr *second) {
  if (mio_source_is_open(&both->source)) return mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
  int result = mio_tcp_listener_bind(&both->first, first);
  if (result == 0) result = mio_tcp_listener_bind(&both->second, second);
  if (result == 0) {
    mio_source_init(&both->source, &two_listeners_ops); /* open from here on */
  } else {
    two_listeners_close(both);
  }
  return result;
}

/* Accepts the next client of either listener. Returns would-block only if both have none, so that both are
 * drained then. */
static int two_listeners_accept(two_listeners *both, mio_tcp_stream *out_stream) {
  const int result = mio_tcp_listener_accept(&both->first, out_stream, NULL);
  if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) return result;
  return mio_tcp_listener_accept(&both->second, out_stream, NULL);
}

/* --- A program that uses it ------------------------------------------------------------------ */

enum { MORNING, EVENING }; /* tokens */

static mio_poll poll;
static mio_events events;
static two_listeners server;

static void check(const char *what, ptrdiff_t result) {
  char message[MIO_ERROR_MESSAGE_MAX];
  if (result >= 0) return;
  fprintf(stderr, "custom_source: %s: %s\n", what,
          mio_error_message(result, message, sizeof message));
  exit(EXIT_FAILURE);
}

/* Accepts all waiting clients and prints their listeners. Returns the number of clients. */
static int accept_all(void) {
  mio_tcp_stream stream = {0};
  mio_addr addr;
  char text[MIO_ADDR_FORMAT_MAX];
  int count = 0, result;
  for (; (result = two_listeners_accept(&server, &stream)) == 0; ++count) {
    check("local_addr", mio_tcp_stream_local_addr(&stream, &addr));
    mio_addr_format(&addr, text, sizeof text);
    printf("accepted at %s\n", text);
    mio_tcp_stream_close(&stream);
  }
  if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) check("accept", result);
  return count;
}

/* Waits until a client has come, announced under `token`. */
static void serve_client(mio_token token) {
  int count = 0;
  while (count == 0) {
    const int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    check("wait", result);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      if (mio_event_token(e) == token) count += accept_all();
    }
  }
}

/* A client comes to each of the two addresses, one after the other. */
static void serve_both(const char *name, mio_token token) {
  mio_tcp_listener *const listeners[] = {&server.first, &server.second};
  printf("%s\n", name);
  for (int i = 0; i < 2; ++i) {
    mio_tcp_stream client = {0};
    mio_addr addr;
    check("local_addr", mio_tcp_listener_local_addr(listeners[i], &addr));
    check("connect", mio_tcp_stream_connect(&client, &addr));
    serve_client(token);
    mio_tcp_stream_close(&client);
  }
}

int main(void) {
  const mio_addr any_port = mio_addr_loopback_v4(0);

  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 8));
  check("bind", two_listeners_bind(&server, &any_port, &any_port));

  /* From here on it is a source as any other. */
  const mio_registry *registry = mio_poll_registry(&poll);
  check("register", mio_registry_register(registry, &server.source, MORNING, MIO_READABLE));
  serve_both("morning", MORNING);

  check("reregister", mio_registry_reregister(registry, &server.source, EVENING, MIO_READABLE));
  serve_both("evening", EVENING);

  check("deregister", mio_registry_deregister(registry, &server.source));
  printf("done\n");

  two_listeners_close(&server);
  mio_events_close(&events);
  mio_poll_close(&poll);
  return EXIT_SUCCESS;
}
