#include "mio/sys/unix/os.h"

#include "mio/sys/waker.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <time.h>

#include "mio/sys/selector.h"
#include "mio/sys/unix/cancel.h"

#if defined(EVFILT_USER)

/* EVFILT_USER with EV_CLEAR in the selector's own kqueue: an event that the program triggers itself.
 * Triggers coalesce. The event has the udata of the last trigger. No other descriptor is needed. */

int mio_sys_waker_open(mio_sys_waker *waker, mio_selector *selector) {
  const int result = mio_selector_watch_waker(selector, MIO_HANDLE_NONE);
  if (result < 0) return result;
  waker->receiver = MIO_HANDLE_NONE;
  return mio_selector_handle(selector, &waker->sender);
}

/* The change has no EV_ADD, which would create a missing filter, and no EV_CLEAR, which undoes the trigger
 * on FreeBSD (filt_usertouch() in its kern_event.c). The call passes no room for events, so kevent returns
 * at once. EINTR comes after the change was applied. NetBSD's kevent is still a cancellation point. A
 * thread that ended in it would have marked the wake word as notified without sending the notification. */
int mio_sys_waker_notify(mio_sys_waker *waker) {
  static const struct timespec now = {0, 0};
  const int saved = errno;
  mio_event trigger;
  memset(&trigger, 0, sizeof trigger);
  trigger.ident = (uintptr_t)waker;
  trigger.filter = EVFILT_USER;
  trigger.fflags = NOTE_TRIGGER;
  trigger.udata = waker;
  const int state = mio_cancel_disable();
  const int sent =
      kevent(waker->sender, (const struct kevent *)(const void *)&trigger, 1, NULL, 0, &now);
  const int result = sent < 0 && errno != EINTR ? -errno : 0;
  mio_cancel_restore(state);
  errno = saved;
  return result;
}

/* EV_CLEAR: finding the event has reset it. */
void mio_sys_waker_take(mio_sys_waker *waker, bool drain) { (void)waker, (void)drain; }

void mio_sys_waker_close(mio_sys_waker *waker) { (void)waker; }

#else

/* NetBSD before 10 and OpenBSD before 7.8 have no EVFILT_USER. Neither system promises to run programs that
 * were built for a later release, so the header shows whether the kernel has it. */
#include "mio/sys/unix/waker_pipe.c"

#endif
