"""Stands in for rules_android_ndk: toolchains for Android that can be chosen, and compile nothing for it."""

_TOOLCHAIN = """
toolchain(
    name = "{cpu}",
    target_compatible_with = [
        "@platforms//cpu:{cpu}",
        "@platforms//os:android",
    ],
    toolchain = "{cc}",
    toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
)
"""

def _ndk_impl(repository_ctx):
    cpus = ["aarch64", "armv7", "x86_32", "x86_64"]
    repository_ctx.file(
        "BUILD.bazel",
        "".join([_TOOLCHAIN.format(cc = repository_ctx.attr.cc, cpu = cpu) for cpu in cpus]),
    )

ndk_repository = repository_rule(
    implementation = _ndk_impl,
    attrs = {"cc": attr.string(mandatory = True)},
)

def android_ndk_repository(name, api_level):
    """As the rule that Bazel had up to version 7.

    Args:
      name: of the repository
      api_level: of the C library
    """
    if api_level < 21:
        fail("mio is for API level 21 and later")
    ndk_repository(name = name, cc = "@//ndk/toolchain:cc")
