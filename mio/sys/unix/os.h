#ifndef MIO_SYS_UNIX_OS_H_
#define MIO_SYS_UNIX_OS_H_

/* A .c file of a Unix backend must include this header first. With -std=c11 the C libraries hide everything
 * except ISO C unless a feature macro requests more. */

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* glibc, musl, bionic: accept4, pipe2, ppoll (feature_test_macros(7)) */
#endif
#if !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE 1 /* Apple: everything beyond POSIX */
#endif
#if !defined(__APPLE_USE_RFC_3542)
#define __APPLE_USE_RFC_3542 1 /* Apple: IPV6_PKTINFO and related options as on other systems */
#endif
#if !defined(_NETBSD_SOURCE)
#define _NETBSD_SOURCE 1
#endif
/* FreeBSD, OpenBSD and DragonFly show everything unless only POSIX is requested. */

#endif /* MIO_SYS_UNIX_OS_H_ */
