// A short run of the model-based fuzzer, and tests of the fuzzer itself: that it finds what is planted,
// shrinks it, and repeats itself.

#include <algorithm>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "testing/fuzz/program.h"
#include "testing/fuzz/runner.h"
#include "testing/sanitizers.h"

namespace mio_fuzz {
namespace {

using mio_test::kSlowdown;

TEST(ModelFuzz, ProgramsKeepToTheModel) {
  Search search;
  search.programs = 1500 / static_cast<uint64_t>(kSlowdown);
  const Finding finding = Find(search);
  if (finding.found) {
    const Program shortest = Minimize(finding.program, search.options);
    FAIL() << "seed " << finding.seed << ": " << finding.what << "\n"
           << ToC(shortest, search.options);
  }
  EXPECT_EQ(finding.totals.programs, search.programs);
  // The programs do something.
  EXPECT_GT(finding.totals.events, finding.totals.waits / 10);
}

TEST(ModelFuzz, ALostRegistrationIsFoundAndShrunk) {
  Search search;
  search.programs = 200;
  search.options.skip_registration = 0;
  search.options.forks = false;
  search.options.lost_ms = 100;
  const Finding finding = Find(search);
  ASSERT_TRUE(finding.found) << "a registration that was left out went unnoticed";
  const Program shortest = Minimize(finding.program, search.options);
  EXPECT_LE(shortest.size(), 4u) << ToC(shortest, search.options);
  EXPECT_NE(RunIsolated(shortest, search.options), "");
  EXPECT_EQ(RunIsolated(shortest, RunOptions()), "") << "fails without the planted fault, too";
  const std::string code = ToC(shortest, search.options);
  EXPECT_NE(code.find("mio_registry_register("), std::string::npos) << code;
}

TEST(ModelFuzz, ASeedIsAProgram) {
  const Program one = Generate(7, 60), same = Generate(7, 60), other = Generate(8, 60);
  EXPECT_EQ(ToBytes(one), ToBytes(same));
  EXPECT_NE(ToBytes(one), ToBytes(other));
}

TEST(ModelFuzz, BytesAreProgramsAndBack) {
  const Program program = Generate(3, 60);
  const auto bytes = ToBytes(program);
  EXPECT_EQ(ToBytes(FromBytes(bytes.data(), bytes.size())), bytes);
  EXPECT_EQ(FromBytes(bytes.data(), bytes.size()).size(), program.size());
  EXPECT_TRUE(FromBytes(bytes.data(), 3).empty());
}

}  // namespace
}  // namespace mio_fuzz
