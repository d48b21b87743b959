"""Compiles public headers by themselves: whatever header a target exports, without a list to keep."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("//platforms:copts.bzl", "MIO_CXX_COPTS", "MIO_C_COPTS")

_HeadersInfo = provider(
    doc = "What a target exports.",
    fields = {"headers": "the files in its hdrs"},
)

def _headers_aspect_impl(_target, ctx):
    return [_HeadersInfo(headers = ctx.rule.files.hdrs)]

_headers_aspect = aspect(implementation = _headers_aspect_impl)

def _include_path(header):
    """As our sources include it, also when we are another project's dependency."""
    path = header.short_path
    return path.split("/", 2)[2] if path.startswith("../") else path

def _guard(path):
    word = path.upper().replace("/", "_").replace(".", "_") + "_"
    return word if word.startswith("MIO_") else "MIO_" + word

def _header_units_impl(ctx):
    units = []
    paths = []
    for target in ctx.attr.targets:
        for header in target[_HeadersInfo].headers:
            # Those that are made are for the other spelling of the same names.
            if header.is_source:
                paths.append(_include_path(header))
    if not paths:
        fail("no public header found")
    for path in paths:
        unit = ctx.actions.declare_file("{}/{}.{}".format(
            ctx.label.name,
            path.replace("/", "_"),
            ctx.attr.language,
        ))

        # Twice, as a program's own headers may, and in both spellings. C wants a declaration in each unit, which
        # a header of macros alone does not have.
        ctx.actions.write(unit, "\n".join([
            "#include \"{}\"".format(path),
            "#include <{}>".format(path),
            "typedef int mio_unit_is_not_empty;",
            "",
        ]))
        units.append(unit)
    if ctx.attr.umbrella:
        unit = ctx.actions.declare_file("{}/umbrella.{}".format(ctx.label.name, ctx.attr.language))
        lines = ["#include \"{}\"".format(ctx.attr.umbrella)]
        for path in paths:
            lines += [
                "#ifndef " + _guard(path),
                "#error \"{} leaves out {}\"".format(ctx.attr.umbrella, path),
                "#endif",
            ]
        ctx.actions.write(unit, "\n".join(lines) + "\n")
        units.append(unit)
    return [DefaultInfo(files = depset(units))]

_header_units = rule(
    implementation = _header_units_impl,
    attrs = {
        "language": attr.string(values = ["c", "cc"], mandatory = True),
        "targets": attr.label_list(aspects = [_headers_aspect], mandatory = True),
        "umbrella": attr.string(doc = "A header that has to include all of them."),
    },
    doc = "A source file for each header of the targets, that includes nothing else.",
)

def standalone_headers(name, targets, umbrella = "", **kwargs):
    """A library that exists only if every header of `targets` compiles alone, as C11 and as C++17.

    Args:
      name: of the library, to be a dependency of a test.
      targets: libraries whose `hdrs` are looked at.
      umbrella: a header that has to include all of these, if there is one.
      **kwargs: passed on to the libraries.
    """
    strict = select({
        "//platforms:msvc": ["/WX"],
        "//conditions:default": ["-Werror"],
    })
    for language, copts in [("c", MIO_C_COPTS), ("cc", MIO_CXX_COPTS)]:
        _header_units(
            name = "{}_{}_units".format(name, language),
            testonly = True,
            language = language,
            targets = targets,
            umbrella = umbrella,
        )
        cc_library(
            name = "{}_{}".format(name, language),
            testonly = True,
            srcs = [":{}_{}_units".format(name, language)],
            copts = copts + strict,
            deps = targets,
            **kwargs
        )
    cc_library(
        name = name,
        testonly = True,
        deps = [":{}_c".format(name), ":{}_cc".format(name)],
        **kwargs
    )
