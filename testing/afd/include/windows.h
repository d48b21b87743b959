#ifndef TESTING_AFD_INCLUDE_WINDOWS_H_
#define TESTING_AFD_INCLUDE_WINDOWS_H_

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* The part of Win32 that the AFD selector needs, on Linux: declarations here, and the functions in
 * testing/afd/model.c. Error codes are Linux's, because the rest of the library is built for Linux. */

typedef void *HANDLE;
typedef void *PVOID;
typedef int BOOL;
typedef unsigned char BOOLEAN;
typedef uint16_t USHORT;
typedef uint32_t DWORD;
typedef uint32_t ULONG;
typedef int32_t LONG;
typedef int64_t LONGLONG;
typedef uintptr_t ULONG_PTR;
typedef union LARGE_INTEGER {
  LONGLONG QuadPart;
} LARGE_INTEGER;

#define FALSE 0
#define TRUE  1

#define CALLBACK
#define NTAPI

#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)

#define ERROR_INVALID_HANDLE    EBADF
#define ERROR_INVALID_PARAMETER EINVAL
#define ERROR_NOT_ENOUGH_MEMORY ENOMEM

#define SYNCHRONIZE                   0x00100000u
#define FILE_SHARE_READ               1u
#define FILE_SHARE_WRITE              2u
#define FILE_SKIP_SET_EVENT_ON_HANDLE 2

typedef struct OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  DWORD Offset;
  DWORD OffsetHigh;
  HANDLE hEvent;
} OVERLAPPED;

typedef struct OVERLAPPED_ENTRY {
  ULONG_PTR lpCompletionKey;
  OVERLAPPED *lpOverlapped;
  ULONG_PTR Internal;
  DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY;

HANDLE CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD concurrency);
BOOL PostQueuedCompletionStatus(HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped);
BOOL SetFileCompletionNotificationModes(HANDLE file, unsigned char modes);
BOOL CloseHandle(HANDLE handle);
DWORD GetLastError(void);

typedef struct INIT_ONCE {
  int done;
} INIT_ONCE;
typedef INIT_ONCE *PINIT_ONCE;
#define INIT_ONCE_STATIC_INIT {0}
BOOL InitOnceExecuteOnce(INIT_ONCE *once, BOOL (*start)(PINIT_ONCE, PVOID, PVOID *),
                         PVOID parameter, PVOID *context);

#endif /* TESTING_AFD_INCLUDE_WINDOWS_H_ */
