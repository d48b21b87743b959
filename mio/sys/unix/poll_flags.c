#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_flags.h"

#include <errno.h>
#include <poll.h>

/* The meaning of POLLHUP. On these systems: both directions are shut (tcp_poll in Linux's
 * net/ipv4/tcp.c, sopoll in the BSDs' kern/uipc_socket.c). On Darwin and DragonFly, whose poll(2) is
 * made of kqueue's filters, it is set as soon as one of the filters asked for has EV_EOF (bsd/kern/
 * and sys/kern/sys_generic.c): with POLLOUT asked for, it may be the program's own shutdown(2).
 * Unknown on other systems. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#define HUP_IS_BOTH 1
#else
#define HUP_IS_BOTH 0
#endif

#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

static uint32_t hang_up_bits(int asked) {
  if (HUP_IS_BOTH) return MIO_POLL_HUP;
  return (asked & POLLOUT) != 0 ? MIO_POLL_XHUP : MIO_POLL_RHUP;
}

uint32_t mio_poll_bits(int flags, int asked) {
  uint32_t bits = 0;
  if ((flags & POLLIN) != 0) bits |= MIO_POLL_IN;
  if ((flags & POLLPRI) != 0) bits |= MIO_POLL_PRI;
  if ((flags & POLLOUT) != 0) bits |= MIO_POLL_OUT;
  if ((flags & POLLERR) != 0) bits |= MIO_POLL_ERR;
  if ((flags & POLLHUP) != 0) bits |= hang_up_bits(asked);
  if ((flags & POLLRDHUP) != 0) bits |= MIO_POLL_RDHUP | MIO_POLL_IN;
  return bits;
}

short mio_poll_flags(uint32_t bits) {
  int flags = 0;
  if ((bits & MIO_POLL_IN) != 0) flags |= POLLIN;
  if ((bits & MIO_POLL_PRI) != 0) flags |= POLLPRI;
  if ((bits & MIO_POLL_OUT) != 0) flags |= POLLOUT;
  if ((bits & MIO_POLL_RDHUP) != 0) flags |= POLLRDHUP;
  return (short)flags;
}

uint16_t mio_poll_wanted(mio_interest interest) {
  uint32_t bits = 0;
  if ((interest & MIO_READABLE) != 0) bits |= MIO_POLL_IN | MIO_POLL_RDHUP;
  if ((interest & MIO_WRITABLE) != 0) bits |= MIO_POLL_OUT;
  if ((interest & MIO_PRIORITY) != 0) bits |= MIO_POLL_PRI;
  return (uint16_t)bits;
}

int mio_poll_check_interest(mio_interest interest) {
  const mio_interest elsewhere = MIO_AIO | MIO_LIO;
  const mio_interest known = MIO_POLL_INTEREST_KINDS | MIO_POLL_INTEREST_MODES | elsewhere;
  if ((interest & ~known) != 0) return -EINVAL;
  if ((interest & elsewhere) != 0) return -EOPNOTSUPP;
  return (interest & MIO_POLL_INTEREST_KINDS) == 0 ? -EINVAL : 0;
}
