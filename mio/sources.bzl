"""The files that a library is made of, its dependencies within this repository included."""

SourcesInfo = provider(
    doc = "The files of a target and of what it depends on.",
    fields = {
        "compiled": "depset of the sources that are compiled",
        "included": "depset of the headers, and of sources that others include",
        "public": "depset of the headers that it offers itself, those that are made with them",
    },
)

def _own(files):
    return [file for file in files if file.is_source]

def _sources_aspect_impl(_target, ctx):
    compiled, included = [], []
    for name in ["srcs", "hdrs", "textual_hdrs"]:
        for file in _own(getattr(ctx.rule.files, name, [])):
            if name == "srcs" and file.extension != "h":
                compiled.append(file)
            else:
                included.append(file)
    deps = [dep[SourcesInfo] for dep in getattr(ctx.rule.attr, "deps", []) if SourcesInfo in dep]
    return [SourcesInfo(
        compiled = depset(compiled, transitive = [dep.compiled for dep in deps]),
        included = depset(included, transitive = [dep.included for dep in deps]),
        public = depset(getattr(ctx.rule.files, "hdrs", [])),
    )]

sources_aspect = aspect(
    implementation = _sources_aspect_impl,
    attr_aspects = ["deps"],
)

def _library_sources_impl(ctx):
    files = [getattr(dep[SourcesInfo], ctx.attr.files) for dep in ctx.attr.deps]
    return [DefaultInfo(files = depset(transitive = files))]

library_sources = rule(
    implementation = _library_sources_impl,
    attrs = {
        "deps": attr.label_list(
            aspects = [sources_aspect],
            doc = "The libraries.",
            mandatory = True,
        ),
        "files": attr.string(
            doc = "Which field of SourcesInfo.",
            mandatory = True,
            values = ["compiled", "included", "public"],
        ),
    },
    doc = "The files of libraries, for another target that compiles them in another way.",
)
