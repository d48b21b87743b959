/* The event layout is this file's own business, whichever selector the build has chosen. */
#undef MIO_SELECTOR_POLL
#undef MIO_SELECTOR_KQUEUE_MODEL

/* The modelled library goes by other names, so that the real one can be linked beside it. */
#define mio_poll_close               modelled_poll_close
#define mio_poll_finish_wait         modelled_poll_finish_wait
#define mio_wake_finish_wait         modelled_wake_finish_wait
#define mio_wake_finish_wait_forever modelled_wake_finish_wait_forever
#define mio_poll_handle              modelled_poll_handle
#define mio_poll_init                modelled_poll_init
#define mio_poll_selector_name       modelled_poll_selector_name
#define mio_poll_supports            modelled_poll_supports
#define mio_poll_wait_forever        modelled_poll_wait_forever
#define mio_poll_wait_slowly         modelled_poll_wait_slowly
#define mio_registry_begin           modelled_registry_begin
#define mio_registry_close           modelled_registry_close
#define mio_registry_is_open         modelled_registry_is_open
#define mio_registry_watch_forks     modelled_registry_watch_forks
#define mio_selector_close           modelled_selector_close
#define mio_selector_drop            modelled_selector_drop
#define mio_selector_drains_waker    modelled_selector_drains_waker
#define mio_selector_features        modelled_selector_features
#define mio_selector_handle          modelled_selector_handle
#define mio_selector_hold            modelled_selector_hold
#define mio_selector_name            modelled_selector_name
#define mio_selector_open            modelled_selector_open
#define mio_selector_select          modelled_selector_select
#define mio_selector_select_forever  modelled_selector_select_forever
#define mio_selector_select_now      modelled_selector_select_now
#define mio_selector_take_wake       modelled_selector_take_wake
#define mio_selector_watch_waker     modelled_selector_watch_waker
#define mio_selector_write_wake      modelled_selector_write_wake
#define mio_sys_waker_close          modelled_sys_waker_close
#define mio_sys_waker_notify         modelled_sys_waker_notify
#define mio_sys_waker_open           modelled_sys_waker_open
#define mio_sys_waker_take           modelled_sys_waker_take
#define mio_waker_close              modelled_waker_close
#define mio_waker_init               modelled_waker_init
#define mio_waker_wake               modelled_waker_wake
#define mio_wake_collect             modelled_wake_collect
#define mio_wake_notify              modelled_wake_notify
#define mio_wake_remove_notification modelled_wake_remove_notification
#define mio_clock_ns                 modelled_clock_ns

#include "testing/wake_model.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/types.h>
#include <unistd.h>

/* A lock that lets others run before it is taken, in the place of mio/sys/lock.h. */
#define MIO_SYS_LOCK_H_
typedef struct mio_lock {
  bool held;
} mio_lock;

static bool is_free(void *lock) { return !((mio_lock *)lock)->held; }
static inline int mio_lock_init(mio_lock *lock) {
  lock->held = false;
  return 0;
}
static inline void mio_lock_destroy(mio_lock *lock) { (void)lock; }
static inline void mio_lock_release(mio_lock *lock) { lock->held = false; }
static inline void mio_lock_acquire(mio_lock *lock) {
  model_step();
  while (lock->held) model_block(is_free, lock);
  lock->held = true;
}

#include "mio/error.h"
#include "mio/poll.h"
#include "mio/sys/selector.h"
#include "mio/wake.h"
#include "mio/waker.h"

/* Each of these is one atomic exchange, and so one step. */
#define mio_wake_begin_notification(word) (model_step(), mio_wake_begin_notification(word))
#define mio_wake_set(word, bits)          (model_step(), mio_wake_set(word, bits))
#define mio_wake_enter_sleep(word)        (model_step(), mio_wake_enter_sleep(word))
#define mio_wake_try_enter_sleep(word)    (model_step(), mio_wake_try_enter_sleep(word))
#define mio_wake_exit_sleep(word)         (model_step(), mio_wake_exit_sleep(word))
#define mio_wake_begin_export(word)       (model_step(), mio_wake_begin_export(word))
#define mio_wake_replace(word, old, next) (model_step(), mio_wake_replace(word, old, next))
#define mio_wake_drop(word, bits)         (model_step(), mio_wake_drop(word, bits))
#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store_explicit
#define atomic_load(object)                         (model_step(), *(object))
#define atomic_load_explicit(object, order)         (model_step(), *(object))
#define atomic_store_explicit(object, value, order) (model_step(), *(object) = (value))

/* The kernel: one epoll instance whose ready list holds source edges and at most one entry of the
 * eventfd. One thread at a time goes through it: meanwhile it is out of sight of those who only look
 * whether it is empty, and what comes then waits until it is back. */
struct mio_selector {
  mio_selector_base base;
};

enum { READY_MAX = 16, EVENTFD = 7 };
static const mio_token notification_token = UINTPTR_MAX;
static mio_token ready[READY_MAX];
static size_t ready_count;
static mio_token late[READY_MAX]; /* what became ready while `harvesting` */
static size_t late_count;
static bool harvesting;
static uint64_t counter;
static bool drains;
static size_t interrupts;
static uint64_t now_ns;
static uint64_t short_by;
static size_t selects;
static size_t notifies;
static size_t looks;

static void append_to(mio_token *list, size_t *count, mio_token token) {
  for (size_t i = 0; i < *count; ++i) {
    if (list[i] == notification_token && token == notification_token) return;
  }
  if (*count == READY_MAX) abort();
  list[(*count)++] = token;
}

static void append_ready(mio_token token) {
  if (harvesting) {
    append_to(late, &late_count, token);
  } else {
    append_to(ready, &ready_count, token);
  }
}

/* eventfd_write: the count first, then the queues. */
static ssize_t model_write(int fd, const void *bytes, size_t size) {
  (void)fd, (void)bytes;
  model_step();
  ++counter;
  ++notifies;
  model_step();
  append_ready(notification_token);
  return (ssize_t)size;
}

static ssize_t model_read(int fd, void *bytes, size_t size) {
  (void)fd;
  model_step();
  if (counter == 0) {
    errno = EAGAIN;
    return -1;
  }
  memcpy(bytes, &counter, size);
  counter = 0;
  return (ssize_t)size;
}

static int model_eventfd(unsigned count, int flags) {
  (void)count, (void)flags;
  return EVENTFD;
}

static int model_close(int fd) {
  (void)fd;
  return 0;
}

#define write   model_write
#define read    model_read
#define eventfd model_eventfd
#define close   model_close
#include "mio/sys/unix/waker_eventfd.c"
#undef write
#undef read
#undef eventfd
#undef close

static mio_selector the_selector;

int mio_selector_open(mio_selector **out_selector, size_t reserve_sources) {
  (void)reserve_sources;
  memset(&the_selector, 0, sizeof the_selector);
  *out_selector = &the_selector;
  return 0;
}

void mio_selector_close(mio_selector *selector) { (void)selector; }

int mio_selector_watch_waker(mio_selector *selector, mio_handle receiver) {
  (void)selector;
  return receiver == EVENTFD ? 0 : -EINVAL;
}

static bool is_nobody_harvesting(void *context) {
  (void)context;
  return !harvesting;
}

/* Takes what is ready off the list; an eventfd that was read meanwhile is not ready any more. */
static int harvest(mio_event *out, uint32_t capacity) {
  uint32_t count = 0;
  size_t taken = 0;
  while (harvesting) model_block(is_nobody_harvesting, NULL);
  harvesting = true;
  while (taken < ready_count && count < capacity) {
    const mio_token token = ready[taken++];
    if (token == notification_token && counter == 0) continue;
    memset(&out[count], 0, sizeof out[count]);
    mio_native_event_set_token(&out[count++], token);
  }
  memmove(ready, ready + taken, (ready_count - taken) * sizeof ready[0]);
  ready_count -= taken;
  model_step();
  harvesting = false;
  for (size_t i = 0; i < late_count; ++i) append_ready(late[i]);
  late_count = 0;
  return (int)count;
}

static bool is_anything_ready(void *context) {
  (void)context;
  return (!harvesting && ready_count > 0) || interrupts > 0;
}

int mio_selector_select(mio_selector *selector, mio_event *out, uint32_t capacity,
                        uint64_t timeout_ns) {
  (void)selector;
  if (capacity == 0) abort();
  ++selects;
  for (;;) {
    model_step();
    const int count =
        ready_count == 0 || (timeout_ns == 0 && harvesting) ? 0 : harvest(out, capacity);
    if (count > 0 || timeout_ns == 0) {
      model_step();
      return count;
    }
    if (interrupts > 0) {
      --interrupts;
      return -EINTR;
    }
    if (timeout_ns != MIO_FOREVER) {
      /* Time passes; once a bit less of it than was asked for, as where the OS cannot wait so long. */
      const uint64_t missing = short_by < timeout_ns ? short_by : 0;
      short_by = 0;
      now_ns += timeout_ns - missing;
      return 0;
    }
    model_block(is_anything_ready, NULL);
  }
}

int mio_selector_select_forever(mio_selector *selector, mio_events *events) {
  return mio_selector_select(selector, events->data, events->capacity, MIO_FOREVER);
}

int mio_selector_select_now(mio_selector *selector, mio_events *events) {
  model_step();
  if (!mio_selector_is_idle(&selector->base)) return -1;
  return mio_selector_select(selector, events->data, events->capacity, 0);
}

bool mio_selector_take_wake(mio_selector *selector, mio_event *events, int *count) {
  (void)selector;
  ++looks;
  for (int i = 0; i < *count; ++i) {
    if (mio_event_token(&events[i]) != notification_token) continue;
    events[i] = events[--*count];
    return true;
  }
  return false;
}

bool mio_selector_drains_waker(void) { return drains; }

void mio_selector_write_wake(mio_event *out, mio_token token) {
  memset(out, 0, sizeof *out);
  mio_native_event_set_token(out, token);
}

uint32_t mio_selector_features(const mio_selector *selector) {
  (void)selector;
  return MIO_FEATURE_NESTING;
}

const char *mio_selector_name(void) { return "model"; }

int mio_selector_handle(const mio_selector *selector, mio_handle *out_handle) {
  (void)selector;
  *out_handle = 0;
  return 0;
}

/* Who lives how long is not what is modelled here. */
void modelled_registry_begin(mio_registry *registry, mio_selector *selector);
void modelled_registry_begin(mio_registry *registry, mio_selector *selector) {
  registry->selector = selector;
}
void modelled_selector_hold(mio_selector *selector);
void modelled_selector_hold(mio_selector *selector) { (void)selector; }
void modelled_selector_drop(mio_selector *selector);
void modelled_selector_drop(mio_selector *selector) { (void)selector; }
bool modelled_registry_is_open(const mio_registry *registry);
bool modelled_registry_is_open(const mio_registry *registry) { return registry->selector != NULL; }
int modelled_registry_watch_forks(void);
int modelled_registry_watch_forks(void) { return 0; }
void mio_registry_close(mio_registry *clone) { clone->selector = NULL; }
uint64_t modelled_clock_ns(void);
uint64_t modelled_clock_ns(void) { return now_ns; }

/* The code that is looked at. Poll.c and wait.c each have a `base_of` of their own. */
#define base_of poll_base_of
#include "mio/poll.c"
#undef base_of
#include "mio/wait.c"
#include "mio/wake.c"
#include "mio/waker.c"

enum { WAKERS_MAX = 4 };
static mio_poll poll;
static mio_waker wakers[WAKERS_MAX];

void model_begin(size_t waker_count, bool drain) {
  drains = drain;
  memset(&poll, 0, sizeof poll);
  memset(wakers, 0, sizeof wakers);
  ready_count = 0;
  late_count = 0;
  harvesting = false;
  counter = 0;
  interrupts = 0;
  now_ns = 0;
  short_by = 0;
  selects = 0;
  notifies = 0;
  looks = 0;
  if (mio_poll_init(&poll, NULL) < 0) abort();
  /* As if so many wakers had been closed that the versions are about to begin again. */
  the_selector.base.wake_word = MIO_WAKE_VERSION;
  for (size_t i = 0; i < waker_count; ++i) model_open_waker(i, i + 1);
}

void model_end(void) { mio_poll_close(&poll); }

void model_make_sources_ready(size_t count) {
  for (size_t i = 0; i < count; ++i) append_ready(0);
}

void model_interrupt(size_t count) { interrupts += count; }

void model_shorten_sleep(uint64_t by_ns) { short_by = by_ns; }

uint64_t model_now(void) { return now_ns; }

int model_wake(size_t index) { return mio_waker_wake(&wakers[index]); }

void model_close_waker(size_t index) { mio_waker_close(&wakers[index]); }

void model_open_waker(size_t index, uintptr_t token) {
  if (mio_waker_init(&wakers[index], mio_poll_registry(&poll), token) < 0) abort();
}

void model_export(void) {
  mio_handle handle;
  if (mio_poll_handle(&poll, &handle) < 0) abort();
}

static bool is_handle_ready(void *context) {
  (void)context;
  for (size_t i = 0; i < ready_count; ++i) {
    if (ready[i] != notification_token || counter > 0) return true;
  }
  return false;
}

void model_sleep_on_handle(void) {
  model_step();
  while (!is_handle_ready(NULL)) model_block(is_handle_ready, NULL);
}

int model_wait(size_t capacity, uint64_t timeout_ns, uintptr_t *out_tokens) {
  mio_event room[MODEL_CAPACITY_MAX];
  mio_events events = {0};
  if (mio_events_init_with_buffer(&events, room, capacity) < 0) abort();
  const int result = mio_poll_wait(&poll, &events, timeout_ns);
  for (size_t i = 0; i < mio_events_count(&events); ++i) {
    out_tokens[i] = mio_event_token(mio_events_get(&events, i));
  }
  return result < 0 ? result : (int)mio_events_count(&events);
}

model_state model_look(void) {
  const mio_wake_word word = the_selector.base.wake_word;
  const model_state state = {
      mio_wake_pending(word),
      (word & MIO_WAKE_NOTIFIED) != 0,
      (uint32_t)(word / MIO_WAKE_SLEEPER_ONE),
      counter,
      ready_count,
      selects,
      notifies,
      looks,
  };
  return state;
}
