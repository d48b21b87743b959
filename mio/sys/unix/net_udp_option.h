#ifndef MIO_SYS_UNIX_NET_UDP_OPTION_H_
#define MIO_SYS_UNIX_NET_UDP_OPTION_H_

#include "mio/sys/unix/os.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include "mio/sys/unix/features.h"

/* Inside the Unix backend: names of socket options that some headers lack. */

#if MIO_HAS_UDP_SEGMENT && !defined(UDP_SEGMENT)
#define UDP_SEGMENT 103 /* <linux/udp.h>; in glibc since 2.30 */
#endif
#if MIO_HAS_UDP_GRO && !defined(UDP_GRO)
#define UDP_GRO 104
#endif

/* Requests IP_PKTINFO messages. NetBSD has another name for this option. */
#if MIO_HAS_IP_PKTINFO && defined(IP_RECVPKTINFO)
#define MIO_RECV_PKTINFO_V4 IP_RECVPKTINFO
#elif MIO_HAS_IP_PKTINFO
#define MIO_RECV_PKTINFO_V4 IP_PKTINFO
#else
#define MIO_RECV_PKTINFO_V4 IP_RECVDSTADDR
#endif

/* Without IP_PKTINFO, a separate option reports the interface of a received datagram. */
#if !MIO_HAS_IP_PKTINFO && defined(IP_RECVIF)
#define MIO_USES_IP_RECVIF 1
#else
#define MIO_USES_IP_RECVIF 0
#endif

#endif /* MIO_SYS_UNIX_NET_UDP_OPTION_H_ */
