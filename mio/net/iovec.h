#ifndef MIO_NET_IOVEC_H_
#define MIO_NET_IOVEC_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of several buffers that a single call reads into or writes from, in their order.
 *
 *   const mio_iovec parts[] = {{header, header_len}, {body, body_len}};
 *   ptrdiff_t n = mio_tcp_stream_writev(&stream, parts, 2);
 *
 * On Unix it has the layout of struct iovec, so nothing is copied or translated. A buffer of length 0
 * is valid, with any `base`. A write only reads from `base`. */
typedef struct mio_iovec {
  void *base;
  size_t len;
} mio_iovec;

/* The most buffers that one call uses. Of more, a stream uses the first ones, which makes a short
 * transfer; for datagrams, which cannot be cut, more are MIO_ERROR_INVALID_INPUT. So are none at all, and
 * a NULL `base` with a length. */
#define MIO_IOVEC_COUNT_MAX 1024

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_IOVEC_H_ */
