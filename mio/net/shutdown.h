#ifndef MIO_NET_SHUTDOWN_H_
#define MIO_NET_SHUTDOWN_H_

/* The half of a connection that a shutdown ends:
 *
 *   mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_WRITE);     the peer reads all of it, then 0
 *
 * Comes from Rust's `std::net::Shutdown`. */
typedef enum mio_shutdown {
  MIO_SHUTDOWN_READ = 0,
  MIO_SHUTDOWN_WRITE = 1,
  MIO_SHUTDOWN_BOTH = 2
} mio_shutdown;

#endif /* MIO_NET_SHUTDOWN_H_ */
