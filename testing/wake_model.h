#ifndef TESTING_WAKE_MODEL_H_
#define TESTING_WAKE_MODEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library's own wait, wake and nesting code (mio/wait.c, mio/waker.c, mio/poll.c, mio/wake.h
 * and the eventfd waker) over a kernel made of a few variables, so that a test can decide at every
 * step which thread goes on. Threads take turns: only the one that may run touches anything here.
 *
 * The test supplies the two functions below. `model_step` stands before every access that threads
 * share: the test may let another one run there. `model_block` returns once `ready(context)`. */
void model_step(void);
void model_block(bool (*ready)(void *context), void *context);

/* One poll with `wakers` wakers, tokens 1, 2 ...; whatever was there before is forgotten. With
 * `drain` the selector is one that asks for what it found to be read away. */
void model_begin(size_t wakers, bool drain);

/* Gives the memory of the poll back. */
void model_end(void);

/* Puts `count` edges of sources, token 0, on the kernel's ready list. */
void model_make_sources_ready(size_t count);

/* Lets the next select that would block find a signal instead, as often as said. */
void model_interrupt(size_t count);

/* Lets the next select that has a timeout end `by_ns` nanoseconds too early, and what the modelled clock
 * says. It moves only while a select with a timeout sleeps. */
void model_shorten_sleep(uint64_t by_ns);
uint64_t model_now(void);

/* mio_waker_wake, _close and _init of waker `index`; init gives it the token. */
int model_wake(size_t index);
void model_close_waker(size_t index);
void model_open_waker(size_t index, uintptr_t token);

/* mio_poll_handle. */
void model_export(void);

/* Waits until somebody who sleeps on the poll's own handle would be woken. */
void model_sleep_on_handle(void);

enum { MODEL_CAPACITY_MAX = 8 };
#define MODEL_FOREVER UINT64_MAX

/* mio_poll_wait with room for `capacity` events. Returns how many there are, their tokens in
 * `out_tokens`, or the negative error. A token that nobody registered is MODEL_LEAKED. */
#define MODEL_LEAKED UINTPTR_MAX
int model_wait(size_t capacity, uint64_t timeout_ns, uintptr_t *out_tokens);

/* What the wake word and the kernel say. */
typedef struct model_state {
  uint32_t pending;   /* wakers woken and not delivered, a bit each */
  bool notified;      /* a notification counts as under way */
  uint32_t sleepers;  /* threads that the word counts as sleeping, the exported handle among them */
  uint64_t counter;   /* notifications that landed and were not read */
  size_t ready_count; /* entries of the kernel's ready list */
  size_t selects;     /* calls of select so far */
  size_t notifies;    /* writes to the eventfd so far */
  size_t looks;       /* searches for the notification among events so far */
} model_state;
model_state model_look(void);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_WAKE_MODEL_H_ */
