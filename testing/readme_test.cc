// The README shows the quick start whole, and people type what they read: so it is the program that
// is built, run and tested here, byte for byte.

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "testing/runfile.h"

namespace mio_test {
namespace {

std::string Contents(const std::string &path) {
  std::ifstream file(Runfile(path), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

TEST(Readme, ShowsTheQuickStartAsItIs) {
  const std::string program = Contents("mio/examples/quickstart.c");
  ASSERT_NE(program.find("int main(void)"), std::string::npos);
  const std::string readme = Contents("README.md");
  const std::string start = "\n```c\n";
  const size_t begin = readme.find(start);
  ASSERT_NE(begin, std::string::npos);
  const size_t end = readme.find("```\n", begin + start.size());
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(readme.substr(begin + start.size(), end - begin - start.size()), program)
      << "copy mio/examples/quickstart.c into README.md";
}

}  // namespace
}  // namespace mio_test
