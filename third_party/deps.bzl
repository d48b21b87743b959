"""What our own WORKSPACE needs. A project that depends on us calls none of this."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")
load("//third_party:pins.bzl", "ARCHIVES")
load("//third_party/zig:repository.bzl", "zig_repository")

def mio_dev_dependencies():
    """The test and benchmark libraries, the C++ rules and the hermetic compiler."""
    for name, archive in ARCHIVES.items():
        http_archive(
            name = name,
            sha256 = archive["sha256"],
            strip_prefix = archive["strip_prefix"],
            urls = [archive["url"]],
        )
    zig_repository(name = "zig")
