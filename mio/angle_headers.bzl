"""Headers for `#include <mio/mio.h>`, the spelling that needs a folder in the include path."""

def _angle_headers_impl(ctx):
    headers = []
    for source in ctx.files.srcs:
        # Another library's headers may come with those that were made for it.
        if not source.is_source:
            continue

        # In a project that depends on this one the path starts with ../ and a repository's name.
        path = source.short_path
        path = path.split("/", 2)[2] if path.startswith("../") else path
        header = ctx.actions.declare_file("include/" + path)
        ctx.actions.write(header, "#include \"{}\"\n".format(path))
        headers.append(header)
    return [DefaultInfo(files = depset(headers))]

angle_headers = rule(
    implementation = _angle_headers_impl,
    attrs = {
        "srcs": attr.label_list(
            allow_files = [".h"],
            doc = "The public headers.",
            mandatory = True,
        ),
    },
    doc = """Makes a file for each header that includes it. They belong into the hdrs of the library that has the
headers, with `includes = ["include"]`. Nothing but these files is in that folder, so that the include path of a
project that depends on mio has no other file of it.""",
)
