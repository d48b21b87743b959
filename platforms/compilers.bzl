"""The config settings that tell compilers with other flags apart."""

load(":constraints.bzl", "HAS_MODULES")

def _compiler(name, value):
    """Matches a toolchain that calls its compiler `value`."""
    if HAS_MODULES:
        # Where the setting lives differs between Bazel 7, 8 and 9. @rules_cc has one name for all.
        native.alias(
            name = name,
            actual = "@rules_cc//cc/compiler:" + value,
            visibility = ["//visibility:public"],
        )
    else:
        native.config_setting(
            name = name,
            flag_values = {"@bazel_tools//tools/cpp:compiler": value},
            visibility = ["//visibility:public"],
        )

def _alias(name, cases):
    native.alias(name = name, actual = select(cases), visibility = ["//visibility:public"])

def compiler_settings():
    """Defines the compilers, and one setting for each way to say that warnings are errors.

    msvc_cl and clang_cl are the two programs. msvc matches either, as both take cl's flags. Of msvc_strict and
    gnu_strict at most one matches, so that a select() may name both.
    """
    _compiler("msvc_cl", "msvc-cl")
    _compiler("clang_cl", "clang-cl")

    # No platform has this constraint. Public, since a select() must see what the aliases below lead to.
    native.config_setting(
        name = "_never",
        constraint_values = [":incompatible"],
        visibility = ["//visibility:public"],
    )
    _alias("msvc", {
        ":clang_cl": ":clang_cl",
        "//conditions:default": ":msvc_cl",
    })
    _alias("msvc_strict", {
        ":strict_on": ":msvc",
        "//conditions:default": ":_never",
    })
    _alias("gnu_strict", {
        ":msvc": ":_never",
        "//conditions:default": ":strict_on",
    })
