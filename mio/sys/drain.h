#ifndef MIO_SYS_DRAIN_H_
#define MIO_SYS_DRAIN_H_

/* How an operation drained a source. */
typedef enum mio_drain {
  MIO_DRAIN_EMPTY, /* would-block, or less than was asked for: the direction is not ready now */
  MIO_DRAIN_END,   /* a read of 0 */
  MIO_DRAIN_ERROR /* any other error. The source may still be ready: it has the next error or data, or
                      nothing has changed, as when an accept fails for lack of descriptors. */
} mio_drain;

#endif /* MIO_SYS_DRAIN_H_ */
