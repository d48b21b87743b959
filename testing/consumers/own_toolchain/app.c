/* Compiled by the project's own toolchain, as is the library. */

#include <stdio.h>

#include "mio/mio.h"

#if !defined(OWN_TOOLCHAIN)
#error "another toolchain than the project's own was taken"
#endif

int main(void) {
  mio_poll poll = {0};
  if (mio_poll_init(&poll, NULL) < 0) return 1;
  mio_poll_close(&poll);
  printf("built by the project's own toolchain\n");
  return 0;
}
