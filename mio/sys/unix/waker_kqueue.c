#include "mio/sys/unix/os.h"

#include "mio/sys/waker.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <time.h>

#include "mio/sys/selector.h"

#if defined(EVFILT_USER)

/* An event that the program triggers itself: EVFILT_USER with EV_CLEAR in the selector's own
 * kqueue. Triggers coalesce, a trigger brings its udata along, and there is no descriptor beside the
 * kqueue's. */

int mio_sys_waker_open(mio_sys_waker *waker, mio_selector *selector) {
  const int result = mio_selector_watch_waker(selector, MIO_HANDLE_NONE);
  if (result < 0) return result;
  waker->receiver = MIO_HANDLE_NONE;
  return mio_selector_handle(selector, &waker->sender);
}

/* No EV_ADD, which would make what is missing, and no EV_CLEAR, which takes the trigger back on
 * FreeBSD (filt_usertouch() in its kern_event.c). Nothing is to be written, so it returns at once;
 * an EINTR comes after the change was applied. */
int mio_sys_waker_notify(mio_sys_waker *waker) {
  static const struct timespec now = {0, 0};
  const int saved = errno;
  mio_event trigger;
  memset(&trigger, 0, sizeof trigger);
  trigger.ident = (uintptr_t)waker;
  trigger.filter = EVFILT_USER;
  trigger.fflags = NOTE_TRIGGER;
  trigger.udata = waker;
  const int result =
      kevent(waker->sender, (const struct kevent *)(const void *)&trigger, 1, NULL, 0, &now) < 0 &&
              errno != EINTR
          ? -errno
          : 0;
  errno = saved;
  return result;
}

/* EV_CLEAR: the event that was found has reset it. */
void mio_sys_waker_take(mio_sys_waker *waker, bool drain) { (void)waker, (void)drain; }

void mio_sys_waker_close(mio_sys_waker *waker) { (void)waker; }

#else

/* NetBSD before 10 and OpenBSD before 7.8 have no such filter. Neither promises to run what was
 * built for a later release, so what the header says is what the kernel does. */
#include "mio/sys/unix/waker_pipe.c"

#endif
