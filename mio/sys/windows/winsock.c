#include "mio/sys/windows/os.h"

#include "mio/sys/windows/winsock.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK start(PINIT_ONCE unused, PVOID out_result, PVOID *context) {
  (void)unused, (void)context;
  WSADATA data;
  *(int *)out_result = -WSAStartup(MAKEWORD(2, 2), &data);
  return *(int *)out_result == 0; /* else the next caller tries again */
}

int mio_winsock_start(void) {
  int result = 0;
  (void)InitOnceExecuteOnce(&once, start, &result, NULL);
  return result;
}
