#ifndef MIO_TEXT_H_
#define MIO_TEXT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inside the library: builds text in a caller's buffer, without stdio and without allocation. Text that
 * does not fit is cut, but the length counts it. The buffer is NUL-terminated after every call, unless its
 * size is 0. */
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

/* Appends `string` to a list of words, with ", " before it unless `*first` is true. `*first` becomes false. */
void mio_text_item(mio_text *text, bool *first, const char *string);

/* Appends the names of the flags that are set in `value`, joined by `separator`. Bits without a name follow
 * in hexadecimal. Appends "0" if no flag is set. */
void mio_text_flags(mio_text *text, uint32_t value, const mio_flag_name *names, size_t name_count,
                    const char *separator);

#endif /* MIO_TEXT_H_ */
