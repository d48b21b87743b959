#ifndef MIO_SYS_WINDOWS_WINSOCK_H_
#define MIO_SYS_WINDOWS_WINSOCK_H_

/* Starts Winsock 2.2 for this process, once: called before the first socket is made or looked at.
 * Never ended: the library has no end of its own, and the system cleans up behind a process. Returns
 * 0 or a negative error code. Any thread. */
int mio_winsock_start(void);

#endif /* MIO_SYS_WINDOWS_WINSOCK_H_ */
