"""Build settings without a dependency: a word from a fixed list, and a yes or no."""

def _choice_impl(ctx):
    value = ctx.build_setting_value
    if value not in ctx.attr.values:
        fail("{}: '{}' is not one of: {}".format(
            ctx.label,
            value,
            ", ".join(ctx.attr.values),
        ))
    return []

choice_flag = rule(
    implementation = _choice_impl,
    build_setting = config.string(flag = True),
    attrs = {
        "values": attr.string_list(
            mandatory = True,
            doc = "Every value that is accepted; any other stops the build.",
        ),
    },
    doc = "A command line flag that takes one word from a list.",
)

def _bool_impl(_ctx):
    return []

bool_flag = rule(
    implementation = _bool_impl,
    build_setting = config.bool(flag = True),
    doc = "A command line flag that is on or off.",
)
