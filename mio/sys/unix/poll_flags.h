#ifndef MIO_SYS_UNIX_POLL_FLAGS_H_
#define MIO_SYS_UNIX_POLL_FLAGS_H_

#include <stdint.h>

#include "mio/interest.h"
#include "mio/sys/native.h"

/* Three vocabularies: the interest of a registration, the MIO_POLL_... bits of an event
 * (event_poll.h), and the flags of <poll.h>. */

#define MIO_POLL_HANG_UPS (MIO_POLL_HUP | MIO_POLL_RHUP | MIO_POLL_XHUP)

/* Conditions that poll(2) reports without being asked, by every call while they last. */
#define MIO_POLL_LASTING (MIO_POLL_ERR | MIO_POLL_HANG_UPS)

enum { MIO_POLL_INTEREST_KINDS = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY };
enum { MIO_POLL_INTEREST_MODES = MIO_LEVEL | MIO_ONESHOT };

/* Returns 0, MIO_ERROR_INVALID_INPUT's code for no or unknown bits, or MIO_ERROR_UNSUPPORTED's. */
int mio_poll_check_interest(mio_interest interest);

/* The bits that `interest` asks for. */
uint16_t mio_poll_wanted(mio_interest interest);

/* The flags to ask poll(2) for. */
short mio_poll_flags(uint32_t bits);

/* The bits that poll(2)'s answer `flags` to the question `asked` means. */
uint32_t mio_poll_bits(int flags, int asked);

#endif /* MIO_SYS_UNIX_POLL_FLAGS_H_ */
