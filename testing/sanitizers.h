#ifndef TESTING_SANITIZERS_H_
#define TESTING_SANITIZERS_H_

// MIO_TEST_ASAN, MIO_TEST_TSAN: 1 in a build with that sanitizer, as GCC and Clang tell it.

#if defined(__has_feature)
#define MIO_TEST_HAS_FEATURE(feature) __has_feature(feature)
#else
#define MIO_TEST_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || MIO_TEST_HAS_FEATURE(address_sanitizer)
#define MIO_TEST_ASAN 1
#else
#define MIO_TEST_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || MIO_TEST_HAS_FEATURE(thread_sanitizer)
#define MIO_TEST_TSAN 1
#else
#define MIO_TEST_TSAN 0
#endif

// How much slower than others the system is that the build is for.
#if !defined(MIO_TEST_SLOW_SYSTEM)
#define MIO_TEST_SLOW_SYSTEM 1
#endif

namespace mio_test {

// By how much to divide what a test repeats only to be thorough.
constexpr int kSlowdown = MIO_TEST_ASAN || MIO_TEST_TSAN ? 20 : MIO_TEST_SLOW_SYSTEM;

}  // namespace mio_test

#endif  // TESTING_SANITIZERS_H_
