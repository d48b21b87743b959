#ifndef MIO_SYS_UNIX_HANDLE_H_
#define MIO_SYS_UNIX_HANDLE_H_

/* A file descriptor. */
typedef int mio_handle;
#define MIO_HANDLE_NONE (-1)

typedef struct mio_native_source {
  mio_handle handle;
} mio_native_source;

#endif /* MIO_SYS_UNIX_HANDLE_H_ */
