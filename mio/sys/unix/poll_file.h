#ifndef MIO_SYS_UNIX_POLL_FILE_H_
#define MIO_SYS_UNIX_POLL_FILE_H_

#include <stdint.h>

/* What a descriptor refers to. poll(2)'s flags mean different things for different kinds of files. */

typedef enum mio_poll_kind {
  MIO_POLL_KIND_OTHER,  /* terminals, devices, eventfds, files of /proc ... */
  MIO_POLL_KIND_PIPE,   /* pipes and FIFOs */
  MIO_POLL_KIND_STREAM, /* sockets of connections, and listeners */
  MIO_POLL_KIND_UNIX_DATAGRAM,
  MIO_POLL_KIND_SOCKET /* all other sockets */
} mio_poll_kind;

typedef struct mio_poll_file {
  mio_poll_kind kind;
  short error; /* an error that the file reports once, and has reported to the examination; or 0 */
  uint64_t id; /* tells a file from the one that had its descriptor before; not always */
} mio_poll_file;

/* Examines `fd`. Returns 0, or a negative error code if it is not open or cannot be polled. */
int mio_poll_file_examine(int fd, mio_poll_file *out_file);

#endif /* MIO_SYS_UNIX_POLL_FILE_H_ */
