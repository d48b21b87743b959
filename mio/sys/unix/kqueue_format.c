#include "mio/sys/unix/os.h"

#include <stddef.h>
#include <sys/types.h>

#include <sys/event.h>

#include "mio/event.h"
#include "mio/sys/selector.h"
#include "mio/text.h"

typedef struct filter_name {
  mio_kevent_filter filter;
  const char *name;
} filter_name;

/* The list depends on the system's header, because each system has another list. */
static const filter_name filter_names[] = {
    {EVFILT_READ, "EVFILT_READ"},
    {EVFILT_WRITE, "EVFILT_WRITE"},
    {EVFILT_AIO, "EVFILT_AIO"},
    {EVFILT_VNODE, "EVFILT_VNODE"},
    {EVFILT_PROC, "EVFILT_PROC"},
    {EVFILT_SIGNAL, "EVFILT_SIGNAL"},
    {EVFILT_TIMER, "EVFILT_TIMER"},
#if defined(EVFILT_USER)
    {EVFILT_USER, "EVFILT_USER"},
#endif
#if defined(EVFILT_LIO)
    {EVFILT_LIO, "EVFILT_LIO"},
#endif
#if defined(EVFILT_FS)
    {EVFILT_FS, "EVFILT_FS"},
#endif
#if defined(EVFILT_EXCEPT)
    {EVFILT_EXCEPT, "EVFILT_EXCEPT"},
#endif
#if defined(EVFILT_EMPTY)
    {EVFILT_EMPTY, "EVFILT_EMPTY"},
#endif
#if defined(EVFILT_PROCDESC)
    {EVFILT_PROCDESC, "EVFILT_PROCDESC"},
#endif
#if defined(EVFILT_SENDFILE)
    {EVFILT_SENDFILE, "EVFILT_SENDFILE"},
#endif
#if defined(EVFILT_MACHPORT)
    {EVFILT_MACHPORT, "EVFILT_MACHPORT"},
#endif
#if defined(EVFILT_VM)
    {EVFILT_VM, "EVFILT_VM"},
#endif
#if defined(EVFILT_DEVICE)
    {EVFILT_DEVICE, "EVFILT_DEVICE"},
#endif
};

static void put_signed(mio_text *text, int64_t value) {
  if (value < 0) mio_text_string(text, "-");
  mio_text_decimal(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_filter(mio_text *text, mio_kevent_filter filter) {
  for (size_t i = 0; i < sizeof filter_names / sizeof filter_names[0]; ++i) {
    if (filter_names[i].filter != filter) continue;
    mio_text_string(text, filter_names[i].name);
    return;
  }
  mio_text_string(text, "filter ");
  put_signed(text, (int64_t)filter);
}

/* "kqueue: EVFILT_READ EV_ADD|EV_CLEAR|EV_EOF fflags 0x36 data 5". */
void mio_selector_format_event(const mio_event *event, mio_text *text) {
  static const mio_flag_name flag_names[] = {
      {EV_ADD, "EV_ADD"},         {EV_ENABLE, "EV_ENABLE"},     {EV_DISABLE, "EV_DISABLE"},
      {EV_DELETE, "EV_DELETE"},   {EV_ONESHOT, "EV_ONESHOT"},   {EV_CLEAR, "EV_CLEAR"},
      {EV_RECEIPT, "EV_RECEIPT"}, {EV_DISPATCH, "EV_DISPATCH"}, {EV_EOF, "EV_EOF"},
      {EV_ERROR, "EV_ERROR"},
  };
  mio_text_string(text, "kqueue: ");
  put_filter(text, event->filter);
  mio_text_string(text, " ");
  mio_text_flags(text, event->flags, flag_names, sizeof flag_names / sizeof flag_names[0], "|");
  mio_text_string(text, " fflags ");
  mio_text_hex(text, event->fflags);
  mio_text_string(text, " data ");
  put_signed(text, (int64_t)event->data);
}
