#ifndef MIO_TOKEN_H_
#define MIO_TOKEN_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A token says which source an event is for.
 *
 * The caller chooses it when registering a source; the library hands it back unchanged with every
 * event of that source. Any value is legal, and a pointer fits: an enum for a handful of sources,
 * an index into a table for many, or the address of the connection itself.
 *
 *   enum { SERVER, CLIENT };
 *   mio_registry_register(registry, &server.source, SERVER, MIO_READABLE);
 *   mio_registry_register(registry, &conn->stream.source, (mio_token)conn, MIO_READABLE);
 *
 * Tokens need not be unique: two sources under one token cannot be told apart, and nothing else
 * happens. Comes from mio's `Token`, which wraps a `usize`. */
typedef uintptr_t mio_token;

#ifdef __cplusplus
}
#endif

#endif /* MIO_TOKEN_H_ */
