"""How zig is driven as a C and C++ toolchain: one configuration for every target."""

load(
    "@rules_cc//cc:cc_toolchain_config_lib.bzl",
    "action_config",
    "artifact_name_pattern",
    "feature",
    "flag_group",
    "flag_set",
    "tool",
    "variable_with_value",
    "with_feature_set",
)
load(":compat.bzl", "CcConfigInfo", "cc_common_api", "cc_toolchain_rule")
load(":targets.bzl", "TARGETS")

_C = ["c-compile"]
_CXX = ["c++-compile", "c++-header-parsing", "linkstamp-compile"]
_ASM = ["assemble", "preprocess-assemble"]
_COMPILE = _C + _CXX + _ASM
_PREPROCESSED = _C + _CXX + ["preprocess-assemble"]
_LINK_EXECUTABLE = ["c++-link-executable"]
_LINK_SHARED = ["c++-link-dynamic-library", "c++-link-nodeps-dynamic-library"]
_LINK = _LINK_EXECUTABLE + _LINK_SHARED
_ARCHIVE = ["c++-link-static-library"]

def _flags(actions, flags, **conditions):
    return flag_set(actions = actions, flag_groups = [flag_group(flags = flags)], **conditions)

def _on(name, flag_sets, **more):
    return feature(name = name, enabled = True, flag_sets = flag_sets, **more)

def _of_variable(name, variable, actions, flags):
    """A feature that writes `flags` for each value of a build variable that is a list."""
    return _on(name, [flag_set(
        actions = actions,
        flag_groups = [flag_group(
            flags = flags,
            iterate_over = variable,
            expand_if_available = variable,
        )],
    )])

def _of_value(name, variable, actions, flags):
    """A feature that writes `flags` when a build variable has a value."""
    return _on(name, [flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags, expand_if_available = variable)],
    )])

def _marker(name, enabled = False):
    return feature(name = name, enabled = enabled)

def _default_features(triple):
    shared_base = [
        # Whatever the build folder, the same bytes.
        "-ffile-compilation-dir=.",
        "-Wno-builtin-macro-redefined",
        "-D__DATE__=\"redacted\"",
        "-D__TIME__=\"redacted\"",
        "-D__TIMESTAMP__=\"redacted\"",
        # zig turns the undefined behaviour sanitizer on by itself in unoptimised code.
        "-fno-sanitize=undefined",
    ]
    return [
        _on("target", [_flags(_COMPILE + _LINK, ["-target", triple])]),
        _on("default_compile_flags", [
            _flags(_COMPILE, shared_base),
            _flags(_C, ["-std=c11"]),
            _flags(_CXX, ["-std=c++17"]),
            _flags(_COMPILE, ["-g0"], with_features = [with_feature_set(not_features = ["dbg"])]),
            _flags(_COMPILE, ["-O0", "-g"], with_features = [with_feature_set(features = ["dbg"])]),
            _flags(
                _COMPILE,
                ["-O2", "-DNDEBUG", "-ffunction-sections", "-fdata-sections"],
                with_features = [with_feature_set(features = ["opt"])],
            ),
            # zig keeps frame pointers, which compilers leave out at -O2; Apple's ABI wants them.
            _flags(
                _COMPILE,
                ["-fomit-frame-pointer"],
                with_features = [with_feature_set(features = ["opt"], not_features = ["darwin"])],
            ),
        ]),
        _on("default_link_flags", [
            _flags(
                _LINK,
                ["-Wl,--gc-sections"],
                with_features = [with_feature_set(features = ["opt"], not_features = ["darwin"])],
            ),
            # The objects of libc that zig compiles remember the folder it did that in.
            _flags(
                _LINK,
                ["-Wl,-S"],
                with_features = [with_feature_set(features = ["opt"], not_features = ["keep_symbols"])],
            ),
        ]),
        _marker("opt"),
        _marker("dbg"),
        _marker("fastbuild"),
        _marker("keep_symbols"),
        _marker("c_link"),
        _marker("darwin"),
        _marker("no_legacy_features", enabled = True),
        # FreeBSD's <machine/proc.h> of arm64 and the compiler's <ptrauth.h>, which its <cxxabi.h> includes
        # for another system, both have a type ptrauth_key: this is the include guard of the latter.
        feature(name = "no_ptrauth", flag_sets = [_flags(_CXX, ["-D__PTRAUTH_H"])]),
        _marker("supports_pic", enabled = True),
        _marker("static_linking_mode"),
        _marker("dynamic_linking_mode"),
        feature(
            name = "static_libc",
            flag_sets = [_flags(_LINK_EXECUTABLE, ["-static"])],
        ),
    ]

def _module_features():
    return [
        _marker("module_maps", enabled = True),
        feature(
            name = "layering_check",
            enabled = False,
            implies = ["module_maps"],
            flag_sets = [flag_set(
                actions = _C + _CXX,
                flag_groups = [
                    flag_group(flags = [
                        "-fmodules-strict-decluse",
                        "-Wprivate-header",
                        "-Werror=private-header",
                    ]),
                    flag_group(
                        flags = ["-fmodule-name=%{module_name}"],
                        expand_if_available = "module_name",
                    ),
                    flag_group(
                        flags = ["-fmodule-map-file=%{module_map_file}"],
                        expand_if_available = "module_map_file",
                    ),
                    flag_group(
                        flags = ["-fmodule-map-file=%{dependent_module_map_files}"],
                        iterate_over = "dependent_module_map_files",
                        expand_if_available = "dependent_module_map_files",
                    ),
                ],
            )],
        ),
        feature(
            name = "parse_headers",
            flag_sets = [_flags(["c++-header-parsing"], ["-xc++-header"])],
        ),
    ]

def _compile_features():
    return [
        _of_value("dependency_file", "dependency_file", _COMPILE, ["-MD", "-MF", "%{dependency_file}"]),
        _of_value("pic", "pic", _COMPILE, ["-fPIC"]),
        _of_variable("preprocessor_defines", "preprocessor_defines", _PREPROCESSED, ["-D%{preprocessor_defines}"]),
        _of_variable("includes", "includes", _PREPROCESSED, ["-include", "%{includes}"]),
        _on("include_paths", [flag_set(
            actions = _PREPROCESSED,
            flag_groups = [
                flag_group(flags = ["-iquote", "%{quote_include_paths}"], iterate_over = "quote_include_paths"),
                flag_group(flags = ["-I%{include_paths}"], iterate_over = "include_paths"),
                flag_group(flags = ["-isystem", "%{system_include_paths}"], iterate_over = "system_include_paths"),
            ],
        )]),
        _of_variable("user_compile_flags", "user_compile_flags", _COMPILE, ["%{user_compile_flags}"]),
        _of_value("compiler_input_flags", "source_file", _COMPILE, ["-c", "%{source_file}"]),
        _of_value("compiler_output_flags", "output_file", _COMPILE, ["-o", "%{output_file}"]),
    ]

def _of_type(type, flags, **conditions):
    return flag_group(
        flags = flags,
        expand_if_equal = variable_with_value(name = "libraries_to_link.type", value = type),
        **conditions
    )

def _libraries_to_link():
    """Objects, archives and libraries in the order that Bazel lists them."""
    return _on("libraries_to_link", [flag_set(
        actions = _LINK,
        flag_groups = [flag_group(
            iterate_over = "libraries_to_link",
            expand_if_available = "libraries_to_link",
            flag_groups = [
                _of_type(
                    "static_library",
                    ["-Wl,--whole-archive"],
                    expand_if_true = "libraries_to_link.is_whole_archive",
                ),
                _of_type(
                    "object_file_group",
                    ["%{libraries_to_link.object_files}"],
                    iterate_over = "libraries_to_link.object_files",
                ),
                _of_type("object_file", ["%{libraries_to_link.name}"]),
                _of_type("interface_library", ["%{libraries_to_link.name}"]),
                _of_type("static_library", ["%{libraries_to_link.name}"]),
                _of_type("dynamic_library", ["-l%{libraries_to_link.name}"]),
                _of_type("versioned_dynamic_library", ["-l:%{libraries_to_link.name}"]),
                _of_type(
                    "static_library",
                    ["-Wl,--no-whole-archive"],
                    expand_if_true = "libraries_to_link.is_whole_archive",
                ),
            ],
        )],
    )])

def _link_features():
    return [
        _on("shared_flag", [_flags(_LINK_SHARED, ["-shared"])]),
        _of_value("output_execpath_flags", "output_execpath", _LINK, ["-o", "%{output_execpath}"]),
        _of_variable(
            "runtime_library_search_directories",
            "runtime_library_search_directories",
            _LINK,
            ["-Wl,-rpath,$ORIGIN/%{runtime_library_search_directories}"],
        ),
        _of_variable(
            "library_search_directories",
            "library_search_directories",
            _LINK,
            ["-L%{library_search_directories}"],
        ),
        _on("archiver_flags", [flag_set(
            actions = _ARCHIVE,
            flag_groups = [
                flag_group(flags = ["rcsD"]),
                flag_group(flags = ["%{output_execpath}"], expand_if_available = "output_execpath"),
                flag_group(
                    iterate_over = "libraries_to_link",
                    expand_if_available = "libraries_to_link",
                    flag_groups = [
                        _of_type("object_file", ["%{libraries_to_link.name}"]),
                        _of_type(
                            "object_file_group",
                            ["%{libraries_to_link.object_files}"],
                            iterate_over = "libraries_to_link.object_files",
                        ),
                    ],
                ),
            ],
        )]),
        _libraries_to_link(),
        _of_value("strip_debug_symbols", "strip_debug_symbols", _LINK, ["-Wl,-S"]),
        _of_variable("user_link_flags", "user_link_flags", _LINK, ["%{user_link_flags}"]),
        _of_value("linker_param_file", "linker_param_file", _LINK + _ARCHIVE, ["@%{linker_param_file}"]),
    ]

def _actions(names, tools):
    return [
        action_config(action_name = name, enabled = True, tools = tools)
        for name in names
    ]

def _action_configs(suffix):
    ar, cc, cxx, headers, objcopy = [
        tool(path = "bin/" + name + suffix)
        for name in ["ar", "cc", "cxx", "headers", "objcopy"]
    ]

    # A program that has no C++ in it need not wait for a C++ library to be built.
    c_link = tool(path = "bin/cc" + suffix, with_features = [with_feature_set(features = ["c_link"])])
    return (
        _actions(_C + _ASM, [cc]) +
        _actions(["c++-compile", "linkstamp-compile"], [cxx]) +
        _actions(["c++-header-parsing"], [headers]) +
        _actions(_LINK, [c_link, cxx]) +
        _actions(_ARCHIVE, [ar]) +
        _actions(["strip", "objcopy_embed_data"], [objcopy])
    )

def _objects_only_features(darwin_headers):
    """For systems whose C library only their own SDK has: good for finding out whether code compiles."""
    refusal = [_flags(_LINK, ["--there-is-no-sdk-of-this-system-to-link-with"])]
    return [
        feature(
            name = "darwin_headers",
            flag_sets = [_flags(_COMPILE, ["-isystem", darwin_headers])] + refusal,
        ),
        # The headers are musl's, which are like bionic's in all that POSIX has.
        feature(
            name = "android_21",
            flag_sets = [_flags(_COMPILE, ["-D__ANDROID__", "-D__ANDROID_API__=21"])] + refusal,
        ),
    ]

def _config_impl(ctx):
    os = ctx.attr.os
    patterns = []
    if os == "windows":
        patterns = [
            artifact_name_pattern("object_file", "", ".obj"),
            artifact_name_pattern("static_library", "", ".lib"),
            artifact_name_pattern("executable", "", ".exe"),
            artifact_name_pattern("dynamic_library", "", ".dll"),
            artifact_name_pattern("interface_library", "", ".if.lib"),
        ]
    features = (
        _default_features(ctx.attr.triple) +
        _module_features() +
        _compile_features() +
        _link_features()
    )
    features += _objects_only_features(ctx.attr.headers)
    return cc_common_api.create_cc_toolchain_config_info(
        ctx = ctx,
        features = [f for f in features if f.name not in ctx.attr.enabled] +
                   [_enabled(f) for f in features if f.name in ctx.attr.enabled],
        action_configs = _action_configs(ctx.attr.tool_suffix),
        artifact_name_patterns = patterns,
        cxx_builtin_include_directories = ["ziglang/lib"],
        toolchain_identifier = "zig-" + ctx.label.name,
        host_system_name = "local",
        target_system_name = ctx.attr.triple,
        target_cpu = ctx.attr.cpu,
        target_libc = ctx.attr.libc or "unknown",
        compiler = "clang",
        abi_version = "unknown",
        abi_libc_version = "unknown",
    )

def _enabled(f):
    return feature(
        name = f.name,
        enabled = True,
        flag_sets = f.flag_sets,
        implies = f.implies,
    )

_zig_config = rule(
    implementation = _config_impl,
    attrs = {
        "cpu": attr.string(mandatory = True),
        "enabled": attr.string_list(doc = "Features that are on for this target."),
        "headers": attr.string(doc = "System headers that zig does not look for by itself."),
        "libc": attr.string(),
        "os": attr.string(mandatory = True),
        "tool_suffix": attr.string(),
        "triple": attr.string(mandatory = True),
    },
    provides = [CcConfigInfo],
)

def _repository_name():
    if hasattr(native, "repo_name"):
        return native.repo_name()
    return native.repository_name()[1:]

def zig_cc_toolchains(tool_suffix):
    """A cc_toolchain() for each target of the table that zig builds for.

    Args:
      tool_suffix: how the name of a script ends on the machine that builds
    """
    native.filegroup(
        name = "compiler",
        srcs = native.glob(["bin/*", "ziglang/zig*"]) + ["ziglang/lib", "module.modulemap"],
    )
    for name, target in TARGETS.items():
        if not target.zig:
            continue
        _zig_config(
            name = name + "_config",
            cpu = target.cpu,
            enabled = target.features,
            headers = "external/" + _repository_name() + "/ziglang/lib/libc/include/any-darwin-any",
            libc = target.libc,
            os = target.os,
            tool_suffix = tool_suffix,
            triple = target.zig,
        )
        cc_toolchain_rule(
            name = name,
            all_files = ":compiler",
            ar_files = ":compiler",
            as_files = ":compiler",
            compiler_files = ":compiler",
            dwp_files = ":compiler",
            linker_files = ":compiler",
            module_map = "module.modulemap",
            objcopy_files = ":compiler",
            static_runtime_lib = None,
            strip_files = ":compiler",
            supports_header_parsing = True,
            supports_param_files = True,
            toolchain_config = ":" + name + "_config",
            toolchain_identifier = "zig-" + name,
        )
