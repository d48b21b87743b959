#ifndef MIO_SYS_UNIX_HANDLE_H_
#define MIO_SYS_UNIX_HANDLE_H_

/* A file descriptor. */
typedef int mio_handle;
#define MIO_HANDLE_NONE (-1)

/* The Windows selector uses `state`, and tests build that selector for Unix (see mio/sys/windows/handle.h). */
typedef struct mio_native_source {
  mio_handle handle;
#if defined(MIO_SELECTOR_AFD_MODEL)
  struct mio_afd_socket *state;
#endif
} mio_native_source;

#endif /* MIO_SYS_UNIX_HANDLE_H_ */
