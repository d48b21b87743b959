#include "mio/error.h"
#include "mio/sys/net_batch.h"

/* The functions of mio/sys/net_batch.h for a system without sockets. */

static int unsupported(void) { return mio_error_from_kind(MIO_ERROR_UNSUPPORTED); }

int mio_net_batch_inspect(mio_handle handle, mio_udp_batch *out) {
  (void)handle, (void)out;
  return unsupported();
}

int mio_net_batch_enable(mio_handle handle, const mio_udp_batch *batch, mio_udp_feature feature,
                         bool on) {
  (void)handle, (void)batch, (void)feature, (void)on;
  return unsupported();
}

size_t mio_net_batch_segments(void) { return 1; }

ptrdiff_t mio_net_batch_send(mio_handle handle, const mio_udp_batch *batch, uint32_t use,
                             const mio_net_piece *pieces, size_t count) {
  (void)handle, (void)batch, (void)use, (void)pieces, (void)count;
  return unsupported();
}

bool mio_net_batch_is_refusal(ptrdiff_t result) {
  (void)result;
  return false;
}

ptrdiff_t mio_net_batch_recv(mio_handle handle, mio_udp_batch *batch, mio_udp_message *messages,
                             size_t count) {
  (void)handle, (void)batch, (void)messages, (void)count;
  return unsupported();
}

int mio_net_batch_set_fragmentation(mio_handle handle, const mio_udp_batch *batch,
                                    mio_udp_fragmentation fragmentation) {
  (void)handle, (void)batch, (void)fragmentation;
  return unsupported();
}
