#ifndef TESTING_KQUEUE_INCLUDE_SYS_EVENT_H_
#define TESTING_KQUEUE_INCLUDE_SYS_EVENT_H_

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* <sys/event.h> of the modelled system (testing/kqueue/model.h), for a Linux that has none. Numbers
 * and shapes are FreeBSD's, as kqueue(2) describes them. */
struct timespec;

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  int64_t data;
  void *udata;
  uint64_t ext[4];
};

#define EVFILT_READ   (-1)
#define EVFILT_WRITE  (-2)
#define EVFILT_AIO    (-3)
#define EVFILT_VNODE  (-4)
#define EVFILT_PROC   (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER  (-7)
#define EVFILT_USER   (-11)

#define EV_ADD      0x0001
#define EV_DELETE   0x0002
#define EV_ENABLE   0x0004
#define EV_DISABLE  0x0008
#define EV_ONESHOT  0x0010
#define EV_CLEAR    0x0020
#define EV_RECEIPT  0x0040
#define EV_DISPATCH 0x0080
#define EV_ERROR    0x4000
#define EV_EOF      0x8000

#define NOTE_FFNOP      0x00000000u
#define NOTE_FFAND      0x40000000u
#define NOTE_FFOR       0x80000000u
#define NOTE_FFCOPY     0xc0000000u
#define NOTE_FFCTRLMASK 0xc0000000u
#define NOTE_FFLAGSMASK 0x00ffffffu
#define NOTE_TRIGGER    0x01000000u
#define NOTE_WRITE      0x00000002u
#define NOTE_FILE_POLL  0x00000002u
#define NOTE_EXIT       0x80000000u

int kqueue(void);
int kevent(int kq, const struct kevent *changes, int change_count, struct kevent *events,
           int event_count, const struct timespec *timeout);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_KQUEUE_INCLUDE_SYS_EVENT_H_ */
