// The same library from C++.

#include <mio/mio.h>

#include <cstdio>

int main() {
  mio_poll poll = {};
  if (mio_poll_init(&poll, nullptr) != 0 || mio_version() != MIO_VERSION) return 1;
  mio_poll_close(&poll);
  std::printf("polled with mio %s\n", MIO_VERSION_STRING);
  return 0;
}
