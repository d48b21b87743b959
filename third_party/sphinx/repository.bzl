"""The repository @sphinx: the documentation generator and a python that finds it."""

_PYTHON = """#!/bin/sh
# Runs Python with the packages of requirements.txt and no others.
root="${{0%/*}}"
PYTHONPATH="$root/site" PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 exec "{python}" "$@"
"""

_BUILD = """package(default_visibility = ["//visibility:public"])

filegroup(
    name = "python",
    srcs = ["python.sh"],
)

filegroup(
    name = "packages",
    srcs = ["site"],
)
"""

def _sphinx_impl(repository_ctx):
    python = repository_ctx.which("python3")
    if not python:
        fail("the reference is made by Sphinx, which pip fetches: install python3 and python3-pip")
    repository_ctx.report_progress("Sphinx and Hawkmoth: 60 MB")
    installed = repository_ctx.execute(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--target",
            "site",
            "-r",
            repository_ctx.path(Label("//third_party/sphinx:requirements.txt")),
        ],
        timeout = 1200,
    )
    if installed.return_code != 0:
        fail("pip cannot install Sphinx (it needs Python 3.11 or later): " +
             installed.stderr.strip().split("\n")[-1])
    repository_ctx.file("python.sh", _PYTHON.format(python = python))
    repository_ctx.file("BUILD.bazel", _BUILD)

sphinx_repository = repository_rule(
    implementation = _sphinx_impl,
    doc = "Fetches Sphinx and Hawkmoth with pip, by hash. Only //mio/docs:reference needs them.",
)
