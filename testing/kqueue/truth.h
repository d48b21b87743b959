#ifndef TESTING_KQUEUE_TRUTH_H_
#define TESTING_KQUEUE_TRUTH_H_

#include <stdbool.h>
#include <sys/event.h>

/* The state of a descriptor, asked from Linux and reported as FreeBSD would. */

/* Whether EVFILT_READ or EVFILT_WRITE, as `event` says, is true of the descriptor `event->ident`. Fills in
 * the flags, fflags and data of the event. `wanted` has the fflags of the registration. */
bool truth_of_descriptor(struct kevent *event, unsigned wanted);

/* Whether `fd` writes to a pipe(2), not a FIFO, that has no reader. */
bool truth_is_writer_without_reader(int fd);

/* A number of bytes that FreeBSD looks at again when it falls, although Linux reports no edge then: those
 * left in a pipe whose writers have gone, and those that a socket has not sent yet. 0 for other filters. */
int truth_of_silent_change(int fd, int filter);

#endif /* TESTING_KQUEUE_TRUTH_H_ */
