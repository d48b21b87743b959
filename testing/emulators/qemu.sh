#!/bin/sh
# Runs a program that is for another CPU under qemu's user mode emulation:
#
#   qemu.sh CPU PROGRAM [ARGUMENT...]         CPU as qemu calls it: aarch64, s390x, ...
#
# What the configs linux_arm64 and its like start tests with. A program that starts others finds in
# $MIO_EMULATOR what to start them with: nothing is asked of the machine but that qemu is installed.
set -eu

cpu=$1
shift

# Debian's package qemu-user has the first, qemu-user-static the second.
for emulator in "qemu-$cpu" "qemu-$cpu-static"; do
  if MIO_EMULATOR=$(command -v "$emulator"); then
    export MIO_EMULATOR
    exec "$MIO_EMULATOR" "$@"
  fi
done
echo "qemu.sh: there is no qemu-$cpu on this machine: install qemu-user" >&2
exit 127
