// The trace: a line for each thing it tells of where it was compiled in, and nothing elsewhere. The
// build defines MIO_TEST_LOG where it was asked for.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/util.h"

namespace mio_test {
namespace {

using Lines = std::vector<std::string>;

void Keep(void *lines, const char *line) { static_cast<Lines *>(lines)->push_back(line); }

void Abandoned(void *, const char *) { ADD_FAILURE() << "this hook is not installed any more"; }

#if defined(MIO_TEST_LOG)

class Log : public ::testing::Test {
 protected:
  Log() { EXPECT_OK(mio_set_log(Keep, &lines_)); }
  ~Log() override { EXPECT_OK(mio_set_log(nullptr, nullptr)); }

  // The one line that was written since the last call.
  std::string Line() {
    EXPECT_EQ(lines_.size(), 1u);
    const std::string line = lines_.empty() ? "" : lines_.back();
    lines_.clear();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    return line;
  }

  Lines lines_;
};

TEST_F(Log, TellsOfPolls) {
  mio_poll poll = {};
  ASSERT_OK(mio_poll_init(&poll, nullptr));
  EXPECT_EQ(Line().find("open poll="), 0u);
  mio_poll_close(&poll);
  EXPECT_EQ(Line().find("close poll="), 0u);
  mio_poll_close(&poll);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(Log, TellsOfRegistrations) {
  Poll poll;
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  lines_.clear();

  ASSERT_OK(poll.Register(&a->source, 7, MIO_READABLE | MIO_WRITABLE));
  std::string line = Line();
  EXPECT_EQ(line.find("register poll="), 0u) << line;
  EXPECT_NE(line.find(" token=7 interest=READABLE | WRITABLE result=success"), std::string::npos)
      << line;

  ASSERT_OK(poll.Reregister(&a->source, 8, MIO_READABLE));
  line = Line();
  EXPECT_EQ(line.find("reregister poll="), 0u) << line;
  EXPECT_NE(line.find(" token=8 interest=READABLE result=success"), std::string::npos) << line;

  ASSERT_OK(poll.Deregister(&a->source));
  EXPECT_EQ(Line().find("deregister poll="), 0u);

  // What fails is told with how it failed.
  EXPECT_ERROR(poll.Register(&a->source, 7, 0), MIO_ERROR_INVALID_INPUT);
  line = Line();
  EXPECT_NE(line.find("result=invalid input"), std::string::npos) << line;
}

TEST_F(Log, CanBeReplaced) {
  Lines others;
  ASSERT_OK(mio_set_log(Abandoned, nullptr));
  ASSERT_OK(mio_set_log(Keep, &others));
  {
    Poll poll;
  }
  EXPECT_FALSE(others.empty());
  EXPECT_TRUE(lines_.empty());
  ASSERT_OK(mio_set_log(nullptr, nullptr));
  others.clear();
  {
    Poll poll;
  }
  EXPECT_TRUE(others.empty());
}

#else

TEST(Log, IsNotThereUnlessAskedFor) {
  Lines lines;
  EXPECT_ERROR(mio_set_log(Keep, &lines), MIO_ERROR_UNSUPPORTED);
  EXPECT_ERROR(mio_set_log(Abandoned, nullptr), MIO_ERROR_UNSUPPORTED);
  EXPECT_ERROR(mio_set_log(nullptr, nullptr), MIO_ERROR_UNSUPPORTED);
  Poll poll;
  TcpStream a, b;
  ASSERT_OK(ConnectLocal(&a, &b));
  ASSERT_OK(poll.Register(&a->source, 7, MIO_READABLE));
  ASSERT_OK(poll.Deregister(&a->source));
  EXPECT_TRUE(lines.empty());
}

#endif

}  // namespace
}  // namespace mio_test
