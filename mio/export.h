#ifndef MIO_EXPORT_H_
#define MIO_EXPORT_H_

/* MIO_API marks the functions that a program may call. The library is compiled with hidden symbols, so a
 * shared library exports these and nothing else.
 *
 * A Windows DLL needs one more define: MIO_BUILD_SHARED while the DLL itself is compiled, and MIO_SHARED in
 * a program that links to it. A static library needs neither, and neither has an effect on other systems.
 * (GCC and clang define __declspec as a macro when they compile for Windows.) */
#if defined(__GNUC__) && !defined(__declspec)
#define MIO_API __attribute__((visibility("default")))
#elif defined(MIO_BUILD_SHARED)
#define MIO_API __declspec(dllexport)
#elif defined(MIO_SHARED)
#define MIO_API __declspec(dllimport)
#else
#define MIO_API
#endif

/* For inline code: a conversion between numbers that strict C++ compilers also accept. */
#if defined(__cplusplus)
#define MIO_CAST(type, value) static_cast<type>(value)
#else
#define MIO_CAST(type, value) ((type)(value))
#endif

/* For inline code: a conversion between a pointer and a number. */
#if defined(__cplusplus)
#define MIO_POINTER_CAST(type, value) reinterpret_cast<type>(value)
#else
#define MIO_POINTER_CAST(type, value) ((type)(value))
#endif

#endif /* MIO_EXPORT_H_ */
