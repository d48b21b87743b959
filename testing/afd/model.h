#ifndef TESTING_AFD_MODEL_H_
#define TESTING_AFD_MODEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The NT calls behind the AFD selector, for Linux: completion ports, the AFD driver's poll request, and
 * the few functions of Win32 and Winsock around them. `--//platforms:selector=afd_model` runs the
 * library's Windows selector and waker, unchanged, over it, and all portable suites over them. It is a
 * double for tests and not a port: it is slow, and it takes shortcuts that the library cannot see.
 *
 * Its rules are those that wepoll, libuv, mio and Wine's sources rely on or state. model_test.cc has a test
 * for each:
 *
 * - A poll completes once, when one of its events holds, and at once if one holds already: the call
 *   returns success then, and a packet comes all the same.
 * - A call that fails with an error status yields no packet. Any other status yields one.
 * - Cancelling yields a packet with STATUS_CANCELLED, or STATUS_NOT_FOUND if the poll is complete.
 * - Closing the socket completes its polls with LOCAL_CLOSE. Closing the driver's handle cancels them.
 * - A port gives each packet to one thread, and holds packets back while as many threads as its
 *   concurrency are busy with earlier ones.
 *
 * Sockets are Linux's own, asked with poll(2), or the model's: those are ready as a test says. Of a
 * descriptor that was closed, the model learns when it looks next.
 *
 * Known differences: waits end at any time and not with a tick; a connection that is reset before the
 * model has seen it connected is a failed connect. */

/* The driver's AFD_POLL_* bits. */
enum {
  MODEL_RECEIVE = 0x1,
  MODEL_EXPEDITED = 0x2,
  MODEL_SEND = 0x4,
  MODEL_DISCONNECT = 0x8,
  MODEL_ABORT = 0x10,
  MODEL_LOCAL_CLOSE = 0x20,
  MODEL_ACCEPT = 0x80,
  MODEL_CONNECT_FAIL = 0x100
};

/* NTSTATUS values, for knobs. */
#define MODEL_STATUS_SUCCESS        ((int32_t)0)
#define MODEL_STATUS_TIMEOUT        ((int32_t)0x00000102)
#define MODEL_STATUS_PENDING        ((int32_t)0x00000103)
#define MODEL_STATUS_WARNING        ((int32_t)0x80000005u) /* STATUS_BUFFER_OVERFLOW */
#define MODEL_STATUS_INVALID_HANDLE ((int32_t)0xC0000008u)
#define MODEL_STATUS_NO_MEMORY      ((int32_t)0xC0000017u)
#define MODEL_STATUS_ACCESS_DENIED  ((int32_t)0xC0000022u)
#define MODEL_STATUS_NO_RESOURCES   ((int32_t)0xC000009Au)
#define MODEL_STATUS_CANCELLED      ((int32_t)0xC0000120u)
#define MODEL_STATUS_NOT_FOUND      ((int32_t)0xC0000225u)

/* Opens a socket of the model's, with nothing ready. Its number is a descriptor's, so the lowest free one
 * is used next. */
int model_socket_open(bool datagram);

/* Says what is ready. */
void model_socket_set(int socket, uint32_t events);

/* Closes it: its polls complete with LOCAL_CLOSE. */
void model_socket_close(int socket);

/* Lets the socket answer SIO_BASE_HANDLE with an error and one of the other questions, by its code, with
 * `lower`: it is one of a layered service provider. */
void model_socket_layer(int socket, uint32_t question, int lower);

/* Knobs, for tests that run alone in their process. model_reset undoes all of them. */
void model_reset(void);

typedef enum model_call {
  MODEL_CREATE_PORT,
  MODEL_POST,
  MODEL_OPEN,   /* NtCreateFile */
  MODEL_ATTACH, /* CreateIoCompletionPort with a file */
  MODEL_MODES,  /* SetFileCompletionNotificationModes */
  MODEL_POLL,   /* NtDeviceIoControlFile */
  MODEL_CANCEL, /* NtCancelIoFileEx */
  MODEL_REMOVE, /* NtRemoveIoCompletionEx */
  MODEL_CALLS
} model_call;

/* Skips `skip` calls, then lets `times` of them fail with `error`: an NTSTATUS where the call returns
 * one, a Win32 code where it does not. A poll that "fails" with a status which is no error has its packet,
 * with that status. */
void model_fail(model_call call, int32_t error, int skip, int times);

/* How often a call was made since the last reset. */
int model_count(model_call call);

/* Keeps packets of polls from being dequeued, from now on or no more. */
void model_hold_packets(bool hold);

/* Called once, when a thread has dequeued packets and before it returns with them. */
void model_after_remove(void (*hook)(void *context), void *context);

/* Polls in flight, packets in ports, and open handles. */
size_t model_polls(void);
size_t model_packets(void);
size_t model_handles(void);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_AFD_MODEL_H_ */
