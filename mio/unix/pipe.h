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
 * Adopt opens an end with one of a child's standard streams, with a FIFO, or with anything else that
 * reads and writes like a pipe. A closed receiver shows as write_closed or error events on the sender and
 * as MIO_ERROR_BROKEN_PIPE from a write, never as SIGPIPE; a closed sender as read_closed and as a read
 * of 0. After a read_closed event read until 0 or an error, because the end yields no further event.
 *
 * A zeroed struct is valid and closed. A closed end answers every call with MIO_ERROR_INVALID_INPUT.
 * Ends are non-blocking and close-on-exec from the start. Unlike sockets, pipes have no flag per call: if
 * another process that shares the open file makes it blocking, reads and writes block. Unix only. Comes
 * from mio's `unix::pipe`. */
typedef struct mio_pipe_sender {
  mio_source source;
} mio_pipe_sender;

typedef struct mio_pipe_receiver {
  mio_source source;
} mio_pipe_receiver;

/* With true, the program states that it ignores SIGPIPE (signal(SIGPIPE, SIG_IGN)) and will go on doing
 * so. Writes to pipes are plain write(2) calls then, at no extra cost. With false, the default, the
 * library keeps the signal away from the program by itself, whatever the program does with it: that
 * takes a newer system call, or two more of them. Affects the whole process. No effect on Apple's
 * systems and NetBSD, where the descriptor carries the setting.
 *
 * Returns 0. MIO_ERROR_INVALID_INPUT, and no change, for true if SIGPIPE is not ignored at this moment:
 * the library never changes the disposition itself. Any thread. */
MIO_API int mio_unix_ignores_sigpipe(bool ignores);

/* Makes a pipe. Both ends have to be closed (else MIO_ERROR_ALREADY_EXISTS); both or none are open
 * then. MIO_ERROR_TOO_MANY_FILES; MIO_ERROR_INVALID_INPUT for NULL. */
MIO_API int mio_pipe_pair(mio_pipe_sender *sender, mio_pipe_receiver *receiver);

/* Deregisters and closes it. Always legal, also twice and on NULL. */
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

/* Makes an end of a descriptor that was made elsewhere. It becomes non-blocking (for all who share
 * the open file: a terminal's other users too), and is owned, and closed, by the end, only on
 * success. MIO_ERROR_INVALID_INPUT if it is no open descriptor; MIO_ERROR_ALREADY_EXISTS if the
 * end is open. */
MIO_API int mio_pipe_sender_adopt(mio_pipe_sender *sender, mio_handle handle);
MIO_API int mio_pipe_receiver_adopt(mio_pipe_receiver *receiver, mio_handle handle);

/* Makes the end block or not; what reads and writes here is written for non-blocking. For handing a
 * descriptor on to a child, which expects it to block, before mio_pipe_..._release. */
MIO_API int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on);
MIO_API int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver, bool on);

/* The descriptor, which stays the end's. */
MIO_API int mio_pipe_sender_handle(const mio_pipe_sender *sender, mio_handle *out_handle);
MIO_API int mio_pipe_receiver_handle(const mio_pipe_receiver *receiver, mio_handle *out_handle);

/* Deregisters the end and gives its descriptor to the caller; it is closed now. */
MIO_API int mio_pipe_sender_release(mio_pipe_sender *sender, mio_handle *out_handle);
MIO_API int mio_pipe_receiver_release(mio_pipe_receiver *receiver, mio_handle *out_handle);

/* mio_source_try_io for these types. */
MIO_API ptrdiff_t mio_pipe_sender_try_io(mio_pipe_sender *sender, mio_interest interest,
                                         mio_io_operation operation, void *context);
MIO_API ptrdiff_t mio_pipe_receiver_try_io(mio_pipe_receiver *receiver, mio_interest interest,
                                           mio_io_operation operation, void *context);

#ifdef __cplusplus
}
#endif

#endif /* MIO_UNIX_PIPE_H_ */
