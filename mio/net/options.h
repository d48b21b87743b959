#ifndef MIO_NET_OPTIONS_H_
#define MIO_NET_OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options that a constructor sets before it binds or connects. A zeroed struct means the system's
 * default for each.
 *
 *   mio_tcp_connect_options options = {0};
 *   options.socket.device = "eth1";
 *   options.socket.recv_buffer_bytes = 1 << 20;
 *   result = mio_tcp_stream_connect_with(&stream, &addr, &options);
 *
 * An option that the system does not have is MIO_ERROR_UNSUPPORTED, and mio_socket_supports reports
 * that beforehand. A constructor that fails leaves no handle. */
typedef struct mio_socket_options {
  /* Bytes of the kernel's buffers (SO_SNDBUF, SO_RCVBUF). The system cuts them to its limits without an
   * error: see mio_tcp_stream_send_buffer and the like. For TCP the receive buffer must be set before
   * the connection exists to give a larger window. */
  uint32_t send_buffer_bytes;
  uint32_t recv_buffer_bytes;

  /* Name of the network device whose traffic alone the socket sends and receives ("eth0"), or NULL.
   * SO_BINDTODEVICE on Linux, IP_BOUND_IF on Apple's systems, IP_UNICAST_IF (sending alone) on Windows.
   * MIO_ERROR_NO_DEVICE if there is none; MIO_ERROR_PERMISSION_DENIED on Linux before 5.7 unless
   * privileged. `interface_index` is the same by number, and is ignored if `device` is set. */
  const char *device;
  uint32_t interface_index;

  /* The byte in the header of each packet: IPv4's type of service, IPv6's traffic class. Its upper six
   * bits are the DSCP; the system may keep the lower two (ECN) for itself. 0 to 255. */
  uint32_t traffic_class;

  /* Linux: the mark of the packets for routing and filters (SO_MARK). MIO_ERROR_PERMISSION_DENIED
   * unless privileged (CAP_NET_ADMIN, or CAP_NET_RAW from 5.17). */
  uint32_t mark;
} mio_socket_options;

/* What not all systems have. */
typedef enum mio_socket_feature {
  MIO_SOCKET_DEVICE,            /* mio_socket_options.device and interface_index */
  MIO_SOCKET_TRAFFIC_CLASS,     /* mio_socket_options.traffic_class, for IPv4 and IPv6 */
  MIO_SOCKET_MARK,              /* mio_socket_options.mark */
  MIO_SOCKET_REUSE_PORT,        /* the reuse_port of listeners and UDP sockets */
  MIO_SOCKET_MPTCP,             /* the mptcp of listeners and connects does not fall back at once */
  MIO_SOCKET_FAST_OPEN_LISTEN,  /* mio_tcp_listener_options.fast_open */
  MIO_SOCKET_FAST_OPEN_CONNECT, /* mio_tcp_connect_options.fast_open */
  MIO_SOCKET_USER_TIMEOUT,      /* mio_tcp_stream_set_user_timeout */
  MIO_SOCKET_MULTICAST_INDEX_V4, /* IPv4 multicast by the index of an interface */
  MIO_SOCKET_MULTICAST_SOURCE    /* source-specific multicast */
} mio_socket_feature;

/* Whether this system has `feature`. It does not ask whether this process may use it, nor whether a
 * kernel was built without it: the call itself reports that. Any thread. */
MIO_API bool mio_socket_supports(mio_socket_feature feature);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_OPTIONS_H_ */
