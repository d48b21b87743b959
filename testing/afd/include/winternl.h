#ifndef TESTING_AFD_INCLUDE_WINTERNL_H_
#define TESTING_AFD_INCLUDE_WINTERNL_H_

#include <windows.h>

/* The part of the NT interface that the AFD selector needs. */

typedef LONG NTSTATUS;
typedef int FILE_INFORMATION_CLASS;

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

#define FILE_OPEN 1u

typedef struct IO_STATUS_BLOCK {
  union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
} IO_STATUS_BLOCK;

typedef struct UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  wchar_t *Buffer;
} UNICODE_STRING;

typedef struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  UNICODE_STRING *ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES;

NTSTATUS NtCreateFile(HANDLE *out_file, ULONG access, OBJECT_ATTRIBUTES *attributes,
                      IO_STATUS_BLOCK *outcome, LARGE_INTEGER *size, ULONG file_attributes,
                      ULONG share, ULONG disposition, ULONG options, PVOID extended,
                      ULONG extended_len);
NTSTATUS NtDeviceIoControlFile(HANDLE file, HANDLE event, PVOID apc, PVOID context,
                               IO_STATUS_BLOCK *outcome, ULONG code, PVOID in, ULONG in_len,
                               PVOID out, ULONG out_len);
/* These are not in the SDK's header. mio/sys/windows/nt.h declares them again. */
NTSTATUS NtCancelIoFileEx(HANDLE file, IO_STATUS_BLOCK *request, IO_STATUS_BLOCK *out_status);
NTSTATUS NtRemoveIoCompletionEx(HANDLE port, void *entries, ULONG count, ULONG *out_removed,
                                LARGE_INTEGER *timeout, BOOLEAN alertable);

ULONG RtlNtStatusToDosError(NTSTATUS status);

#endif /* TESTING_AFD_INCLUDE_WINTERNL_H_ */
