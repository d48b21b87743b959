#include "mio/net/socket.h"

#include "mio/unix/source_fd.h"

#include <string.h>

#include "mio/sys/unix/net_pipe.h"

static mio_source *source_of(mio_source_fd *source_fd) {
  return source_fd == NULL ? NULL : &source_fd->source;
}

int mio_source_fd_init(mio_source_fd *source_fd, mio_handle fd) {
  int result = mio_socket_check_closed(source_of(source_fd));
  if (result == 0) result = mio_fd_check(fd);
  if (result == 0) mio_handle_source_open(&source_fd->source, fd);
  return result;
}

void mio_source_fd_close(mio_source_fd *source_fd) {
  if (source_fd == NULL || source_fd->source.ops == NULL) return;
  (void)mio_source_forget(&source_fd->source);
  memset(source_fd, 0, sizeof *source_fd);
}

int mio_source_fd_handle(const mio_source_fd *source_fd, mio_handle *out_handle) {
  return mio_socket_handle(source_fd == NULL ? NULL : &source_fd->source, out_handle);
}

ptrdiff_t mio_source_fd_try_io(mio_source_fd *source_fd, mio_interest interest,
                               mio_io_operation operation, void *context) {
  return mio_source_try_io(source_of(source_fd), interest, operation, context);
}
