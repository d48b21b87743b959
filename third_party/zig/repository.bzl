"""The repository @zig: the pinned compiler and a cc_toolchain for every row of the table of targets."""

_TOOL = """#!/bin/sh
# Runs one of zig's tools with nothing but its own tree and cache. This file is an input of each action, so it is
# the same for all users: the link to a user's cache is beside the file that Bazel made, which a sandbox links to.
root="${{0%/bin/*}}"
self=$(readlink -f "$0" 2>/dev/null) || self=$0
export ZIG_LIB_DIR="$root/ziglang/lib"
export ZIG_GLOBAL_CACHE_DIR="${{self%/bin/*}}/zig-cache"
export ZIG_LOCAL_CACHE_DIR=.zig-cache
if ! [ -w "$ZIG_GLOBAL_CACHE_DIR" ]; then
  echo "cannot write $ZIG_GLOBAL_CACHE_DIR: build with ./bazelw, or add --sandbox_writable_path=$ZIG_GLOBAL_CACHE_DIR" >&2
  exit 1
fi
{run}
"""

_RUN = "exec \"$root/ziglang/zig\" {} \"$@\""

# A header is only looked at, yet Bazel wants the file that its last argument names.
_RUN_HEADERS = """for output; do :; done
"$root/ziglang/zig" c++ -Xclang -fsyntax-only "$@" && : >"$output"
"""

_TOOL_BAT = """@echo off
setlocal
set "ZIG_LIB_DIR=%~dp0..\\ziglang\\lib"
set "ZIG_GLOBAL_CACHE_DIR={cache}"
set "ZIG_LOCAL_CACHE_DIR=.zig-cache"
"%~dp0..\\ziglang\\zig.exe" {tool} %*
"""

_TOOLS = {
    "ar": "ar",
    "cc": "cc",
    "cxx": "c++",
    "headers": "c++",
    "objcopy": "objcopy",
}

_BUILD = """load(":cc_toolchain_config.bzl", "zig_cc_toolchains")

package(default_visibility = ["//visibility:public"])

zig_cc_toolchains(tool_suffix = "{suffix}")
"""

# Where the rules and providers come from: built in before Bazel 7, of @rules_cc from there on.
_NATIVE_COMPAT = """
cc_common_api = cc_common
CcConfigInfo = CcToolchainConfigInfo
cc_toolchain_rule = native.cc_toolchain
"""

_RULES_CC_COMPAT = """
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain.bzl", "cc_toolchain")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")

cc_common_api = cc_common
CcConfigInfo = CcToolchainConfigInfo
cc_toolchain_rule = cc_toolchain
"""

# Every header of the compiler belongs to the module that any target may use.
_MODULE_MAP = """module "crosstool" [system] {
  umbrella "ziglang/lib"
}
"""

def _cache_folder(repository_ctx):
    env = repository_ctx.os.environ
    if env.get("MIO_BAZEL_CACHE"):
        return env["MIO_BAZEL_CACHE"]
    if env.get("XDG_CACHE_HOME"):
        return env["XDG_CACHE_HOME"] + "/mio-bazel"
    home = env.get("HOME") or env.get("USERPROFILE")
    if not home:
        fail("no place for the compiler: set MIO_BAZEL_CACHE to a folder")
    return home.replace("\\", "/") + "/.cache/mio-bazel"

def _python(repository_ctx):
    for name in ["python3", "python"]:
        found = repository_ctx.which(name)
        if found:
            return found
    fail("the hermetic compiler is fetched by pip: install python3 and python3-pip")

def _zig_impl(repository_ctx):
    fetch = repository_ctx.path(Label("//third_party:fetch.py"))
    repository_ctx.path(Label("//third_party:pins.bzl"))
    cache = _cache_folder(repository_ctx)
    repository_ctx.report_progress("the hermetic compiler: 100 MB, once for this user")
    fetched = repository_ctx.execute(
        [_python(repository_ctx), fetch, "zig", cache],
        timeout = 1200,
    )
    if fetched.return_code != 0:
        fail(fetched.stderr.strip().split("\n")[-1])
    repository_ctx.symlink(fetched.stdout.strip() + "/ziglang", "ziglang")

    windows = repository_ctx.os.name.lower().startswith("windows")
    suffix = ".bat" if windows else ""
    zig_cache = cache + "/zig-cache"
    for name, tool in _TOOLS.items():
        if windows:
            script = _TOOL_BAT.format(cache = zig_cache, tool = tool)
        else:
            run = _RUN_HEADERS if name == "headers" else _RUN.format(tool)
            script = _TOOL.format(run = run)
        repository_ctx.file("bin/" + name + suffix, script)

    # The folder must be there before a sandbox can be told that it may be written.
    made = repository_ctx.execute([
        _python(repository_ctx),
        "-c",
        "import os, sys; os.makedirs(sys.argv[1], exist_ok=True)",
        zig_cache,
    ])
    if made.return_code != 0:
        fail("cannot make the folder " + zig_cache)
    repository_ctx.symlink(zig_cache, "zig-cache")

    repository_ctx.symlink(
        Label("//third_party/zig:cc_toolchain_config.bzl"),
        "cc_toolchain_config.bzl",
    )
    repository_ctx.symlink(Label("//platforms:targets.bzl"), "targets.bzl")

    # A Bazel built by a distribution may not know its version; those are old.
    version = native.bazel_version.split(".")[0]
    modern = version.isdigit() and int(version) >= 7
    repository_ctx.file("compat.bzl", _RULES_CC_COMPAT if modern else _NATIVE_COMPAT)
    repository_ctx.file("module.modulemap", _MODULE_MAP)
    repository_ctx.file("BUILD.bazel", _BUILD.format(suffix = suffix))

zig_repository = repository_rule(
    implementation = _zig_impl,
    environ = ["HOME", "MIO_BAZEL_CACHE", "XDG_CACHE_HOME"],
    doc = "Fetches the compiler with pip, by hash, into the user's cache, and links it here.",
)
