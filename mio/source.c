#include "mio/source.h"

#include <string.h>

#include "mio/handle_source.h"
#include "mio/poll.h"
#include "mio/registry.h"
#include "mio/sys/net.h"

static int register_handle(mio_source *source, const mio_registry *registry, mio_token token,
                           mio_interest interest) {
  return mio_selector_register(registry->selector, source, token, interest);
}

static int reregister_handle(mio_source *source, const mio_registry *registry, mio_token token,
                             mio_interest interest) {
  return mio_selector_reregister(registry->selector, source, token, interest);
}

static int deregister_handle(mio_source *source, const mio_registry *registry) {
  return mio_selector_deregister(registry->selector, source);
}

const mio_source_ops mio_handle_source_ops = {register_handle, reregister_handle,
                                              deregister_handle};

static int register_pipe_writer(mio_source *source, const mio_registry *registry, mio_token token,
                                mio_interest interest) {
  return mio_selector_register(registry->selector, source, token,
                               interest | MIO_SELECTOR_PIPE_WRITER);
}

static int reregister_pipe_writer(mio_source *source, const mio_registry *registry, mio_token token,
                                  mio_interest interest) {
  return mio_selector_reregister(registry->selector, source, token,
                                 interest | MIO_SELECTOR_PIPE_WRITER);
}

const mio_source_ops mio_pipe_writer_ops = {register_pipe_writer, reregister_pipe_writer,
                                            deregister_handle};

void mio_handle_source_open(mio_source *source, mio_handle handle) {
  mio_source_init(source, &mio_handle_source_ops);
  source->native.handle = handle;
}

void mio_handle_source_mark_pipe_writer(mio_source *source) {
#if MIO_NATIVE_MARKS_PIPES
  source->ops = &mio_pipe_writer_ops;
#else
  (void)source;
#endif
}

int mio_source_forget(mio_source *source) {
  if (source->registration == 0) return 0;
  mio_selector *selector = mio_selector_find(source->registration);
  if (selector != NULL) {
    /* Closing a descriptor ends its registration only with its last duplicate (epoll(7), Q6), and a
     * selector with a table of its own would not learn of it. */
    const int result = mio_selector_deregister(selector, source);
    mio_selector_drop(selector);
    if (result < 0) return result;
  }
  source->registration = 0;
  return 0;
}

int mio_handle_source_release(mio_source *source, mio_handle *out_handle) {
  mio_handle handle = MIO_HANDLE_NONE;
  int result = mio_handle_source_borrow(source, &handle);
  if (result == 0) result = mio_source_forget(source);
  if (result < 0) return result;
  memset(source, 0, sizeof *source);
  *out_handle = handle;
  return 0;
}

void mio_handle_source_close(mio_source *source) {
  mio_handle handle = MIO_HANDLE_NONE;
  if (mio_handle_source_borrow(source, &handle) < 0) return;
  (void)mio_source_forget(source); /* after a refusal, closing the handle ends the registration */
  memset(source, 0, sizeof *source);
  mio_net_close(handle);
}

static mio_drain drain_of(ptrdiff_t result) {
  if (result > 0) return MIO_DRAIN_EMPTY;
  if (result == 0) return MIO_DRAIN_END;
  const mio_error kind = mio_error_kind(result);
  return kind == MIO_ERROR_WOULD_BLOCK || kind == MIO_ERROR_IN_PROGRESS ? MIO_DRAIN_EMPTY
                                                                        : MIO_DRAIN_ERROR;
}

void mio_source_rearm(mio_source *source, mio_interest interest, ptrdiff_t result) {
  /* A source of another type is made of sources that the selector knows. It has no registration of
   * its own there. */
  if (source->ops != &mio_handle_source_ops) return;
  mio_selector *selector = mio_selector_find(source->registration);
  if (selector == NULL) return;
  mio_selector_rearm(selector, source, interest, drain_of(result));
  mio_selector_drop(selector);
}

ptrdiff_t mio_source_try_io(mio_source *source, mio_interest interest, mio_io_operation operation,
                            void *context) {
  if (source == NULL || source->ops == NULL || operation == NULL)
    return mio_error_from_kind(MIO_ERROR_INVALID_INPUT);
  const ptrdiff_t result = operation(context);
  if (result <= 0) mio_source_drained(source, interest, result);
  return result;
}
