#ifndef MIO_SYS_UNIX_OS_H_
#define MIO_SYS_UNIX_OS_H_

/* To be included first in a Unix backend's .c file: with -std=c11 the C libraries hide all but ISO
 * C until a feature macro asks for more. */

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* glibc, musl, bionic: accept4, pipe2, ppoll (feature_test_macros(7)) */
#endif
#if !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE 1 /* Apple: all beyond POSIX */
#endif
#if !defined(__APPLE_USE_RFC_3542)
#define __APPLE_USE_RFC_3542 1 /* Apple: IPV6_PKTINFO and its relatives as elsewhere */
#endif
#if !defined(_NETBSD_SOURCE)
#define _NETBSD_SOURCE 1
#endif
/* FreeBSD, OpenBSD and DragonFly show everything unless POSIX alone was asked for. */

#endif /* MIO_SYS_UNIX_OS_H_ */
