#ifndef MIO_SYS_WINDOWS_WINSOCK_H_
#define MIO_SYS_WINDOWS_WINSOCK_H_

/* Starts Winsock 2.2 for this process, once. The library calls it before it creates or uses the first
 * socket. The library never ends Winsock, because it has no exit function, and the system cleans up after a
 * process. Returns
 * 0 or a negative error code. Any thread. */
int mio_winsock_start(void);

#endif /* MIO_SYS_WINDOWS_WINSOCK_H_ */
