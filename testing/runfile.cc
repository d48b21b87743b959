#include "testing/runfile.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "gtest/gtest.h"

namespace mio_test {

std::string Runfile(const std::string &path) {
  const char *folder = getenv("MIO_EXAMPLES_DIR");
  const char *runfiles = getenv("TEST_SRCDIR");
  const char *workspace = getenv("TEST_WORKSPACE");
  std::vector<std::string> candidates;
  if (folder != nullptr) {
    candidates.push_back(std::string(folder) + "/" + path.substr(path.rfind('/') + 1));
  }
  if (runfiles != nullptr) {
    // The name of the main repository: the workspace's own, or `_main` with modules.
    for (const char *name : {workspace, "mio", "_main"}) {
      if (name != nullptr) candidates.push_back(std::string(runfiles) + "/" + name + "/" + path);
    }
  }
  for (const std::string &candidate : candidates) {
    for (const char *suffix : {"", ".exe"}) {
      std::error_code error;
      const std::filesystem::path found = std::filesystem::canonical(candidate + suffix, error);
      if (!error) return found.string();
    }
  }
  ADD_FAILURE() << path << " is not in the runfiles";
  return std::string();
}

}  // namespace mio_test
