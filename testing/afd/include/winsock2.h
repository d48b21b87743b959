#ifndef TESTING_AFD_INCLUDE_WINSOCK2_H_
#define TESTING_AFD_INCLUDE_WINSOCK2_H_

#include <windows.h>

/* The part of Winsock that the AFD selector needs. A SOCKET is a file descriptor. */

typedef uintptr_t SOCKET;
#define INVALID_SOCKET ((SOCKET) ~(uintptr_t)0)

#define SOL_SOCKET  1
#define SO_TYPE     3
#define SOCK_STREAM 1

#define WSAEINVAL     EINVAL
#define WSAENOTSOCK   ENOTSOCK
#define WSAEOPNOTSUPP EOPNOTSUPP

/* Linux has a function of this name, of another type. */
#define getsockopt winsock_getsockopt
int winsock_getsockopt(SOCKET socket, int level, int name, char *out, int *len);

int WSAIoctl(SOCKET socket, DWORD code, void *in, DWORD in_len, void *out, DWORD out_len,
             DWORD *out_written, OVERLAPPED *overlapped, void *completion);
int WSAGetLastError(void);

typedef struct WSADATA {
  int version;
} WSADATA;
#define MAKEWORD(low, high) ((low) | (high) << 8)
int WSAStartup(int version, WSADATA *out);

#endif /* TESTING_AFD_INCLUDE_WINSOCK2_H_ */
