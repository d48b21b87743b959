// Gives a fuzz target its committed inputs and, as there may be no fuzzer in the build, changed copies
// of them: as many as the arguments say, the same ones each time.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

namespace {

using Input = std::vector<uint8_t>;

Input Read(const char *path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

void Change(Input *input, std::minstd_rand *random) {
  const size_t at = input->empty() ? 0 : (*random)() % input->size();
  const auto byte = static_cast<uint8_t>((*random)() >> 8);
  switch ((*random)() % 4) {
    case 0:
      if (!input->empty()) (*input)[at] = byte;
      return;
    case 1:
      input->insert(input->begin() + static_cast<ptrdiff_t>(at), byte);
      return;
    case 2:
      if (!input->empty()) input->erase(input->begin() + static_cast<ptrdiff_t>(at));
      return;
    default:
      if (!input->empty()) (*input)[at] = static_cast<uint8_t>((*input)[at] ^ (1u << (byte % 8)));
  }
}

}  // namespace

// replay COPIES FILE...
int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "replay: no inputs\n");
    return 2;
  }
  const long copies = strtol(argv[1], nullptr, 10);
  std::minstd_rand random(1);
  for (int i = 2; i < argc; ++i) {
    const Input input = Read(argv[i]);
    if (input.empty()) {
      fprintf(stderr, "replay: %s is empty or missing\n", argv[i]);
      return 1;
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
    for (long n = 0; n < copies; ++n) {
      Input changed = input;
      for (size_t changes = 1 + random() % 4; changes > 0; --changes) Change(&changed, &random);
      LLVMFuzzerTestOneInput(changed.data(), changed.size());
    }
  }
  printf("%d inputs, %ld changed copies of each\n", argc - 2, copies);
  return 0;
}
