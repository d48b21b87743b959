#ifndef MIO_TEXT_H_
#define MIO_TEXT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inside the library: text put together in a caller's buffer, without stdio and without memory.
 * What does not fit is cut, the length goes on counting, and the buffer is NUL-terminated after
 * every call (unless it has no room at all). */
typedef struct mio_text {
  char *out;
  size_t size;
  size_t length; /* of the whole text, as if it had fitted */
} mio_text;

typedef struct mio_flag_name {
  uint32_t flag;
  const char *name;
} mio_flag_name;

mio_text mio_text_begin(char *out, size_t size);
void mio_text_bytes(mio_text *text, const char *bytes, size_t length);
void mio_text_string(mio_text *text, const char *string);
void mio_text_decimal(mio_text *text, uint64_t value);
void mio_text_hex(mio_text *text, uint64_t value);

/* `string` with ", " before it unless `*first`, which becomes false: for lists of words. */
void mio_text_item(mio_text *text, bool *first, const char *string);

/* The names of the flags that are set in `value`, joined by `separator`; bits without a name follow
 * in hexadecimal; "0" when nothing is set. */
void mio_text_flags(mio_text *text, uint32_t value, const mio_flag_name *names, size_t name_count,
                    const char *separator);

#endif /* MIO_TEXT_H_ */
