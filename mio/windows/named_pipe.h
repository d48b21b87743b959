#ifndef MIO_WINDOWS_NAMED_PIPE_H_
#define MIO_WINDOWS_NAMED_PIPE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/export.h"
#include "mio/net/iovec.h"
#include "mio/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Windows' named pipes: two ends, a server's and a client's, with bytes or messages both ways.
 *
 *   mio_named_pipe server = {0}, client = {0};
 *   mio_named_pipe_create(&server, "\\\\.\\pipe\\example", NULL);
 *   mio_registry_register(registry, &server.source, SERVER, MIO_READABLE | MIO_WRITABLE);
 *   mio_named_pipe_connect(&server);                          would-block: it goes on by itself
 *
 *   mio_named_pipe_open(&client, "\\\\.\\pipe\\example", NULL);            in some other process
 *
 *   case SERVER:
 *     if (mio_event_is_writable(e) && !connected) {
 *       int result = mio_named_pipe_take_error(&server);      how did the connect end?
 *       ...
 *     }
 *     while ((n = mio_named_pipe_read(&server, buffer, sizeof buffer)) > 0) use(buffer, n);
 *     if (n == 0) ...                                       the other end is closed
 *   ...
 *   mio_named_pipe_close(&server);
 *
 * A pipe reads ahead: while it is registered and connected, a read of the library's is under way,
 * and what it brought waits here for mio_named_pipe_read. What is written is copied, and goes on
 * its way by itself. The two buffers are part of the memory that creating, opening or adopting a
 * pipe asks of the allocator; it goes back once the pipe is closed and its requests have ended, at
 * the latest with the poll. Nothing else allocates. Reading, writing and connecting take a
 * registration, without which they answer MIO_ERROR_NOT_FOUND, and progress only while somebody
 * waits with the poll.
 *
 * All I/O has to go through the library. Interests are MIO_READABLE and MIO_WRITABLE, in any mode.
 * A pipe that the other end closed is told by read_closed and write_closed, a failed connect by
 * error; readable and writable come with them whatever the interest.
 *
 * Registering needs the handle to be tied to the poll's completion port. A deregistered pipe can go
 * to another poll once its requests have ended, which a wait with the first poll, or closing that,
 * makes sure of; MIO_ERROR_ALREADY_EXISTS until then. It takes Windows 8.1, and is
 * MIO_ERROR_UNSUPPORTED before.
 *
 * Zeroed is valid and closed; a closed one answers everything with MIO_ERROR_INVALID_INPUT. One
 * thread may read while others write, connect or wait. Handles are not inherited by child
 * processes. Comes from mio's `windows::NamedPipe`. */
typedef struct mio_named_pipe {
  mio_source source;
  struct mio_named_pipe_state *state;
} mio_named_pipe;

/* How a pipe is created or opened. NULL means all zero, and zero is the safe choice: the server's end is
 * created as the first of its name, or not at all (FILE_FLAG_FIRST_PIPE_INSTANCE), so that no other process
 * can offer the name before it, and clients of other machines are refused (PIPE_REJECT_REMOTE_CLIENTS). */
typedef struct mio_named_pipe_options {
  bool messages;         /* keep each write together, as a message; instead of bytes */
  bool further_instance; /* allow other servers of this name: no FILE_FLAG_FIRST_PIPE_INSTANCE */
  bool remote_clients;   /* allow other machines: no PIPE_REJECT_REMOTE_CLIENTS */
  uint8_t max_instances; /* the most servers of this name; 0 and 255 mean any number */
  size_t buffer_len;     /* bytes that wait each way, here and in the system; 0 means 16 KiB */
} mio_named_pipe_options;

/* The most bytes of a buffer: 16 MiB. */
#define MIO_NAMED_PIPE_BUFFER_MAX ((size_t)1 << 24)

/* The longest name, in UTF-16 units. */
#define MIO_NAMED_PIPE_NAME_MAX 256

/* Creates the server's end of a pipe called `name`: UTF-8, "\\.\pipe\" and then anything without a
 * backslash. One server has one client at a time. For more clients, create more, with `further_instance`.
 *
 * The pipe has the system's default security descriptor. According to the reference of CreateNamedPipe it
 * grants full control to the creator, the administrators and the LocalSystem account, and read access to
 * everyone, the anonymous account included. So other users of the machine can open the pipe for reading, see
 * what the server writes, and keep others out meanwhile. A server that must not allow this creates the
 * handle itself, with a security descriptor, and adopts it.
 *
 * MIO_ERROR_PERMISSION_DENIED if there is a server of that name already and `further_instance` is
 * false; an error of the system's if there are as many as the first one allowed.
 * MIO_ERROR_ALREADY_EXISTS if `pipe` is open. MIO_ERROR_INVALID_INPUT for a bad name or a buffer
 * beyond the maximum. MIO_ERROR_OUT_OF_MEMORY. */
MIO_API int mio_named_pipe_create(mio_named_pipe *pipe, const char *name,
                                  const mio_named_pipe_options *options);

/* Makes a client's end, which is connected at once. Of the options, `messages` and `buffer_len`
 * count: with `messages`, which takes a server with the same, reads do not run over the end of one.
 * The server cannot impersonate the client, only identify it. MIO_ERROR_NOT_FOUND if there is no
 * such pipe, MIO_ERROR_CONNECTION_REFUSED if every server of that name has a client. Else as
 * above. */
MIO_API int mio_named_pipe_open(mio_named_pipe *pipe, const char *name,
                                const mio_named_pipe_options *options);

/* Makes an end of a HANDLE that was made elsewhere, with FILE_FLAG_OVERLAPPED, and is tied to no
 * completion port. Whether it reads messages, and whether child processes inherit it, stays as it
 * is. It is owned, and closed, by the pipe, only on success. Of the options, `buffer_len` counts.
 * MIO_ERROR_INVALID_INPUT if it is no pipe, if its calls wait by themselves (no overlapped I/O, as
 * the ends of CreatePipe), or if it is set to PIPE_NOWAIT. Else as above. */
MIO_API int mio_named_pipe_adopt(mio_named_pipe *pipe, mio_handle handle,
                                 const mio_named_pipe_options *options);

/* Deregisters and closes it. Always legal, also twice and on NULL. A write that is under way goes
 * on, and the other end sees the close only after it, as long as somebody waits with the poll; it
 * ends with the poll. */
MIO_API void mio_named_pipe_close(mio_named_pipe *pipe);

/* Takes a client, of a server's end. 0 if there is one; MIO_ERROR_WOULD_BLOCK while it is waited
 * for: once there is a writable event, mio_named_pipe_take_error tells how it went. */
MIO_API int mio_named_pipe_connect(mio_named_pipe *pipe);

/* Ends the connection with a client at once, for the sake of the next; or ends the wait for one.
 * What was not read yet, at either end, is lost. Of a client's end, and where there is no client,
 * it is an error. */
MIO_API int mio_named_pipe_disconnect(mio_named_pipe *pipe);

/* The error that a connect ended with, as a negative code, and forgets it; 0 for none. */
MIO_API int mio_named_pipe_take_error(mio_named_pipe *pipe);

/* Reads at most `len` bytes, of one message where the pipe reads messages: what is left of it comes
 * with the next read. Returns how many; 0 when the other end is closed (or `len` is 0, or for a
 * message of no bytes); MIO_ERROR_WOULD_BLOCK when there are none yet, and while nobody is
 * connected; MIO_ERROR_NOT_CONNECTED after a disconnect by either end; MIO_ERROR_NOT_FOUND without
 * a registration. */
MIO_API ptrdiff_t mio_named_pipe_read(mio_named_pipe *pipe, void *buffer, size_t len);

/* The same into `count` buffers, one after the other. */
MIO_API ptrdiff_t mio_named_pipe_readv(mio_named_pipe *pipe, const mio_iovec *buffers,
                                       size_t count);

/* The same as mio_named_pipe_read where messages may be empty or long: `*out_end` tells, for a
 * result that is no error, whether a message ends there, and the close of the other end is
 * MIO_ERROR_BROKEN_PIPE. Where the pipe reads bytes the end of a message is not known, and
 * `*out_end` means nothing. */
MIO_API ptrdiff_t mio_named_pipe_read_message(mio_named_pipe *pipe, void *buffer, size_t len,
                                              bool *out_end);

/* Writes at most `len` bytes, no more than the buffer holds; a message goes as a whole, and one
 * that is longer than the buffer is MIO_ERROR_INVALID_INPUT. Returns how many were taken, which may
 * be fewer (0 only if `len` is 0: on a pipe of messages that is one without bytes).
 * MIO_ERROR_WOULD_BLOCK while an earlier write is under way, and while nobody is connected;
 * MIO_ERROR_BROKEN_PIPE when the other end is closed. As it goes on by itself, how a write went
 * wrong is the result of the next one. MIO_ERROR_NOT_FOUND without a registration. */
MIO_API ptrdiff_t mio_named_pipe_write(mio_named_pipe *pipe, const void *buffer, size_t len);

/* The same from `count` buffers, one after the other; together they are one message. */
MIO_API ptrdiff_t mio_named_pipe_writev(mio_named_pipe *pipe, const mio_iovec *buffers,
                                        size_t count);

/* The HANDLE, which stays the pipe's: for questions (who is the client ...), not for I/O. */
MIO_API int mio_named_pipe_handle(const mio_named_pipe *pipe, mio_handle *out_handle);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WINDOWS_NAMED_PIPE_H_ */
