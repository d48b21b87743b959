#ifndef MIO_SYS_NATIVE_H_
#define MIO_SYS_NATIVE_H_

/* Types that differ between systems and that public structs contain by value: the OS handle, and an event
 * exactly as the selector's system call writes it. Each header included here restates a layout of the OS
 * without including an OS header. The backend checks the layout with static asserts.
 *
 * A layout header defines
 *   mio_handle, MIO_HANDLE_NONE     the OS's type of an open socket, and the value for none
 *   mio_native_source               the part of a mio_source that holds its handle
 *   struct mio_event                one event
 *   mio_native_event_*()            the accessors behind mio/event.h
 *
 * The layout belongs to the selector. A build that forces another selector sets a define, which //mio/sys
 * passes to all targets that depend on it. */

#if defined(MIO_SELECTOR_SHELL)
#include "mio/sys/shell/event_shell.h"
#include "mio/sys/unix/handle.h"
#elif defined(MIO_SELECTOR_POLL)
#include "mio/sys/unix/event_poll.h"
#include "mio/sys/unix/handle.h"
#elif defined(MIO_SELECTOR_KQUEUE_MODEL)
#include "mio/sys/unix/event_kqueue.h"
#include "mio/sys/unix/handle.h"
#elif defined(MIO_SELECTOR_AFD_MODEL)
#include "mio/sys/unix/handle.h"
#include "mio/sys/windows/event_afd.h"
#elif defined(_WIN32)
#include "mio/sys/windows/event_afd.h"
#include "mio/sys/windows/handle.h"
#elif defined(__linux__)
#include "mio/sys/unix/event_epoll.h"
#include "mio/sys/unix/handle.h"
#else
#include "mio/sys/unix/event_kqueue.h"
#include "mio/sys/unix/handle.h"
#endif

/* The bits of the widest number that the CPU changes without a lock. GCC and clang define a macro for it.
 * Other compilers are used only for CPUs with 64 bits. */
#if !defined(MIO_NATIVE_ATOMIC_BITS)
#if defined(__GCC_ATOMIC_LLONG_LOCK_FREE) && __GCC_ATOMIC_LLONG_LOCK_FREE < 2
#define MIO_NATIVE_ATOMIC_BITS 32
#else
#define MIO_NATIVE_ATOMIC_BITS 64
#endif
#endif

/* Whether events carry more information about a pipe's writing end if it is marked as one
 * (mio_handle_source_mark_pipe_writer). */
#if !defined(MIO_NATIVE_MARKS_PIPES)
#define MIO_NATIVE_MARKS_PIPES 0
#endif

/* Whether the layout header has a fast path for registering, which is inlined into the program:
 *   bool mio_native_can_register(const struct mio_selector *, uintptr_t token, uint32_t interest)
 *   int mio_native_register(mio_handle selector, mio_handle source, uintptr_t token, uint32_t interest)
 *   int mio_native_reregister(mio_handle selector, mio_handle source, uintptr_t token, uint32_t interest)
 *   int mio_native_error(void)
 *   int mio_native_deregister(mio_handle selector, mio_handle source)
 *   int mio_native_finish_deregister(mio_handle selector, mio_handle source)
 * They work like mio_selector_register, mio_selector_reregister and mio_selector_deregister, with the
 * handle of mio_selector_handle. The first returns whether the next two may be called. If not, the caller
 * takes the slow path. The next two return 0 on success. Otherwise they have changed nothing, and
 * mio_native_error returns the negative error code. mio_native_deregister returns 0 on success. Otherwise
 * mio_native_finish_deregister returns 0 if the registration has ended all the same, or a negative error
 * code. */
#if !defined(MIO_NATIVE_REGISTERS)
#define MIO_NATIVE_REGISTERS 0
#endif

#endif /* MIO_SYS_NATIVE_H_ */
