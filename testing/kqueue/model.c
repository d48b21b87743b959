#define _GNU_SOURCE 1

#include "testing/kqueue/model.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "testing/kqueue/kernel.h"
#include "testing/kqueue/truth.h"

/* A kqueue is an epoll instance, so that it has a descriptor that can be closed, nested and polled.
 *
 *   a filter (knote)       an entry in a table, found by kqueue, kind and identifier
 *   its descriptor         watched by the epoll, edge-triggered: says when to look
 *   truth.h                poll(2): says what is so
 *   queued                 a filter that was true when somebody looked: what a wait goes through
 *   the beacon             an eventfd that is always readable, watched by the epoll as long as
 *                          anything is queued: wakes those who sleep, and those who nest it
 *
 * One lock, held with all signals blocked, as wakers are allowed in signal handlers. */

enum { KQUEUE_MAX = 1 << 16, NOTE_MAX = 100000, BUCKETS = 1 << 14, LOG_MAX = 256, FAULT_MAX = 8 };

/* How many filters of a kqueue are looked at for changes of which Linux reports no edge. */
enum { SILENT_MAX = 4 };

typedef struct note note;
struct note {
  struct kevent event; /* as registered; fflags and data are what it asks for */
  int kq;
  bool used, queued, disabled, fired;
  unsigned fired_fflags;
  int64_t fired_data;
  dev_t device; /* the file that the descriptor was */
  ino_t inode;
  note *in_bucket;
  note *before, *behind; /* in the queue */
  int silent;            /* truth_of_silent_change at the last look */
};

typedef struct queue {
  bool open;
  note *first, *last;
  size_t queued, notes;
  note *silent[SILENT_MAX]; /* the last ones that were reported */
  size_t next_silent;
} queue;

typedef struct hook {
  void (*run)(void *context);
  void *context;
} hook;

typedef struct fault {
  int filter;
  unsigned action;
  int error;
  int times;
} fault;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static queue queues[KQUEUE_MAX];
static note notes[NOTE_MAX];
static note *free_notes;
static size_t fresh_notes;
static note *buckets[BUCKETS];
static int beacon = -1;

static bool is_kqueue(int fd);

static struct {
  fault faults[FAULT_MAX];
  int interrupts;
  int at_most;
  int pipe_refusal;
  bool keep_flags;
  hook before_wait, after_wait;
  struct kevent log[LOG_MAX];
  size_t logged, changing_calls, calls;
} knobs = {.pipe_refusal = EPIPE};

/* A kqueue is not inherited: its number is free in the child. */
static void close_inherited(void) {
  const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
  lock = fresh; /* a thread of the parent may have held it */
  for (int kq = 0; kq < KQUEUE_MAX; ++kq) {
    if (!queues[kq].open) continue;
    if (is_kqueue(kq)) (void)kernel_call(SYS_close, kq, 0, 0, 0);
    queues[kq].open = false;
  }
}

/* Before any test counts descriptors, and before the library registers its own handlers of fork: those run
 * after these, with the numbers free already. */
__attribute__((constructor)) static void prepare(void) {
  beacon = (int)kernel_call(SYS_eventfd2, 1, O_CLOEXEC, 0, 0);
  (void)pthread_atfork(NULL, NULL, close_inherited);
}

static void acquire(sigset_t *saved) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, saved);
  pthread_mutex_lock(&lock);
}

static void release(const sigset_t *saved) {
  pthread_mutex_unlock(&lock);
  pthread_sigmask(SIG_SETMASK, saved, NULL);
}

static bool is_descriptor(int filter) { return filter == EVFILT_READ || filter == EVFILT_WRITE; }

static bool is_known(int filter) {
  return is_descriptor(filter) || filter == EVFILT_USER || filter == EVFILT_SIGNAL ||
         filter == EVFILT_PROC || filter == EVFILT_VNODE || filter == EVFILT_TIMER;
}

static note **bucket_of(int kq, int filter, uintptr_t ident) {
  const uintptr_t mixed = (ident * 31 + (uintptr_t)(unsigned)filter) * 31 + (uintptr_t)kq;
  return &buckets[(mixed ^ mixed >> 14) % BUCKETS];
}

static note *find(int kq, int filter, uintptr_t ident) {
  note *found = *bucket_of(kq, filter, ident);
  while (found != NULL &&
         (found->kq != kq || found->event.filter != filter || found->event.ident != ident)) {
    found = found->in_bucket;
  }
  return found;
}

static int control(int kq, int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = fd}};
  return (int)kernel_call(SYS_epoll_ctl, kq, operation, fd, (long)&event);
}

/* The queue. */

/* Taken out and put in, as epoll tells nobody of what is on its list still. */
static void light_beacon(int kq) {
  if (queues[kq].queued > 0) {
    (void)control(kq, EPOLL_CTL_ADD, beacon, EPOLLIN);
  } else {
    (void)control(kq, EPOLL_CTL_DEL, beacon, 0);
  }
}

/* Whether the descriptor is still the kqueue that it was once. */
static bool is_kqueue(int fd) {
  if (fd < 0 || fd >= KQUEUE_MAX || !queues[fd].open) return false;
  const int result = control(fd, EPOLL_CTL_MOD, beacon, EPOLLIN);
  return result == 0 || result == -ENOENT;
}

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }

/* A child does not inherit kqueues (kqueue(2) of FreeBSD): their numbers are free there. */
static void in_child(void) {
  for (int kq = 0; kq < KQUEUE_MAX; ++kq) {
    if (is_kqueue(kq)) kernel_call(SYS_close, kq, 0, 0, 0);
    queues[kq].open = false;
  }
  pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void watch_forks(void) {
  pthread_atfork(before_fork, in_parent, in_child);
}

static void enqueue(note *n) {
  queue *q = &queues[n->kq];
  if (n->queued || n->disabled) return;
  n->queued = true;
  n->before = q->last;
  n->behind = NULL;
  if (q->last != NULL) q->last->behind = n;
  if (q->first == NULL) q->first = n;
  q->last = n;
  if (q->queued++ == 0) light_beacon(n->kq);
}

static void dequeue(note *n) {
  queue *q = &queues[n->kq];
  if (!n->queued) return;
  n->queued = false;
  if (n->before != NULL) n->before->behind = n->behind;
  if (n->behind != NULL) n->behind->before = n->before;
  if (q->first == n) q->first = n->behind;
  if (q->last == n) q->last = n->before;
  if (--q->queued == 0) light_beacon(n->kq);
}

/* What the epoll has to watch `fd` for. */
static void watch_descriptor(int kq, int fd) {
  uint32_t events = EPOLLET;
  const bool reads = find(kq, EVFILT_READ, (uintptr_t)fd) != NULL;
  const bool writes = find(kq, EVFILT_WRITE, (uintptr_t)fd) != NULL;
  if (reads) events |= EPOLLIN | EPOLLRDHUP;
  if (writes) events |= EPOLLOUT;
  if (!reads && !writes) {
    (void)control(kq, EPOLL_CTL_DEL, fd, 0);
  } else if (control(kq, EPOLL_CTL_MOD, fd, events) < 0) {
    (void)control(kq, EPOLL_CTL_ADD, fd, events);
  }
}

static void drop(note *n) {
  dequeue(n);
  note **link = bucket_of(n->kq, n->event.filter, n->event.ident);
  while (*link != n) link = &(*link)->in_bucket;
  *link = n->in_bucket;
  n->used = false;
  for (size_t i = 0; i < SILENT_MAX; ++i) {
    if (queues[n->kq].silent[i] == n) queues[n->kq].silent[i] = NULL;
  }
  --queues[n->kq].notes;
  n->in_bucket = free_notes;
  free_notes = n;
  if (is_descriptor(n->event.filter)) watch_descriptor(n->kq, (int)n->event.ident);
}

/* What is so. */

static bool is_same_file(const note *n) {
  struct stat status;
  return kernel_fstat((int)n->event.ident, &status) == 0 && status.st_dev == n->device &&
         status.st_ino == n->inode;
}

/* Whether the filter is true; `*out` becomes the event. */
static bool is_true(const note *n, struct kevent *out) {
  *out = n->event;
  out->fflags = n->fired_fflags;
  out->data = n->fired_data;
  if (!is_descriptor(n->event.filter)) return n->fired;
  out->fflags = 0;
  if (!is_same_file(n) || !truth_of_descriptor(out, n->event.fflags)) return false;
  if (knobs.pipe_refusal == EBADF && (n->event.flags & EV_ONESHOT) == 0) {
    out->flags &= (unsigned short)~EV_ONESHOT;
  }
  return true;
}

static void look(note *n) {
  struct kevent ignored;
  if (is_true(n, &ignored)) enqueue(n);
}

/* Changes. */

static int injected_error(const struct kevent *change) {
  for (int i = 0; i < FAULT_MAX; ++i) {
    fault *f = &knobs.faults[i];
    if (f->times == 0 || f->filter != change->filter || (change->flags & f->action) == 0) continue;
    --f->times;
    return f->error;
  }
  return 0;
}

static note *take_note(void) {
  note *n = free_notes;
  if (n != NULL) {
    free_notes = n->in_bucket;
  } else if (fresh_notes < NOTE_MAX) {
    n = &notes[fresh_notes++];
  } else {
    return NULL;
  }
  memset(n, 0, sizeof *n);
  return n;
}

/* The answer to a new filter on a descriptor, if it cannot be. */
static int check_descriptor(int fd, int filter, struct stat *out_status) {
  if (kernel_fstat(fd, out_status) != 0) return EBADF;
  if (filter != EVFILT_WRITE) return 0;
  if (is_kqueue(fd)) return EINVAL; /* it has EVFILT_READ only */
  return truth_is_writer_without_reader(fd) ? knobs.pipe_refusal : 0;
}

static int add(int kq, const struct kevent *change) {
  struct stat status;
  memset(&status, 0, sizeof status);
  if (is_descriptor(change->filter)) {
    const int error = check_descriptor((int)change->ident, change->filter, &status);
    if (error != 0) return error;
  }
  note *n = take_note();
  if (n == NULL) return ENOMEM;
  n->event = *change;
  n->event.flags &= (unsigned short)~(EV_ADD | EV_DISABLE | EV_ENABLE);
  /* Of these there is no other kind; a trigger counts from the next change on. */
  if (!is_descriptor(change->filter) && change->filter != EVFILT_USER) n->event.flags |= EV_CLEAR;
  n->kq = kq;
  n->used = true;
  n->disabled = (change->flags & EV_DISABLE) != 0;
  n->device = status.st_dev;
  n->inode = status.st_ino;
  note **bucket = bucket_of(kq, change->filter, change->ident);
  n->in_bucket = *bucket;
  *bucket = n;
  ++queues[kq].notes;
  if (is_descriptor(change->filter)) watch_descriptor(kq, (int)change->ident);
  look(n);
  return 0;
}

static void touch_user(note *n, const struct kevent *change) {
  const unsigned given = change->fflags & NOTE_FFLAGSMASK & ~NOTE_TRIGGER;
  if ((change->fflags & NOTE_TRIGGER) != 0) n->fired = true;
  switch (change->fflags & NOTE_FFCTRLMASK) {
    case NOTE_FFAND:
      n->fired_fflags &= given;
      break;
    case NOTE_FFOR:
      n->fired_fflags |= given;
      break;
    case NOTE_FFCOPY:
      n->fired_fflags = given;
      break;
    default:
      break;
  }
  n->fired_data = change->data;
  if ((change->flags & EV_CLEAR) != 0) {
    n->fired = false;
    n->fired_fflags = 0;
    n->fired_data = 0;
    dequeue(n);
  }
}

/* The flags, EV_CLEAR among them, stay those of the first time. */
static void update(note *n, const struct kevent *change) {
  n->event.udata = change->udata;
  if (n->event.filter == EVFILT_USER) {
    touch_user(n, change);
  } else {
    n->event.fflags = change->fflags;
    n->event.data = change->data;
  }
  if ((change->flags & EV_DISABLE) != 0) {
    n->disabled = true;
    dequeue(n);
  } else if ((change->flags & (EV_ENABLE | EV_ADD)) != 0) {
    n->disabled = false;
  }
  look(n);
}

static int apply_change(int kq, const struct kevent *change) {
  if (knobs.logged < LOG_MAX) knobs.log[knobs.logged++] = *change;
  if (!is_known(change->filter)) return EINVAL;
  const int injected = injected_error(change);
  if (injected != 0) return injected;
  struct stat status;
  if (is_descriptor(change->filter) &&
      (change->ident > INT32_MAX || kernel_fstat((int)change->ident, &status) != 0)) {
    return EBADF;
  }
  note *n = find(kq, change->filter, change->ident);
  if (n != NULL && is_descriptor(change->filter) && !is_same_file(n)) {
    drop(n); /* it was closed meanwhile */
    n = NULL;
  }
  if (n == NULL) return (change->flags & EV_ADD) != 0 ? add(kq, change) : ENOENT;
  if ((change->flags & EV_DELETE) != 0) {
    drop(n);
  } else {
    update(n, change);
  }
  return 0;
}

/* Returns how many receipts there are, or the negative errno. `*out_stop` if that ends the call. */
static int apply_changes(int kq, const struct kevent *changes, int count, struct kevent *events,
                         int room, bool *out_stop) {
  int receipts = 0;
  *out_stop = true;
  ++knobs.changing_calls;
  for (int i = 0; i < count; ++i) {
    struct kevent change = changes[i]; /* it may be where its receipt goes */
    const int error = apply_change(kq, &change);
    if (error == 0 && (change.flags & EV_RECEIPT) == 0) continue;
    if (room == 0) return -error;
    change.flags = (unsigned short)((knobs.keep_flags ? change.flags : 0) | EV_ERROR);
    change.data = error;
    --room;
    events[receipts++] = change;
  }
  if (knobs.interrupts > 0) {
    --knobs.interrupts;
    if (receipts > 0) memset(events, 0, (size_t)receipts * sizeof *events);
    return -EINTR;
  }
  *out_stop = receipts > 0 || room == 0;
  return receipts;
}

/* Waiting. */

/* The descriptors that the epoll has something new of. */
static void look_at(int kq, const struct epoll_event *edges, int count) {
  for (int i = 0; i < count; ++i) {
    const int fd = edges[i].data.fd;
    note *reader = find(kq, EVFILT_READ, (uintptr_t)fd);
    note *writer = find(kq, EVFILT_WRITE, (uintptr_t)fd);
    if (reader != NULL) look(reader);
    if (writer != NULL) look(writer);
  }
}

/* Looks again at the filters whose number of bytes has fallen since the last look. */
static void look_at_silent(int kq) {
  for (size_t i = 0; i < SILENT_MAX; ++i) {
    note *n = queues[kq].silent[i];
    if (n == NULL || n->queued) continue;
    const int before = n->silent;
    n->silent = truth_of_silent_change((int)n->event.ident, n->event.filter);
    if (n->silent < before && is_same_file(n)) look(n);
  }
}

/* Has the filter of a descriptor, which was just reported, looked at for silent changes. */
static void watch_silent(note *n) {
  queue *q = &queues[n->kq];
  if (!is_descriptor(n->event.filter) || (n->event.flags & EV_CLEAR) == 0) return;
  n->silent = truth_of_silent_change((int)n->event.ident, n->event.filter);
  for (size_t i = 0; i < SILENT_MAX; ++i) {
    if (q->silent[i] == n) return;
  }
  q->silent[q->next_silent++ % SILENT_MAX] = n;
}

/* Goes through the queue once. Returns how many events were written. */
static int scan(int kq, struct kevent *out, int room) {
  queue *q = &queues[kq];
  int count = 0;
  if (knobs.at_most > 0 && room > knobs.at_most) room = knobs.at_most;
  for (size_t left = q->queued; left > 0 && count < room; --left) {
    note *n = q->first;
    struct kevent event;
    const bool holds = is_true(n, &event);
    dequeue(n);
    if (is_descriptor(n->event.filter) && !is_same_file(n)) {
      drop(n);
      continue;
    }
    /* A single shot was true once: no kernel looks a second time. */
    if (!holds && (n->event.flags & EV_ONESHOT) == 0) continue;
    out[count++] = event;
    if ((event.flags & EV_ONESHOT) != 0) {
      drop(n);
      continue;
    }
    if ((event.flags & EV_CLEAR) != 0) {
      n->fired = false;
      n->fired_fflags = 0;
      n->fired_data = 0;
    }
    watch_silent(n);
    if ((event.flags & EV_DISPATCH) != 0) n->disabled = true;
    if ((event.flags & (EV_CLEAR | EV_DISPATCH)) == 0) enqueue(n);
  }
  return count;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* epoll_wait with the time that is left until `deadline`, INT64_MAX for no end. kevent(2) is a cancellation
 * point; a raw system call is none by itself. */
static int wait_edges(int kq, struct epoll_event *edges, int room, int64_t deadline) {
  int64_t left = deadline == INT64_MAX ? 0 : deadline - now_ns();
  if (left < 0) left = 0;
  struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
  int type;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
  const int found = (int)kernel_call6(SYS_epoll_pwait2, kq, (long)edges, room,
                                      deadline == INT64_MAX ? 0 : (long)&timeout, 0, 0);
  pthread_setcanceltype(type, NULL);
  return found;
}

static int wait_events(int kq, struct kevent *events, int room, const struct timespec *timeout) {
  enum { EDGES = 64 };
  struct epoll_event edges[EDGES];
  int64_t deadline = INT64_MAX;
  if (timeout != NULL) {
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
      return -EINVAL;
    deadline = timeout->tv_sec > 1000000000
                   ? INT64_MAX
                   : now_ns() + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
  }
  int64_t until = 0;
  for (;;) {
    sigset_t saved;
    const int found = wait_edges(kq, edges, EDGES, until);
    if (found < 0) return found;
    acquire(&saved);
    look_at(kq, edges, found);
    look_at_silent(kq);
    const int count = scan(kq, events, room);
    release(&saved);
    if (count > 0 || (until == deadline && found == 0) ||
        (deadline != INT64_MAX && now_ns() >= deadline)) {
      return count;
    }
    until = deadline;
  }
}

int kqueue(void) {
  sigset_t saved;
  const int kq = (int)kernel_call(SYS_epoll_create1, 0, 0, 0, 0);
  if (kq < 0 || kq >= KQUEUE_MAX) {
    errno = kq < 0 ? -kq : EMFILE;
    return -1;
  }
  acquire(&saved);
  for (size_t i = 0; i < fresh_notes && queues[kq].notes > 0; ++i) {
    if (notes[i].used && notes[i].kq == kq) drop(&notes[i]); /* of one that was closed */
  }
  memset(&queues[kq], 0, sizeof queues[kq]);
  queues[kq].open = true;
  release(&saved);
  return kq;
}

static void run_once(hook *hook_at) {
  static const hook none;
  sigset_t saved;
  acquire(&saved);
  const hook taken = *hook_at;
  *hook_at = none;
  release(&saved);
  if (taken.run != NULL) taken.run(taken.context);
}

/* Whether one of the events is of something else than a kqueue. */
static bool has_source(const struct kevent *events, int count) {
  for (int i = 0; i < count; ++i) {
    if (!is_descriptor(events[i].filter) || !is_kqueue((int)events[i].ident)) return true;
  }
  return false;
}

static int call(int kq, const struct kevent *changes, int change_count, struct kevent *events,
                int event_count, const struct timespec *timeout) {
  sigset_t saved;
  bool stop = event_count == 0;
  int result = 0;
  if (change_count < 0 || event_count < 0) return -EINVAL;
  acquire(&saved);
  ++knobs.calls;
  const bool open = is_kqueue(kq);
  if (open && change_count > 0) {
    result = apply_changes(kq, changes, change_count, events, event_count, &stop);
  }
  release(&saved);
  if (!open) return -EBADF;
  if (stop) return result;
  if (change_count == 0) run_once(&knobs.before_wait);
  result = wait_events(kq, events, event_count, timeout);
  if (change_count == 0 && has_source(events, result)) run_once(&knobs.after_wait);
  return result;
}

int kevent(int kq, const struct kevent *changes, int change_count, struct kevent *events,
           int event_count, const struct timespec *timeout) {
  if (event_count != 0) pthread_testcancel(); /* FreeBSD: only calls that could block */
  const int result = call(kq, changes, change_count, events, event_count, timeout);
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

/* Knobs. */

void model_reset(void) {
  sigset_t saved;
  acquire(&saved);
  memset(&knobs, 0, sizeof knobs);
  knobs.pipe_refusal = EPIPE;
  release(&saved);
}

void model_fail_changes(int filter, unsigned action, int error, int times) {
  for (int i = 0; i < FAULT_MAX; ++i) {
    if (knobs.faults[i].times > 0) continue;
    const fault made = {filter, action, error, times};
    knobs.faults[i] = made;
    return;
  }
}

void model_interrupt_changes(int calls) { knobs.interrupts = calls; }
void model_deliver_at_most(int count) { knobs.at_most = count; }
void model_refuse_pipes_with(int error) { knobs.pipe_refusal = error; }
void model_keep_flags_in_receipts(bool keep) { knobs.keep_flags = keep; }

void model_touch(uintptr_t ident, int filter) {
  sigset_t saved;
  acquire(&saved);
  for (size_t i = 0; i < fresh_notes; ++i) {
    note *n = &notes[i];
    if (n->used && n->event.ident == ident && n->event.filter == filter) look(n);
  }
  release(&saved);
}

int model_post(uintptr_t ident, int filter, unsigned fflags, int64_t data) {
  sigset_t saved;
  int count = 0;
  acquire(&saved);
  for (size_t i = 0; i < fresh_notes; ++i) {
    note *n = &notes[i];
    if (!n->used || n->event.ident != ident || n->event.filter != filter) continue;
    if (n->event.fflags != 0 && (n->event.fflags & fflags) == 0) continue;
    n->fired = true;
    n->fired_fflags |= n->event.fflags & fflags;
    n->fired_data = data;
    look(n);
    ++count;
  }
  release(&saved);
  return count;
}

void model_before_wait(void (*run)(void *context), void *context) {
  knobs.before_wait.context = context;
  knobs.before_wait.run = run;
}

void model_after_wait(void (*run)(void *context), void *context) {
  knobs.after_wait.context = context;
  knobs.after_wait.run = run;
}

size_t model_log(struct kevent *out, size_t room) {
  const size_t count = knobs.logged < room ? knobs.logged : room;
  memcpy(out, knobs.log, count * sizeof *out);
  return count;
}

size_t model_changing_calls(void) { return knobs.changing_calls; }
size_t model_calls(void) { return knobs.calls; }
size_t model_filter_count(int kq) { return queues[kq].notes; }

size_t model_source_count(void) {
  sigset_t saved;
  size_t count = 0;
  acquire(&saved);
  for (size_t i = 0; i < fresh_notes; ++i) {
    const note *n = &notes[i];
    if (!n->used || !is_kqueue(n->kq)) continue;
    if (!is_descriptor(n->event.filter) || !is_kqueue((int)n->event.ident)) ++count;
  }
  release(&saved);
  return count;
}
