#include "mio/sys/windows/os.h"

#include "mio/sys/waker.h"

#include "mio/sys/windows/selector_afd.h"

/* An internal waker without its own handle. A notification is a packet that is posted to the selector's
 * port, and a wait dequeues it. */

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
