#ifndef TESTING_AFD_SOCKETS_H_
#define TESTING_AFD_SOCKETS_H_

#include <stdbool.h>
#include <stdint.h>

/* Inside the model: what sockets are and whether they are ready. Called with the model's lock held. */

/* Descriptors up to this number can be sockets. */
enum { SOCKET_MAX = 1 << 16 };

/* What tells a socket from another one of the same number. */
typedef struct socket_identity {
  uint64_t device;
  uint64_t inode;
  uint64_t opened; /* counts the model's own sockets */
} socket_identity;

/* Returns false if `socket` is no socket. */
bool socket_identify(int socket, socket_identity *out);

/* Returns the events of `wanted` that hold. `poll_answer` is what poll(2) says of the descriptor; it counts
 * for nothing if the socket is the model's own. */
uint32_t socket_events(int socket, short poll_answer, uint32_t wanted);

/* Remembers whether a connection is established, for socket_events. */
void socket_notice(int socket);

/* Whether the socket is the model's own. */
bool socket_is_own(int socket);

/* What poll(2) has to be asked for `wanted`. */
short socket_poll_events(uint32_t wanted);

/* The model's lock, for functions that tests call. */
void model_lock(void);
void model_unlock(void);

/* The state of a socket of the model's has changed: completes polls and wakes threads that wait. */
void model_sockets_changed(void);

#endif /* TESTING_AFD_SOCKETS_H_ */
