#ifndef MIO_SYS_UNIX_NET_CMSG_H_
#define MIO_SYS_UNIX_NET_CMSG_H_

#include "mio/sys/unix/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Inside the Unix backend: control messages, written into and read from a buffer of the caller.
 *
 * A buffer is a sequence of struct cmsghdr, each followed by its data and padding. The CMSG_ macros for
 * walking it trust `cmsg_len`. Some systems (macOS) leave a length in it that is beyond the end of a buffer
 * that was too small. So the library walks the buffer itself and checks the lengths. */

/* Memory for control messages, with the alignment of struct cmsghdr. */
#define MIO_CMSG_ROOM(name, size) _Alignas(struct cmsghdr) unsigned char name[size]

/* Appends one control message at `*used` of the `room` bytes at `buffer`, which were zero. The room
 * must suffice. */
static inline void mio_cmsg_put(unsigned char *buffer, size_t room, size_t *used, int level,
                                int type, const void *data, size_t len) {
  struct cmsghdr header;
  if (CMSG_SPACE(len) > room - *used) return;
  memset(&header, 0, sizeof header);
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = (unsigned)CMSG_LEN(len); /* size_t or socklen_t */
  memcpy(buffer + *used, &header, sizeof header);
  memcpy(buffer + *used + CMSG_LEN(0), data, len);
  *used += CMSG_SPACE(len);
}

/* One control message that was found. */
typedef struct mio_cmsg {
  int level;
  int type;
  const unsigned char *data;
  size_t len; /* bytes at `data` that are in the buffer */
} mio_cmsg;

/* Reads the control message at `*offset` of the `size` bytes at `buffer`, and moves `*offset` to the next
 * one. Returns false at the end, or if the rest is invalid. A message that extends beyond the end is cut
 * there. */
static inline bool mio_cmsg_next(const unsigned char *buffer, size_t size, size_t *offset,
                                 mio_cmsg *out) {
  struct cmsghdr header;
  if (*offset > size || size - *offset < CMSG_LEN(0)) return false;
  const size_t rest = size - *offset;
  memcpy(&header, buffer + *offset, sizeof header);
  size_t len = (size_t)header.cmsg_len;
  if (len < CMSG_LEN(0)) return false;
  if (len > rest) len = rest;
  out->level = header.cmsg_level;
  out->type = header.cmsg_type;
  out->data = buffer + *offset + CMSG_LEN(0);
  out->len = len - CMSG_LEN(0);
  const size_t space = CMSG_SPACE(out->len);
  *offset += space < rest ? space : rest;
  return true;
}

/* Copies the value of a control message, an integer of the system, if it is complete. */
static inline bool mio_cmsg_read(const mio_cmsg *message, void *out, size_t len) {
  if (message->len < len) return false;
  memcpy(out, message->data, len);
  return true;
}

#endif /* MIO_SYS_UNIX_NET_CMSG_H_ */
