#ifndef MIO_SYS_WINDOWS_HANDLE_H_
#define MIO_SYS_WINDOWS_HANDLE_H_

#include <stdint.h>

/* A SOCKET, or a HANDLE cast to an integer. */
typedef uintptr_t mio_handle;
#define MIO_HANDLE_NONE (~(uintptr_t)0)

struct mio_afd_socket;

/* `state` is what the poll that the source is registered with keeps of it: that poll's memory, as
 * the kernel may write into it after the source is gone. Means nothing while unregistered. */
typedef struct mio_native_source {
  mio_handle handle;
  struct mio_afd_socket *state;
} mio_native_source;

#endif /* MIO_SYS_WINDOWS_HANDLE_H_ */
