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

def _for_platform_impl(_settings, attr):
    return {
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:platforms": str(attr.platform),
    }

_for_platform = transition(
    implementation = _for_platform_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:platforms",
    ],
)

EmulatedInfo = provider(
    doc = "Programs for another system.",
    fields = {
        "programs": "The files.",
        "script": "What runs one of them, with the arguments before it.",
        "words": "What python_program hands on.",
    },
)

def _emulated_impl(ctx):
    programs = []
    for target in ctx.attr.binaries:
        program = target[DefaultInfo].files_to_run.executable

        # Beside this machine's own, which have the same names.
        link = ctx.actions.declare_file("%s/%s" % (ctx.label.name, program.basename))
        ctx.actions.symlink(output = link, target_file = program, is_executable = True)
        programs.append(link)
    script = " ".join([ctx.file.script.short_path] + ctx.attr.script_args)
    words = [ctx.label.name, ctx.attr.system, ",".join(ctx.attr.emulators), script]
    return [
        DefaultInfo(files = depset(programs)),
        EmulatedInfo(
            programs = programs,
            script = ctx.file.script,
            words = words + [program.short_path for program in programs],
        ),
    ]

emulated_benchmarks = rule(
    implementation = _emulated_impl,
    attrs = {
        "platform": attr.label(
            doc = "What they are built for, optimised.",
            mandatory = True,
        ),
        "system": attr.string(
            doc = "Its name for people.",
            mandatory = True,
        ),
        "binaries": attr.label_list(
            cfg = _for_platform,
            doc = "The benchmarks.",
        ),
        "script": attr.label(
            allow_single_file = [".sh"],
            doc = "What runs one of them here.",
            mandatory = True,
        ),
        "script_args": attr.string_list(
            doc = "Its arguments before the program.",
        ),
        "emulators": attr.string_list(
            doc = "The programs that it asks for, any of which will do.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    doc = "Benchmarks for another system, and how they are run on this one.",
)

_SCRIPT = """#!/bin/sh
case $0 in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac
cd "${TEST_SRCDIR:-$self.runfiles}/%s" || exit 2
PYTHONPATH=benchmarks PYTHONDONTWRITEBYTECODE=1 exec python3 %s --mode=%s%s --binaries %s "$@"
"""

def _python_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    programs = [target[DefaultInfo].files_to_run.executable for target in ctx.attr.binaries]
    emulated = [target[EmulatedInfo] for target in ctx.attr.emulated]
    ctx.actions.write(
        script,
        _SCRIPT % (
            ctx.workspace_name,
            ctx.file.main.short_path,
            ctx.var["COMPILATION_MODE"],
            "".join([" --emulated " + " ".join(["'%s'" % word for word in it.words]) for it in emulated]),
            " ".join([program.short_path for program in programs]),
        ),
        is_executable = True,
    )
    files = [ctx.file.main] + ctx.files.srcs + ctx.files.data + programs
    for it in emulated:
        files = files + it.programs + [it.script]
    runfiles = ctx.runfiles(files = files)
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
    "data": attr.label_list(
        allow_files = True,
        doc = "What it reads.",
    ),
    "emulated": attr.label_list(
        doc = "Those for other systems, each after an --emulated.",
        providers = [EmulatedInfo],
    ),
}

# Shell scripts over python3.
UNIX_ONLY = select({
    "//platforms:unix": [],
    "//conditions:default": ["//platforms:incompatible"],
})

# With numbers that are 64-bit Linux's. Nothing runs a script under an emulator of another CPU either.
LINUX_ONLY = select({
    "//benchmarks:has_peers": [],
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
