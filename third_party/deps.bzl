"""What our own WORKSPACE needs. A project that depends on us calls none of this."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")
load("//third_party:pins.bzl", "ARCHIVES")
load("//third_party/sphinx:repository.bzl", "sphinx_repository")
load("//third_party/zig:repository.bzl", "zig_repository")

def archive_repository(name, archive):
    """One archive of pins.bzl, fetched when something in it is built.

    Args:
      name: of the repository.
      archive: the entry.
    """
    http_archive(
        name = name,
        build_file = archive.get("build_file"),
        sha256 = archive["sha256"],
        strip_prefix = archive["strip_prefix"],
        urls = [archive["url"]],
    )

def mio_dev_dependencies():
    """Declares the test and benchmark libraries, the C++ rules, the compiler and the documentation generator."""
    for name, archive in ARCHIVES.items():
        archive_repository(name, archive)
    sphinx_repository(name = "sphinx")
    zig_repository(name = "zig")
