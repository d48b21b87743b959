"""How the suites are declared."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//platforms:copts.bzl", "MIO_CXX_COPTS")

# The Windows selector on Linux watches sockets only, and runs what is portable.
_NO_AFD_MODEL = select({
    "//platforms:selector_afd_model": ["//platforms:incompatible_selector"],
    "//conditions:default": [],
})

# For suites and helpers of what one family of systems has.
UNIX_ONLY = select({
    "//platforms:unix": [],
    "//conditions:default": ["//platforms:incompatible"],
}) + _NO_AFD_MODEL

LINUX_ONLY = select({
    "//platforms:linux": [],
    "//conditions:default": ["//platforms:incompatible"],
}) + _NO_AFD_MODEL

WINDOWS_ONLY = select({
    "//platforms:windows": [],
    "//conditions:default": ["//platforms:incompatible"],
})

# What has to hold before the rest is worth looking at: run also where every suite would take too long.
CORE = [
    "addr_test",
    "error_test",
    "event_test",
    "examples_test",
    "guarantees_test",
    "guarantees_unix_test",
    "poll_test",
    "registry_test",
    "sizes_test",
    "tcp_stream_test",
    "udp_socket_test",
    "unix_stream_test",
    "waker_test",
]

def mio_cc_test(name, srcs = None, deps = [], copts = [], size = "small", tags = [], **kwargs):
    """One suite: `name`.cc, GoogleTest's main, the helpers and the whole portable library.

    Args:
      name: of the target and, with .cc, of its source.
      srcs: if it is more than that one file.
      deps: beyond those that every suite has.
      copts: beyond those of all our C++ code.
      size: Bazel's; every suite is bounded in time by itself, this is for what hangs.
      tags: Bazel's; "core" is added for those that CORE names.
      **kwargs: passed on to cc_test.
    """
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        # GoogleTest's own macros leave the last argument of another one out.
        copts = MIO_CXX_COPTS + ["-Wno-gnu-zero-variadic-macro-arguments"] + copts,
        size = size,
        tags = tags + (["core"] if name in CORE else []),
        deps = deps + [
            "//testing:util",
            "//mio",
            "@com_google_googletest//:gtest",
            "@com_google_googletest//:gtest_main",
        ],
        **kwargs
    )
