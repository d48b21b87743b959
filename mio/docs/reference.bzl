"""The rule that makes the reference."""

_COMMAND = """
set -eu
site=$PWD/{site}
python=$PWD/{python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" {prepare} . "$work/headers" {headers}
libc={zig}/libc/include
export MIO_REFERENCE_HEADERS=$work/headers
export MIO_REFERENCE_FLAGS="-std=c11 -nostdinc -I$work/headers -I. -isystem {zig}/include \\
  -isystem $libc/x86_64-linux-musl -isystem $libc/generic-musl"
HOME=$work "$python" -m sphinx -q -W --keep-going -b html -d "$work/state" -c {config} "$work/headers" {out}
"""

def _reference_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    zig = [file for file in ctx.files._compiler if file.path.endswith("/ziglang/lib")][0]
    ctx.actions.run_shell(
        outputs = [out],
        inputs = depset(
            ctx.files.headers + ctx.files._site + [ctx.file.config, ctx.file.prepare, ctx.file._python, zig],
            transitive = [depset(ctx.files.included)],
        ),
        command = _COMMAND.format(
            config = ctx.file.config.dirname,
            headers = " ".join([file.path for file in ctx.files.headers]),
            out = out.path,
            prepare = ctx.file.prepare.path,
            python = ctx.file._python.path,
            site = ctx.files._site[0].path,
            zig = zig.path,
        ),
        mnemonic = "Reference",
        progress_message = "Making the reference",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]))]

reference = rule(
    implementation = _reference_impl,
    attrs = {
        "headers": attr.label_list(
            allow_files = [".h"],
            doc = "The public headers: a page for each.",
            mandatory = True,
        ),
        "included": attr.label_list(
            allow_files = True,
            doc = "All headers that those include.",
        ),
        "config": attr.label(
            allow_single_file = [".py"],
            doc = "Sphinx's conf.py.",
            mandatory = True,
        ),
        "prepare": attr.label(
            allow_single_file = [".py"],
            doc = "Marks the comments for Hawkmoth.",
            mandatory = True,
        ),
        "_compiler": attr.label(default = "@zig//:compiler"),
        "_python": attr.label(
            allow_single_file = True,
            default = "@sphinx//:python",
        ),
        "_site": attr.label(default = "@sphinx//:packages"),
    },
    doc = "HTML of the public headers. A warning, an undocumented function or parameter is an error.",
)
