#ifndef MIO_UNIX_PIPE_H_
#define MIO_UNIX_PIPE_H_

#include <stdbool.h>
#include <stddef.h>

#include "mio/export.h"
#include "mio/net/iovec.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Unix pipes: bytes in one direction, between processes or within one.
 *
 *   mio_pipe_sender sender = {0};
 *   mio_pipe_receiver receiver = {0};
 *   mio_pipe_pair(&sender, &receiver);
 *   mio_registry_register(registry, &receiver.source, PIPE, MIO_READABLE);
 *   mio_pipe_sender_write(&sender, "hello", 5);
 *
 *   case PIPE:
 *     do {
 *       n = mio_pipe_receiver_read(&receiver, buffer, sizeof buffer);
 *       if (n > 0) use(buffer, n);
 *     } while (n == sizeof buffer);                     fewer: drained, wait for the next event
 *     if (n == 0) ...                                   every sender is closed
 *   ...
 *   mio_pipe_sender_close(&sender);
 *   mio_pipe_receiver_close(&receiver);
 *
 * Adopt opens an end with one of a child's standard streams, with a FIFO, or with anything else that reads
 * and writes like a pipe. If the receiver is closed, the sender yields write_closed or error events, and
 * writes return MIO_ERROR_BROKEN_PIPE without SIGPIPE. If the sender is closed, the receiver yields
 * read_closed events and reads return 0. After a read_closed event read until 0 or an error, because the
 * end yields no further event.
 *
 * A zeroed struct is valid and closed. Every call with a closed end returns MIO_ERROR_INVALID_INPUT. Ends
 * are non-blocking and close-on-exec when they are created. Unlike sockets, pipes have no non-blocking flag
 * for each call. So reads and writes block if another process that shares the open file makes it blocking.
 * Unix only. Comes from mio's `unix::pipe`. */
typedef struct mio_pipe_sender {
  mio_source source;
} mio_pipe_sender;

typedef struct mio_pipe_receiver {
  mio_source source;
} mio_pipe_receiver;

/* If `ignores` is true, the program states that it ignores SIGPIPE (signal(SIGPIPE, SIG_IGN)) until it
 * calls this function again. The library then writes to pipes with plain write(2) calls, at no extra cost.
 * If `ignores` is false, the default, the library suppresses the signal itself. That needs a newer system
 * call, or two more system calls for each write. The setting applies to the whole process. It has no effect
 * on Apple's systems and NetBSD, where SIGPIPE is disabled for each descriptor.
 *
 * Returns 0. Returns MIO_ERROR_INVALID_INPUT, and changes nothing, if `ignores` is true but SIGPIPE is not
 * ignored now, because the library never changes the disposition itself. May be called from any thread. */
MIO_API int mio_unix_ignores_sigpipe(bool ignores);

/* Creates a pipe with the ends `*sender` and `*receiver`. Both must be zeroed or closed (else
 * MIO_ERROR_ALREADY_EXISTS). On failure both stay closed. Returns 0; MIO_ERROR_TOO_MANY_FILES;
 * MIO_ERROR_INVALID_INPUT for NULL. */
MIO_API int mio_pipe_pair(mio_pipe_sender *sender, mio_pipe_receiver *receiver);

/* Deregister and close the end. Safe to call twice or with NULL. */
MIO_API void mio_pipe_sender_close(mio_pipe_sender *sender);
MIO_API void mio_pipe_receiver_close(mio_pipe_receiver *receiver);

/* Writes at most `len` bytes. Returns how many the system accepted (0 only if `len` is 0), fewer when the
 * pipe is full. MIO_ERROR_WOULD_BLOCK when there is no room, MIO_ERROR_BROKEN_PIPE when no receiver is
 * left. Up to PIPE_BUF bytes (512 or more) are written as one piece or not at all. SIGPIPE does not reach
 * the program, whatever its signal mask and handlers are: see mio_unix_ignores_sigpipe for the cost. */
MIO_API ptrdiff_t mio_pipe_sender_write(mio_pipe_sender *sender, const void *buffer, size_t len);

/* Like mio_pipe_sender_write, from `count` buffers in their order, with the limits of
 * mio_tcp_stream_readv. */
MIO_API ptrdiff_t mio_pipe_sender_writev(mio_pipe_sender *sender, const mio_iovec *buffers,
                                         size_t count);

/* Reads at most `len` bytes. Returns the number of bytes; 0 when all senders are closed (or `len` is 0);
 * MIO_ERROR_WOULD_BLOCK when there are none yet. Never interrupted by a signal. */
MIO_API ptrdiff_t mio_pipe_receiver_read(mio_pipe_receiver *receiver, void *buffer, size_t len);

/* Like mio_pipe_receiver_read, into `count` buffers in their order. */
MIO_API ptrdiff_t mio_pipe_receiver_readv(mio_pipe_receiver *receiver, const mio_iovec *buffers,
                                          size_t count);

/* Open an end with a descriptor `handle` that was created elsewhere. On success the descriptor becomes
 * non-blocking and the end owns it. It becomes non-blocking for every process that shares the open file,
 * for example the other processes of a terminal. On failure the caller still owns it.
 * MIO_ERROR_INVALID_INPUT if it is not an open descriptor; MIO_ERROR_ALREADY_EXISTS if the end is open. */
MIO_API int mio_pipe_sender_adopt(mio_pipe_sender *sender, mio_handle handle);
MIO_API int mio_pipe_receiver_adopt(mio_pipe_receiver *receiver, mio_handle handle);

/* Make the end non-blocking if `on`, else blocking. The functions above expect a non-blocking end. Call it
 * before mio_pipe_..._release if a child process that gets the descriptor expects it to block. */
MIO_API int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on);
MIO_API int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver, bool on);

/* Write the descriptor to `*out_handle`. The end still owns it. */
MIO_API int mio_pipe_sender_handle(const mio_pipe_sender *sender, mio_handle *out_handle);
MIO_API int mio_pipe_receiver_handle(const mio_pipe_receiver *receiver, mio_handle *out_handle);

/* Deregister the end, close it and write its descriptor to `*out_handle`. The caller then owns the
 * descriptor. */
MIO_API int mio_pipe_sender_release(mio_pipe_sender *sender, mio_handle *out_handle);
MIO_API int mio_pipe_receiver_release(mio_pipe_receiver *receiver, mio_handle *out_handle);

/* Like mio_source_try_io, for these types. */
MIO_API ptrdiff_t mio_pipe_sender_try_io(mio_pipe_sender *sender, mio_interest interest,
                                         mio_io_operation operation, void *context);
MIO_API ptrdiff_t mio_pipe_receiver_try_io(mio_pipe_receiver *receiver, mio_interest interest,
                                           mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_PIPE_H_ */
