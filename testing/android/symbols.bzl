"""Looks at what the objects of a library use of the C library."""

_ArchivesInfo = provider(
    doc = "What a library is made of.",
    fields = {"archives": "the archives of it and of all that it depends on"},
)

def _archives_aspect_impl(target, ctx):
    own = [file for file in target[DefaultInfo].files.to_list() if file.extension == "a"]
    deps = [dep[_ArchivesInfo].archives for dep in ctx.rule.attr.deps]
    return [_ArchivesInfo(archives = depset(own, transitive = deps))]

_archives_aspect = aspect(
    implementation = _archives_aspect_impl,
    attr_aspects = ["deps"],
)

def _symbols_impl(ctx):
    archives = depset(transitive = [lib[_ArchivesInfo].archives for lib in ctx.attr.libraries])
    report = ctx.actions.declare_file(ctx.label.name + ".txt")
    args = ctx.actions.args()
    args.add(ctx.file.levels)
    args.add(ctx.attr.level)
    args.add(",".join(ctx.attr.forbidden) or "-")
    args.add_all(archives)
    ctx.actions.run_shell(
        command = "python3 {} \"$@\" >{} || {{ cat {} >&2; exit 1; }}".format(
            ctx.file._script.path,
            report.path,
            report.path,
        ),
        arguments = [args],
        inputs = depset([ctx.file._script, ctx.file.levels], transitive = [archives]),
        mnemonic = "CheckSymbols",
        outputs = [report],
        progress_message = "Looking at the symbols that the library uses",
    )
    return [DefaultInfo(files = depset([report]))]

used_symbols = rule(
    implementation = _symbols_impl,
    attrs = {
        "forbidden": attr.string_list(doc = "Functions that must not be used at all."),
        "level": attr.int(mandatory = True, doc = "The API level that has to have all of them."),
        "levels": attr.label(allow_single_file = True, mandatory = True),
        "libraries": attr.label_list(aspects = [_archives_aspect], mandatory = True),
        "_script": attr.label(allow_single_file = True, default = ":symbols.py"),
    },
    doc = "Builds only if the libraries use nothing of the C library that is newer than a level.",
)
