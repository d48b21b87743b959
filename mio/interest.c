#include "mio/interest.h"

#include "mio/text.h"

size_t mio_interest_format(mio_interest interest, char *out, size_t size) {
  static const mio_flag_name names[] = {
      {MIO_READABLE, "READABLE"}, {MIO_WRITABLE, "WRITABLE"}, {MIO_PRIORITY, "PRIORITY"},
      {MIO_AIO, "AIO"},           {MIO_LIO, "LIO"},           {MIO_LEVEL, "LEVEL"},
      {MIO_ONESHOT, "ONESHOT"},
  };
  mio_text text = mio_text_begin(out, size);
  mio_text_flags(&text, interest, names, sizeof names / sizeof names[0], " | ");
  return text.length;
}
