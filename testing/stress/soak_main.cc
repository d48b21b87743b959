// An echo server under clients that misbehave, for as long as one says: soak [--seconds=N] [--clients=N]

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "testing/stress/soak.h"

int main(int argc, char **argv) {
  mio_test::SoakOptions options;
  options.seconds = 60;
  options.progress = true;
  for (int i = 1; i < argc; ++i) {
    if (strncmp(argv[i], "--seconds=", 10) == 0) {
      options.seconds = strtoull(argv[i] + 10, nullptr, 10);
    } else if (strncmp(argv[i], "--clients=", 10) == 0) {
      options.clients = atoi(argv[i] + 10);
    } else {
      fprintf(stderr, "soak: unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  const mio_test::SoakResult result = mio_test::Soak(options);
  printf(
      "%llu connections, %llu closed, %llu ended with an error, %llu accepts without a descriptor, "
      "%llu MB\n",
      static_cast<unsigned long long>(result.accepted),
      static_cast<unsigned long long>(result.closed),
      static_cast<unsigned long long>(result.resets),
      static_cast<unsigned long long>(result.refusals),
      static_cast<unsigned long long>(result.bytes >> 20));
  if (result.failure.empty()) return 0;
  printf("failed: %s\n", result.failure.c_str());
  return 1;
}
