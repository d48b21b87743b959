"""Writes the release archive: the library, and what builds and installs it, without tests and benchmarks.

    archive.py FOLDER [ROOT]     writes FOLDER/mio-VERSION.tar.gz and prints its path and sha256

The bytes depend on nothing but the files: neither on the folder, nor on times, owners or the umask.
"""

import gzip
import hashlib
import io
import os
import re
import sys
import tarfile

TOP = (
    ".bazelignore",
    "BUILD.bazel",
    "CHANGELOG.md",
    "LICENSE",
    "MODULE.bazel",
    "README.md",
    "SECURITY.md",
    "WORKSPACE",
    "WORKSPACE.bzlmod",
)
# The last one is what the registry tests the archive with.
FOLDERS = ("mio", "platforms", "third_party", "testing/consumers/module")
PACKAGING = "platforms/packaging/"
# Of that folder only what CMakeLists.txt reads. It is itself at the top.
PACKAGED = ("mio-config.cmake.in", "mio.pc.in", "sources.cmake")
# 1980 is the first year that every archive format knows.
TIME = 315532800


def version(root):
    with open(os.path.join(root, "MODULE.bazel"), encoding="utf-8") as file:
        return re.search(r'^ *version = "([^"]+)"', file.read(), re.M).group(1)


def is_packaged(path):
    if path.startswith(PACKAGING):
        return path[len(PACKAGING) :] in PACKAGED
    return not path.endswith((".pyc", ".orig", ".rej"))


def files(root):
    """The name in the archive, and where the file is now."""
    for name in TOP:
        yield name, name
    yield "CMakeLists.txt", PACKAGING + "CMakeLists.txt"
    for folder in FOLDERS:
        for parent, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in names:
                path = os.path.relpath(os.path.join(parent, name), root).replace(os.sep, "/")
                if is_packaged(path):
                    yield path, path


def add(tar, name, path):
    with open(path, "rb") as file:
        data = file.read()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mtime = TIME
    member.mode = 0o755 if data.startswith(b"#!") else 0o644
    tar.addfile(member, io.BytesIO(data))


def archive(root):
    top = "mio-" + version(root)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as gz:
        with tarfile.open(fileobj=gz, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, path in sorted(files(root)):
                add(tar, top + "/" + name, os.path.join(root, path))
    return top + ".tar.gz", packed.getvalue()


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    root = arguments[1] if len(arguments) == 2 else os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")
    # Bazel starts programs elsewhere than where the user is.
    folder = os.path.join(os.environ.get("BUILD_WORKING_DIRECTORY", "."), arguments[0])
    name, data = archive(root)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
    print(os.path.join(folder, name), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1:])
