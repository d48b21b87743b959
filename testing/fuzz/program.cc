#include "testing/fuzz/program.h"

#include <array>

namespace mio_fuzz {
namespace {

// SplitMix64: the same numbers with every compiler and standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

struct Weight {
  Action action;
  int weight;
};

// How often each action comes. The sum is the size of the table below.
constexpr Weight kWeights[] = {
    {Action::kMake, 18},      {Action::kRegister, 28},      {Action::kReregister, 18},
    {Action::kDeregister, 8}, {Action::kClose, 8},          {Action::kRelease, 2},
    {Action::kDuplicate, 4},  {Action::kCloseDuplicate, 3}, {Action::kRead, 20},
    {Action::kReadAll, 16},   {Action::kWrite, 26},         {Action::kFill, 6},
    {Action::kShutdown, 6},   {Action::kTakeError, 4},      {Action::kConnect, 6},
    {Action::kMakeWaker, 4},  {Action::kCloseWaker, 1},     {Action::kWake, 10},
    {Action::kClone, 2},      {Action::kCloseClone, 2},     {Action::kFork, 1},
    {Action::kReopen, 1},     {Action::kWait, 61},          {Action::kInterrupt, 1},
};

std::array<Action, 256> MakeTable() {
  std::array<Action, 256> table{};
  size_t i = 0;
  for (const Weight &entry : kWeights) {
    for (int n = 0; n < entry.weight && i < table.size(); ++n) table[i++] = entry.action;
  }
  while (i < table.size()) table[i++] = Action::kWait;
  return table;
}

const std::array<Action, 256> kTable = MakeTable();

uint8_t ByteOf(Action action) {
  uint8_t byte = 0;
  while (kTable[byte] != action) ++byte;
  return byte;
}

}  // namespace

Program Generate(uint64_t seed, size_t length) {
  Random random(seed);
  Program program;
  // Long programs are rare: what goes wrong mostly does so early, and is easier to read then.
  const size_t count = 4 + random.Next() % length;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t word = random.Next();
    Op op = {kTable[word & 0xff], static_cast<uint8_t>(word >> 8), static_cast<uint8_t>(word >> 16),
             static_cast<uint8_t>(word >> 24)};
    if (i == 0) op.action = Action::kMake;
    program.push_back(op);
  }
  return program;
}

Program FromBytes(const uint8_t *bytes, size_t size) {
  Program program;
  for (size_t i = 0; i + 4 <= size; i += 4) {
    program.push_back({kTable[bytes[i]], bytes[i + 1], bytes[i + 2], bytes[i + 3]});
  }
  return program;
}

std::vector<uint8_t> ToBytes(const Program &program) {
  std::vector<uint8_t> bytes;
  for (const Op &op : program) {
    const uint8_t four[] = {ByteOf(op.action), op.a, op.b, op.c};
    bytes.insert(bytes.end(), four, four + 4);
  }
  return bytes;
}

}  // namespace mio_fuzz
