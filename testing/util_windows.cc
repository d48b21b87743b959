// clang-format off
#include <windows.h>
#include <winternl.h>
// clang-format on

#include <vector>

#include "testing/util.h"

namespace mio_test {
namespace {

// SYSTEM_HANDLE_INFORMATION_EX and what is in it, which the headers leave out.
struct SystemHandle {
  void *object;
  ULONG_PTR process_id;
  ULONG_PTR handle;
  ULONG granted_access;
  USHORT creator_back_trace_index;
  USHORT object_type_index;
  ULONG attributes;
  ULONG reserved;
};

struct SystemHandles {
  ULONG_PTR count;
  ULONG_PTR reserved;
  SystemHandle handles[1];
};

constexpr auto kSystemExtendedHandleInformation = static_cast<SYSTEM_INFORMATION_CLASS>(64);
constexpr NTSTATUS kInfoLengthMismatch = static_cast<NTSTATUS>(0xc0000004);

}  // namespace

// Wine has a function that counts a process's handles, which says 0, and this one, which does not.
int CountHandles() {
  std::vector<ULONG_PTR> room(1 << 16);
  for (;;) {
    const ULONG len = static_cast<ULONG>(room.size() * sizeof room[0]);
    const NTSTATUS status =
        NtQuerySystemInformation(kSystemExtendedHandleInformation, room.data(), len, nullptr);
    if (status == 0) break;
    if (status != kInfoLengthMismatch) return -1;
    room.resize(2 * room.size());
  }
  const auto *all = reinterpret_cast<const SystemHandles *>(room.data());
  int count = 0;
  for (ULONG_PTR i = 0; i < all->count; ++i) {
    if (all->handles[i].process_id == GetCurrentProcessId()) ++count;
  }
  return count;
}

// Millions may be open.
std::string WhyNotOpen(size_t) { return ""; }

bool UnderWine() {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

}  // namespace mio_test
