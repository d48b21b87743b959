#!/bin/sh
# Proves the first command of the README on a Debian 12 with nothing in it: debootstraps one into a
# folder, clones this repository's committed state into it and runs the quick start there, twice.
#
#   testing/hermetic/bare_debian.sh [bazelw argument...]    default: run //mio/examples:quickstart
#
# Needs root, debootstrap and some minutes. The machine's own package sources are used, with how this
# machine reaches them: its apt and pip configuration and its certificates.
set -eu

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$ROOT/testing/hermetic/lib.sh"

[ "$(id -u)" = 0 ] || fail "needs root, to make a Debian to chroot into"
command -v debootstrap >/dev/null || fail "needs debootstrap"

bare=$work/debian
undo() {
  for path in "$bare/dev" "$bare/proc"; do
    ! mountpoint -q "$path" || umount --recursive "$path" || umount --lazy "$path"
  done
}

# shellcheck disable=SC2016  # the fields are for apt to expand
mirror() {
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
    sed -n '/security/d; s/^Debian //p' | head -n 1
}

make_debian() {
  debootstrap --variant=minbase bookworm "$bare" "$(mirror)" >"$work/log" 2>&1 ||
    fail "debootstrap: $(tail -n 1 "$work/log")"
  for path in /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/pip.conf /etc/resolv.conf /etc/hosts; do
    [ ! -e "$path" ] || { mkdir -p "$bare$(dirname "$path")" && cp -aL "$path" "$bare$(dirname "$path")/"; }
  done
  rm -f "$bare/etc/apt/sources.list"
  # Not at its usual place, where a package of the new Debian puts its own.
  cp -L /etc/ssl/certs/ca-certificates.crt "$bare/etc/certificates-of-the-host.pem"
  mount -t proc proc "$bare/proc"
  mount --rbind /dev "$bare/dev"
  mount --make-rslave "$bare/dev"
}

# As a newcomer: a shell with next to no environment.
inside() {
  script=$1
  shift
  timeout "$LIMIT_S" chroot "$bare" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    PIP_CERT=/etc/certificates-of-the-host.pem sh -c "$script" sh "$@"
}

# Runs ./bazelw with these arguments in the clone and tells how long that took.
timed() {
  what=$1
  shift
  start=$(date +%s)
  # shellcheck disable=SC2016  # for the shell inside
  inside 'cd /checkout && exec ./bazelw "$@"' "$@" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    fail "$what: bazelw $* failed (see above)"
  }
  echo "$what: bazelw $* took $(($(date +%s) - start)) s"
}

[ "$#" != 0 ] || set -- run //mio/examples:quickstart
make_debian
! inside 'command -v gcc || command -v cc || command -v clang || command -v bazel' >/dev/null ||
  fail "the Debian is not bare"
git clone -q --no-hardlinks "$ROOT" "$bare/checkout"
timed "cold" "$@"
grep -v "^\[" "$work/log" | tail -n 20
timed "warm" "$@"
inside 'cd /checkout && ./bazelw shutdown' >/dev/null 2>&1 || true
