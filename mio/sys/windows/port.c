#include "mio/sys/windows/port.h"

#include "mio/poll.h"
#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/selector_afd.h"

_Static_assert(sizeof(struct mio_event) == sizeof(OVERLAPPED_ENTRY), "written by the port");
_Static_assert(_Alignof(struct mio_event) == _Alignof(OVERLAPPED_ENTRY), "written by the port");
_Static_assert(offsetof(struct mio_event, token) == offsetof(OVERLAPPED_ENTRY, lpCompletionKey),
               "the key");
_Static_assert(offsetof(struct mio_event, operation) == offsetof(OVERLAPPED_ENTRY, lpOverlapped),
               "the operation");
_Static_assert(offsetof(struct mio_event, status) == offsetof(OVERLAPPED_ENTRY, Internal),
               "the status");
_Static_assert(offsetof(struct mio_event, events) ==
                   offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred),
               "the bytes");
_Static_assert(offsetof(mio_port_operation, overlapped) == 0, "a packet points there");

int mio_port_attach(mio_selector *selector, HANDLE handle) {
  if (CreateIoCompletionPort(handle, selector->port, MIO_PORT_KEY_OPERATION, 0) != NULL) return 0;
  return -(int)GetLastError();
}

void mio_port_link(mio_selector *selector, mio_port_operation *operation) {
  mio_link_append(&selector->in_flight, &operation->link);
}

void mio_port_unlink(mio_port_operation *operation) { mio_link_remove(&operation->link); }

void mio_port_begin(mio_selector *selector, mio_port_operation *operation) {
  mio_lock_acquire(&selector->lock);
  mio_port_link(selector, operation);
  mio_lock_release(&selector->lock);
}

void mio_port_abandon(mio_selector *selector, mio_port_operation *operation) {
  mio_lock_acquire(&selector->lock);
  mio_port_unlink(operation);
  mio_lock_release(&selector->lock);
}

int mio_port_post_locked(mio_selector *selector, mio_port_operation *operation) {
  mio_port_link(selector, operation);
  if (PostQueuedCompletionStatus(selector->port, 0, MIO_PORT_KEY_OPERATION,
                                 &operation->overlapped)) {
    return 0;
  }
  const int result = -(int)GetLastError();
  mio_port_unlink(operation);
  return result;
}

int mio_port_post(mio_selector *selector, mio_port_operation *operation) {
  operation->handle = NULL;
  mio_lock_acquire(&selector->lock);
  const int result = mio_port_post_locked(selector, operation);
  mio_lock_release(&selector->lock);
  return result;
}

void mio_port_forget_handle(mio_selector *selector, mio_port_operation *operation) {
  mio_lock_acquire(&selector->lock);
  operation->handle = NULL;
  mio_lock_release(&selector->lock);
}

int mio_port_cancel(mio_port_operation *operation) {
  IO_STATUS_BLOCK *request = (IO_STATUS_BLOCK *)&operation->overlapped;
  IO_STATUS_BLOCK outcome;
  if (operation->handle == NULL) return 0;
  const NTSTATUS status = NtCancelIoFileEx(operation->handle, request, &outcome);
  /* STATUS_NOT_FOUND means that the request has completed. */
  return status == MIO_NT_SUCCESS || status == MIO_NT_NOT_FOUND ? 0 : mio_nt_result(status);
}

int mio_port_remove(HANDLE port, mio_event *out, uint32_t capacity, uint64_t timeout_ns) {
  enum { UNIT_NS = 100 };
  LARGE_INTEGER timeout;
  ULONG removed = 0;
  /* The timeout is rounded up, so a wait is never too short. The longest is 1.8 * 10^17 units. */
  timeout.QuadPart = -(LONGLONG)(timeout_ns / UNIT_NS + (timeout_ns % UNIT_NS != 0));
  const NTSTATUS status = NtRemoveIoCompletionEx(
      port, out, capacity, &removed, timeout_ns == MIO_FOREVER ? NULL : &timeout, FALSE);
  if (status == MIO_NT_SUCCESS) return (int)removed;
  return status == MIO_NT_TIMEOUT ? 0 : mio_nt_result(status);
}
