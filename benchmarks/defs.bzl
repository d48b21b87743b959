"""How the benchmarks are declared."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//platforms:constraints.bzl", "KQUEUE_OS", "OS")
load("//platforms:copts.bzl", "MIO_CXX_COPTS")

def select_kernel(epoll, kqueue, afd):
    """What goes with the calls that a system waits with.

    Args:
      epoll: the list for Linux and Android.
      kqueue: for the BSDs and Apple's systems.
      afd: for Windows.

    Returns:
      A select(), empty for a system that has only poll(2).
    """
    cases = {OS[os]: kqueue for os in KQUEUE_OS}
    cases["//platforms:linux"] = epoll
    cases["//platforms:windows"] = afd
    cases["//conditions:default"] = []
    return select(cases)

# What there is to compare with: the kernel's own calls everywhere, poll(2) on any Unix, other libraries on
# 64-bit Linux.
BENCHMARK_DEFINES = select({
    "//platforms:unix": ["MIO_BENCH_UNIX=1"],
    "//conditions:default": [],
}) + select_kernel(
    afd = [
        "MIO_BENCH_AFD=1",
        "NOMINMAX=1",
        "WIN32_LEAN_AND_MEAN=1",
    ],
    epoll = ["MIO_BENCH_EPOLL=1"],
    kqueue = ["MIO_BENCH_KQUEUE=1"],
) + select({
    "//benchmarks:has_peers": ["MIO_BENCH_PEERS=1"],
    "//conditions:default": [],
})

PEERS = select({
    "//benchmarks:has_peers": [
        "@libev",
        "@libevent",
        "@libuv",
    ],
    "//conditions:default": [],
})

# C headers that include others within extern "C" cannot be read as modules.
NO_LAYERING = [
    "-layering_check",
    "-parse_headers",
]

def mio_benchmark(name):
    """One question: the binary `name` and the test `name`_smoke, which runs each of its rows once.

    Args:
      name: of the binary and, with .cc, of its source.
    """
    cc_library(
        name = name + "_rows",
        testonly = True,
        srcs = [name + ".cc"],
        copts = MIO_CXX_COPTS,
        features = NO_LAYERING,
        local_defines = BENCHMARK_DEFINES,
        deps = [
            ":channel",
            ":harness",
            ":peers",
            "//mio",
            "//testing:allocation_count",
            "@google_benchmark//:benchmark",
        ] + PEERS,
        alwayslink = True,
    )
    cc_binary(
        name = name,
        testonly = True,
        # callgrind finds its marks by their names.
        features = ["keep_symbols"],
        deps = [":" + name + "_rows"],
    )
    cc_test(
        name = name + "_smoke",
        size = "medium",
        # To Wine each call on a socket is a message to another process.
        args = ["--benchmark_min_time=0.000001"] + select({
            "//platforms:windows": ["--benchmark_filter=-1000|9900|15000"],
            "//conditions:default": [],
        }),
        deps = [":" + name + "_rows"],
    )

_SCRIPT = """#!/bin/sh
case $0 in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac
cd "${TEST_SRCDIR:-$self.runfiles}/%s" || exit 2
PYTHONPATH=benchmarks PYTHONDONTWRITEBYTECODE=1 exec python3 %s --mode=%s --binaries %s "$@"
"""

def _python_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    programs = [target[DefaultInfo].files_to_run.executable for target in ctx.attr.binaries]
    ctx.actions.write(
        script,
        _SCRIPT % (
            ctx.workspace_name,
            ctx.file.main.short_path,
            ctx.var["COMPILATION_MODE"],
            " ".join([program.short_path for program in programs]),
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = [ctx.file.main] + ctx.files.srcs + programs)
    for target in ctx.attr.binaries:
        runfiles = runfiles.merge(target[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_PYTHON_ATTRS = {
    "main": attr.label(
        allow_single_file = [".py"],
        doc = "The program.",
        mandatory = True,
    ),
    "srcs": attr.label_list(
        allow_files = [".py"],
        doc = "What it imports.",
    ),
    "binaries": attr.label_list(
        doc = "The benchmarks, named to it after --binaries.",
    ),
}

# Nothing runs a script under an emulator.
LINUX_ONLY = select({
    "//platforms:linux": [],
    "//conditions:default": ["//platforms:incompatible"],
})

python_program = rule(
    implementation = _python_impl,
    attrs = _PYTHON_ATTRS,
    doc = "Runs a program with the machine's python3 and nothing but its standard library.",
    executable = True,
)

python_test = rule(
    implementation = _python_impl,
    attrs = _PYTHON_ATTRS,
    doc = "The same as a test.",
    test = True,
)
