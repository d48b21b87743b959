"""Stands in for what rules_android_ndk has for modules."""

load(":repository.bzl", "ndk_repository")

_configure = tag_class(attrs = {"api_level": attr.int()})

def _extension_impl(module_ctx):
    for module in module_ctx.modules:
        for tag in module.tags.configure:
            if tag.api_level != 21:
                fail("mio is for API level 21 and later")
    ndk_repository(name = "androidndk", cc = str(Label("//toolchain:cc")))

android_ndk_repository_extension = module_extension(
    implementation = _extension_impl,
    tag_classes = {"configure": _configure},
)
