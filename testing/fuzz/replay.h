#ifndef TESTING_FUZZ_REPLAY_H_
#define TESTING_FUZZ_REPLAY_H_

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mio/mio.h"
#include "mio/unix/pipe.h"
#include "mio/unix/source_fd.h"

/* What the programs that the fuzzer prints are written with. Such a program shows what came of each
 * wait; the comments in it say what came when it was found, and what was wrong. */

static mio_poll p0, p1;
static mio_registry p0_clone, p1_clone;
static mio_waker w0, w1, w2;
static mio_handle released;
static char buffer[70000];

static inline void open_poll(mio_poll *poll, size_t reserve_sources, uint64_t spin_ns) {
  const mio_poll_options options = {reserve_sources, spin_ns};
  (void)mio_poll_init(poll, &options);
}

static inline void show(const mio_events *events, int result) {
  char text[MIO_EVENT_FORMAT_MAX];
  printf("wait: %d\n", result);
  for (const mio_event *e = mio_events_begin(events); e != mio_events_end(events); ++e) {
    (void)mio_event_format(e, text, sizeof text);
    printf("  %s\n", text);
  }
}

static inline void wait_for(mio_poll *poll, size_t capacity, uint64_t timeout_ns) {
  mio_event room[64];
  mio_events events = {0};
  (void)mio_events_init_with_buffer(&events, room, capacity);
  show(&events, mio_poll_wait(poll, &events, timeout_ns));
}

static inline void on_signal(int number) { (void)number; }

/* Waits while signals come every millisecond. */
static inline void wait_with_signals(mio_poll *poll) {
  struct sigaction action = {0};
  const struct itimerval every_ms = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  action.sa_handler = on_signal;
  (void)sigaction(SIGALRM, &action, NULL);
  (void)setitimer(ITIMER_REAL, &every_ms, NULL);
  wait_for(poll, 64, MIO_FOREVER);
  (void)setitimer(ITIMER_REAL, &never, NULL);
}

static inline void await(mio_handle handle, short flags) {
  struct pollfd entry = {.fd = handle, .events = flags};
  (void)poll(&entry, 1, 5000);
}

static inline void connect_tcp(mio_tcp_stream *a, mio_tcp_stream *b) {
  mio_tcp_listener listener = {0};
  mio_addr addr = mio_addr_loopback_v4(0);
  (void)mio_tcp_listener_bind(&listener, &addr);
  (void)mio_tcp_listener_local_addr(&listener, &addr);
  (void)mio_tcp_stream_connect(a, &addr);
  await(listener.source.native.handle, POLLIN);
  (void)mio_tcp_listener_accept(&listener, b, NULL);
  mio_tcp_listener_close(&listener);
  await(a->source.native.handle, POLLOUT);
}

static inline void connect_udp(mio_udp_socket *a, mio_udp_socket *b) {
  const mio_addr any = mio_addr_loopback_v4(0);
  mio_addr addr;
  (void)mio_udp_socket_bind(a, &any);
  (void)mio_udp_socket_bind(b, &any);
  (void)mio_udp_socket_local_addr(a, &addr);
  (void)mio_udp_socket_connect(b, &addr);
  (void)mio_udp_socket_local_addr(b, &addr);
  (void)mio_udp_socket_connect(a, &addr);
}

static inline void open_fifo(mio_pipe_sender *sender, mio_pipe_receiver *receiver) {
  char path[64];
  (void)snprintf(path, sizeof path, "/tmp/mio-replay-%d", (int)getpid());
  (void)mkfifo(path, 0600);
  (void)mio_pipe_receiver_adopt(receiver, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  (void)mio_pipe_sender_adopt(sender, open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  (void)unlink(path);
}

static inline void nest(mio_source_fd *outer, mio_poll *inner) {
  mio_handle handle;
  if (mio_poll_handle(inner, &handle) == 0) (void)mio_source_fd_init(outer, handle);
}

/* What a child does with what it inherited is in testing/fuzz/model.cc, under the same number. */
static inline void fork_and_wait(int what) {
  const pid_t child = fork();
  if (child == 0) {
    if (what != 0) {
      mio_poll_close(&p0);
      mio_poll_close(&p1);
    }
    _exit(0);
  }
  (void)waitpid(child, NULL, 0);
}

#endif /* TESTING_FUZZ_REPLAY_H_ */
