#!/bin/sh
# Proves that the build is reproducible: two checkouts in different folders, each with an output base
# and a compiler cache of its own, give bit-identical archives and binaries.
#
#   testing/hermetic/reproducible.sh [target...]        default: //mio/...
set -eu

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$ROOT/testing/hermetic/lib.sh"

# Builds a checkout of its own and lists what came of it, with hashes, in $work/$1.$2.
build() {
  checkout "$work/$2/checkout"
  own_cache "$work/$2/cache"
  (
    cd "$work/$2/checkout"
    bazel "$work/$2/out" build --compilation_mode="$1" $targets
    cd bazel-bin
    # Bazel's lists of runfiles name folders of the machine; what is built must not.
    find -L . -type f ! -path '*.runfiles/*' \( -name '*.a' -o ! -name '*.*' \) | LC_ALL=C sort |
      xargs sha256sum >"$work/$1.$(basename "$2")"
  ) || exit 1
}

targets=${*:-//mio/...}
for mode in fastbuild opt; do
  build $mode here
  build $mode "another/and/much/longer/name"
  [ -s "$work/$mode.here" ] || fail "$mode: no archive and no binary was built"
  if ! cmp -s "$work/$mode.here" "$work/$mode.name"; then
    fail "$mode: two clean builds differ in" \
      "$(diff "$work/$mode.here" "$work/$mode.name" | sed -n 's/^> [0-9a-f]* *//p' | tr '\n' ' ')"
  fi
  echo "$mode: $(wc -l <"$work/$mode.here") archives and binaries are bit-identical"
done
