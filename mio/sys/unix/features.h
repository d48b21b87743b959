#ifndef MIO_SYS_UNIX_FEATURES_H_
#define MIO_SYS_UNIX_FEATURES_H_

/* Differences between Unix systems in sockets and pipes. There is one constant for each fact, so that the
 * code tests the fact and never the system. Each is 0 or 1 unless its comment states another value. */

#if defined(__DragonFly__)
#include <sys/param.h> /* __DragonFly_version, which the compiler does not define */
#endif

#if defined(__linux__)
#define MIO_ON_LINUX 1 /* Android too */
#else
#define MIO_ON_LINUX 0
#endif

#if defined(__ANDROID__)
#define MIO_ON_ANDROID 1
#else
#define MIO_ON_ANDROID 0
#endif

#if defined(__APPLE__)
#define MIO_ON_APPLE 1
#else
#define MIO_ON_APPLE 0
#endif

#if defined(__FreeBSD__) || defined(__DragonFly__) || defined(__OpenBSD__) || defined(__NetBSD__)
#define MIO_ON_BSD 1
#else
#define MIO_ON_BSD 0
#endif

#if defined(__FreeBSD__)
#define MIO_ON_FREEBSD 1
#else
#define MIO_ON_FREEBSD 0
#endif

#if defined(__DragonFly__)
#define MIO_ON_DRAGONFLY 1
#else
#define MIO_ON_DRAGONFLY 0
#endif

#if defined(__NetBSD__)
#define MIO_ON_NETBSD 1
#else
#define MIO_ON_NETBSD 0
#endif

#if defined(__OpenBSD__)
#define MIO_ON_OPENBSD 1
#else
#define MIO_ON_OPENBSD 0
#endif

/* socket(2) and socketpair(2) take SOCK_NONBLOCK and SOCK_CLOEXEC in the type: Linux 2.6.27, FreeBSD 10,
 * NetBSD 6, OpenBSD 5.7 and DragonFly 4, and later versions, according to their manuals. XNU has no such
 * flags. */
#define MIO_HAS_SOCK_FLAGS (MIO_ON_LINUX || MIO_ON_BSD)

/* pipe2(2): the systems that have SOCK_CLOEXEC, according to their manuals. */
#define MIO_HAS_PIPE2 (MIO_ON_LINUX || MIO_ON_BSD)

/* accept4(2): Linux 2.6.28, FreeBSD 10, OpenBSD 5.7, DragonFly 4. Apple's systems lack it. NetBSD got it
 * late, but has the equivalent paccept(2) since version 6. On x86 the seccomp filter of older Androids
 * kills the caller, because the filter allows only the calls of the C library, which used socketcall(2)
 * there (tokio-rs/mio issue 1445). */
#if MIO_ON_ANDROID && (defined(__i386__) || defined(__x86_64__))
#define MIO_HAS_ACCEPT4 0
#else
#define MIO_HAS_ACCEPT4 (MIO_ON_LINUX || (MIO_ON_BSD && !MIO_ON_NETBSD))
#endif
#define MIO_HAS_PACCEPT MIO_ON_NETBSD

/* Writing to a socket without a reader raises no SIGPIPE with MSG_NOSIGNAL in the call (POSIX.1-2008); on
 * Apple's systems, which lacked it for a long time, with SO_NOSIGPIPE on the socket. */
#define MIO_HAS_MSG_NOSIGNAL (!MIO_ON_APPLE)
#define MIO_HAS_SO_NOSIGPIPE MIO_ON_APPLE

/* Writing to a pipe without a reader raises no SIGPIPE after fcntl(F_SETNOSIGPIPE) on the descriptor
 * (<sys/fcntl.h> of XNU; fcntl(2) of NetBSD 7 and later). */
#define MIO_HAS_F_SETNOSIGPIPE (MIO_ON_APPLE || MIO_ON_NETBSD)

/* Writing to a pipe without a reader raises no SIGPIPE with RWF_NOSIGNAL in pwritev2(2), since Linux 6.18.
 * The library tries it at run time. It does not on Android, whose seccomp filter kills a process that makes
 * an unknown call. */
#define MIO_HAS_RWF_NOSIGNAL (MIO_ON_LINUX && !MIO_ON_ANDROID)

/* A signal that is raised while it is pending is pending twice (FreeBSD; sigqueue_add() in
 * sys/kern/kern_sig.c). Elsewhere only real-time signals are. */
#define MIO_QUEUES_SIGNALS MIO_ON_FREEBSD

/* write(2) to a pipe returns EPIPE, rather than a count, when the reader closes after a part was written,
 * and raises the signal only with that error (dofilewrite() in FreeBSD's sys/kern/sys_generic.c). Elsewhere
 * a short count may come with a signal: pipe_write() in Linux's fs/pipe.c before 6.18. */
#define MIO_SHORT_WRITE_MAY_SIGNAL (!MIO_ON_FREEBSD)

/* The system call sigtimedwait(2) without a C function of that name: bionic's came with API 23. */
#define MIO_SIGTIMEDWAIT_IS_SYSCALL MIO_ON_ANDROID

/* OpenBSD has no sigtimedwait(2). Its SIGPIPE goes to the writing thread, so no other thread can take the
 * pending signal between sigpending(2) and sigwait(2). */
#define MIO_HAS_SIGTIMEDWAIT (!MIO_ON_OPENBSD)

/* Socket addresses begin with their own length (4.3BSD-Reno and its descendants). */
#define MIO_HAS_SA_LEN (MIO_ON_APPLE || MIO_ON_BSD)

/* Unix addresses that begin with a NUL are abstract names. Only Linux has them (unix(7)). */
#define MIO_HAS_ABSTRACT_NAMES MIO_ON_LINUX

/* The peer's credentials: getsockopt(SO_PEERCRED) with the process on Linux (unix(7)), getpeereid(3)
 * elsewhere. The process is a separate option there: LOCAL_PEERPID on Apple's systems, the cr_pid of
 * LOCAL_PEERCRED on FreeBSD from 13 on, LOCAL_PEEREID on NetBSD, SO_PEERCRED on OpenBSD. DragonFly has
 * none. */
#define MIO_HAS_PEERCRED   MIO_ON_LINUX
#define MIO_HAS_GETPEEREID (MIO_ON_APPLE || MIO_ON_BSD)
#if defined(__FreeBSD__) && __FreeBSD__ >= 13
#define MIO_HAS_XUCRED_PID 1
#else
#define MIO_HAS_XUCRED_PID 0
#endif

/* SO_LINGER counts in clock ticks on XNU, and SO_LINGER_SEC in seconds (sys/socket.h). */
#define MIO_HAS_LINGER_SEC MIO_ON_APPLE

/* A connected send returns EPROTOTYPE while the connection is being torn down, and EPIPE when it is
 * repeated: XNU (libuv issue 482 and others). */
#define MIO_SEND_MAY_SAY_EPROTOTYPE MIO_ON_APPLE

/* getsockopt(IPV6_UNICAST_HOPS) returns -1 while the system's default is in use, in the KAME stacks. Linux
 * returns the default itself. */
#define MIO_HOPS_MAY_BE_DEFAULT (MIO_ON_APPLE || MIO_ON_BSD)

/* Options that bind a socket to an interface: SO_BINDTODEVICE by name on Linux, IP_BOUND_IF and
 * IPV6_BOUND_IF by index on Apple's systems. The BSDs have no such option. */
#define MIO_HAS_BIND_TO_DEVICE MIO_ON_LINUX
#define MIO_HAS_BOUND_IF       MIO_ON_APPLE

/* IPv4 multicast by the index of an interface: struct ip_mreqn for IP_MULTICAST_IF. NetBSD accepts the
 * index as an address 0.x.x.x instead (RFC 1724; ip(4)). */
#define MIO_HAS_IP_MREQN (MIO_ON_LINUX || MIO_ON_APPLE || MIO_ON_FREEBSD || MIO_ON_DRAGONFLY)
#define MIO_MULTICAST_IF_IS_INDEX MIO_ON_NETBSD

/* MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP and their opposites (RFC 3678): both families, by index. */
#define MIO_HAS_MCAST_GROUP (MIO_ON_LINUX || MIO_ON_APPLE || MIO_ON_FREEBSD)

/* connect(2) with AF_UNSPEC ends an association but still returns EAFNOSUPPORT: XNU and the BSDs
 * (soconnect() disconnects first). Linux returns 0. */
#define MIO_DISCONNECT_SAYS_UNSUPPORTED (MIO_ON_APPLE || MIO_ON_BSD)

/* TCP keep-alive times for each socket. Every system has them except OpenBSD, which has only sysctls. The
 * option for the idle time is TCP_KEEPALIVE on Apple's systems. DragonFly counted in milliseconds until
 * __DragonFly_version 500702, according to its <sys/param.h>. */
#define MIO_HAS_KEEPALIVE_TIMES             (!MIO_ON_OPENBSD)
#define MIO_KEEPALIVE_IDLE_IS_TCP_KEEPALIVE MIO_ON_APPLE
#if defined(__DragonFly__) && __DragonFly_version < 500702
#define MIO_KEEPALIVE_UNITS_PER_SECOND 1000
#else
#define MIO_KEEPALIVE_UNITS_PER_SECOND 1
#endif

/* Requests of aio_read(3) and similar calls that complete at a kqueue, by SIGEV_KEVENT; lists of them, by
 * lio_listio(2): FreeBSD's aio(4). Other systems have only the name of the filter in their headers.
 * DragonFly's kernel returns ENOSYS for those calls and ENXIO for the filter (sys/kern/vfs_aio.c). */
#define MIO_HAS_KQUEUE_AIO MIO_ON_FREEBSD
#define MIO_HAS_KQUEUE_LIO MIO_ON_FREEBSD

/* The local IPv4 address of a datagram in both directions as IP_PKTINFO, a struct in_pktinfo: Linux, Apple,
 * NetBSD 8 and later. Other systems have IP_RECVDSTADDR and IP_SENDSRCADDR, a struct in_addr. */
#define MIO_HAS_IP_PKTINFO (MIO_ON_LINUX || MIO_ON_APPLE || MIO_ON_NETBSD)

/* sendmsg(2) takes the TOS byte of one IPv4 datagram as IP_TOS, which must be one byte on FreeBSD
 * (udp_send() in sys/netinet/udp_usrreq.c) and an int on other systems. */
#define MIO_HAS_IP_TOS_MESSAGE (MIO_ON_LINUX || MIO_ON_APPLE || MIO_ON_FREEBSD)
#define MIO_IP_TOS_IS_BYTE     MIO_ON_FREEBSD

/* One system call that moves many datagrams: sendmmsg(2) and recvmmsg(2). FreeBSD's C library has functions
 * of these names that loop, OpenBSD has the calls since 7.2, and Apple's sendmsg_x is not public. Without
 * the call the library loops. */
#define MIO_HAS_SENDMMSG (MIO_ON_LINUX || MIO_ON_NETBSD)

/* UDP_SEGMENT (Linux 4.18) and UDP_GRO (5.0). The library checks for them at run time. */
#define MIO_HAS_UDP_SEGMENT MIO_ON_LINUX
#define MIO_HAS_UDP_GRO     MIO_ON_LINUX

/* Credentials in a control message: SCM_CREDENTIALS with a struct ucred (Linux), SCM_CREDS with a struct
 * cmsgcred (FreeBSD, DragonFly). NetBSD and Apple have other interfaces, which the library does not use. */
#define MIO_SENDS_UCRED    MIO_ON_LINUX
#define MIO_SENDS_CMSGCRED (MIO_ON_FREEBSD || MIO_ON_DRAGONFLY)

#endif /* MIO_SYS_UNIX_FEATURES_H_ */
