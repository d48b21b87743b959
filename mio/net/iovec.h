#ifndef MIO_NET_IOVEC_H_
#define MIO_NET_IOVEC_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of several buffers that a single call reads into or writes from, in array order.
 *
 *   const mio_iovec parts[] = {{header, header_len}, {body, body_len}};
 *   ptrdiff_t n = mio_tcp_stream_writev(&stream, parts, 2);
 *
 * On Unix it has the layout of struct iovec, so the library copies and translates nothing. `len` counts
 * bytes. A buffer of length 0 is valid with any `base`. A write does not change the bytes at `base`. */
typedef struct mio_iovec {
  void *base;
  size_t len;
} mio_iovec;

/* The greatest number of buffers that one call uses. If a call gets more, a stream transfers only the first
 * ones, which is a short transfer. A datagram cannot be cut, so the call returns MIO_ERROR_INVALID_INPUT. A
 * count of 0 and a NULL `base` with a length other than 0 are MIO_ERROR_INVALID_INPUT too. */
#define MIO_IOVEC_COUNT_MAX 1024

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_IOVEC_H_ */
