// Everything in the library that reads or writes text, over arbitrary bytes: the first byte chooses.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "mio/mio.h"

namespace {

void Require(bool holds) {
  if (!holds) abort();
}

// Calls a formatter with room for everything, and with too little room: the length is the same, the text
// a prefix, and nothing behind it is written.
template <typename Format>
std::string FormatBothWays(const Format &format, size_t max, size_t little) {
  std::vector<char> whole(max, 'x');
  const size_t length = format(whole.data(), whole.size());
  Require(length < max && whole[length] == 0 && strlen(whole.data()) == length);
  std::vector<char> cut(little + 1, 'x');
  Require(format(cut.data(), little) == length);
  Require(cut[little] == 'x');
  if (little > 0) {
    const size_t kept = strlen(cut.data());
    Require(kept == (length < little ? length : little - 1));
    Require(memcmp(cut.data(), whole.data(), kept) == 0);
  }
  return whole.data();
}

void FuzzAddr(const uint8_t *bytes, size_t size) {
  const std::string text(reinterpret_cast<const char *>(bytes), size);
  mio_addr addr = mio_addr_v4(1, 2, 3, 4, 5), same;
  const mio_addr before = addr;
  if (mio_addr_parse(text.c_str(), &addr) < 0) {
    Require(mio_addr_equal(&addr, &before));
    return;
  }
  const auto format = [&](char *out, size_t room) { return mio_addr_format(&addr, out, room); };
  const std::string canonical = FormatBothWays(format, MIO_ADDR_FORMAT_MAX, size % 20);
  Require(mio_addr_parse(canonical.c_str(), &same) == 0);
  Require(mio_addr_equal(&addr, &same));
}

void FuzzAddrValue(const uint8_t *bytes, size_t size) {
  mio_addr addr = {}, same;
  if (size < 26) return;
  addr.family = (bytes[0] & 1) != 0 ? MIO_ADDR_V6 : MIO_ADDR_V4;
  memcpy(&addr.port, bytes + 1, sizeof addr.port);
  memcpy(addr.ip, bytes + 3, addr.family == MIO_ADDR_V6 ? 16 : 4);
  if (addr.family == MIO_ADDR_V6) memcpy(&addr.scope_id, bytes + 19, sizeof addr.scope_id);
  const auto format = [&](char *out, size_t room) { return mio_addr_format(&addr, out, room); };
  const std::string text = FormatBothWays(format, MIO_ADDR_FORMAT_MAX, bytes[25] % 40);
  Require(mio_addr_parse(text.c_str(), &same) == 0);
  Require(mio_addr_equal(&addr, &same));
}

void FuzzUnixAddr(const uint8_t *bytes, size_t size) {
  if (size < 1) return;
  const char *name = reinterpret_cast<const char *>(bytes + 1);
  mio_unix_addr addr = {}, before = {};
  const int result = (bytes[0] & 1) != 0 ? mio_unix_addr_from_path_bytes(name, size - 1, &addr)
                                         : mio_unix_addr_from_abstract_name(name, size - 1, &addr);
  if (result < 0) {
    Require(mio_unix_addr_equal(&addr, &before));
    return;
  }
  Require(addr.name_len == size - 1 && memcmp(addr.name, name, size - 1) == 0);
  const auto format = [&](char *out, size_t room) {
    return mio_unix_addr_format(&addr, out, room);
  };
  FormatBothWays(format, MIO_UNIX_ADDR_FORMAT_MAX, bytes[0] % 64);
}

void FuzzEvent(const uint8_t *bytes, size_t size) {
  mio_event event;
  if (size < sizeof event + 1) return;
  memcpy(&event, bytes + 1, sizeof event);
  const auto format = [&](char *out, size_t room) { return mio_event_format(&event, out, room); };
  FormatBothWays(format, MIO_EVENT_FORMAT_MAX, bytes[0]);
}

void FuzzInterest(const uint8_t *bytes, size_t size) {
  mio_interest interest;
  if (size < sizeof interest + 1) return;
  memcpy(&interest, bytes + 1, sizeof interest);
  const auto format = [&](char *out, size_t room) {
    return mio_interest_format(interest, out, room);
  };
  FormatBothWays(format, MIO_INTEREST_FORMAT_MAX, bytes[0] % 100);
}

void FuzzError(const uint8_t *bytes, size_t size) {
  int code;
  if (size < sizeof code + 1) return;
  memcpy(&code, bytes + 1, sizeof code);
  char text[MIO_ERROR_MESSAGE_MAX];
  const size_t room = static_cast<size_t>(bytes[0]) + 1;
  const char *message = mio_error_message(code, text, room);
  Require(message == text && strlen(text) < room);
  Require((mio_error_kind(code) == MIO_OK) == (code >= 0));
  Require(mio_error_kind_name(mio_error_kind(code)) != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  constexpr void (*kTargets[])(const uint8_t *, size_t) = {FuzzAddr,  FuzzAddrValue, FuzzUnixAddr,
                                                           FuzzEvent, FuzzInterest,  FuzzError};
  if (size == 0) return 0;
  kTargets[bytes[0] % (sizeof kTargets / sizeof kTargets[0])](bytes + 1, size - 1);
  return 0;
}
