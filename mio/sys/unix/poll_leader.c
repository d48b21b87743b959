#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_leader.h"

#include <errno.h>
#include <string.h>

#include "mio/sys/unix/cancel.h"
#include "mio/sys/unix/poll_call.h"

#define MICROSECOND UINT64_C(1000)

/* Two interruptions by changes within this time are a burst. */
#define BURST_NS        (1000 * MICROSECOND)
/* A pause ends when no change came for this long ... */
#define PAUSE_STEP_NS   (100 * MICROSECOND)
/* ... and at the latest after this, so that sources that are ready do not wait longer. */
#define PAUSE_STEPS_MAX 5

#define RETRY_NS (1000 * MICROSECOND)

int mio_poll_leader_open(mio_poll_leader *leader) {
  int result = mio_lock_init(&leader->lock);
  if (result < 0) return result;
  result = -pthread_cond_init(&leader->left, NULL);
  if (result == 0) {
    result = mio_poll_wakeup_open(&leader->wakeup);
    if (result < 0) (void)pthread_cond_destroy(&leader->left);
  }
  if (result < 0) mio_lock_destroy(&leader->lock);
  return result;
}

void mio_poll_leader_close(mio_poll_leader *leader, bool inherited) {
  mio_poll_wakeup_close(&leader->wakeup);
  if (inherited) return;
  (void)pthread_cond_destroy(&leader->left);
  mio_lock_destroy(&leader->lock);
}

/* The kernel had no memory for a signal: lets other threads go on for a moment. */
static void wait_to_retry(mio_poll_leader *leader) {
  const int cancel = mio_cancel_disable();
  mio_lock_release(&leader->lock);
  (void)mio_poll_call(NULL, 0, RETRY_NS);
  mio_lock_acquire(&leader->lock);
  mio_cancel_restore(cancel);
}

/* Gives up the lead, and signals the followers, if any. Their wakeup stays signalled until one of them
 * is the leader: a follower that gives up before does not take the signal with it. */
void mio_poll_leader_release(mio_poll_leader *leader) {
  leader->state = MIO_LEADER_VACANT;
  while (leader->state == MIO_LEADER_VACANT && leader->followers > 0 &&
         !leader->followers_signalled) {
    leader->followers_signalled =
        mio_poll_wakeup_signal(&leader->wakeup, MIO_POLL_WAKEUP_FOLLOWERS);
    if (!leader->followers_signalled) wait_to_retry(leader);
  }
}

static void stop_following(void *context) {
  mio_poll_leader *leader = context;
  mio_lock_acquire(&leader->lock);
  --leader->followers;
  mio_lock_release(&leader->lock);
}

/* Sleeps until the leader has given up the lead or the time is up. */
static int follow(mio_poll_leader *leader, uint64_t timeout_ns) {
  struct pollfd entry = {.fd = leader->wakeup.ends[MIO_POLL_WAKEUP_FOLLOWERS], .events = POLLIN};
  int result;
  ++leader->followers;
  mio_lock_release(&leader->lock);
  pthread_cleanup_push(stop_following, leader);
  result = mio_poll_call(&entry, 1, timeout_ns);
  pthread_cleanup_pop(1);
  mio_lock_acquire(&leader->lock);
  return result;
}

int mio_poll_leader_acquire(mio_poll_leader *leader, const mio_poll_limit *limit) {
  while (mio_poll_leader_exists(leader)) {
    const uint64_t left = mio_poll_limit_left(limit);
    if (left == 0) return 0;
    const int result = follow(leader, left);
    if (result < 0) return result;
  }
  leader->state = MIO_LEADER_OUT;
  if (leader->followers_signalled) {
    mio_poll_wakeup_drain(&leader->wakeup, MIO_POLL_WAKEUP_FOLLOWERS);
  }
  leader->followers_signalled = false;
  return 1;
}

/* Back in OUT, from poll(2). */
static void leave_poll(mio_poll_leader *leader) {
  leader->state = MIO_LEADER_OUT;
  ++leader->poll_count;
  (void)pthread_cond_broadcast(&leader->left);
  if (leader->interrupted) mio_poll_wakeup_drain(&leader->wakeup, MIO_POLL_WAKEUP_LEADER);
  leader->interrupted = false;
}

/* Runs when the leader is cancelled while it does not hold the lock. */
static void end_lead(void *context) {
  mio_poll_leader *leader = context;
  mio_lock_acquire(&leader->lock);
  leave_poll(leader);
  mio_poll_leader_release(leader);
  mio_lock_release(&leader->lock);
}

/* Calls poll(2) in `state`, without the lock. */
static int call_in_state(mio_poll_leader *leader, mio_poll_leader_state state,
                         struct pollfd *entries, uint32_t count, uint64_t timeout_ns) {
  int result;
  leader->state = state;
  mio_lock_release(&leader->lock);
  pthread_cleanup_push(end_lead, leader);
  result = mio_poll_call(entries, count, timeout_ns);
  pthread_cleanup_pop(0);
  mio_lock_acquire(&leader->lock);
  return result;
}

int mio_poll_leader_poll(mio_poll_leader *leader, struct pollfd *entries, uint32_t count,
                         uint64_t timeout_ns) {
  leader->changed = false;
  const int result =
      call_in_state(leader, timeout_ns == 0 ? MIO_LEADER_POLLING : MIO_LEADER_BLOCKED, entries,
                    count, timeout_ns);
  leave_poll(leader);
  return result;
}

/* Sleeps for one step of a pause. Returns 1 if the pause must end: it is over, or the time is up, or a
 * descriptor is ready; or a negative error code. */
static int pause_step(mio_poll_leader *leader, struct pollfd *fixed, uint32_t count,
                      const mio_poll_limit *limit) {
  const uint64_t changes = leader->change_count;
  const uint64_t left = mio_poll_limit_left(limit);
  if (left == 0) return 1;
  const int result = call_in_state(leader, MIO_LEADER_PAUSED, fixed, count,
                                   left < PAUSE_STEP_NS ? left : PAUSE_STEP_NS);
  leader->state = MIO_LEADER_OUT;
  if (result != 0) return result;
  return leader->change_count == changes;
}

int mio_poll_leader_pause(mio_poll_leader *leader, const struct pollfd *fixed, uint32_t count,
                          const mio_poll_limit *limit) {
  enum { FIXED_MAX = 4 };
  if (!leader->changed || count > FIXED_MAX) return 0;
  struct pollfd copy[FIXED_MAX];
  memcpy(copy, fixed, count * sizeof *fixed);
  int result = mio_clock_ns() - leader->last_burst_ns > BURST_NS;
  for (int step = 0; step < PAUSE_STEPS_MAX && result == 0; ++step) {
    result = pause_step(leader, copy, count, limit);
  }
  leader->last_burst_ns = mio_clock_ns();
  return result < 0 ? result : 0;
}

/* A change must not be taken for announced if the signal could not be sent, so it is sent again until
 * it was, or until the leader has left poll(2) for another reason. */
void mio_poll_leader_interrupt(mio_poll_leader *leader) {
  const uint64_t poll_count = leader->poll_count;
  while (leader->state == MIO_LEADER_BLOCKED && leader->poll_count == poll_count &&
         !leader->interrupted) {
    leader->interrupted = mio_poll_wakeup_signal(&leader->wakeup, MIO_POLL_WAKEUP_LEADER);
    if (!leader->interrupted) wait_to_retry(leader);
  }
}

void mio_poll_leader_announce_change(mio_poll_leader *leader) {
  ++leader->change_count;
  leader->changed = true;
  mio_poll_leader_interrupt(leader);
}

static bool is_in_poll(const mio_poll_leader *leader) {
  return leader->state == MIO_LEADER_POLLING || leader->state == MIO_LEADER_BLOCKED;
}

void mio_poll_leader_wait_until_left(mio_poll_leader *leader) {
  const uint64_t poll_count = leader->poll_count;
  mio_poll_leader_announce_change(leader);
  while (is_in_poll(leader) && leader->poll_count == poll_count) {
    (void)pthread_cond_wait(&leader->left, &leader->lock);
  }
}
