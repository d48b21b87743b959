#include "mio/token.h"

#include <memory>
#include <vector>

#include "testing/sources.h"

namespace mio_test {
namespace {

static_assert(sizeof(mio_token) == sizeof(void *), "a pointer fits");

// Every value, those at the ends and with all kinds of halves among them, comes back as it was.
TEST(Token, AnyValueComesBackUnchanged) {
  const mio_token half = mio_token{1} << (sizeof(mio_token) * 4);
  const mio_token tokens[] = {
      0,
      1,
      half - 1,
      half,
      half + 1,
      UINTPTR_MAX / 2,
      UINTPTR_MAX / 2 + 1,
      UINTPTR_MAX - 1,
      UINTPTR_MAX,
  };
  Poll poll;
  StreamPair pair;
  pair.Send();
  for (const mio_token token : tokens) {
    ASSERT_OK(poll.Register(pair.source(), token, MIO_READABLE));
    ASSERT_OK(poll.Wait());
    EXPECT_EQ(std::vector<mio_token>{token}, Tokens(poll.events()));
    ASSERT_OK(poll.Reregister(pair.source(), UINTPTR_MAX - token, MIO_READABLE));
    ASSERT_OK(poll.Wait());
    EXPECT_EQ(std::vector<mio_token>{UINTPTR_MAX - token}, Tokens(poll.events()));
    ASSERT_OK(poll.Deregister(pair.source()));
  }
}

TEST(Token, APointerLeadsToItsObject) {
  struct Connection {
    StreamPair pair;
    int number = 0;
  };
  Poll poll;
  std::vector<std::unique_ptr<Connection>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<Connection>());
    Connection *connection = all.back().get();
    connection->number = i;
    ASSERT_OK(poll.Register(connection->pair.source(), reinterpret_cast<mio_token>(connection),
                            MIO_READABLE));
  }
  for (int i = 2; i >= 0; --i) {
    all[static_cast<size_t>(i)]->pair.Send();
    ASSERT_OK(poll.Wait());
    ASSERT_EQ(1u, mio_events_count(poll.events()));
    const auto *connection =
        reinterpret_cast<Connection *>(mio_event_token(mio_events_begin(poll.events())));
    EXPECT_EQ(i, connection->number);
  }
}

// Wakers and sources choose their tokens apart.
TEST(Token, AWakerAndASourceMayShareOne) {
  Poll poll;
  StreamPair pair;
  Waker waker;
  ASSERT_OK(poll.Register(pair.source(), 7, MIO_WRITABLE));
  ASSERT_OK(mio_waker_init(&waker, poll.registry(), 7));
  ASSERT_OK(mio_waker_wake(&waker));
  const Readiness both =
      poll.WaitFor(7, [](const Readiness &r) { return r.readable && r.writable; });
  EXPECT_EQ(2, both.events);
}

}  // namespace
}  // namespace mio_test
