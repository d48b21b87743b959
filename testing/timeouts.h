#ifndef TESTING_TIMEOUTS_H_
#define TESTING_TIMEOUTS_H_

#include <cstdint>

#include "testing/util.h"

// Every length of a timeout that has been a border somewhere.
namespace mio_test {

constexpr uint64_t kShort[] = {
    1, 999, 1000, 50000, kMillisecond - 1, kMillisecond, kMillisecond + 1, 5 * kMillisecond,
};

constexpr uint64_t kVeryLong[] = {
    uint64_t{INT32_MAX} * kMillisecond,     /* what fits an int of milliseconds: 24.8 days */
    uint64_t{INT32_MAX} * kMillisecond + 1, /* and what does not */
    uint64_t{UINT32_MAX} * kMillisecond,
    (uint64_t{UINT32_MAX} + 1) * kMillisecond,
    uint64_t{1} << 63,
    (uint64_t{1} << 63) - 1,
    UINT64_MAX - 1,
    UINT64_MAX,
};

}  // namespace mio_test

#endif  // TESTING_TIMEOUTS_H_
