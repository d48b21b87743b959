#include "mio/sys/selector.h"

#include "mio/poll.h"

/* The functions of mio/sys/selector.h for a system without a selector. Opening a selector always fails. A
 * port starts from a copy of this file. */

static int unsupported(void) { return mio_error_from_kind(MIO_ERROR_UNSUPPORTED); }

/* To begin with mio_selector_base, which mio/poll.c works on. */
struct mio_selector {
  mio_selector_base base;
};

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  (void)out_selector, (void)reserve_sources;
  return unsupported();
}

void mio_selector_close(mio_selector *selector) { (void)selector; }

void mio_selector_abandon(mio_selector *selector) { (void)selector; }

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  (void)selector, (void)out, (void)capacity, (void)timeout_ns;
  return unsupported();
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  (void)selector, (void)events;
  return unsupported();
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  (void)selector, (void)events;
  return unsupported();
}

int mio_selector_register(mio_selector *selector, mio_source *source, mio_token token,
                          mio_interest interest) {
  (void)selector, (void)source, (void)token, (void)interest;
  return unsupported();
}

int mio_selector_reregister(mio_selector *selector, mio_source *source, mio_token token,
                            mio_interest interest) {
  (void)selector, (void)source, (void)token, (void)interest;
  return unsupported();
}

int mio_selector_register_flags(mio_selector *selector, mio_source *source, mio_token token,
                                uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return unsupported();
}

int mio_selector_reregister_flags(mio_selector *selector, mio_source *source, mio_token token,
                                  uint32_t flags) {
  (void)selector, (void)source, (void)token, (void)flags;
  return unsupported();
}

uint32_t mio_selector_event_flags(const mio_event *event) {
  (void)event;
  return 0;
}

int mio_selector_deregister(mio_selector *selector, mio_source *source) {
  (void)selector, (void)source;
  return unsupported();
}

void mio_selector_rearm(mio_selector *selector, mio_source *source, mio_interest interest,
                        mio_drain drain) {
  (void)selector, (void)source, (void)interest, (void)drain;
}

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  (void)selector, (void)receiver;
  return unsupported();
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)selector, (void)events, (void)count;
  return false;
}

bool mio_selector_drains_waker(void) { return false; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  out->events = MIO_SHELL_READABLE;
  mio_native_event_set_token(out, token);
}

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  return 0;
}

const char *mio_selector_name(void) { return "shell"; }

int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  (void)selector, (void)out_handle;
  return unsupported();
}

void mio_selector_format_event(const mio_event *event, mio_text *text) {
  static const mio_flag_name names[] = {{MIO_SHELL_READABLE, "READABLE"}};
  mio_text_string(text, "shell: ");
  mio_text_flags(text, event->events, names, sizeof names / sizeof names[0], "|");
}
