// The short version of the soak test: some hundreds of connections.

#include "testing/stress/soak.h"

#include "gtest/gtest.h"
#include "testing/sanitizers.h"

namespace mio_test {
namespace {

TEST(Soak, NothingIsLeftOfConnectionsThatMisbehave) {
  SoakOptions options;
  options.rounds = 150 / static_cast<uint64_t>(kSlowdown);
  const SoakResult result = Soak(options);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.accepted, options.rounds * static_cast<uint64_t>(options.clients));
  EXPECT_EQ(result.accepted, result.closed);
  EXPECT_GT(result.bytes, 0u);
}

}  // namespace
}  // namespace mio_test
