"""What the tests of the packages need: scripts as targets, and the sources of other systems."""

load("//mio:sources.bzl", "SourcesInfo", "sources_aspect")

def _for_system_impl(_settings, attr):
    return {
        "//command_line_option:platforms": str(attr.platform),
        "//platforms:selector": attr.selector,
        "//platforms:waker": "auto",
    }

_for_system = transition(
    implementation = _for_system_impl,
    inputs = [],
    outputs = [
        "//command_line_option:platforms",
        "//platforms:selector",
        "//platforms:waker",
    ],
)

def _system_sources_impl(ctx):
    compiled = depset(transitive = [dep[SourcesInfo].compiled for dep in ctx.attr.deps])
    lines = sorted([file.short_path for file in compiled.to_list()])
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, "".join([line + "\n" for line in lines]))
    headers = depset(transitive = [dep[SourcesInfo].included for dep in ctx.attr.deps])
    return [DefaultInfo(files = depset([out] + headers.to_list()))]

system_sources = rule(
    implementation = _system_sources_impl,
    attrs = {
        "deps": attr.label_list(
            aspects = [sources_aspect],
            cfg = _for_system,
            doc = "The libraries that the system has.",
            mandatory = True,
        ),
        "platform": attr.label(
            doc = "One platform of the system.",
            mandatory = True,
        ),
        "selector": attr.string(
            default = "auto",
            doc = "As //platforms:selector.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    doc = "Writes which sources are compiled for a system into NAME.txt. Its headers come with it. Nothing is compiled.",
)

_SCRIPT = """#!/bin/sh
case $0 in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac
cd "${TEST_SRCDIR:-$self.runfiles}/%s" || exit 2
PYTHONDONTWRITEBYTECODE=1 exec python3 %s %s "$@"
"""

def _script_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    data = ctx.files.data
    words = [ctx.expand_location(word, ctx.attr.data) for word in ctx.attr.words]
    ctx.actions.write(
        script,
        _SCRIPT % (ctx.workspace_name, ctx.file.main.short_path, " ".join(words)),
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = [ctx.file.main] + ctx.files.srcs + data)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_SCRIPT_ATTRS = {
    "data": attr.label_list(
        allow_files = True,
        doc = "What it reads.",
    ),
    "main": attr.label(
        allow_single_file = [".py"],
        doc = "The program.",
        mandatory = True,
    ),
    "srcs": attr.label_list(
        allow_files = [".py"],
        doc = "What it imports.",
    ),
    "words": attr.string_list(doc = "Its first arguments."),
}

script = rule(
    implementation = _script_impl,
    attrs = _SCRIPT_ATTRS,
    doc = "Runs a program with the machine's python3 and nothing but its standard library.",
    executable = True,
)

script_test = rule(
    implementation = _script_impl,
    attrs = _SCRIPT_ATTRS,
    doc = "The same as a test.",
    test = True,
)
