"""Where each OS and CPU constraint lives: in @platforms where it has one, else in this package.

Bazel 4 and 5 ship a @platforms that lacks several values. A library cannot ask @platforms what it
has, but a Bazel that knows `starlark_doc_extract` (7.0 on) comes with one that has them.
"""

_MODERN = hasattr(native, "starlark_doc_extract")

# Defined by platforms/BUILD.bazel for those a Bazel's @platforms does not have.
OWN_OS = ["dragonfly", "posix"] + ([] if _MODERN else ["haiku", "netbsd", "visionos"])
OWN_CPU = ["loongarch64", "mips32"] + ([] if _MODERN else ["ppc64le"])

_OS = [
    "android",
    "dragonfly",
    "freebsd",
    "haiku",
    "ios",
    "linux",
    "macos",
    "netbsd",
    "openbsd",
    "posix",
    "qnx",
    "tvos",
    "visionos",
    "watchos",
    "windows",
]

_CPU = [
    "aarch64",
    "armv7",
    "loongarch64",
    "mips32",
    "ppc64le",
    "riscv64",
    "s390x",
    "x86_32",
    "x86_64",
]

def _labels(names, own, repository):
    return {
        name: "//platforms:" + name if name in own else repository + name
        for name in names
    }

OS = _labels(_OS, OWN_OS, "@platforms//os:")
CPU = _labels(_CPU, OWN_CPU, "@platforms//cpu:")

# The operating systems by the facility they wait with.
EPOLL_OS = ["android", "linux"]
KQUEUE_OS = [
    "dragonfly",
    "freebsd",
    "ios",
    "macos",
    "netbsd",
    "openbsd",
    "tvos",
    "visionos",
    "watchos",
]
POLL_OS = ["haiku", "posix", "qnx"]
UNIX_OS = EPOLL_OS + KQUEUE_OS + POLL_OS
