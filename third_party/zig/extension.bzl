"""The hermetic compiler for bzlmod: makes the same @zig as WORKSPACE has."""

load(":repository.bzl", "zig_repository")

def _zig_impl(_module_ctx):
    zig_repository(name = "zig")

zig = module_extension(implementation = _zig_impl)
