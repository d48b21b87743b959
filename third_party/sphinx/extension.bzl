"""The documentation generator for bzlmod: makes the same @sphinx as WORKSPACE has."""

load(":repository.bzl", "sphinx_repository")

def _sphinx_impl(_module_ctx):
    sphinx_repository(name = "sphinx")

sphinx = module_extension(implementation = _sphinx_impl)
