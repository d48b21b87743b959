#ifndef MIO_SYS_WINDOWS_HANDLE_H_
#define MIO_SYS_WINDOWS_HANDLE_H_

#include <stdint.h>

/* A SOCKET, or a HANDLE cast to an integer. */
typedef uintptr_t mio_handle;
#define MIO_HANDLE_NONE (~(uintptr_t)0)

struct mio_afd_socket;

/* `state` is the state of the source in its poll. The poll owns that memory, because the kernel may write
 * to it after the source is closed. It has no meaning while the source is not registered. */
typedef struct mio_native_source {
  mio_handle handle;
  struct mio_afd_socket *state;
} mio_native_source;

#endif /* MIO_SYS_WINDOWS_HANDLE_H_ */
