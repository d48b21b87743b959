#ifndef MIO_EXAMPLES_THREADS_H_
#define MIO_EXAMPLES_THREADS_H_

#include <stdint.h>

/* The thread functions that the examples need. Not part of the library.
 *
 * C11's <threads.h> would replace this file, but macOS, MinGW and Android before 11 lack it. So there is a
 * threads_....c for each thread API, and the build picks one. */
typedef struct thread {
  void (*run)(void *argument);
  void *argument;
  uintptr_t native;
} thread;

/* Runs `run(argument)` in a new thread. `*t` must stay where it is until joined. Returns 0, or a
 * negative error code as the library's. */
int thread_start(thread *t, void (*run)(void *argument), void *argument);

/* Waits until the thread has ended. To be called once for each thread. */
void thread_join(thread *t);

#endif /* MIO_EXAMPLES_THREADS_H_ */
