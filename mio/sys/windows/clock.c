#include "mio/sys/windows/os.h"

#include "mio/sys/clock.h"

#define NS_PER_S UINT64_C(1000000000)

uint64_t mio_clock_ns(void) {
  /* Neither fails on Windows XP or later (QueryPerformanceCounter in the Win32 reference). The frequency is
   * fixed at boot, and reading it needs no system call. */
  LARGE_INTEGER now, frequency;
  (void)QueryPerformanceCounter(&now);
  (void)QueryPerformanceFrequency(&frequency);
  const uint64_t ticks = (uint64_t)now.QuadPart;
  const uint64_t per_second = (uint64_t)frequency.QuadPart;
  /* Seconds are converted separately, because ticks times 10^9 would overflow after half an hour at 10 MHz. */
  return ticks / per_second * NS_PER_S + ticks % per_second * NS_PER_S / per_second;
}
