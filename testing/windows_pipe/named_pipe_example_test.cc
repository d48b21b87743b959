#include <regex>
#include <string>

#include "gtest/gtest.h"
#include "testing/runfile.h"
#include "testing/subprocess.h"
#include "testing/windows_pipe/pipes.h"

namespace mio_test {
namespace {

std::string WithoutReturns(const std::string &text) {
  return std::regex_replace(text, std::regex("\r"), "");
}

TEST(NamedPipeExample, ServesThreeClients) {
  Subprocess example({Runfile("mio/examples/named_pipe"), PipeName()});
  std::string expected;
  for (const char *number : {"1", "2", "3"}) {
    const std::string said = std::string("\"I am number ") + number + "\"";
    const std::string heard = std::string("\"Welcome: I am number ") + number + "\"";
    expected += "client: says " + said + "\n";
    expected += "server: is told " + said + "\n";
    expected += "client: hears " + heard + ", and leaves\n";
    expected += "server: the client has left\n";
  }
  EXPECT_EQ(WithoutReturns(example.ReadAll()), expected);
  EXPECT_EQ(example.Wait(), 0);
}

TEST(NamedPipeExample, EndsWithAnErrorWhereItMust) {
  Subprocess example({Runfile("mio/examples/named_pipe"), "no pipe"});
  EXPECT_EQ(example.ReadAll(), "");
  EXPECT_EQ(example.Wait(), 1);
}

}  // namespace
}  // namespace mio_test
