"""The one table of the systems that are built for: platform(), cc_toolchain() and toolchain() come of it.

Only dictionaries and lists of strings: the repository of the toolchain reads it too.

  os, cpu   names of platforms/constraints.bzl
  libc      "gnu" (dynamic, the default of Linux) or "musl" (static); empty elsewhere
  zig       the target for the hermetic toolchain; empty: a platform only, for a toolchain of the
            user's own (an SDK or NDK)
  features  toolchain features that are on for this target
"""

def _target(os, cpu, zig = "", libc = "", features = []):
    return struct(os = os, cpu = cpu, libc = libc, zig = zig, features = features)

# The floor of glibc: every distribution since 2018 has at least this one.
_GLIBC = "gnu.2.28"

TARGETS = {
    "linux_x86_64": _target("linux", "x86_64", "x86_64-linux-" + _GLIBC, "gnu"),
    "linux_i386": _target("linux", "x86_32", "x86-linux-" + _GLIBC, "gnu"),
    "linux_arm64": _target("linux", "aarch64", "aarch64-linux-" + _GLIBC, "gnu"),
    "linux_armv7": _target("linux", "armv7", "arm-linux-gnueabihf.2.28", "gnu"),
    "linux_riscv64": _target("linux", "riscv64", "riscv64-linux-" + _GLIBC, "gnu"),
    "linux_s390x": _target("linux", "s390x", "s390x-linux-" + _GLIBC, "gnu"),
    "linux_ppc64le": _target("linux", "ppc64le", "powerpc64le-linux-gnu.2.32", "gnu"),
    "linux_mips": _target("linux", "mips32", "mips-linux-gnueabihf.2.28", "gnu"),
    "linux_x86_64_musl": _target("linux", "x86_64", "x86_64-linux-musl", "musl", ["static_libc"]),
    "linux_i386_musl": _target("linux", "x86_32", "x86-linux-musl", "musl", ["static_libc"]),
    "linux_arm64_musl": _target("linux", "aarch64", "aarch64-linux-musl", "musl", ["static_libc"]),
    "linux_armv7_musl": _target("linux", "armv7", "arm-linux-musleabihf", "musl", ["static_libc"]),
    "linux_riscv64_musl": _target("linux", "riscv64", "riscv64-linux-musl", "musl", ["static_libc"]),
    "linux_s390x_musl": _target("linux", "s390x", "s390x-linux-musl", "musl", ["static_libc"]),
    "linux_ppc64le_musl": _target("linux", "ppc64le", "powerpc64le-linux-musl", "musl", ["static_libc"]),
    "linux_mips_musl": _target("linux", "mips32", "mips-linux-musleabihf", "musl", ["static_libc"]),
    "linux_loongarch64_musl": _target("linux", "loongarch64", "loongarch64-linux-musl", "musl", ["static_libc"]),
    "android_arm64": _target("android", "aarch64"),
    "android_armv7": _target("android", "armv7"),
    "android_x86_64": _target("android", "x86_64"),
    "android_x86": _target("android", "x86_32"),
    "macos_arm64": _target("macos", "aarch64", "aarch64-macos.12.0", features = ["darwin"]),
    "macos_x86_64": _target("macos", "x86_64", "x86_64-macos.12.0", features = ["darwin"]),
    "ios_arm64": _target("ios", "aarch64", "aarch64-ios", features = ["darwin", "darwin_headers"]),
    "ios_simulator_x86_64": _target("ios", "x86_64", "x86_64-ios-simulator", features = ["darwin", "darwin_headers"]),
    "tvos_arm64": _target("tvos", "aarch64"),
    "watchos_arm64": _target("watchos", "aarch64"),
    "visionos_arm64": _target("visionos", "aarch64"),
    "freebsd_x86_64": _target("freebsd", "x86_64", "x86_64-freebsd.14.0"),
    "freebsd_arm64": _target("freebsd", "aarch64", "aarch64-freebsd.14.0"),
    "netbsd_x86_64": _target("netbsd", "x86_64", "x86_64-netbsd.11.0"),
    "netbsd_arm64": _target("netbsd", "aarch64", "aarch64-netbsd.11.0"),
    "openbsd_x86_64": _target("openbsd", "x86_64", "x86_64-openbsd"),
    "openbsd_arm64": _target("openbsd", "aarch64", "aarch64-openbsd"),
    "dragonfly_x86_64": _target("dragonfly", "x86_64"),
    "windows_x86_64": _target("windows", "x86_64", "x86_64-windows-gnu"),
    "windows_x86": _target("windows", "x86_32", "x86-windows-gnu"),
    "windows_arm64": _target("windows", "aarch64", "aarch64-windows-gnu"),
}
