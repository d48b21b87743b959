#ifndef TESTING_HEADERS_H_
#define TESTING_HEADERS_H_

#include <type_traits>

#include "gtest/gtest.h"
#include "mio/source.h"
#include "testing/util.h"

// What the public types have in common in C++.
namespace mio_test {

template <typename... T>
constexpr bool ArePlain() {
  return (... && (std::is_standard_layout<T>::value && std::is_trivially_copyable<T>::value &&
                  std::is_trivially_default_constructible<T>::value));
}

// What `{}` makes is closed: closing it is nothing, and using it is refused.
template <typename T>
void ExpectClosed(void (*close)(T *), int (*handle)(const T *, mio_handle *)) {
  T object = {};
  mio_handle out = MIO_HANDLE_NONE;
  EXPECT_ERROR(handle(&object, &out), MIO_ERROR_INVALID_INPUT);
  close(&object);
  close(&object);
  close(nullptr);
  EXPECT_ERROR(handle(&object, &out), MIO_ERROR_INVALID_INPUT);
}

}  // namespace mio_test

#endif  // TESTING_HEADERS_H_
