# What the proofs of this folder share; $ROOT is the workspace. Everything they make is below $work,
# which is gone when they end, as are the Bazel servers that they started.

LIMIT_S=${LIMIT_S:-1500}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Not in /tmp, of which a Bazel sandbox may show an empty one.
work=$(mktemp -d /var/tmp/mio-hermetic.XXXXXX) || fail "no folder to work in"
servers=$work/servers
: >"$servers"

# A script that leaves more than files defines this anew.
undo() {
  :
}

clean_up() {
  status=$?
  trap - EXIT
  while IFS= read -r server; do
    kill "$server" 2>/dev/null || true
  done <"$servers"
  undo
  chmod -R u+w "$work" 2>/dev/null || true
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# What git has of the workspace, and what is new and not ignored, as a checkout elsewhere.
checkout() {
  [ ! -d "$1" ] || return 0
  mkdir -p "$1"
  (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | while_exists |
    tar --null --files-from=- -cf -) | tar -xf - -C "$1"
}

# Of the names on standard input those that exist: a file may be removed and not committed yet.
while_exists() {
  xargs -0 -r sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done; :' sh
}

# A cache with what was downloaded already, but nothing that the compiler has built.
own_cache() {
  MIO_BAZEL_CACHE=$1
  export MIO_BAZEL_CACHE
  [ ! -d "$1" ] || return 0
  mkdir -p "$1"
  for downloaded in "$user_cache"/zig-[0-9]* "$user_cache"/distdir; do
    [ ! -e "$downloaded" ] || ln -s "$downloaded" "$1/"
  done
}

user_cache=${MIO_BAZEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mio-bazel}

# Runs ./bazelw in the current checkout with the output base below $1; quiet unless it fails.
bazel() {
  output=$1
  shift
  log=$work/log
  timeout "$LIMIT_S" ./bazelw --output_user_root="$output" --max_idle_secs=60 "$@" >"$log" 2>&1 && status=0 ||
    status=$?
  ./bazelw --output_user_root="$output" info server_pid 2>/dev/null >>"$servers" || true
  [ "$status" = 0 ] || tail -n 40 "$log" >&2
  [ "$status" != 124 ] || fail "bazel $1 took over $LIMIT_S s"
  [ "$status" = 0 ] || fail "bazel $* failed (see above)"
}
