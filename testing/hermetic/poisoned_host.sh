#!/bin/sh
# Proves that nothing of the host leaks into the build: with poison in the place of every compiler,
# binary utility, C and C++ header of the machine and in the environment, the hermetic build does as
# ever, and the build with the host's compiler (the control) dies of it.
#
#   testing/hermetic/poisoned_host.sh [target...]       default: //mio/... and a C++ test
#
# As root the poison also lies over /usr/bin and /usr/include, in a mount namespace of this script.
set -eu

if [ "$(id -u)" = 0 ] && [ -z "${POISON_NAMESPACE:-}" ]; then
  POISON_NAMESPACE=yes exec unshare --mount -- "$0" "$@"
fi

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$ROOT/testing/hermetic/lib.sh"

TOOLS="ar as c++ c89 c99 cc clang clang++ clang-cl cpp g++ gcc gcc-ar ld ld.bfd ld.gold ld.lld lld
  llvm-ar make nm objcopy objdump pkg-config ranlib strip tcc
  x86_64-linux-gnu-g++ x86_64-linux-gnu-gcc x86_64-linux-gnu-ld"
HEADERS="assert.h errno.h fcntl.h limits.h netinet/in.h pthread.h signal.h stdarg.h stdbool.h stddef.h
  stdint.h stdio.h stdlib.h string.h sys/epoll.h sys/eventfd.h sys/socket.h sys/types.h time.h
  unistd.h gtest/gtest.h atomic cstdint memory string thread vector"

plant() {
  mkdir -p "$work/bin" "$work/include" "$work/lib"
  for tool in $TOOLS; do
    printf '#!/bin/sh\necho "POISON: %s was run" >&2\nexit 97\n' "$tool" >"$work/bin/$tool"
    chmod 755 "$work/bin/$tool"
  done
  for header in $HEADERS; do
    mkdir -p "$work/include/$(dirname "$header")"
    echo "#error POISON: <$header> of the host was read" >"$work/include/$header"
  done
  for library in libc.so libc.a libc++.a libgtest.a libm.a libpthread.a libstdc++.a; do
    echo "POISON: $library of the host was linked" >"$work/lib/$library"
  done
}

# Lays the poison over what the machine has installed, seen by this process and its children alone.
cover() {
  [ -n "${POISON_NAMESPACE:-}" ] || return 0
  mount --make-rprivate /
  [ ! -d /usr/include ] || lay "$work/include" /usr/include
  for tool in $TOOLS; do
    for folder in /usr/bin /usr/local/bin; do
      # A link may lead to a name that is covered already.
      [ ! -e "$folder/$tool" ] || lay "$work/bin/$tool" "$(readlink -f "$folder/$tool")"
    done
  done
}

lay() {
  mount --bind "$1" "$2"
  covered="$2 $covered"
}

covered=
undo() {
  for path in $covered; do
    umount "$path" || umount --lazy "$path"
  done
}

poison_environment() {
  PATH=$work/bin:$PATH
  CPATH=$work/include
  C_INCLUDE_PATH=$work/include
  CPLUS_INCLUDE_PATH=$work/include
  LIBRARY_PATH=$work/lib
  CC=$work/bin/gcc
  CXX=$work/bin/g++
  CFLAGS=-DPOISON
  CXXFLAGS=-DPOISON
  LDFLAGS=-lpoison
  export PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH CC CXX CFLAGS CXXFLAGS LDFLAGS
}

targets=${*:-//mio/... //testing:interest_test}
checkout "$work/checkout"
plant
cover
poison_environment
"$CC" 2>/dev/null && fail "the poison does not work: $CC ran"
cd "$work/checkout"

MIO_BAZEL_CACHE=$user_cache bazel "$work/out" build $targets
echo "hermetic: $targets built with poison all over the host"

if (bazel "$work/out" build --config=host $targets) 2>"$work/control"; then
  fail "the control built: the poison is not where a compiler of the host would meet it"
fi
grep -q POISON "$work/control" || {
  cat "$work/control" >&2
  fail "the control failed of something else (see above)"
}
echo "control: --config=host died of $(grep -o 'POISON: .*' "$work/control" | head -n 1)"
