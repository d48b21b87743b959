// Runs random programs against the library and a model of it. See testing/README.md.
//
//   model [--seed=N] [--programs=N] [--seconds=N] [--length=N] [--no-fork] [--bytes=HEX]
//
// Ends with 1 after printing the shortest program that it could make of the first one that failed.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "testing/fuzz/runner.h"

namespace {

bool Take(const char *argument, const char *name, uint64_t *out) {
  const size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0) return false;
  *out = strtoull(argument + length, nullptr, 10);
  return true;
}

mio_fuzz::Program FromHex(const std::string &text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(strtoul(text.substr(i, 2).c_str(), nullptr, 16));
  }
  return mio_fuzz::FromBytes(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
}

std::string ToHex(const mio_fuzz::Program &program) {
  std::string text;
  for (const uint8_t byte : mio_fuzz::ToBytes(program)) {
    char two[3];
    snprintf(two, sizeof two, "%02x", byte);
    text += two;
  }
  return text;
}

int Explain(const mio_fuzz::Program &program, const mio_fuzz::RunOptions &options) {
  printf("%s", mio_fuzz::ToC(program, options).c_str());
  printf("bytes of it: --bytes=%s\n", ToHex(program).c_str());
  return 1;
}

}  // namespace

int main(int argc, char **argv) {
  mio_fuzz::Search search;
  search.progress = true;
  std::string hex;
  for (int i = 1; i < argc; ++i) {
    if (Take(argv[i], "--seed=", &search.seed)) continue;
    if (Take(argv[i], "--programs=", &search.programs)) continue;
    if (Take(argv[i], "--seconds=", &search.seconds)) continue;
    if (Take(argv[i], "--length=", &search.length)) continue;
    if (strcmp(argv[i], "--no-fork") == 0) {
      search.options.forks = false;
    } else if (strncmp(argv[i], "--bytes=", 8) == 0) {
      hex = argv[i] + 8;
    } else {
      fprintf(stderr, "model: unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  if (!hex.empty()) return Explain(FromHex(hex), search.options);
  if (search.programs == 0 && search.seconds == 0) search.seconds = 60;
  if (search.length == 0) search.length = 1;
  const mio_fuzz::Finding finding = mio_fuzz::Find(search);
  if (!finding.found) return 0;
  printf("seed %llu: %s\n", static_cast<unsigned long long>(finding.seed), finding.what.c_str());
  printf("looking for the shortest program that fails so\n");
  fflush(stdout);
  return Explain(mio_fuzz::Minimize(finding.program, search.options), search.options);
}
