#ifndef MIO_SYS_WAKER_H_
#define MIO_SYS_WAKER_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/native.h"

/* The porting contract, continued: the internal waker, which ends a blocked select from another thread. The
 * terms are defined in mio/sys/selector.h.
 *
 * Each selector has one internal waker. The wake word (mio/wake.h) records the woken user wakers and the
 * sleeping threads. The caller sends a notification only if a thread may be asleep. A notification carries
 * no data. It makes the thread read the wake word again.
 *
 * mio_selector_watch_waker passes the handle to the selector at open. The program never sees the event of
 * that handle (see mio_selector_take_wake). */

typedef struct mio_sys_waker {
  /* the handle that the selector watches; MIO_HANDLE_NONE if notifications go to the selector
   * directly */
  mio_handle receiver;
  mio_handle sender;
} mio_sys_waker;

struct mio_selector;

/* Opens the internal waker of `selector` and makes the selector watch it. On failure it leaves no handle. */
int mio_sys_waker_open(mio_sys_waker *waker, struct mio_selector *selector);

/* Sends a notification: one blocked select, or the next one, finds the internal waker ready. Any thread and
 * any signal handler may call it. Returns 0 also if there is no room for another notification, because then
 * unread notifications exist already. */
int mio_sys_waker_notify(mio_sys_waker *waker);

/* Called after the selector found the internal waker ready. Several threads may call it at the same time.
 * Removes the sent notifications if `drain` is true, because this selector would find them ready again, or
 * if this internal waker needs it. It may also remove notifications of later wakes, so the caller collects
 * wakes after this call. */
void mio_sys_waker_take(mio_sys_waker *waker, bool drain);

/* Closes the handles. A zeroed or closed waker is allowed only if open initialized it before. */
void mio_sys_waker_close(mio_sys_waker *waker);

#endif /* MIO_SYS_WAKER_H_ */
