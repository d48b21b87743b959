#ifndef MIO_MIO_H_
#define MIO_MIO_H_

/* Metal I/O for C: includes every portable header. Programs include the headers for single systems
 * themselves: mio/unix/, mio/linux/, mio/windows/. */

#include "mio/allocator.h"
#include "mio/error.h"
#include "mio/event.h"
#include "mio/export.h"
#include "mio/interest.h"
#include "mio/log.h"
#include "mio/net/addr.h"
#include "mio/net/iovec.h"
#include "mio/net/options.h"
#include "mio/net/shutdown.h"
#include "mio/net/tcp_listener.h"
#include "mio/net/tcp_stream.h"
#include "mio/net/udp_batch.h"
#include "mio/net/udp_socket.h"
#include "mio/net/unix_addr.h"
#include "mio/net/unix_datagram.h"
#include "mio/net/unix_listener.h"
#include "mio/net/unix_stream.h"
#include "mio/poll.h"
#include "mio/source.h"
#include "mio/token.h"
#include "mio/version.h"
#include "mio/waker.h"

#endif /* MIO_MIO_H_ */
