#include "mio/text.h"

#include <string.h>

mio_text mio_text_begin(char *out, size_t size) {
  mio_text text = {out, out == NULL ? 0 : size, 0};
  if (text.size > 0) out[0] = '\0';
  return text;
}

void mio_text_bytes(mio_text *text, const char *bytes, size_t length) {
  if (text->length + 1 < text->size) {
    const size_t room = text->size - text->length - 1;
    const size_t fits = length < room ? length : room;
    memcpy(text->out + text->length, bytes, fits);
    text->out[text->length + fits] = '\0';
  }
  text->length += length;
}

void mio_text_string(mio_text *text, const char *string) {
  mio_text_bytes(text, string, strlen(string));
}

static void put_number(mio_text *text, uint64_t value, unsigned base) {
  char digits[20]; /* UINT64_MAX in decimal */
  size_t start = sizeof digits;
  do {
    digits[--start] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  mio_text_bytes(text, digits + start, sizeof digits - start);
}

void mio_text_decimal(mio_text *text, uint64_t value) { put_number(text, value, 10); }

void mio_text_hex(mio_text *text, uint64_t value) {
  mio_text_string(text, "0x");
  put_number(text, value, 16);
}

void mio_text_item(mio_text *text, bool *first, const char *string) {
  if (!*first) mio_text_string(text, ", ");
  *first = false;
  mio_text_string(text, string);
}

void mio_text_flags(mio_text *text, uint32_t value, const mio_flag_name *names, size_t name_count,
                    const char *separator) {
  if (value == 0) mio_text_string(text, "0");
  const char *between = "";
  for (size_t i = 0; i < name_count; ++i) {
    if ((value & names[i].flag) != names[i].flag) continue;
    mio_text_string(text, between);
    mio_text_string(text, names[i].name);
    value &= ~names[i].flag;
    between = separator;
  }
  if (value == 0) return;
  mio_text_string(text, between);
  mio_text_hex(text, value);
}
