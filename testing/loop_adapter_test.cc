// The example that puts a single-threaded server's loop over mio: a table that grows while sources are
// registered, masks that change, callbacks that remove themselves and each other.

#include "mio/examples/loop_adapter.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

class LoopAdapter : public ::testing::Test {
 protected:
  LoopAdapter() : loop_(loop_create(64)) {}
  ~LoopAdapter() override {
    loop_delete(loop_);
    for (const int fd : open_) close(fd);
  }

  std::array<int, 2> Pair() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    for (const int fd : ends) {
      fcntl(fd, F_SETFL, O_NONBLOCK);
      open_.push_back(fd);
    }
    return ends;
  }

  loop *loop_;
  std::vector<int> open_;
};

void Count(loop *, int, void *context, int mask) {
  static_cast<std::vector<int> *>(context)->push_back(mask);
}

TEST_F(LoopAdapter, IsLevelTriggered) {
  const auto ends = Pair();
  std::vector<int> masks;
  ASSERT_EQ(loop_add(loop_, ends[0], LOOP_READABLE, Count, &masks), 0);
  EXPECT_EQ(loop_run_once(loop_, 0), 0);
  ASSERT_EQ(write(ends[1], "xy", 2), 2);
  EXPECT_EQ(loop_run_once(loop_, -1), 1);
  char byte;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  EXPECT_EQ(loop_run_once(loop_, -1), 1) << "a byte is left";
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  EXPECT_EQ(loop_run_once(loop_, 0), 0);
  EXPECT_EQ(masks, (std::vector<int>{LOOP_READABLE, LOOP_READABLE}));
}

TEST_F(LoopAdapter, MasksChange) {
  const auto ends = Pair();
  std::vector<int> masks;
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  ASSERT_EQ(loop_add(loop_, ends[0], LOOP_READABLE, Count, &masks), 0);
  ASSERT_EQ(loop_add(loop_, ends[0], LOOP_WRITABLE, Count, &masks), 0);
  EXPECT_EQ(loop_mask(loop_, ends[0]), LOOP_READABLE | LOOP_WRITABLE);
  loop_run_once(loop_, 0);
  loop_remove(loop_, ends[0], LOOP_READABLE);
  loop_run_once(loop_, 0);
  EXPECT_EQ(masks.back(), LOOP_WRITABLE);
  loop_remove(loop_, ends[0], LOOP_WRITABLE);
  EXPECT_EQ(loop_mask(loop_, ends[0]), 0);
  EXPECT_EQ(loop_run_once(loop_, 0), 0);
}

TEST_F(LoopAdapter, TheTableGrowsAndShrinksWhileSourcesAreRegistered) {
  std::vector<std::array<int, 2>> pairs;
  std::vector<int> masks;
  for (int i = 0; i < 200; ++i) {
    pairs.push_back(Pair());
    const int fd = pairs.back()[0];
    if (fd >= loop_size(loop_)) {
      EXPECT_EQ(loop_add(loop_, fd, LOOP_READABLE, Count, &masks), -1);
      ASSERT_EQ(loop_resize(loop_, fd * 2), 0);
    }
    ASSERT_EQ(loop_add(loop_, fd, LOOP_READABLE, Count, &masks), 0);
  }
  EXPECT_EQ(loop_resize(loop_, 8), -1) << "some descriptors would not fit";
  for (const auto &ends : pairs) ASSERT_EQ(write(ends[1], "x", 1), 1);
  int count = 0;
  // 64 at a time; level-triggered, so that each is read to be done with.
  while (masks.size() < 1000 && count < 200) {
    loop_run_once(loop_, 0);
    for (const auto &ends : pairs) {
      char byte;
      if (loop_mask(loop_, ends[0]) != 0 && read(ends[0], &byte, 1) == 1) {
        ++count;
        loop_remove(loop_, ends[0], LOOP_READABLE);
      }
    }
  }
  EXPECT_EQ(count, 200);
  EXPECT_EQ(loop_run_once(loop_, 0), 0);
  EXPECT_EQ(loop_resize(loop_, 8), 0);
}

struct Both {
  std::array<int, 2> fds;
  int calls;
};

void RemoveBoth(loop *events, int, void *context, int) {
  auto *both = static_cast<Both *>(context);
  ++both->calls;
  for (const int fd : both->fds) loop_remove(events, fd, LOOP_READABLE);
}

TEST_F(LoopAdapter, ACallbackRemovesItselfAndAnother) {
  const auto one = Pair(), other = Pair();
  Both both = {{one[0], other[0]}, 0};
  for (const int fd : both.fds) ASSERT_EQ(loop_add(loop_, fd, LOOP_READABLE, RemoveBoth, &both), 0);
  ASSERT_EQ(write(one[1], "x", 1), 1);
  ASSERT_EQ(write(other[1], "x", 1), 1);
  EXPECT_EQ(loop_run_once(loop_, 0), 1);
  EXPECT_EQ(both.calls, 1) << "called for what the other callback removed";
}

void Echo(loop *events, int fd, void *, int) {
  char bytes[512];
  ssize_t n;
  while ((n = read(fd, bytes, sizeof bytes)) > 0)
    EXPECT_EQ(write(fd, bytes, static_cast<size_t>(n)), n);
  if (n == 0) loop_remove(events, fd, LOOP_READABLE);
}

TEST_F(LoopAdapter, ServesUntilThePeerEnds) {
  const auto ends = Pair();
  ASSERT_EQ(loop_add(loop_, ends[0], LOOP_READABLE, Echo, nullptr), 0);
  for (const std::string text : {"hello", "again"}) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(loop_run_once(loop_, -1), 1);
    char back[16];
    ASSERT_EQ(read(ends[1], back, sizeof back), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(std::string(back, text.size()), text);
  }
  shutdown(ends[1], SHUT_WR);
  EXPECT_EQ(loop_run_once(loop_, -1), 1);
  EXPECT_EQ(loop_mask(loop_, ends[0]), 0);
}

TEST_F(LoopAdapter, RefusesWhatTheSystemRefuses) {
  EXPECT_EQ(loop_add(loop_, -1, LOOP_READABLE, Count, nullptr), -1);
  EXPECT_EQ(loop_add(loop_, 63, LOOP_READABLE, Count, nullptr), -1) << "not open";
  EXPECT_EQ(loop_mask(loop_, 63), 0);
  EXPECT_EQ(loop_create(0), nullptr);
}

}  // namespace
