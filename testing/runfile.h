#ifndef TESTING_RUNFILE_H_
#define TESTING_RUNFILE_H_

#include <string>

namespace mio_test {

// Where a `data` dependency of the test is, given by its path in the repository
// ("mio/examples/quickstart"; on Windows a program's .exe is added). For runs without Bazel,
// $MIO_EXAMPLES_DIR is a folder that has the file itself. Empty, with the test failed, if there is
// none.
std::string Runfile(const std::string &path);

}  // namespace mio_test

#endif  // TESTING_RUNFILE_H_
