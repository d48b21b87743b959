/* Uses what people outside Bazel get: connects to itself, and checks which library it runs with. */

#include <mio/mio.h>
#include <mio/unix/pipe.h>
#include <stdio.h>

enum { SERVER, CLIENT };

static int wait_for(mio_poll *poll, mio_events *events, mio_token token) {
  for (int tries = 0; tries < 100; ++tries) {
    const int result = mio_poll_wait(poll, events, 100 * 1000 * 1000);
    if (result < 0 && mio_error_kind(result) != MIO_ERROR_INTERRUPTED) return result;
    for (const mio_event *e = mio_events_begin(events); e != mio_events_end(events); ++e) {
      if (mio_event_token(e) == token) return 0;
    }
  }
  return -1;
}

int main(void) {
  mio_poll poll = {0};
  mio_events events = {0};
  mio_tcp_listener server = {0};
  mio_tcp_stream client = {0}, peer = {0};
  mio_pipe_sender sender = {0};
  mio_pipe_receiver receiver = {0};
  mio_addr addr;

  if (mio_version() != MIO_VERSION) return 1;
  if (mio_poll_init(&poll, NULL) != 0 || mio_events_init(&events, 16) != 0) return 2;
  const mio_registry *registry = mio_poll_registry(&poll);
  if (mio_addr_parse("127.0.0.1:0", &addr) != 0 || mio_tcp_listener_bind(&server, &addr) != 0 ||
      mio_registry_register(registry, &server.source, SERVER, MIO_READABLE) != 0 ||
      mio_tcp_listener_local_addr(&server, &addr) != 0 ||
      mio_tcp_stream_connect(&client, &addr) != 0) {
    return 3;
  }
  if (mio_registry_register(registry, &client.source, CLIENT, MIO_WRITABLE) != 0) return 4;
  if (wait_for(&poll, &events, SERVER) != 0) return 5;
  if (mio_tcp_listener_accept(&server, &peer, NULL) != 0) return 6;
  if (mio_pipe_pair(&sender, &receiver) != 0) return 7;

  mio_pipe_sender_close(&sender);
  mio_pipe_receiver_close(&receiver);
  mio_tcp_stream_close(&peer);
  mio_tcp_stream_close(&client);
  mio_tcp_listener_close(&server);
  mio_events_close(&events);
  mio_poll_close(&poll);
  printf("accepted with mio %s\n", MIO_VERSION_STRING);
  return 0;
}
