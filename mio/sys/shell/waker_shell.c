#include "mio/sys/waker.h"

#include "mio/error.h"

/* The functions of mio/sys/waker.h for a system without an internal waker. Opening one always fails. */

static int unsupported(void) { return mio_error_from_kind(MIO_ERROR_UNSUPPORTED); }

int mio_sys_waker_open(mio_sys_waker *waker, struct mio_selector *selector) {
  (void)waker, (void)selector;
  return unsupported();
}

int mio_sys_waker_notify(mio_sys_waker *waker) {
  (void)waker;
  return unsupported();
}

void mio_sys_waker_take(mio_sys_waker *waker, bool drain) { (void)waker, (void)drain; }

void mio_sys_waker_close(mio_sys_waker *waker) { (void)waker; }
