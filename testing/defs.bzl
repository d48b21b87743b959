"""How the suites are declared."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//platforms:copts.bzl", "MIO_CXX_COPTS")

def mio_cc_test(name, srcs = None, deps = [], copts = [], size = "small", **kwargs):
    """One suite: `name`.cc, GoogleTest's main, the helpers and the whole portable library.

    Args:
      name: of the target and, with .cc, of its source.
      srcs: if it is more than that one file.
      deps: beyond those that every suite has.
      copts: beyond those of all our C++ code.
      size: Bazel's; every suite is bounded in time by itself, this is for what hangs.
      **kwargs: passed on to cc_test.
    """
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        # GoogleTest's own macros leave the last argument of another one out.
        copts = MIO_CXX_COPTS + ["-Wno-gnu-zero-variadic-macro-arguments"] + copts,
        size = size,
        deps = deps + [
            "//testing:util",
            "//mio",
            "@com_google_googletest//:gtest",
            "@com_google_googletest//:gtest_main",
        ],
        **kwargs
    )
