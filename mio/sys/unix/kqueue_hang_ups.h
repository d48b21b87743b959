#ifndef MIO_SYS_UNIX_KQUEUE_HANG_UPS_H_
#define MIO_SYS_UNIX_KQUEUE_HANG_UPS_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"
#include "mio/interest.h"
#include "mio/sys/unix/kqueue_changes.h"
#include "mio/token.h"

/* Inside the kqueue selector: pipes whose other end is closed, on kernels that do not report it.
 *
 * - A kernel refuses EVFILT_WRITE for a pipe that has no reader: EPIPE on FreeBSD, DragonFly and Apple,
 *   EBADF on NetBSD (pipe_kqfilter() in each kernel's sys_pipe.c).
 * - FreeBSD reports the end of a registered writer's reader with EV_ONESHOT, once in every mode.
 *
 * To a program both are a hang-up and not an error. In these cases the library adds a replacement for the
 * filter, called stand-in. It is a triggered EVFILT_USER filter whose identifier is
 * MIO_KQUEUE_HUNG_UP_FIRST plus the descriptor. Its event is readable, writable and write_closed
 * (event_kqueue.h), once or at every wait, depending on the mode of the registration.
 *
 *                register, refused                            register, accepted
 *   no filter --------------------> stand-in      no filter --------------------> EVFILT_WRITE
 *                                                 reader closes, level-triggered:   EVFILT_WRITE -> stand-in
 *   stand-in --> none   by reregister, deregister and the source's close
 *
 * Kernels without EVFILT_USER report no event in these cases: NetBSD before 10, OpenBSD before 7.8. */

/* Computes the identifier of the stand-in of `fd`. Returns false for a descriptor beyond all limits, which
 * gets no stand-in. */
bool mio_kqueue_stand_in_ident(int fd, uintptr_t *out_ident);

/* Returns whether the kernel refused `addition`, a filter of a descriptor, with `error` only because the
 * other end of the pipe is closed. */
bool mio_kqueue_is_hang_up(const mio_event *addition, int error);

/* Whether this event of a descriptor's filter is a hang-up that the kernel will not report again,
 * although the registration is level-triggered. One-shot registrations that get here have EV_DISPATCH. */
bool mio_kqueue_is_last_hang_up(const mio_event *event);

/* Adds the stand-in of `fd`, in the mode of `interest`, and triggers it. Leaves none if it fails. */
int mio_kqueue_add_stand_in(mio_kqueue_queue *queue, int fd, mio_token token,
                            mio_interest interest);

/* Deletes the stand-in of `fd` if there may be one. */
void mio_kqueue_remove_stand_in(mio_kqueue_queue *queue, int fd);

#endif /* MIO_SYS_UNIX_KQUEUE_HANG_UPS_H_ */
