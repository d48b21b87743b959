#include <pthread.h>
#include <string.h>

#include "mio/examples/threads.h"

/* Everywhere a number or a pointer. */
_Static_assert(sizeof(pthread_t) <= sizeof(uintptr_t), "a pthread_t fits thread.native");

static void *run(void *argument) {
  const thread *t = argument;
  t->run(t->argument);
  return NULL;
}

int thread_start(thread *t, void (*function)(void *argument), void *argument) {
  pthread_t native;
  t->run = function;
  t->argument = argument;
  const int result = pthread_create(&native, NULL, run, t);
  if (result == 0) memcpy(&t->native, &native, sizeof native);
  return -result;
}

void thread_join(thread *t) {
  pthread_t native;
  memcpy(&native, &t->native, sizeof native);
  (void)pthread_join(native, NULL);
}
