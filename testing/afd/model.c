#define _GNU_SOURCE 1

#include "testing/afd/model.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* clang-format off */
#include <winsock2.h>
#include <winternl.h>
/* clang-format on */

#include "testing/afd/sockets.h"

/* Everything is in fixed tables, so that suites which count allocations count the library's.
 *
 *   port       a queue of packets and the threads that wait for them
 *   file       a handle of the driver, tied to a port
 *   request    a poll in flight; its packet when it is complete
 *   packet     one that was posted
 *   waiter     a thread that waits, with an eventfd that ends its poll(2)
 *
 * One lock, held with all signals blocked, as wakers are allowed in signal handlers. A thread that waits
 * asks poll(2) for all sockets in flight at its port, and nothing happens while none waits: what a kernel
 * would have completed meanwhile is completed by the next look. */

enum {
  PORT_MAX = 4096,
  FILE_MAX = 8192,
  ENTRY_MAX = 1 << 17,
  WAITER_MAX = 128,
  POLL_MAX = 1 << 15
};

/* As the driver and testing/../mio/sys/windows/afd.h lay it out. */
typedef struct poll_info {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  HANDLE socket;
  ULONG events;
  NTSTATUS status;
} poll_info;

/* A request or a posted packet. */
typedef struct entry {
  struct entry *next, *previous; /* in its port's list of requests or of packets; `next` if free */
  struct port *port;
  struct file *file; /* of a request */
  IO_STATUS_BLOCK *outcome;
  poll_info *info;
  int socket;
  socket_identity identity;
  uint32_t events;
  ULONG_PTR key;
  void *overlapped;
  ULONG_PTR status;
  DWORD bytes;
} entry;

typedef struct list {
  entry *first, *last;
  size_t count;
} list;

typedef struct port {
  bool open;
  uint64_t opened; /* tells it from earlier ports in the same place */
  int descriptor;  /* for suites that count them */
  uint32_t concurrency, busy;
  list requests, packets, held;
} port;

typedef struct file {
  bool open;
  port *port;
  ULONG_PTR key;
} file;

typedef struct waiter {
  bool used;
  port *port;
  int bell;
  struct pollfd fds[POLL_MAX];
} waiter;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local sigset_t saved_signals;
static port ports[PORT_MAX];
static file files[FILE_MAX];
static entry entries[ENTRY_MAX];
static entry *free_entries;
static size_t fresh_entries;
static waiter waiters[WAITER_MAX];
static uint64_t opened_ports;
static pthread_key_t busy_key;             /* the port whose packets the thread is busy with, */
static _Thread_local uint64_t busy_opened; /* as long as it is this one */
static _Thread_local DWORD last_error;

static struct {
  struct {
    int32_t error;
    int skip, times, count;
  } calls[MODEL_CALLS];
  bool hold;
  void (*after_remove)(void *context);
  void *context;
} knobs;

/* The lock. */

void model_lock(void) {
  sigset_t all, saved;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &saved);
  pthread_mutex_lock(&lock);
  saved_signals = saved;
}

void model_unlock(void) {
  const sigset_t saved = saved_signals;
  pthread_mutex_unlock(&lock);
  pthread_sigmask(SIG_SETMASK, &saved, NULL);
}

static void open_bells(void) {
  for (int i = 0; i < WAITER_MAX; ++i) waiters[i].bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* A child has bells of its own, and none of the threads. */
static void after_fork(void) {
  for (int i = 0; i < WAITER_MAX; ++i) {
    (void)close(waiters[i].bell);
    waiters[i].used = false;
  }
  open_bells();
  for (int i = 0; i < PORT_MAX; ++i) ports[i].busy = 0;
  busy_opened = 0;
  model_unlock();
}

static void ring(const port *which) {
  for (int i = 0; i < WAITER_MAX; ++i) {
    const uint64_t one = 1;
    if (waiters[i].used && waiters[i].port == which && write(waiters[i].bell, &one, sizeof one) < 0)
      continue; /* full: rung already */
  }
}

/* The thread is busy no more. */
static void be_idle(void) {
  port *p = pthread_getspecific(busy_key);
  (void)pthread_setspecific(busy_key, NULL);
  if (p == NULL || p->opened != busy_opened) return;
  --p->busy;
  ring(p);
}

/* At the end of a thread. */
static void leave(void *which) {
  model_lock();
  (void)pthread_setspecific(busy_key, which);
  be_idle();
  model_unlock();
}

/* Before anything counts descriptors. */
__attribute__((constructor)) static void begin(void) {
  open_bells();
  (void)pthread_key_create(&busy_key, leave);
  (void)pthread_atfork(model_lock, model_unlock, after_fork);
}

/* Whether this call is to fail, with `*out_error`. */
static bool fails(model_call call, int32_t *out_error) {
  ++knobs.calls[call].count;
  if (knobs.calls[call].times == 0) return false;
  if (knobs.calls[call].skip > 0) {
    --knobs.calls[call].skip;
    return false;
  }
  --knobs.calls[call].times;
  *out_error = knobs.calls[call].error;
  return true;
}

static BOOL win32_result(int32_t error) {
  last_error = (DWORD)error;
  return error == 0;
}

/* Lists. */

static void append(list *to, entry *e) {
  e->next = NULL;
  e->previous = to->last;
  if (to->last != NULL) to->last->next = e;
  if (to->first == NULL) to->first = e;
  to->last = e;
  ++to->count;
}

static void take_out(list *from, entry *e) {
  if (e->previous != NULL) e->previous->next = e->next;
  if (e->next != NULL) e->next->previous = e->previous;
  if (from->first == e) from->first = e->next;
  if (from->last == e) from->last = e->previous;
  --from->count;
}

static entry *new_entry(port *which) {
  entry *e = free_entries;
  if (e != NULL) {
    free_entries = e->next;
  } else if (fresh_entries < ENTRY_MAX) {
    e = &entries[fresh_entries++];
  } else {
    return NULL;
  }
  memset(e, 0, sizeof *e);
  e->port = which;
  return e;
}

static void free_entry(entry *e) {
  e->next = free_entries;
  free_entries = e;
}

static void free_all(list *which) {
  while (which->first != NULL) {
    entry *e = which->first;
    take_out(which, e);
    free_entry(e);
  }
}

/* Requests. */

/* The request, which is in no list, is a packet from now on. */
static void complete(entry *e, NTSTATUS status, uint32_t events) {
  port *which = e->port;
  e->info->events = events;
  e->info->count = events != 0;
  e->info->status = MODEL_STATUS_SUCCESS;
  e->outcome->Information = sizeof *e->info;
  e->outcome->Status = status;
  e->status = (ULONG_PTR)status;
  append(knobs.hold ? &which->held : &which->packets, e);
  ring(which);
}

static bool is_closed(const entry *e) {
  socket_identity now;
  return !socket_identify(e->socket, &now) || memcmp(&now, &e->identity, sizeof now) != 0;
}

/* Completes the request if it has an answer. */
static bool look(entry *e, short poll_answer) {
  const bool own = e->identity.opened != 0;
  uint32_t events = 0;
  if ((own || poll_answer != 0) && is_closed(e)) {
    events = MODEL_LOCAL_CLOSE & e->events;
  } else {
    events = socket_events(e->socket, poll_answer, e->events);
  }
  if (events == 0) return false;
  take_out(&e->port->requests, e);
  complete(e, MODEL_STATUS_SUCCESS, events);
  return true;
}

static short ask(const entry *e) {
  struct pollfd one = {.fd = e->socket, .events = socket_poll_events(e->events)};
  return poll(&one, 1, 0) > 0 ? one.revents : 0;
}

/* Completes what has an answer, and leaves in `fds` what poll(2) has to watch for the rest. Returns how
 * many. */
static nfds_t look_at_all(port *which, struct pollfd *fds) {
  nfds_t count = 0;
  for (entry *e = which->requests.first; e != NULL; e = e->next) {
    if (count < POLL_MAX - 1) {
      fds[count].fd = e->identity.opened != 0 ? -1 : e->socket;
      fds[count].events = socket_poll_events(e->events);
      fds[count++].revents = 0;
    }
  }
  (void)poll(fds, count, 0);
  nfds_t at = 0, kept = 0;
  for (entry *e = which->requests.first, *next; e != NULL && at < count; e = next, ++at) {
    next = e->next;
    const struct pollfd one = fds[at];
    if (look(e, one.revents)) continue;
    fds[kept] = one;
    /* It says something that is no answer (a socket that was never connected): not watched, as it would
     * say so at once again. Seen again when another look is due. */
    if (one.revents != 0) fds[kept].fd = -1;
    ++kept;
  }
  return kept;
}

void model_sockets_changed(void) {
  for (int i = 0; i < PORT_MAX; ++i) {
    if (!ports[i].open) continue;
    for (entry *e = ports[i].requests.first, *next; e != NULL; e = next) {
      next = e->next;
      if (e->identity.opened != 0) (void)look(e, 0);
    }
  }
}

/* Handles. */

/* A handle fits in an int, as that is what an mio_handle is on Linux. */
enum { PORT_BASE = 0x10000000, FILE_BASE = 0x20000000 };

static HANDLE port_handle(const port *p) { return (HANDLE)(uintptr_t)(PORT_BASE + (p - ports)); }
static HANDLE file_handle(const file *f) { return (HANDLE)(uintptr_t)(FILE_BASE + (f - files)); }

/* NULL for a handle that is none. */
static port *port_of(HANDLE handle) {
  const uintptr_t i = (uintptr_t)handle - PORT_BASE;
  return i < PORT_MAX && ports[i].open ? &ports[i] : NULL;
}

static file *file_of(HANDLE handle) {
  const uintptr_t i = (uintptr_t)handle - FILE_BASE;
  return i < FILE_MAX && files[i].open ? &files[i] : NULL;
}

static port *new_port(DWORD concurrency) {
  for (int i = 0; i < PORT_MAX; ++i) {
    if (ports[i].open) continue;
    memset(&ports[i], 0, sizeof ports[i]);
    ports[i].descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (ports[i].descriptor < 0) return NULL;
    ports[i].open = true;
    ports[i].opened = ++opened_ports;
    ports[i].concurrency = concurrency != 0 ? concurrency : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    return &ports[i];
  }
  return NULL;
}

HANDLE CreateIoCompletionPort(HANDLE handle, HANDLE existing, ULONG_PTR key, DWORD concurrency) {
  int32_t error = 0;
  HANDLE result = NULL;
  model_lock();
  if (handle == INVALID_HANDLE_VALUE) {
    port *p = fails(MODEL_CREATE_PORT, &error) ? NULL : new_port(concurrency);
    if (p != NULL) result = port_handle(p);
    if (p == NULL && error == 0) error = ENOMEM;
  } else if (!fails(MODEL_ATTACH, &error)) {
    file *f = file_of(handle);
    port *p = port_of(existing);
    if (f == NULL || p == NULL || f->port != NULL) {
      error = EINVAL;
    } else {
      f->port = p;
      f->key = key;
      result = existing;
    }
  }
  model_unlock();
  last_error = (DWORD)error;
  return result;
}

NTSTATUS NtCreateFile(HANDLE *out_file, ULONG access, OBJECT_ATTRIBUTES *attributes,
                      IO_STATUS_BLOCK *outcome, LARGE_INTEGER *size, ULONG file_attributes,
                      ULONG share, ULONG disposition, ULONG options, PVOID extended,
                      ULONG extended_len) {
  static const wchar_t driver[] = L"\\Device\\Afd\\";
  NTSTATUS status = MODEL_STATUS_NO_RESOURCES;
  (void)access, (void)outcome, (void)size, (void)file_attributes, (void)share, (void)disposition;
  (void)options, (void)extended, (void)extended_len;
  if (wcsncmp(attributes->ObjectName->Buffer, driver, sizeof driver / sizeof *driver - 1) != 0) {
    return MODEL_STATUS_INVALID_HANDLE;
  }
  model_lock();
  for (int i = 0; !fails(MODEL_OPEN, &status) && i < FILE_MAX; ++i) {
    if (files[i].open) continue;
    memset(&files[i], 0, sizeof files[i]);
    files[i].open = true;
    *out_file = file_handle(&files[i]);
    status = MODEL_STATUS_SUCCESS;
    break;
  }
  model_unlock();
  return status;
}

BOOL SetFileCompletionNotificationModes(HANDLE handle, unsigned char modes) {
  int32_t error = 0;
  (void)modes;
  model_lock();
  if (!fails(MODEL_MODES, &error) && file_of(handle) == NULL) error = EBADF;
  model_unlock();
  return win32_result(error);
}

static void cancel_all(port *which, const file *of) {
  for (entry *e = which->requests.first, *next; e != NULL; e = next) {
    next = e->next;
    if (e->file != of) continue;
    take_out(&which->requests, e);
    complete(e, MODEL_STATUS_CANCELLED, 0);
  }
}

BOOL CloseHandle(HANDLE handle) {
  int32_t error = 0;
  model_lock();
  port *p = port_of(handle);
  file *f = file_of(handle);
  if (p != NULL) {
    free_all(&p->requests);
    free_all(&p->packets);
    free_all(&p->held);
    p->open = false;
    (void)close(p->descriptor);
  } else if (f != NULL) {
    if (f->port != NULL && f->port->open) cancel_all(f->port, f);
    f->open = false;
  } else {
    error = EBADF;
  }
  model_unlock();
  return win32_result(error);
}

DWORD GetLastError(void) { return last_error; }

/* Polls. */

static NTSTATUS begin_request(file *f, void *context, IO_STATUS_BLOCK *outcome, poll_info *info) {
  int32_t refusal = 0;
  socket_identity identity;
  const int socket = (int)(uintptr_t)info->socket;
  const bool refused = fails(MODEL_POLL, &refusal);
  if (refused && (uint32_t)refusal >> 30 == 3) return refusal;
  if (!socket_identify(socket, &identity)) return MODEL_STATUS_INVALID_HANDLE;
  entry *e = new_entry(f->port);
  if (e == NULL) return MODEL_STATUS_NO_RESOURCES;
  e->file = f;
  e->outcome = outcome;
  e->info = info;
  e->socket = socket;
  e->identity = identity;
  e->events = info->events;
  e->key = f->key;
  e->overlapped = context;
  if (refused) {
    complete(e, refusal, 0);
    return refusal;
  }
  socket_notice(socket);
  append(&f->port->requests, e);
  if (look(e, identity.opened != 0 ? 0 : ask(e))) return MODEL_STATUS_SUCCESS;
  outcome->Status = MODEL_STATUS_PENDING;
  ring(f->port); /* threads that wait have one more socket to watch */
  return MODEL_STATUS_PENDING;
}

NTSTATUS NtDeviceIoControlFile(HANDLE handle, HANDLE event, PVOID apc, PVOID context,
                               IO_STATUS_BLOCK *outcome, ULONG code, PVOID in, ULONG in_len,
                               PVOID out, ULONG out_len) {
  NTSTATUS status = MODEL_STATUS_INVALID_HANDLE;
  (void)event, (void)apc, (void)out;
  if (code != 0x12024u || in_len != sizeof(poll_info) || out_len != in_len) return status;
  model_lock();
  file *f = file_of(handle);
  if (f != NULL && f->port != NULL) {
    status = begin_request(f, context, outcome, in);
  }
  model_unlock();
  return status;
}

NTSTATUS NtCancelIoFileEx(HANDLE handle, IO_STATUS_BLOCK *request, IO_STATUS_BLOCK *outcome) {
  NTSTATUS status = MODEL_STATUS_NOT_FOUND;
  (void)outcome;
  model_lock();
  const file *f = file_of(handle);
  if (f == NULL) {
    status = MODEL_STATUS_INVALID_HANDLE;
  } else if (!fails(MODEL_CANCEL, &status)) {
    port *p = f->port;
    entry *e = p->requests.first;
    while (e != NULL && (e->file != f || e->outcome != request)) e = e->next;
    if (e != NULL) {
      take_out(&p->requests, e);
      complete(e, MODEL_STATUS_CANCELLED, 0);
      status = MODEL_STATUS_SUCCESS;
    }
  }
  model_unlock();
  return status;
}

/* Packets. */

BOOL PostQueuedCompletionStatus(HANDLE handle, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped) {
  int32_t error = 0;
  model_lock();
  port *p = port_of(handle);
  if (p == NULL) {
    error = EBADF;
  } else if (!fails(MODEL_POST, &error)) {
    entry *e = new_entry(p);
    if (e == NULL) {
      error = ENOMEM;
    } else {
      e->key = key;
      e->overlapped = overlapped;
      e->bytes = bytes;
      append(&p->packets, e);
      ring(p);
    }
  }
  model_unlock();
  return win32_result(error);
}

static ULONG remove_packets(port *p, OVERLAPPED_ENTRY *out, ULONG count) {
  ULONG removed = 0;
  if (p->busy >= p->concurrency) return 0;
  while (removed < count && p->packets.first != NULL) {
    entry *e = p->packets.first;
    take_out(&p->packets, e);
    out[removed++] = (OVERLAPPED_ENTRY){e->key, e->overlapped, e->status, e->bytes};
    free_entry(e);
  }
  if (removed > 0) {
    ++p->busy;
    (void)pthread_setspecific(busy_key, p);
    busy_opened = p->opened;
  }
  return removed;
}

static waiter *new_waiter(port *p) {
  for (int i = 0; i < WAITER_MAX; ++i) {
    uint64_t rung;
    if (waiters[i].used) continue;
    waiters[i].used = true;
    waiters[i].port = p;
    if (read(waiters[i].bell, &rung, sizeof rung) < 0) return &waiters[i]; /* was silent */
    return &waiters[i];
  }
  return NULL;
}

/* For a thread that is cancelled in its sleep. */
static void free_waiter(void *which) { ((waiter *)which)->used = false; }

/* Sleeps without the lock, until the bell rings, a socket has news, or the time is up. */
static void sleep_once(waiter *w, nfds_t count, const struct timespec *left) {
  w->fds[count].fd = w->bell;
  w->fds[count].events = POLLIN;
  w->fds[count].revents = 0;
  model_unlock();
  pthread_cleanup_push(free_waiter, w);
  (void)ppoll(w->fds, count + 1, left, NULL);
  pthread_cleanup_pop(0);
  model_lock();
  uint64_t rung;
  if (read(w->bell, &rung, sizeof rung) < 0) return; /* was silent */
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static ULONG wait_for_packets(port *p, OVERLAPPED_ENTRY *out, ULONG count,
                              const LARGE_INTEGER *timeout) {
  enum { LATE_NS = 20000000 }; /* after this it looks again at what poll(2) cannot watch */
  const int64_t begin_ns = now_ns();
  const bool forever = timeout == NULL || timeout->QuadPart < -(INT64_MAX - begin_ns) / 100;
  const int64_t end = forever ? INT64_MAX : begin_ns - timeout->QuadPart * 100;
  waiter *w = new_waiter(p);
  ULONG removed = 0;
  while (w != NULL) {
    const nfds_t watched = look_at_all(p, w->fds);
    removed = remove_packets(p, out, count);
    if (removed > 0 || (!forever && now_ns() >= end)) break;
    int64_t left = forever ? LATE_NS : end - now_ns();
    bool complete_set = true;
    for (nfds_t i = 0; i < watched; ++i) complete_set = complete_set && w->fds[i].fd >= 0;
    if (left > LATE_NS && !complete_set) left = LATE_NS;
    if (left < 0) left = 0;
    const struct timespec time = {left / 1000000000, left % 1000000000};
    sleep_once(w, watched, forever && complete_set ? NULL : &time);
  }
  if (w != NULL) w->used = false;
  return removed;
}

NTSTATUS NtRemoveIoCompletionEx(HANDLE handle, void *out, ULONG count, ULONG *out_removed,
                                LARGE_INTEGER *timeout, BOOLEAN alertable) {
  NTSTATUS status = MODEL_STATUS_INVALID_HANDLE;
  void (*hook)(void *) = NULL;
  void *context = NULL;
  (void)alertable;
  model_lock();
  be_idle();
  port *p = port_of(handle);
  if (p != NULL && !fails(MODEL_REMOVE, &status)) {
    *out_removed = wait_for_packets(p, out, count, timeout);
    status = *out_removed > 0 ? MODEL_STATUS_SUCCESS : MODEL_STATUS_TIMEOUT;
  }
  if (status == MODEL_STATUS_SUCCESS) {
    hook = knobs.after_remove;
    context = knobs.context;
    knobs.after_remove = NULL;
  }
  model_unlock();
  if (hook != NULL) hook(context);
  return status;
}

ULONG RtlNtStatusToDosError(NTSTATUS status) {
  switch (status) {
    case MODEL_STATUS_INVALID_HANDLE:
      return EBADF;
    case MODEL_STATUS_NO_RESOURCES:
    case MODEL_STATUS_NO_MEMORY:
      return ENOMEM;
    case MODEL_STATUS_CANCELLED:
      return ECANCELED;
    default:
      return EIO;
  }
}

BOOL InitOnceExecuteOnce(INIT_ONCE *once, BOOL (*start)(PINIT_ONCE, PVOID, PVOID *),
                         PVOID parameter, PVOID *context) {
  static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&once_lock);
  if (!once->done) once->done = start(once, parameter, context);
  const BOOL done = once->done;
  pthread_mutex_unlock(&once_lock);
  return done;
}

/* Knobs. */

void model_reset(void) {
  model_hold_packets(false);
  model_lock();
  memset(&knobs, 0, sizeof knobs);
  model_unlock();
}

void model_fail(model_call call, int32_t error, int skip, int times) {
  model_lock();
  knobs.calls[call].error = error;
  knobs.calls[call].skip = skip;
  knobs.calls[call].times = times;
  model_unlock();
}

int model_count(model_call call) {
  model_lock();
  const int count = knobs.calls[call].count;
  model_unlock();
  return count;
}

void model_hold_packets(bool hold) {
  model_lock();
  knobs.hold = hold;
  for (int i = 0; !hold && i < PORT_MAX; ++i) {
    while (ports[i].held.first != NULL) {
      entry *e = ports[i].held.first;
      take_out(&ports[i].held, e);
      append(&ports[i].packets, e);
      ring(&ports[i]);
    }
  }
  model_unlock();
}

void model_after_remove(void (*hook)(void *context), void *context) {
  model_lock();
  knobs.after_remove = hook;
  knobs.context = context;
  model_unlock();
}

size_t model_polls(void) {
  size_t count = 0;
  model_lock();
  for (int i = 0; i < PORT_MAX; ++i) count += ports[i].requests.count;
  model_unlock();
  return count;
}

size_t model_packets(void) {
  size_t count = 0;
  model_lock();
  for (int i = 0; i < PORT_MAX; ++i) count += ports[i].packets.count + ports[i].held.count;
  model_unlock();
  return count;
}

size_t model_handles(void) {
  size_t count = 0;
  model_lock();
  for (int i = 0; i < PORT_MAX; ++i) count += ports[i].open;
  for (int i = 0; i < FILE_MAX; ++i) count += files[i].open;
  model_unlock();
  return count;
}
