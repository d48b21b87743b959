#ifndef MIO_SYS_UNIX_NET_INTERFACE_H_
#define MIO_SYS_UNIX_NET_INTERFACE_H_

/* Internal to the Unix backend: the interface that a socket is bound to, by index, 0 for none. */

int mio_fd_bind_to_interface(int fd, unsigned index);
int mio_fd_bound_interface(int fd, int *out_index);

#endif /* MIO_SYS_UNIX_NET_INTERFACE_H_ */
