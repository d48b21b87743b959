"""Stands in for what rules_android_ndk has for modules."""

load(":repository.bzl", "ndk_repository")

def _extension_impl(_module_ctx):
    ndk_repository(name = "androidndk", cc = str(Label("//toolchain:cc")))

android_ndk_repository_extension = module_extension(
    implementation = _extension_impl,
)
