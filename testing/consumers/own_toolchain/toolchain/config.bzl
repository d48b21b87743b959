"""A C and C++ toolchain with a flag of its own."""

load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
)

def _flags(name, actions, flags):
    return feature(
        name = name,
        enabled = True,
        flag_sets = [flag_set(actions = actions, flag_groups = [flag_group(flags = flags)])],
    )

def _config_impl(ctx):
    # buildifier: disable=native-cc-common: it is for Bazel 4, too
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        features = [
            _flags("own", ["c-compile", "c++-compile"], ["-DOWN_TOOLCHAIN", "-no-canonical-prefixes"]),
            _flags("pthread", ["c++-link-executable"], ["-pthread"]),
        ],
        cxx_builtin_include_directories = ["/usr/include", "/usr/lib/gcc"],
        toolchain_identifier = "own",
        host_system_name = "local",
        target_system_name = "own",
        target_cpu = "k8",
        target_libc = "unknown",
        compiler = "gcc",
        abi_version = "unknown",
        abi_libc_version = "unknown",
        tool_paths = [
            tool_path(name = name, path = "/usr/bin/" + tool)
            for name, tool in {
                "ar": "ar",
                "cpp": "cpp",
                "dwp": "dwp",
                "gcc": "gcc",
                "gcov": "gcov",
                "ld": "ld",
                "nm": "nm",
                "objcopy": "objcopy",
                "objdump": "objdump",
                "strip": "strip",
            }.items()
        ],
    )

own_config = rule(
    implementation = _config_impl,
    provides = [CcToolchainConfigInfo],
)
