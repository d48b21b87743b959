#ifndef MIO_SYS_WINDOWS_NT_H_
#define MIO_SYS_WINDOWS_NT_H_

#include "mio/sys/windows/os.h"

#include <stdbool.h>
#include <winternl.h>

/* Functions that ntdll exports and the SDK's <winternl.h> lacks. Windows Vista and later have all of them. */

#define MIO_NT_SUCCESS              ((NTSTATUS)0)
#define MIO_NT_TIMEOUT              ((NTSTATUS)0x00000102L)
#define MIO_NT_PENDING              ((NTSTATUS)0x00000103L)
#define MIO_NT_INVALID_HANDLE       ((NTSTATUS)0xC0000008L)
#define MIO_NT_OBJECT_TYPE_MISMATCH ((NTSTATUS)0xC0000024L)
#define MIO_NT_NOT_FOUND            ((NTSTATUS)0xC0000225L)
#define MIO_NT_NO_MEMORY            ((NTSTATUS)0xC0000017L)
#define MIO_NT_NO_RESOURCES         ((NTSTATUS)0xC000009AL) /* STATUS_INSUFFICIENT_RESOURCES */
#define MIO_NT_CANCELLED            ((NTSTATUS)0xC0000120L)
#define MIO_NT_QUOTA_EXCEEDED       ((NTSTATUS)0xC0000044L)
#define MIO_NT_WORKING_SET_QUOTA    ((NTSTATUS)0xC00000A1L)

/* Cancels the request whose status block is `request`, whichever thread made it. CancelIoEx calls this
 * function. */
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, IO_STATUS_BLOCK *request, IO_STATUS_BLOCK *out_status);

/* GetQueuedCompletionStatusEx calls this function. The timeout is in units of 100 ns. A negative timeout is
 * relative to the current time, and NULL means no timeout. `entries` are OVERLAPPED_ENTRYs
 * (FILE_IO_COMPLETION_INFORMATION has their layout). */
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE port, void *entries, ULONG count, ULONG *out_removed,
                                      LARGE_INTEGER *timeout, BOOLEAN alertable);

/* Query and set information of a file. `out` and `in` are the structure of the class. */
NTSTATUS NTAPI NtQueryInformationFile(HANDLE file, IO_STATUS_BLOCK *out_status, void *out,
                                      ULONG len, FILE_INFORMATION_CLASS what);
NTSTATUS NTAPI NtSetInformationFile(HANDLE file, IO_STATUS_BLOCK *out_status, void *in, ULONG len,
                                    FILE_INFORMATION_CLASS what);

/* Returns true for a status that is an error, that is, not a success, an informational status or a warning.
 * Only a request that failed at once with such a status has no packet at its completion port. */
static inline bool mio_nt_is_error(NTSTATUS status) { return (ULONG)status >> 30 == 3; }

/* Returns the Win32 code of an error status, as a result of this library. */
static inline int mio_nt_result(NTSTATUS status) { return -(int)RtlNtStatusToDosError(status); }

#endif /* MIO_SYS_WINDOWS_NT_H_ */
