#ifndef MIO_TOKEN_H_
#define MIO_TOKEN_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A token identifies the source of an event.
 *
 * The caller chooses the token when it registers a source. The library returns it unchanged with every
 * event of that source. Any value is legal, and a pointer fits. Use an enum for a few sources, an index
 * into a table for many, or the address of the connection itself.
 *
 *   enum { SERVER, CLIENT };
 *   mio_registry_register(registry, &server.source, SERVER, MIO_READABLE);
 *   mio_registry_register(registry, &conn->stream.source, (mio_token)conn, MIO_READABLE);
 *
 * Tokens need not be unique. Events of two sources with one token cannot be distinguished; there is no
 * other effect. Comes from mio's `Token`, which wraps a `usize`. */
typedef uintptr_t mio_token;

#ifdef __cplusplus
}
#endif

#endif /* MIO_TOKEN_H_ */
