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
 * A pipe reads ahead. While it is registered and connected, the library keeps one read request in flight
 * and stores its bytes until mio_named_pipe_read takes them. A write copies its bytes, and the library
 * sends them in the background. The two buffers are part of the memory that creating, opening or adopting a
 * pipe allocates. The library frees that memory after the pipe is closed and its requests have ended, at
 * the latest when the poll is closed. No other call allocates. Reading, writing and connecting need a
 * registration, else they return MIO_ERROR_NOT_FOUND. They make progress only while a thread waits with the
 * poll.
 *
 * All I/O must go through the library. Interests are MIO_READABLE and MIO_WRITABLE, in any mode. If the
 * other end closes, the event has read_closed and write_closed. If a connect fails, the event has error.
 * Such events are also readable and writable, whatever the interest is.
 *
 * Registering associates the handle with the poll's completion port. A deregistered pipe can be registered
 * with another poll after its requests have ended. A wait with the first poll, or closing that poll,
 * ensures this. Until then registering returns MIO_ERROR_ALREADY_EXISTS. Changing the poll needs Windows
 * 8.1 and returns MIO_ERROR_UNSUPPORTED on older versions.
 *
 * A zeroed struct is valid and closed. Every call with a closed pipe returns MIO_ERROR_INVALID_INPUT. One
 * thread may read while others write, connect or wait. Child processes do not inherit the handles. Comes
 * from mio's `windows::NamedPipe`. */
typedef struct mio_named_pipe {
  mio_source source;
  struct mio_named_pipe_state *state;
} mio_named_pipe;

/* How a pipe is created or opened. NULL means all zero, and zero is the safe choice: the server's end is
 * created as the first of its name, or not at all (FILE_FLAG_FIRST_PIPE_INSTANCE), so that no other process
 * can offer the name before it, and clients of other machines are refused (PIPE_REJECT_REMOTE_CLIENTS). */
typedef struct mio_named_pipe_options {
  bool messages;         /* keep each write together as a message, instead of a stream of bytes */
  bool further_instance; /* allow other servers of this name: no FILE_FLAG_FIRST_PIPE_INSTANCE */
  bool remote_clients;   /* allow other machines: no PIPE_REJECT_REMOTE_CLIENTS */
  uint8_t max_instances; /* greatest number of servers of this name; 0 and 255 mean any number */
  /* size of each buffer in bytes, in the library and in the system; 0 means 16 KiB */
  size_t buffer_len;
} mio_named_pipe_options;

/* The greatest size of a buffer in bytes, 16 MiB. */
#define MIO_NAMED_PIPE_BUFFER_MAX ((size_t)1 << 24)

/* The longest name, in UTF-16 units. */
#define MIO_NAMED_PIPE_NAME_MAX 256

/* Creates the server's end of a pipe called `name`: UTF-8, "\\.\pipe\" and then anything without a
 * backslash. One server has one client at a time. For more clients, create more, with `further_instance`.
 *
 * The pipe has the system's default security descriptor. According to the reference of CreateNamedPipe it
 * grants full control to the creator, the administrators and the LocalSystem account, and read access to
 * everyone, the anonymous account included. So other users of the machine can open the pipe for reading and
 * see the bytes that the server writes. While they are connected, no other client can connect. A server
 * that must prevent this creates the handle itself, with a security descriptor, and adopts it.
 *
 * MIO_ERROR_PERMISSION_DENIED if a server of that name exists and `further_instance` is false; an error of
 * the system if the first server's limit of instances is reached. MIO_ERROR_ALREADY_EXISTS if `pipe` is
 * open. MIO_ERROR_INVALID_INPUT for a bad name or a buffer beyond the maximum. MIO_ERROR_OUT_OF_MEMORY. */
MIO_API int mio_named_pipe_create(mio_named_pipe *pipe, const char *name,
                                  const mio_named_pipe_options *options);

/* Opens the client's end of the pipe `name`, which is connected at once. Only the options `messages` and
 * `buffer_len` have an effect. With `messages` a read stops at the end of a message; the server must have
 * the option too. The server can identify the client but cannot impersonate it. MIO_ERROR_NOT_FOUND if
 * there is no such pipe; MIO_ERROR_CONNECTION_REFUSED if every server of that name has a client. The other
 * errors are those of mio_named_pipe_create. */
MIO_API int mio_named_pipe_open(mio_named_pipe *pipe, const char *name,
                                const mio_named_pipe_options *options);

/* Opens an end with a HANDLE that was created elsewhere, with FILE_FLAG_OVERLAPPED, and is associated with
 * no completion port. The call does not change its read mode or its inheritance. On success `*pipe` owns
 * the handle. On failure the caller still owns it. Only the option `buffer_len` has an effect.
 * MIO_ERROR_INVALID_INPUT if `handle` is not a pipe, if it is not open for overlapped I/O (like the ends of
 * CreatePipe), or if it is set to PIPE_NOWAIT. The other errors are those of mio_named_pipe_create. */
MIO_API int mio_named_pipe_adopt(mio_named_pipe *pipe, mio_handle handle,
                                 const mio_named_pipe_options *options);

/* Deregisters and closes the pipe. Safe to call twice or with NULL. A write that is in flight continues
 * while a thread waits with the poll, and the other end sees the close only after it. Closing the poll ends
 * the write. */
MIO_API void mio_named_pipe_close(mio_named_pipe *pipe);

/* Accepts a client on a server's end. Returns 0 if a client is connected; MIO_ERROR_WOULD_BLOCK while the
 * pipe waits for a client. After the next writable event, mio_named_pipe_take_error returns the result. */
MIO_API int mio_named_pipe_connect(mio_named_pipe *pipe);

/* Ends the connection with a client at once, so that the next one can connect, or ends the wait for a
 * client. Bytes that either end has not read yet are lost. It is an error on a client's end, and if there
 * is no client. */
MIO_API int mio_named_pipe_disconnect(mio_named_pipe *pipe);

/* Returns the error of a failed connect as a negative code and clears it. Returns 0 if there is none. */
MIO_API int mio_named_pipe_take_error(mio_named_pipe *pipe);

/* Reads at most `len` bytes. If the pipe reads messages, it reads from one message, and the next read
 * returns the rest of that message. Returns the number of bytes; 0 if the other end is closed, `len` is 0
 * or the message is empty; MIO_ERROR_WOULD_BLOCK if there are no bytes yet or no peer is connected;
 * MIO_ERROR_NOT_CONNECTED after a disconnect by either end; MIO_ERROR_NOT_FOUND without a registration. */
MIO_API ptrdiff_t mio_named_pipe_read(mio_named_pipe *pipe, void *buffer, size_t len);

/* Like mio_named_pipe_read, into `count` buffers in their order. */
MIO_API ptrdiff_t mio_named_pipe_readv(mio_named_pipe *pipe, const mio_iovec *buffers,
                                       size_t count);

/* Like mio_named_pipe_read, for messages that may be empty or long. If the result is not an error,
 * `*out_end` is whether the message ends there. If the other end is closed, it returns
 * MIO_ERROR_BROKEN_PIPE. If the pipe reads bytes, `*out_end` has no meaning. */
MIO_API ptrdiff_t mio_named_pipe_read_message(mio_named_pipe *pipe, void *buffer, size_t len,
                                              bool *out_end);

/* Writes at most `len` bytes, and at most the size of the buffer. A message is written as a whole; if it is
 * longer than the buffer, the call returns MIO_ERROR_INVALID_INPUT. Returns the number of bytes accepted,
 * which may be fewer than `len` (0 only if `len` is 0, which is an empty message on a pipe of messages).
 * MIO_ERROR_WOULD_BLOCK while an earlier write is in flight or no peer is connected; MIO_ERROR_BROKEN_PIPE
 * if the other end is closed; MIO_ERROR_NOT_FOUND without a registration. The write continues in the
 * background, so the next write returns its error. */
MIO_API ptrdiff_t mio_named_pipe_write(mio_named_pipe *pipe, const void *buffer, size_t len);

/* Like mio_named_pipe_write, from `count` buffers in their order. Together they are one message. */
MIO_API ptrdiff_t mio_named_pipe_writev(mio_named_pipe *pipe, const mio_iovec *buffers,
                                        size_t count);

/* Writes the HANDLE to `*out_handle`. The pipe still owns it. Use it for queries
 * (GetNamedPipeClientProcessId, for example), not for I/O. */
MIO_API int mio_named_pipe_handle(const mio_named_pipe *pipe, mio_handle *out_handle);

#ifdef __cplusplus
}
#endif

#endif /* MIO_WINDOWS_NAMED_PIPE_H_ */
