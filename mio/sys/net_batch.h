#ifndef MIO_SYS_NET_BATCH_H_
#define MIO_SYS_NET_BATCH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/net/udp_batch.h"
#include "mio/sys/native.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The porting contract for batches of datagrams. The rules of mio/sys/net.h hold for results, arguments,
 * signals, EINTR and threads.
 *
 * The portable part (mio/net/udp_batch.c) splits messages into pieces and handles refusals of the system.
 * The functions below only convert data and make system calls. */

/* A part of a message that one system call sends as a whole. */
typedef struct mio_net_piece {
  const mio_udp_message *message;
  const void *bytes;
  size_t len;
  size_t segment_len; /* less than `len` if the system splits the piece, else 0 */
} mio_net_piece;

enum {
  /* The greatest number of pieces, or messages, of one call. */
  MIO_NET_BATCH_MAX = MIO_UDP_BATCH_COUNT,
  /* The greatest number of bytes of a piece: the limit of a datagram, minus the headers of IPv6 and UDP. */
  MIO_NET_PIECE_MAX = 65535 - 40 - 8
};

/* Reads the properties of a UDP socket: every field of `*out` except `socket`. `enabled` is 0. */
int mio_net_batch_inspect(mio_handle handle, mio_udp_batch *out);

/* Turns receive features on or off. `feature` is one bit of those that inspect found. */
int mio_net_batch_enable(mio_handle handle, const mio_udp_batch *batch, mio_udp_feature feature,
                         bool on);

/* Returns the greatest number of segments of a piece, or 1 if the system cannot split. */
size_t mio_net_batch_segments(void);

/* Sends 1 to MIO_NET_BATCH_MAX pieces, in order. Returns the number of sent pieces, at least 1, or the
 * error of the first piece. `use` contains the allowed send features. Without MIO_UDP_SEND_ECN the
 * message's ecn is ignored, and without MIO_UDP_SEND_SEGMENTS no piece has segments. */
ptrdiff_t mio_net_batch_send(mio_handle handle, const mio_udp_batch *batch, uint32_t use,
                             const mio_net_piece *pieces, size_t count);

/* Returns whether an error may mean that the system refuses segments or ECN on this route. The error can
 * also have another cause. */
bool mio_net_batch_is_refusal(ptrdiff_t result);

/* Receives 1 to MIO_NET_BATCH_MAX messages. Returns how many, at least 1, or an error. If an error
 * came after the first message and is not would-block, it is kept in `batch->recv_error`. */
ptrdiff_t mio_net_batch_recv(mio_handle handle, mio_udp_batch *batch, mio_udp_message *messages,
                             size_t count);

int mio_net_batch_set_fragmentation(mio_handle handle, const mio_udp_batch *batch,
                                    mio_udp_fragmentation fragmentation);

#ifdef __cplusplus
}
#endif

#endif /* MIO_SYS_NET_BATCH_H_ */
