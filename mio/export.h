#ifndef MIO_EXPORT_H_
#define MIO_EXPORT_H_

/* MIO_API marks the functions that a program may call. The library is compiled with hidden symbols,
 * so a shared library exports these and nothing else.
 *
 * On Windows a DLL needs one define more: MIO_BUILD_SHARED while the DLL itself is compiled, and
 * MIO_SHARED in a program that links to it. A static library needs neither. */
#if defined(_WIN32)
#if defined(MIO_BUILD_SHARED)
#define MIO_API __declspec(dllexport)
#elif defined(MIO_SHARED)
#define MIO_API __declspec(dllimport)
#else
#define MIO_API
#endif
#elif defined(__GNUC__)
#define MIO_API __attribute__((visibility("default")))
#else
#define MIO_API
#endif

#endif /* MIO_EXPORT_H_ */
