/* A named pipe with messages on Windows. One thread of one program has a server, which answers one client
 * after the other, and the clients.
 *
 *   named_pipe [NAME]           \\.\pipe\mio-example by default
 *
 * The server has one instance. After a client has left, it disconnects the pipe and then accepts the next
 * client. A server for many clients at a time creates more instances, with `further_instance`. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/mio.h"
#include "mio/windows/named_pipe.h"

enum { SERVER, CLIENT };
enum { CLIENT_COUNT = 3, MESSAGE_MAX = 64 };

static mio_poll poll;
static mio_events events;
static mio_named_pipe server, client;
static const mio_named_pipe_options options = {.messages = true};

/* Bytes that the server has not written yet. */
static char answer[2 * MESSAGE_MAX];
static size_t answer_len;

/* Ends the program if `result` is an error. */
static void check(const char *what, ptrdiff_t result) {
  char message[MIO_ERROR_MESSAGE_MAX];
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, mio_error_message(result, message, sizeof message));
  exit(EXIT_FAILURE);
}

/* Both ends are registered as readable and writable. */
static void watch(mio_named_pipe *pipe, mio_token token) {
  const mio_registry *registry = mio_poll_registry(&poll);
  check("register",
        mio_registry_register(registry, &pipe->source, token, MIO_READABLE | MIO_WRITABLE));
}

/* Starts to accept the next client. The server's events continue from there. */
static void await_client(void) {
  const int result = mio_named_pipe_connect(&server);
  if (mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) check("connect", result);
}

/* A client is connected as soon as it is open, and sends its question at once. */
static void start_client(const char *name, int number) {
  char question[MESSAGE_MAX];
  const int len = snprintf(question, sizeof question, "I am number %d", number);
  check("open", mio_named_pipe_open(&client, name, &options));
  watch(&client, CLIENT);
  check("write", mio_named_pipe_write(&client, question, (size_t)len));
  printf("client: says \"%s\"\n", question);
}

/* Answers until a read or a write returns would-block, because only then another event comes. Returns false
 * after the client has left. */
static bool serve(void) {
  for (;;) {
    char message[MESSAGE_MAX];
    bool ends;
    if (answer_len > 0) {
      const ptrdiff_t n = mio_named_pipe_write(&server, answer, answer_len);
      if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return true;
      check("write", n);
      answer_len = 0;
    }
    const ptrdiff_t n = mio_named_pipe_read_message(&server, message, sizeof message, &ends);
    if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return true;
    if (mio_error_kind(n) == MIO_ERROR_BROKEN_PIPE) return false;
    check("read", n); /* a longer message than this one expects would go on in the next read */
    printf("server: is told \"%.*s\"\n", (int)n, message);
    answer_len = (size_t)snprintf(answer, sizeof answer, "Welcome: %.*s", (int)n, message);
  }
}

/* True once the answer is there. */
static bool hear(void) {
  char message[sizeof answer];
  const ptrdiff_t n = mio_named_pipe_read(&client, message, sizeof message);
  if (mio_error_kind(n) == MIO_ERROR_WOULD_BLOCK) return false;
  check("read", n);
  printf("client: hears \"%.*s\", and leaves\n", (int)n, message);
  return true;
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\mio-example";
  int served = 0;

  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 16));
  check("create", mio_named_pipe_create(&server, name, &options));
  watch(&server, SERVER);
  await_client();
  start_client(name, 1);

  while (served < CLIENT_COUNT) {
    check("wait", mio_poll_wait(&poll, &events, MIO_FOREVER));
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      if (mio_event_token(e) == CLIENT) {
        /* Its events may come in pairs, and the first have closed it. */
        if (mio_source_is_open(&client.source) && hear()) mio_named_pipe_close(&client);
      } else {
        check("connect", mio_named_pipe_take_error(&server));
        if (serve()) continue;
        printf("server: the client has left\n");
        if (++served == CLIENT_COUNT) break;
        check("disconnect", mio_named_pipe_disconnect(&server));
        await_client();
        start_client(name, served + 1);
      }
    }
  }
  mio_named_pipe_close(&server);
  mio_events_close(&events);
  mio_poll_close(&poll);
  return EXIT_SUCCESS;
}
