"""The one table of the systems that are built for.

platform(), cc_toolchain() and toolchain() come of it, and so do the README's table, the legs of CI and what
testing/matrix/run does. Only literals and functions that make structs: other readers than Bazel take it too.

  os, cpu   names of platforms/constraints.bzl
  zig       the target for the hermetic toolchain; empty: a platform only
  libc      "gnu" (dynamic, the default of Linux) or "musl" (static); empty elsewhere
  features  toolchain features that are on for this target
  state     how far it was verified, see STATES; without a zig target it was done by hand
  by        what executes it, see EXECUTORS; empty: nothing does
  scope     of what that is true, see SCOPES
  config    the --config that builds and tests it, where --platforms is not all that it takes
  leg       the leg of .ci/run that does so each time; empty: only testing/matrix/run, when asked
  note      what else there is to say
"""

STATES = {
    "executed": "Tests ran.",
    "linked": "Programs were linked. Nobody ran them.",
    "compiled": "Objects were made. There is nothing to link them with here.",
    "broken": "It does not compile.",
    "planned": "There is no backend for it.",
    "untried": "Nobody tried.",
}

EXECUTORS = {
    "native": "the machine itself, an x86_64",
    "qemu-user": "the emulator qemu-user 7.2",
    "wine": "Wine",
}

# The patterns that are built, for "core" less the suites that testing/defs.bzl does not call so.
SCOPES = {
    "suite": ["//mio/...", "//testing/..."],
    "core": ["//mio/...", "//testing/..."],
    "library": ["//mio/..."],
    "objects": ["//mio", "//mio/linux", "//mio/unix", "//testing/android:all"],
}

def _target(
        os,
        cpu,
        zig = "",
        libc = "",
        features = [],
        state = "untried",
        by = "",
        scope = "library",
        config = "",
        leg = "",
        note = ""):
    return struct(
        os = os,
        cpu = cpu,
        zig = zig,
        libc = libc,
        features = features,
        state = state,
        by = by,
        scope = scope,
        config = config,
        leg = leg,
        note = note,
    )

# The floor of glibc: every distribution since 2018 has at least this one.
_GLIBC = "gnu.2.28"

# Its widest atomic instruction has 32 bits: half the wakers.
_NARROW = "16 wakers a poll"

def _glibc(cpu, zig, leg = "cross", **more):
    return _target("linux", cpu, zig, "gnu", state = "linked", leg = leg, **more)

def _musl(cpu, zig, **more):
    return _target("linux", cpu, zig, "musl", ["static_libc"], **more)

def _musl_executed(cpu, zig, name, by = "qemu-user", scope = "suite", leg = "", note = ""):
    return _musl(
        cpu,
        zig,
        state = "executed",
        by = by,
        scope = scope,
        config = "linux_" + name,
        leg = leg or name,
        note = note,
    )

def _unix(os, cpu, zig, leg, features = []):
    """A system with a kqueue, of which the compiler has all that a program is linked with."""
    return _target(os, cpu, zig, features = features, state = "linked", scope = "suite", leg = leg)

def _apple(os, cpu, zig, leg = "cross"):
    """A system whose SDK only its maker has: the headers that zig has for all of them are enough for objects."""
    features = ["darwin", "darwin_headers"]
    return _target(os, cpu, zig, features = features, state = "compiled", scope = "objects", leg = leg)

def _android(cpu, zig):
    return _target(
        "android",
        cpu,
        zig,
        features = ["android_21"],
        state = "compiled",
        scope = "objects",
        leg = "android",
        note = "API level 21; against musl's headers, as the NDK is the user's own; by hand against bionic's of 2025",
    )

TARGETS = {
    "linux_x86_64": _target(
        "linux",
        "x86_64",
        "x86_64-linux-" + _GLIBC,
        "gnu",
        state = "executed",
        by = "native",
        scope = "suite",
        leg = "readme",
        note = "glibc 2.28 or later",
    ),
    "linux_i386": _glibc("x86_32", "x86-linux-" + _GLIBC),
    "linux_arm64": _glibc("aarch64", "aarch64-linux-" + _GLIBC),
    "linux_armv7": _glibc("armv7", "arm-linux-gnueabihf.2.28"),
    "linux_riscv64": _glibc("riscv64", "riscv64-linux-" + _GLIBC),
    "linux_s390x": _glibc("s390x", "s390x-linux-" + _GLIBC),
    "linux_ppc64le": _glibc("ppc64le", "powerpc64le-linux-gnu.2.32"),
    "linux_mips": _glibc("mips32", "mips-linux-gnueabihf.2.28", note = _NARROW),
    "linux_x86_64_musl": _musl_executed("x86_64", "x86_64-linux-musl", "musl", "native"),
    "linux_i386_musl": _musl_executed("x86_32", "x86-linux-musl", "i386", "native"),
    "linux_arm64_musl": _musl_executed("aarch64", "aarch64-linux-musl", "arm64"),
    "linux_armv7_musl": _musl_executed("armv7", "arm-linux-musleabihf", "armv7", scope = "core", leg = "cpus"),
    "linux_riscv64_musl": _musl_executed("riscv64", "riscv64-linux-musl", "riscv64", scope = "core", leg = "cpus"),
    "linux_s390x_musl": _musl_executed("s390x", "s390x-linux-musl", "s390x"),
    "linux_ppc64le_musl": _musl_executed("ppc64le", "powerpc64le-linux-musl", "ppc64le", scope = "core", leg = "cpus"),
    "linux_mips_musl": _musl_executed("mips32", "mips-linux-musleabihf", "mips", scope = "core", leg = "cpus", note = _NARROW),
    "linux_loongarch64_musl": _musl("loongarch64", "loongarch64-linux-musl", state = "linked", leg = "cross"),
    "android_arm64": _android("aarch64", "aarch64-linux-musl"),
    "android_armv7": _android("armv7", "arm-linux-musleabihf"),
    "android_x86_64": _android("x86_64", "x86_64-linux-musl"),
    "android_x86": _android("x86_32", "x86-linux-musl"),
    "macos_arm64": _unix("macos", "aarch64", "aarch64-macos.12.0", "suites", ["darwin"]),
    "macos_x86_64": _unix("macos", "x86_64", "x86_64-macos.12.0", "suites_more", ["darwin"]),
    "ios_arm64": _apple("ios", "aarch64", "aarch64-ios"),
    "ios_simulator_x86_64": _apple("ios", "x86_64", "x86_64-ios-simulator"),
    "tvos_arm64": _apple("tvos", "aarch64", "aarch64-tvos"),
    "watchos_arm64": _apple("watchos", "aarch64", "aarch64-watchos"),
    "visionos_arm64": _apple("visionos", "aarch64", "aarch64-visionos"),
    "freebsd_x86_64": _unix("freebsd", "x86_64", "x86_64-freebsd.14.0", "suites"),
    "freebsd_arm64": _unix("freebsd", "aarch64", "aarch64-freebsd.14.0", "suites_more", ["no_ptrauth"]),
    "netbsd_x86_64": _unix("netbsd", "x86_64", "x86_64-netbsd.11.0", "suites"),
    "netbsd_arm64": _unix("netbsd", "aarch64", "aarch64-netbsd.11.0", "suites_more"),
    "openbsd_x86_64": _unix("openbsd", "x86_64", "x86_64-openbsd", "suites"),
    "openbsd_arm64": _unix("openbsd", "aarch64", "aarch64-openbsd", "suites_more"),
    "dragonfly_x86_64": _target(
        "dragonfly",
        "x86_64",
        state = "compiled",
        note = "by hand against the headers of 5.9, which the hermetic compiler lacks; not in CI",
    ),
    "windows_x86_64": _target(
        "windows",
        "x86_64",
        "x86_64-windows-gnu",
        state = "executed",
        by = "wine",
        scope = "suite",
        config = "windows",
        leg = "windows",
    ),
    "windows_x86": _target("windows", "x86_32", "x86-windows-gnu", state = "linked", leg = "windows"),
    "windows_arm64": _target("windows", "aarch64", "aarch64-windows-gnu", state = "linked", leg = "windows"),
}
