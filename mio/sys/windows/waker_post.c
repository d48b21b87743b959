#include "mio/sys/windows/os.h"

#include "mio/sys/waker.h"

#include "mio/sys/windows/selector_afd.h"

/* A waker that needs no handle of its own: a notification is a packet posted to the selector's port,
 * which a wait takes out by dequeuing it. */

int mio_sys_waker_open(mio_sys_waker *waker, struct mio_selector *selector) {
  waker->receiver = MIO_HANDLE_NONE;
  waker->sender = (mio_handle)(uintptr_t)selector->port;
  return 0;
}

int mio_sys_waker_notify(mio_sys_waker *waker) {
  if (PostQueuedCompletionStatus((HANDLE)(uintptr_t)waker->sender, 0, MIO_PORT_KEY_WAKER, NULL))
    return 0;
  return -(int)GetLastError();
}

void mio_sys_waker_take(mio_sys_waker *waker, bool drain) { (void)waker, (void)drain; }

/* The port is the selector's. */
void mio_sys_waker_close(mio_sys_waker *waker) { (void)waker; }
