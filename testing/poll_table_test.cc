#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "mio/allocator.h"
#include "mio/sys/unix/poll_table.h"
#include "testing/util.h"

// The poll(2) selector's table of registrations, against std::map.
namespace {

class Table {
 public:
  ~Table() { mio_poll_table_clear(&table_); }
  mio_poll_table *operator&() { return &table_; }
  mio_poll_table *operator->() { return &table_; }

 private:
  mio_poll_table table_ = {};
};

void ExpectSame(mio_poll_table *table, const std::map<int, mio_token> &model) {
  ASSERT_EQ(table->count, model.size());
  for (const auto &[fd, token] : model) {
    const mio_poll_slot *slot = mio_poll_table_find(table, fd);
    ASSERT_NE(slot, nullptr) << fd;
    ASSERT_EQ(slot->fd, fd);
    ASSERT_EQ(slot->token, token);
    ASSERT_LT(slot - table->slots, static_cast<ptrdiff_t>(table->count)) << "no gaps";
  }
}

// Adds and removes descriptors drawn by `draw`, now and then growing.
template <typename Draw>
void Exercise(uint32_t most, Draw draw) {
  Table table;
  std::map<int, mio_token> model;
  std::minstd_rand random(1);
  for (mio_token token = 1; token <= 20000; ++token) {
    const int fd = draw(random);
    mio_poll_slot *slot = mio_poll_table_find(&table, fd);
    ASSERT_EQ(slot != nullptr, model.count(fd) == 1) << fd;
    if (slot != nullptr) {
      mio_poll_table_remove(&table, slot);
      model.erase(fd);
      ASSERT_EQ(mio_poll_table_find(&table, fd), nullptr);
    } else if (table->count < most) {
      if (table->count == table->capacity) {
        ASSERT_TRUE(mio_poll_table_reserve(&table, table->capacity + 1 + token % 7));
      }
      slot = mio_poll_table_add(&table, fd);
      slot->token = token;
      model[fd] = token;
    }
    if (token % 97 == 0) ASSERT_NO_FATAL_FAILURE(ExpectSame(&table, model));
  }
}

TEST(PollTableTest, EmptyTableFindsNobody) {
  Table table;
  EXPECT_EQ(mio_poll_table_find(&table, 0), nullptr);
  ASSERT_TRUE(mio_poll_table_reserve(&table, 0));
  EXPECT_EQ(mio_poll_table_find(&table, 3), nullptr);
}

TEST(PollTableTest, NeighbouringDescriptors) {
  Exercise(300, [](std::minstd_rand &random) { return static_cast<int>(random() % 300); });
}

TEST(PollTableTest, DescriptorsFarApart) {
  Exercise(200, [](std::minstd_rand &random) { return static_cast<int>(random() % 200) << 23; });
}

TEST(PollTableTest, FullToTheLastSlot) {
  Exercise(8, [](std::minstd_rand &random) { return static_cast<int>(random() % 24); });
}

TEST(PollTableTest, ReservedRoomHoldsWhateverTheNumbers) {
  Table table;
  ASSERT_TRUE(mio_poll_table_reserve(&table, 100));
  const mio_poll_slot *const before = table->slots;
  for (int i = 0; i < 100; ++i) mio_poll_table_add(&table, i * 21474836);
  ASSERT_TRUE(mio_poll_table_reserve(&table, 100));
  EXPECT_EQ(table->slots, before);
  for (int i = 0; i < 100; ++i) EXPECT_NE(mio_poll_table_find(&table, i * 21474836), nullptr);
}

// An allocator that has `left` pieces to give.
struct Scarce {
  int left = 0;
  int held = 0;
  mio_allocator allocator = {Allocate, Release, this};

  static void *Allocate(void *context, size_t size) {
    Scarce *scarce = static_cast<Scarce *>(context);
    if (scarce->left == 0) return nullptr;
    --scarce->left;
    ++scarce->held;
    return std::malloc(size);
  }
  static void Release(void *context, void *memory, size_t) {
    --static_cast<Scarce *>(context)->held;
    std::free(memory);
  }
};

TEST(PollTableTest, FailedGrowthChangesNothing) {
  Scarce scarce;
  ASSERT_OK(mio_set_allocator(&scarce.allocator));
  {
    Table table;
    scarce.left = 2;
    ASSERT_TRUE(mio_poll_table_reserve(&table, 4));
    std::map<int, mio_token> model;
    for (int fd = 0; fd < 4; ++fd) {
      mio_poll_table_add(&table, fd)->token = 10;
      model[fd] = 10;
    }
    for (int pieces = 0; pieces < 2; ++pieces) {
      scarce.left = pieces;
      EXPECT_FALSE(mio_poll_table_reserve(&table, 8));
      EXPECT_EQ(scarce.held, 2);
      EXPECT_EQ(table->capacity, 4u);
      ExpectSame(&table, model);
    }
    EXPECT_FALSE(mio_poll_table_reserve(&table, UINT32_MAX));
    scarce.left = 2;
    EXPECT_TRUE(mio_poll_table_reserve(&table, 8));
    ExpectSame(&table, model);
  }
  EXPECT_EQ(scarce.held, 0);
  ASSERT_OK(mio_set_allocator(nullptr));
}

// A stream whose peer has stopped sending, as a system without POLLRDHUP reports it: readable for ever. The
// slot that asks for POLLIN after a read of 0 would make every wait return.
TEST(PollSlotTest, EndThatLastsIsAskedForLate) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  ASSERT_EQ(shutdown(fds[1], SHUT_WR), 0);
  mio_poll_slot slot = {};
  mio_event event;
  slot.fd = fds[0];
  slot.file.kind = MIO_POLL_KIND_STREAM;
  mio_poll_slot_set(&slot, 1, MIO_READABLE);
  ASSERT_TRUE(mio_poll_slot_deliver(&slot, POLLIN, POLLIN, &event));
  EXPECT_EQ(mio_poll_slot_entry(&slot).events & POLLIN, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(mio_poll_slot_drained(&slot, MIO_READABLE, MIO_DRAIN_END));
    EXPECT_EQ(mio_poll_slot_entry(&slot).events & POLLIN, 0);
    EXPECT_TRUE(mio_poll_slot_needs_look(&slot));
    EXPECT_TRUE(mio_poll_slot_look_active(&slot));
    EXPECT_FALSE(mio_poll_slot_needs_look(&slot));
    EXPECT_NE(mio_poll_slot_entry(&slot).events & POLLIN, 0);
    ASSERT_TRUE(mio_poll_slot_deliver(&slot, POLLIN, POLLIN, &event));
  }
  // What is not ready is asked for at once, and so is everything after a would-block.
  char byte;
  ASSERT_EQ(write(fds[0], "x", 1), 1);
  ASSERT_TRUE(mio_poll_slot_drained(&slot, MIO_READABLE, MIO_DRAIN_EMPTY));
  EXPECT_NE(mio_poll_slot_entry(&slot).events & POLLIN, 0);
  mio_poll_slot other = {};
  other.fd = fds[1];
  other.file.kind = MIO_POLL_KIND_STREAM;
  mio_poll_slot_set(&other, 1, MIO_READABLE);
  ASSERT_TRUE(mio_poll_slot_deliver(&other, POLLIN, POLLIN, &event));
  ASSERT_EQ(read(fds[1], &byte, 1), 1);
  EXPECT_TRUE(mio_poll_slot_drained(&other, MIO_READABLE, MIO_DRAIN_ERROR));
  EXPECT_FALSE(mio_poll_slot_needs_look(&other));
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
