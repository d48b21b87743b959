#!/bin/sh
# Proves that two users share a cache of results: two checkouts in different folders, each with a home, an output base
# and a compiler cache of its own, have the same actions, and what the first one built the second one only fetches.
#
#   testing/hermetic/action_keys.sh [target...]         default: the library, without programs
set -eu

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$ROOT/testing/hermetic/lib.sh"

# Compiles in a checkout of its own and keeps what Bazel says of the actions.
build() {
  checkout "$work/$1/checkout"
  own_cache "$work/$1/home/cache"
  (
    HOME=$work/$1/home
    USER=$2
    export HOME USER
    cd "$work/$1/checkout"
    bazel "$work/$1/out" build --disk_cache="$work/disk" --show_result=0 $targets
    grep ' processes*: ' "$work/log" >"$work/processes.$2"
    bazel "$work/$1/out" aquery --include_commandline "deps($expression)"
    sed -n '/^ *\(Mnemonic\|ActionKey\|Command Line\|Environment\|-\| \)/p' "$work/log" >"$work/actions.$2"
  ) || exit 1
}

targets=${*:-//mio //mio/linux //mio/unix}
expression=$(echo "$targets" | sed 's/ / + /g')
build here ann
build "another/and/much/longer/name" bob
[ "$(grep -c ActionKey "$work/actions.ann")" -ge 20 ] || fail "aquery told of no actions"
cmp -s "$work/actions.ann" "$work/actions.bob" ||
  fail "the actions differ: $(diff "$work/actions.ann" "$work/actions.bob" | head -n 20)"
! grep -qF "$work" "$work/actions.ann" || fail "a command line names a folder of this machine"
echo "the same: $(grep -c ActionKey "$work/actions.ann") actions of two users"
grep -q sandbox "$work/processes.ann" || fail "the first build compiled nothing: $(cat "$work/processes.ann")"
! grep -q 'sandbox\|local\|worker' "$work/processes.bob" ||
  fail "the second user compiled again: $(cat "$work/processes.bob")"
echo "shared: the second user's build was $(sed 's/^INFO: //' "$work/processes.bob")"
