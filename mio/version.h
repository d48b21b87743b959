#ifndef MIO_VERSION_H_
#define MIO_VERSION_H_

#include "mio/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers. A test checks that MODULE.bazel has the same version.
 *
 *   #if MIO_VERSION < MIO_VERSION_NUMBER(0, 2, 0) */
#define MIO_VERSION_MAJOR  0
#define MIO_VERSION_MINOR  1
#define MIO_VERSION_PATCH  0
#define MIO_VERSION_STRING "0.1.0"

/* A version as one number. A later version is a greater number. Each part is below 1000. */
#define MIO_VERSION_NUMBER(major, minor, patch) ((major) * 1000000 + (minor) * 1000 + (patch))

#define MIO_VERSION MIO_VERSION_NUMBER(MIO_VERSION_MAJOR, MIO_VERSION_MINOR, MIO_VERSION_PATCH)

/* Returns the MIO_VERSION that the library was compiled with. It differs from the program's own MIO_VERSION
 * if the loaded shared library is another version than the one that the program was built with. May be
 * called from any thread, and cannot fail. */
MIO_API int mio_version(void);

#ifdef __cplusplus
}
#endif

#endif /* MIO_VERSION_H_ */
