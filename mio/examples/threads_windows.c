#include <windows.h>

#include "mio/examples/threads.h"

static DWORD WINAPI run(void *argument) {
  const thread *t = argument;
  t->run(t->argument);
  return 0;
}

int thread_start(thread *t, void (*function)(void *argument), void *argument) {
  t->run = function;
  t->argument = argument;
  const HANDLE native = CreateThread(NULL, 0, run, t, 0, NULL);
  if (native == NULL) return -(int)GetLastError();
  t->native = (uintptr_t)native;
  return 0;
}

void thread_join(thread *t) {
  const HANDLE native = (HANDLE)t->native;
  (void)WaitForSingleObject(native, INFINITE);
  (void)CloseHandle(native);
}
