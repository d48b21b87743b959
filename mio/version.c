#include "mio/version.h"

int mio_version(void) { return MIO_VERSION; }
