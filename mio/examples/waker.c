/* Worker threads pass their results to the thread that polls.
 *
 * The workers count primes. The polling thread sleeps until a result comes, as it would sleep until a
 * socket is ready. It prints the results, and ends the program when it has all of them. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mio/examples/threads.h"
#include "mio/mio.h"

enum { WORKER_COUNT = 4, JOB_COUNT = 16, JOB_LEN = 10000 };
enum { RESULTS }; /* token */

/* The numbers from `first` to `first + JOB_LEN - 1`, and how many of them are primes. */
typedef struct job {
  unsigned first, primes;
  struct job *next; /* in the list of results */
} job;

static job jobs[JOB_COUNT];
static atomic_uint taken_count;    /* number of jobs that workers have started */
static _Atomic(job *) result_list; /* done, and not seen by the poll's thread yet */
static mio_waker waker;            /* one waker for all workers; one for each would also work */

static void check(const char *what, ptrdiff_t result) {
  char message[MIO_ERROR_MESSAGE_MAX];
  if (result >= 0) return;
  fprintf(stderr, "waker: %s: %s\n", what, mio_error_message(result, message, sizeof message));
  exit(EXIT_FAILURE);
}

/* First stores the result for the other thread, then wakes. No wake is lost, whether that thread sleeps,
 * works or is about to wait. */
static void hand_over(job *done) {
  done->next = atomic_load(&result_list);
  while (!atomic_compare_exchange_weak(&result_list, &done->next, done)) continue;
  check("wake", mio_waker_wake(&waker));
}

static bool is_prime(unsigned n) {
  if (n < 2) return false;
  for (unsigned divisor = 2; divisor <= n / divisor; ++divisor) {
    if (n % divisor == 0) return false;
  }
  return true;
}

static void work(void *argument) {
  (void)argument;
  for (unsigned i; (i = atomic_fetch_add(&taken_count, 1)) < JOB_COUNT;) {
    job *mine = &jobs[i];
    for (unsigned n = mine->first; n < mine->first + JOB_LEN; ++n) mine->primes += is_prime(n);
    hand_over(mine);
  }
}

/* Takes all stored results. Wakes coalesce, so one event may mean several results, and a later event may
 * find none left. */
static unsigned take_results(unsigned *primes) {
  unsigned count = 0;
  for (const job *done = atomic_exchange(&result_list, NULL); done != NULL; done = done->next) {
    printf("%u to %u: %u primes\n", done->first, done->first + JOB_LEN - 1, done->primes);
    *primes += done->primes;
    ++count;
  }
  return count;
}

int main(void) {
  mio_poll poll = {0};
  mio_events events = {0};
  thread workers[WORKER_COUNT];
  unsigned result_count = 0, primes = 0;

  check("poll", mio_poll_init(&poll, NULL));
  check("events", mio_events_init(&events, 8));
  check("waker", mio_waker_init(&waker, mio_poll_registry(&poll), RESULTS));

  for (unsigned i = 0; i < JOB_COUNT; ++i) jobs[i].first = i * JOB_LEN;
  for (int i = 0; i < WORKER_COUNT; ++i) check("thread", thread_start(&workers[i], work, NULL));

  while (result_count < JOB_COUNT) {
    const int result = mio_poll_wait(&poll, &events, MIO_FOREVER);
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED) continue;
    check("wait", result);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      if (mio_event_token(e) == RESULTS) result_count += take_results(&primes);
    }
  }
  printf("%u primes below %u\n", primes, JOB_COUNT * JOB_LEN);

  for (int i = 0; i < WORKER_COUNT; ++i) thread_join(&workers[i]);
  mio_waker_close(&waker); /* no thread wakes it any more */
  mio_events_close(&events);
  mio_poll_close(&poll);
  return EXIT_SUCCESS;
}
