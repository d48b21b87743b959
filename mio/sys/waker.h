#ifndef MIO_SYS_WAKER_H_
#define MIO_SYS_WAKER_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/sys/native.h"

/* What an operating system must supply to break a blocked select from another thread.
 *
 * One of these belongs to each selector. Which wakers were woken, and whether somebody sleeps at
 * all, is kept above (mio/wake.h): a notification is asked for only when a thread may be asleep. It
 * carries no information but "look again".
 *
 * The selector is told about the waker's handle by mio_selector_watch_waker, at open. When its
 * select finds that handle ready it does not let the event out; see mio_selector_take_wake. */

typedef struct mio_sys_waker {
  mio_handle
      receiver; /* what the selector watches; MIO_HANDLE_NONE if notifications go to it directly */
  mio_handle sender;
} mio_sys_waker;

struct mio_selector;

/* Makes the waker of `selector` and lets the selector watch it. Keeps nothing when it fails. */
int mio_sys_waker_open(mio_sys_waker *waker, struct mio_selector *selector);

/* Lets one select that is blocked, or the next one, find the waker ready. Any thread, signal
 * handlers included. 0 also if there is no room for one more notification, because then many have
 * landed already. */
int mio_sys_waker_notify(mio_sys_waker *waker);

/* Called when the selector found the waker ready; several threads may do so at once. Forgets the
 * notifications that have landed if `drain`, because this selector would find them ready again, or
 * if this waker needs it. Those of wakes that came meanwhile may go with them: the caller looks for
 * wakes afterwards. */
void mio_sys_waker_take(mio_sys_waker *waker, bool drain);

/* Closes the handles. Legal on a zeroed or closed one only if open set it up before. */
void mio_sys_waker_close(mio_sys_waker *waker);

#endif /* MIO_SYS_WAKER_H_ */
