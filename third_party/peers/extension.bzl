"""For bzlmod: the archives that are built by BUILD files of ours, as WORKSPACE has them."""

load("//third_party:deps.bzl", "archive_repository")
load("//third_party:pins.bzl", "ARCHIVES")

def _peers_impl(_module_ctx):
    for name, archive in ARCHIVES.items():
        if "build_file" in archive:
            archive_repository(name, archive)

peers = module_extension(implementation = _peers_impl)
