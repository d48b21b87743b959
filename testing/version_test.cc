// The version is said in two places, for the compiler and for Bazel.

#include "mio/version.h"

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "testing/runfile.h"

namespace mio_test {
namespace {

TEST(Version, OfTheLibraryIsThatOfTheHeaders) { EXPECT_EQ(mio_version(), MIO_VERSION); }

TEST(Version, PartsMakeTheNumberAndTheText) {
  EXPECT_EQ(MIO_VERSION,
            MIO_VERSION_MAJOR * 1000000 + MIO_VERSION_MINOR * 1000 + MIO_VERSION_PATCH);
  EXPECT_EQ(std::string(MIO_VERSION_STRING), std::to_string(MIO_VERSION_MAJOR) + "." +
                                                 std::to_string(MIO_VERSION_MINOR) + "." +
                                                 std::to_string(MIO_VERSION_PATCH));
}

TEST(Version, LaterIsGreater) {
  EXPECT_LT(MIO_VERSION_NUMBER(0, 1, 999), MIO_VERSION_NUMBER(0, 2, 0));
  EXPECT_LT(MIO_VERSION_NUMBER(0, 999, 999), MIO_VERSION_NUMBER(1, 0, 0));
}

TEST(Version, IsThatOfTheModule) {
  std::ifstream file(Runfile("MODULE.bazel"), std::ios::binary);
  const std::string module((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
  const std::string start = "module(\n    name = \"mio\",\n    version = \"";
  ASSERT_EQ(module.compare(0, start.size(), start), 0);
  EXPECT_EQ(module.substr(start.size(), module.find('"', start.size()) - start.size()),
            MIO_VERSION_STRING);
}

}  // namespace
}  // namespace mio_test
