#ifndef MIO_NET_OPTIONS_H_
#define MIO_NET_OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options that a constructor sets before it binds or connects. A zeroed field means the system's default.
 *
 *   mio_tcp_connect_options options = {0};
 *   options.socket.device = "eth1";
 *   options.socket.recv_buffer_bytes = 1 << 20;
 *   result = mio_tcp_stream_connect_with(&stream, &addr, &options);
 *
 * If the system lacks an option, the constructor returns MIO_ERROR_UNSUPPORTED. mio_socket_supports reports
 * this beforehand. A constructor that fails leaves no open handle. */
typedef struct mio_socket_options {
  /* Sizes of the kernel's buffers in bytes (SO_SNDBUF, SO_RCVBUF). The system reduces them to its limits
   * without an error (see mio_tcp_stream_send_buffer). For TCP the receive buffer must be set before the
   * connection exists to allow a larger window. */
  uint32_t send_buffer_bytes;
  uint32_t recv_buffer_bytes;

  /* Name of a network device ("eth0"), or NULL. The socket sends and receives only through this device.
   * SO_BINDTODEVICE on Linux, IP_BOUND_IF on Apple's systems, IP_UNICAST_IF (sending only) on Windows.
   * MIO_ERROR_NO_DEVICE if it does not exist; MIO_ERROR_PERMISSION_DENIED on Linux before 5.7 unless
   * privileged. `interface_index` selects the device by its index instead. It is ignored if `device` is
   * set. */
  const char *device;
  uint32_t interface_index;

  /* The type of service (IPv4) or traffic class (IPv6), a byte in the header of each packet, 0 to 255. Its
   * upper six bits are the DSCP. The system may control the lower two bits (ECN) itself. */
  uint32_t traffic_class;

  /* Linux: the mark of the packets for routing and filters (SO_MARK). MIO_ERROR_PERMISSION_DENIED
   * unless privileged (CAP_NET_ADMIN, or CAP_NET_RAW from 5.17). */
  uint32_t mark;
} mio_socket_options;

/* Features that some systems lack. */
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

/* Returns whether this system has `feature`. It does not check the permissions of this process or the build
 * options of the kernel. The call that uses the feature reports those. May be called from any thread. */
MIO_API bool mio_socket_supports(mio_socket_feature feature);

#ifdef __cplusplus
}
#endif

#endif /* MIO_NET_OPTIONS_H_ */
