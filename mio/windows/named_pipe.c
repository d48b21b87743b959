#include "mio/windows/named_pipe.h"

#include "mio/sys/windows/nt.h"
#include "mio/sys/windows/os.h"

#include <string.h>
#include <wchar.h>

#include "mio/error.h"
#include "mio/registry.h"
#include "mio/sys/windows/named_pipe_io.h"

/* Opening and checking; the rest is in mio/sys/windows/named_pipe_io.h. */

enum { DEFAULT_BUFFER_LEN = 16 * 1024 };

static int invalid_input(void) { return mio_error_from_kind(MIO_ERROR_INVALID_INPUT); }

/* The source of a pipe. */

static mio_named_pipe_state *state_of(mio_source *source) {
  return ((mio_named_pipe *)(void *)source)->state; /* its first member */
}

static int register_pipe(mio_source *source, const mio_registry *registry, mio_token token,
                         mio_interest interest) {
  return mio_named_pipe_state_register(state_of(source), registry->selector, token, interest);
}

static int reregister_pipe(mio_source *source, const mio_registry *registry, mio_token token,
                           mio_interest interest) {
  return mio_named_pipe_state_reregister(state_of(source), registry->selector, token, interest);
}

static int deregister_pipe(mio_source *source, const mio_registry *registry) {
  (void)registry;
  mio_named_pipe_state_deregister(state_of(source));
  return 0;
}

static const mio_source_ops pipe_ops = {register_pipe, reregister_pipe, deregister_pipe};

/* Making one. */

static mio_named_pipe_options or_default(const mio_named_pipe_options *options) {
  mio_named_pipe_options chosen;
  memset(&chosen, 0, sizeof chosen);
  if (options != NULL) chosen = *options;
  if (chosen.buffer_len == 0) chosen.buffer_len = DEFAULT_BUFFER_LEN;
  return chosen;
}

static int check_new(const mio_named_pipe *pipe, const mio_named_pipe_options *options) {
  if (pipe == NULL || options->buffer_len > MIO_NAMED_PIPE_BUFFER_MAX) return invalid_input();
  return pipe->source.ops == NULL ? 0 : mio_error_from_kind(MIO_ERROR_ALREADY_EXISTS);
}

typedef struct wide_name {
  wchar_t text[MIO_NAMED_PIPE_NAME_MAX + 1];
} wide_name;

/* Accepts only names of pipes of this machine, because other names open files or devices. */
static int widen(const char *name, wide_name *out) {
  static const wchar_t prefix[] = L"\\\\.\\pipe\\";
  enum { PREFIX_LEN = sizeof prefix / sizeof prefix[0] - 1 };
  if (name == NULL) return invalid_input();
  const int len = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, out->text,
                                      (int)(sizeof out->text / sizeof out->text[0]));
  if (len <= PREFIX_LEN + 1) return invalid_input();
  if (CompareStringOrdinal(out->text, PREFIX_LEN, prefix, PREFIX_LEN, TRUE) != CSTR_EQUAL) {
    return invalid_input();
  }
  return wcschr(out->text + PREFIX_LEN, L'\\') == NULL ? 0 : invalid_input();
}

/* Makes `pipe` the owner of `handle`. */
static int set_up(mio_named_pipe *pipe, HANDLE handle, const mio_named_pipe_kind *kind) {
  mio_named_pipe_state *state = mio_named_pipe_state_make(handle, kind);
  if (state == NULL) return mio_error_from_kind(MIO_ERROR_OUT_OF_MEMORY);
  mio_source_init(&pipe->source, &pipe_ops);
  pipe->source.native.handle = (mio_handle)handle;
  pipe->state = state;
  return 0;
}

static int set_up_or_close(mio_named_pipe *pipe, HANDLE handle,
                           const mio_named_pipe_options *options) {
  const mio_named_pipe_kind kind = {options->buffer_len, options->messages, options->messages};
  const int result = set_up(pipe, handle, &kind);
  if (result < 0) (void)CloseHandle(handle);
  return result;
}

int mio_named_pipe_create(mio_named_pipe *pipe, const char *name,
                          const mio_named_pipe_options *options) {
  const mio_named_pipe_options chosen = or_default(options);
  wide_name wide;
  int result = check_new(pipe, &chosen);
  if (result == 0) result = widen(name, &wide);
  if (result < 0) return result;
  const DWORD open_mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
                          (chosen.further_instance ? 0 : FILE_FLAG_FIRST_PIPE_INSTANCE);
  const DWORD mode = (chosen.messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : 0) |
                     (chosen.remote_clients ? 0 : PIPE_REJECT_REMOTE_CLIENTS);
  const DWORD instances =
      chosen.max_instances == 0 ? PIPE_UNLIMITED_INSTANCES : chosen.max_instances;
  const DWORD len = (DWORD)chosen.buffer_len;
  /* No security attributes means the default security descriptor and no inheritance. */
  const HANDLE handle = CreateNamedPipeW(wide.text, open_mode, mode, instances, len, len, 0, NULL);
  if (handle == INVALID_HANDLE_VALUE) return -(int)GetLastError();
  return set_up_or_close(pipe, handle, &chosen);
}

int mio_named_pipe_open(mio_named_pipe *pipe, const char *name,
                        const mio_named_pipe_options *options) {
  const mio_named_pipe_options chosen = or_default(options);
  wide_name wide;
  int result = check_new(pipe, &chosen);
  if (result == 0) result = widen(name, &wide);
  if (result < 0) return result;
  const HANDLE handle =
      CreateFileW(wide.text, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                  FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
  if (handle == INVALID_HANDLE_VALUE) return -(int)GetLastError();
  DWORD mode = PIPE_READMODE_MESSAGE; /* a client's end reads bytes by default */
  if (chosen.messages && !SetNamedPipeHandleState(handle, &mode, NULL, NULL)) {
    result = -(int)GetLastError();
    (void)CloseHandle(handle);
    return result;
  }
  return set_up_or_close(pipe, handle, &chosen);
}

/* A handle without overlapped I/O would block the polling thread. */
static bool is_overlapped(HANDLE handle) {
  enum { MODE_INFORMATION = 16, SYNCHRONOUS = 0x10 | 0x20 }; /* FILE_SYNCHRONOUS_IO_(NON)ALERT */
  ULONG mode = 0;
  IO_STATUS_BLOCK status;
  return NtQueryInformationFile(handle, &status, &mode, sizeof mode,
                                (FILE_INFORMATION_CLASS)MODE_INFORMATION) == MIO_NT_SUCCESS &&
         (mode & SYNCHRONOUS) == 0;
}

int mio_named_pipe_adopt(mio_named_pipe *pipe, mio_handle handle,
                         const mio_named_pipe_options *options) {
  const mio_named_pipe_options chosen = or_default(options);
  const int result = check_new(pipe, &chosen);
  if (result < 0) return result;
  const HANDLE native = (HANDLE)handle;
  DWORD flags = 0, mode = 0;
  /* An invalid handle has the file type "unknown". A socket has the file type of a pipe. */
  if (GetFileType(native) != FILE_TYPE_PIPE || !is_overlapped(native)) return invalid_input();
  /* An end that is open for writing only may refuse this query. */
  if (!GetNamedPipeInfo(native, &flags, NULL, NULL, NULL) &&
      GetLastError() != ERROR_ACCESS_DENIED) {
    return invalid_input();
  }
  (void)GetNamedPipeHandleStateW(native, &mode, NULL, NULL, NULL, NULL, 0);
  if ((mode & PIPE_NOWAIT) != 0) return invalid_input();
  const mio_named_pipe_kind kind = {chosen.buffer_len, (flags & PIPE_TYPE_MESSAGE) != 0,
                                    (mode & PIPE_READMODE_MESSAGE) != 0};
  return set_up(pipe, native, &kind);
}

void mio_named_pipe_close(mio_named_pipe *pipe) {
  if (pipe == NULL || pipe->source.ops == NULL) return;
  mio_selector *selector = mio_selector_find(mio_named_pipe_state_bound(pipe->state));
  mio_named_pipe_state_close(pipe->state, selector);
  if (selector != NULL) mio_selector_drop(selector);
  memset(pipe, 0, sizeof *pipe);
}

/* Using one. */

static bool is_open(const mio_named_pipe *pipe) { return pipe != NULL && pipe->source.ops != NULL; }

/* Returns the selector with which the pipe is registered, with a reference, or NULL if there is none. */
static mio_selector *selector_of(const mio_named_pipe *pipe) {
  return pipe->source.registration == 0 ? NULL : mio_selector_find(pipe->source.registration);
}

int mio_named_pipe_connect(mio_named_pipe *pipe) {
  if (!is_open(pipe)) return invalid_input();
  mio_selector *selector = selector_of(pipe);
  if (selector == NULL) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  const int result = mio_named_pipe_state_connect(pipe->state, selector);
  mio_selector_drop(selector);
  return result;
}

int mio_named_pipe_disconnect(mio_named_pipe *pipe) {
  return is_open(pipe) ? mio_named_pipe_state_disconnect(pipe->state) : invalid_input();
}

int mio_named_pipe_take_error(mio_named_pipe *pipe) {
  return is_open(pipe) ? mio_named_pipe_state_take_error(pipe->state) : invalid_input();
}

static bool are_buffers(const mio_iovec *buffers, size_t count) {
  if (buffers == NULL || count == 0 || count > MIO_IOVEC_COUNT_MAX) return false;
  for (size_t i = 0; i < count; ++i) {
    if (buffers[i].base == NULL && buffers[i].len != 0) return false;
  }
  return true;
}

static ptrdiff_t read_into(mio_named_pipe *pipe, const mio_iovec *buffers, size_t count,
                           bool *out_end) {
  if (!is_open(pipe) || !are_buffers(buffers, count)) return invalid_input();
  mio_selector *selector = selector_of(pipe);
  if (selector == NULL) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  const ptrdiff_t result =
      mio_named_pipe_state_read(pipe->state, selector, buffers, count, out_end);
  mio_selector_drop(selector);
  return result;
}

ptrdiff_t mio_named_pipe_read(mio_named_pipe *pipe, void *buffer, size_t len) {
  const mio_iovec one = {buffer, len};
  return read_into(pipe, &one, 1, NULL);
}

ptrdiff_t mio_named_pipe_readv(mio_named_pipe *pipe, const mio_iovec *buffers, size_t count) {
  return read_into(pipe, buffers, count, NULL);
}

ptrdiff_t mio_named_pipe_read_message(mio_named_pipe *pipe, void *buffer, size_t len,
                                      bool *out_end) {
  const mio_iovec one = {buffer, len};
  return out_end == NULL ? invalid_input() : read_into(pipe, &one, 1, out_end);
}

ptrdiff_t mio_named_pipe_writev(mio_named_pipe *pipe, const mio_iovec *buffers, size_t count) {
  if (!is_open(pipe) || !are_buffers(buffers, count)) return invalid_input();
  mio_selector *selector = selector_of(pipe);
  if (selector == NULL) return mio_error_from_kind(MIO_ERROR_NOT_FOUND);
  const ptrdiff_t result = mio_named_pipe_state_write(pipe->state, selector, buffers, count);
  mio_selector_drop(selector);
  return result;
}

ptrdiff_t mio_named_pipe_write(mio_named_pipe *pipe, const void *buffer, size_t len) {
  const union {
    const void *ours;
    void *theirs;
  } base = {buffer}; /* an iovec's base is for reads too */
  const mio_iovec one = {base.theirs, len};
  return mio_named_pipe_writev(pipe, &one, 1);
}

int mio_named_pipe_handle(const mio_named_pipe *pipe, mio_handle *out_handle) {
  if (!is_open(pipe) || out_handle == NULL) return invalid_input();
  *out_handle = pipe->source.native.handle;
  return 0;
}
