#include "mio/net/udp_batch.h"

#include "mio/error.h"
#include "mio/handle_source.h"
#include "mio/net/udp_socket.h"
#include "mio/sys/net_batch.h"

/* The steps of a send:
 *
 *   messages --split_messages--> pieces --mio_net_batch_send--> the system
 *      ^                            |
 *      |                            +-- refused: sends again without segments, or without ECN
 *      +-- advance_messages: `sent` grows by the pieces that were sent */

enum {
  RECV_FEATURES = MIO_UDP_RECV_LOCAL_ADDR | MIO_UDP_RECV_TRAFFIC_CLASS | MIO_UDP_RECV_COALESCED
};

static int invalid_input(void) { return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); }
static int unsupported(void) { return mio_error_from_kind(MIO_ERROR_UNSUPPORTED); }

static int borrow(const struct mio_udp_socket *socket, mio_handle *out_handle) {
  return socket == NULL ? invalid_input() : mio_handle_source_borrow(&socket->source, out_handle);
}

uint32_t mio_udp_batch_supports(const struct mio_udp_socket *socket) {
  mio_handle handle = MIO_HANDLE_NONE;
  mio_udp_batch batch;
  if (borrow(socket, &handle) < 0 || mio_net_batch_inspect(handle, &batch) < 0) return 0;
  return batch.features;
}

/* Turns on the features of `wanted`, or none of them. */
static int enable(mio_handle handle, mio_udp_batch *batch, uint32_t wanted) {
  int result = 0;
  for (uint32_t bit = 1; bit <= RECV_FEATURES && result == 0; bit <<= 1) {
    if ((wanted & bit & RECV_FEATURES) == 0) continue;
    result = mio_net_batch_enable(handle, batch, (mio_udp_feature)bit, true);
    if (result == 0) batch->enabled |= bit;
  }
  for (uint32_t bit = 1; bit <= RECV_FEATURES && result < 0; bit <<= 1) {
    if ((batch->enabled & bit) == 0) continue;
    (void)mio_net_batch_enable(handle, batch, (mio_udp_feature)bit, false);
  }
  return result;
}

int mio_udp_batch_init(mio_udp_batch *batch, struct mio_udp_socket *socket, uint32_t wanted) {
  mio_handle handle = MIO_HANDLE_NONE;
  mio_udp_batch made;
  int result = batch == NULL ? invalid_input() : borrow(socket, &handle);
  if (result == 0) result = mio_net_batch_inspect(handle, &made);
  if (result == 0 && (wanted & ~made.features) != 0) result = unsupported();
  if (result == 0) result = enable(handle, &made, wanted);
  if (result < 0) return result;
  made.socket = socket;
  *batch = made;
  return 0;
}

uint32_t mio_udp_batch_features(const mio_udp_batch *batch) {
  if (batch == NULL) return 0;
  return ((batch->features & ~(uint32_t)RECV_FEATURES) | batch->enabled) & ~batch->refused;
}

size_t mio_udp_batch_segments(const mio_udp_batch *batch) {
  return (mio_udp_batch_features(batch) & MIO_UDP_SEND_SEGMENTS) != 0 ? mio_net_batch_segments()
                                                                      : 1;
}

/* Checks the arguments of a transfer and returns the handle. Every transfer calls it first. */
static int begin(const mio_udp_batch *batch, const mio_udp_message *messages, size_t count,
                 mio_handle *out_handle) {
  if (batch == NULL || messages == NULL || count == 0) return invalid_input();
  return borrow(batch->socket, out_handle);
}

static int check_to_send(const mio_udp_batch *batch, const mio_udp_message *messages,
                         size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const mio_udp_message *m = &messages[i];
    if (m->buffer == NULL && m->len > 0) return invalid_input();
    if (m->sent > 0 && m->sent >= m->len) return invalid_input(); /* sent before */
    if ((unsigned)m->ecn > MIO_ECN_CONGESTED) return invalid_input();
    const bool chooses_local = m->local.family != MIO_ADDR_NONE || m->interface_index != 0;
    if (chooses_local && (batch->features & MIO_UDP_SEND_LOCAL_ADDR) == 0) return unsupported();
  }
  return 0;
}

/* Returns the bytes after `sent` that one call can send. */
static size_t piece_len(const mio_udp_message *message, size_t sent, size_t segments) {
  const size_t rest = message->len - sent, segment_len = message->segment_len;
  if (segment_len == 0 || segment_len >= message->len) return rest;
  if (segments > MIO_NET_PIECE_MAX / segment_len) segments = MIO_NET_PIECE_MAX / segment_len;
  if (segments == 0) segments = 1;
  return rest / segment_len < segments ? rest : segments * segment_len;
}

/* Fills `pieces` and returns their number. Pieces have at most `segments` segments. An empty message is one
 * empty piece. */
static size_t split_messages(const mio_udp_message *messages, size_t count, size_t segments,
                             mio_net_piece *pieces) {
  size_t made = 0;
  for (size_t i = 0; i < count && made < MIO_NET_BATCH_MAX; ++i) {
    const mio_udp_message *m = &messages[i];
    size_t sent = m->sent;
    do {
      mio_net_piece *piece = &pieces[made++];
      piece->message = m;
      piece->bytes = m->buffer == NULL ? "" : (const char *)m->buffer + sent;
      piece->len = piece_len(m, sent, segments);
      piece->segment_len = m->segment_len < piece->len ? m->segment_len : 0;
      sent += piece->len;
    } while (sent < m->len && made < MIO_NET_BATCH_MAX);
  }
  return made;
}

/* Records that `pieces` were sent. Returns the number of messages that are now complete. */
static size_t advance_messages(mio_udp_message *messages, const mio_net_piece *pieces,
                               size_t piece_count) {
  size_t complete = 0;
  for (size_t i = 0; i < piece_count; ++i) {
    mio_udp_message *m = &messages[complete];
    m->sent += pieces[i].len;
    if (m->sent == m->len) ++complete;
  }
  return complete;
}

/* Returns the feature that the system may have refused when it failed to send `piece`, or 0. */
static uint32_t refused_feature(const mio_net_piece *piece, uint32_t use, ptrdiff_t result) {
  if (!mio_net_batch_is_refusal(result)) return 0;
  if (piece->segment_len != 0) return MIO_UDP_SEND_SEGMENTS;
  return piece->message->ecn != MIO_ECN_NOT_CAPABLE ? use & MIO_UDP_SEND_ECN : 0;
}

/* Sends the first pieces of the messages. Returns the number of messages that are now complete, which may
 * be 0, or an error. A feature counts as refused only if the send succeeds without it, because the errors
 * have other causes too. */
static ptrdiff_t send_some(mio_handle handle, mio_udp_batch *batch, mio_udp_message *messages,
                           size_t count) {
  mio_net_piece pieces[MIO_NET_BATCH_MAX];
  const uint32_t usable = batch->features & ~batch->refused;
  uint32_t use = usable;
  for (;;) {
    const size_t segments = (use & MIO_UDP_SEND_SEGMENTS) != 0 ? mio_net_batch_segments() : 1;
    const size_t piece_count = split_messages(messages, count, segments, pieces);
    const ptrdiff_t result = mio_net_batch_send(handle, batch, use, pieces, piece_count);
    if (result >= 0) {
      if (use != usable) batch->refused |= usable & ~use;
      return (ptrdiff_t)advance_messages(messages, pieces, (size_t)result);
    }
    const uint32_t refused = refused_feature(&pieces[0], use, result);
    if (refused == 0) return result;
    use &= ~refused;
  }
}

ptrdiff_t mio_udp_batch_send(mio_udp_batch *batch, mio_udp_message *messages, size_t count) {
  mio_handle handle = MIO_HANDLE_NONE;
  int checked = begin(batch, messages, count, &handle);
  if (checked == 0) checked = check_to_send(batch, messages, count);
  if (checked < 0) return checked;
  const size_t sent_before = messages[0].sent;
  size_t complete = 0;
  while (complete < count) {
    const ptrdiff_t result = send_some(handle, batch, messages + complete, count - complete);
    if (result < 0) {
      (void)mio_source_result(&batch->socket->source, MIO_WRITABLE, result);
      const bool sent_some = complete > 0 || messages[0].sent > sent_before;
      return sent_some ? (ptrdiff_t)complete : result;
    }
    complete += (size_t)result;
  }
  return (ptrdiff_t)complete;
}

static int check_to_receive(const mio_udp_message *messages, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (messages[i].buffer == NULL && messages[i].capacity > 0) return invalid_input();
  }
  return 0;
}

ptrdiff_t mio_udp_batch_recv(mio_udp_batch *batch, mio_udp_message *messages, size_t count) {
  mio_handle handle = MIO_HANDLE_NONE;
  int checked = begin(batch, messages, count, &handle);
  if (checked == 0) checked = check_to_receive(messages, count);
  if (checked < 0) return checked;
  mio_source *source = &batch->socket->source;
  if (batch->recv_error < 0) {
    const int error = batch->recv_error;
    batch->recv_error = 0;
    return mio_source_result(source, MIO_READABLE, error);
  }
  size_t received = 0;
  while (received < count) {
    const size_t rest = count - received;
    const size_t asked = rest < MIO_NET_BATCH_MAX ? rest : MIO_NET_BATCH_MAX;
    const ptrdiff_t result = mio_net_batch_recv(handle, batch, messages + received, asked);
    if (result > 0) received += (size_t)result;
    if (result == (ptrdiff_t)asked) continue;
    if (result < 0 && received > 0 && mio_error_kind(result) != MIO_ERROR_WOULD_BLOCK) {
      batch->recv_error = (int)result;
    }
    if (received == 0) return mio_source_result(source, MIO_READABLE, result);
    mio_source_drained(source, MIO_READABLE, (ptrdiff_t)received);
    break;
  }
  return (ptrdiff_t)received;
}

int mio_udp_batch_set_fragmentation(mio_udp_batch *batch, mio_udp_fragmentation fragmentation) {
  mio_handle handle = MIO_HANDLE_NONE;
  const int result = batch == NULL ? invalid_input() : borrow(batch->socket, &handle);
  if (result < 0) return result;
  if ((unsigned)fragmentation > MIO_UDP_FRAGMENT_PROBE) return invalid_input();
  return mio_net_batch_set_fragmentation(handle, batch, fragmentation);
}
