#ifndef MIO_SYS_UNIX_NET_UDP_CMSG_H_
#define MIO_SYS_UNIX_NET_UDP_CMSG_H_

#include <stddef.h>
#include <stdint.h>

#include "mio/net/udp_batch.h"
#include "mio/sys/net_batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Inside the Unix backend: the details of a datagram as control messages. */

enum {
  /* Bytes of the control messages that are sent with a datagram: segment length, source address, traffic
   * class. */
  MIO_UDP_CMSG_SEND_ROOM = 128,
  /* Bytes of the control messages that the library requests for receiving, and of some that the program may
   * request itself. */
  MIO_UDP_CMSG_RECV_ROOM = 192
};

/* Writes the control messages of a piece to the MIO_UDP_CMSG_SEND_ROOM bytes at `buffer`. Returns
 * their length, which may be 0; a piece without details writes nothing at all. */
size_t mio_udp_cmsg_write(const mio_udp_batch *batch, uint32_t use, const mio_net_piece *piece,
                          unsigned char *buffer);

/* Reads `local`, `arrival_index`, `traffic_class`, `ecn` and `segment_len` from the `size` bytes at
 * `buffer`, any bytes. If a message is missing or too short, its field does not change. */
void mio_udp_cmsg_read(const unsigned char *buffer, size_t size, mio_udp_message *message);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_UNIX_NET_UDP_CMSG_H_ */
