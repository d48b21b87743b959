#!/bin/sh
# Runs a Windows program under Wine:
#
#   wine.sh PROGRAM [ARGUMENT...]
#
# What --config=windows starts tests and `bazel run` with. $MIO_WINE is a folder that Wine has set up
# once (./bazelw sees to it) and that is only read here: a run has its own registry, its own
# C:\users and its own server, on top of that folder's C:\windows, which takes no time and lets
# runs go on side by side. Without $MIO_WINE each run sets up all of it, which takes ten seconds.
#
# The status is the program's, of which Wine hands on the lower 8 bits.
set -eu

have() {
  command -v "$1" >/dev/null 2>&1
}

have wine && have wineserver || {
  echo "wine.sh: there is no Wine on this machine: install wine64 and wine" >&2
  exit 127
}

# Its own, inside the test's own folder if this is a test.
run=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/wine.XXXXXX")
export WINEPREFIX="$run/prefix"
export WINEDEBUG="${WINEDEBUG:--all}"
# No .NET, browser, desktop or service is asked for, set up or started: nothing here needs them.
export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe,services.exe="
unset DISPLAY WAYLAND_DISPLAY || true

# Debian's Wine keeps the name of its server's folder in the prefix.
end() {
  wineserver -k 2>/dev/null || true
  server=$(cat "$WINEPREFIX/wineserver" 2>/dev/null) || server=
  case $server in
    wine-??????) rm -rf "/tmp/$server" ;;
  esac
  rm -rf "$run"
}
trap end EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

borrow_prefix() {
  mkdir -p "$WINEPREFIX/dosdevices" "$WINEPREFIX/drive_c"
  cp "$MIO_WINE"/*.reg "$MIO_WINE/.update-timestamp" "$WINEPREFIX"
  for part in "$MIO_WINE"/drive_c/*; do
    case $part in
      */users) cp -R "$part" "$WINEPREFIX/drive_c" ;;
      *) ln -s "$part" "$WINEPREFIX/drive_c" ;;
    esac
  done
  ln -s ../drive_c "$WINEPREFIX/dosdevices/c:"
  ln -s / "$WINEPREFIX/dosdevices/z:"
}

# Wine calls the root Z:, and programs for Windows do not have to know what a path without a drive
# is relative to.
for name in TEST_TMPDIR TEST_SRCDIR RUNFILES_DIR XML_OUTPUT_FILE TEST_SHARD_STATUS_FILE \
  TEST_PREMATURE_EXIT_FILE TEST_UNDECLARED_OUTPUTS_DIR; do
  eval "value=\${$name-}"
  case $value in
    /*) export "$name=Z:$value" ;;
  esac
done

[ -z "${MIO_WINE-}" ] || borrow_prefix
status=0
wine "$@" || status=$?
exit "$status"
