#ifndef TESTING_KQUEUE_TRUTH_H_
#define TESTING_KQUEUE_TRUTH_H_

#include <stdbool.h>
#include <sys/event.h>

/* What is so of a descriptor, asked from Linux and told as a BSD would. */

/* Whether EVFILT_READ or EVFILT_WRITE, as `event` says, is true of the descriptor `event->ident`;
 * fills in the flags, fflags and data of the event that tells so. */
bool truth_of_descriptor(struct kevent *event);

/* Whether `fd` writes to a pipe that nobody reads. */
bool truth_is_writer_without_reader(int fd);

#endif /* TESTING_KQUEUE_TRUTH_H_ */
