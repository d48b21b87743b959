"""Where each OS and CPU constraint lives: in @platforms where it has one, else in this package.

A library cannot ask @platforms what it has. With modules, MODULE.bazel asks for a release that has all but two.
With a WORKSPACE, @platforms is what comes with Bazel: 4 to 6 lack several values, 7 a few.
"""

def _has_modules():
    """Modules give repositories names of their own, so that of @rules_cc is another one then."""
    label = Label("@rules_cc//:all")
    name = label.repo_name if hasattr(label, "repo_name") else label.workspace_name
    return name != "rules_cc"

HAS_MODULES = _has_modules()

# Bazel 7 is the first that knows `starlark_doc_extract`.
_BEFORE_7 = not hasattr(native, "starlark_doc_extract")

# Defined by platforms/BUILD.bazel for those a Bazel's @platforms does not have.
OWN_OS = ["dragonfly", "posix"] + (
    [] if HAS_MODULES else ["chromiumos"]
) + (
    ["haiku", "netbsd", "visionos"] if _BEFORE_7 else []
)
OWN_CPU = (
    [] if HAS_MODULES else ["loongarch64", "mips32"]
) + (
    ["ppc64le"] if _BEFORE_7 else []
)

_OS = [
    "android",
    "chromiumos",
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
EPOLL_OS = ["android", "chromiumos", "linux"]
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
