#ifndef MIO_SYS_NATIVE_H_
#define MIO_SYS_NATIVE_H_

/* The shapes that differ from system to system and that public structs hold by value: the OS
 * handle, and an event exactly as the selector's system call writes it. Each header included here
 * restates a layout of the OS without including an OS header; the backend checks it with static
 * asserts.
 *
 * A layout header defines
 *   mio_handle, MIO_HANDLE_NONE     what the OS calls an open socket, and what stands for none
 *   mio_native_source               what a mio_source keeps of its handle
 *   struct mio_event                one event
 *   mio_native_event_*()            the accessors behind mio/event.h
 *
 * The layout belongs to the selector, so a build that forces another one says so with a define that
 * //mio/sys hands to all who depend on it. */

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

/* The bits of the widest number that the CPU changes without a lock. GCC and clang tell; others are
 * for CPUs with 64. */
#if !defined(MIO_NATIVE_ATOMIC_BITS)
#if defined(__GCC_ATOMIC_LLONG_LOCK_FREE) && __GCC_ATOMIC_LLONG_LOCK_FREE < 2
#define MIO_NATIVE_ATOMIC_BITS 32
#else
#define MIO_NATIVE_ATOMIC_BITS 64
#endif
#endif

/* Whether events say more about a pipe's writing end if it is registered as one
 * (mio_handle_source_mark_pipe_writer). */
#if !defined(MIO_NATIVE_MARKS_PIPES)
#define MIO_NATIVE_MARKS_PIPES 0
#endif

/* Whether the layout header has a short cut for registering, to be inlined where the program
 * registers:
 *   bool mio_native_can_register(const struct mio_selector *, uintptr_t token, uint32_t interest)
 *   int mio_native_register(mio_handle selector, mio_handle source, uintptr_t token, uint32_t interest)
 *   int mio_native_reregister(the same)
 *   int mio_native_error(void)
 *   int mio_native_deregister(mio_handle selector, mio_handle source)
 * which do what mio_selector_register and so on do, with the handle that mio_selector_handle gives.
 * The first returns whether the next two may be called; if not, the slow path is taken. These two return
 * 0, or have changed nothing and mio_native_error returns the negative error code. The last one returns
 * 0 or a negative error code. */
#if !defined(MIO_NATIVE_REGISTERS)
#define MIO_NATIVE_REGISTERS 0
#endif

#endif /* MIO_SYS_NATIVE_H_ */
