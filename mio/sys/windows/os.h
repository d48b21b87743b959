#ifndef MIO_SYS_WINDOWS_OS_H_
#define MIO_SYS_WINDOWS_OS_H_

/* A .c file of the Windows backend must include this header first. It selects Windows 10 and Winsock 2, in
 * the order that their headers require. */

#undef _WIN32_WINNT
#undef WINVER
#undef NTDDI_VERSION
#define _WIN32_WINNT  0x0A00
#define WINVER        0x0A00
#define NTDDI_VERSION 0x0A000000

#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN 1
#endif
#if !defined(NOMINMAX)
#define NOMINMAX 1
#endif

/* clang-format off */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
/* clang-format on */

#endif /* MIO_SYS_WINDOWS_OS_H_ */
