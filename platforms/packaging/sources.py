"""The lists of files in sources.cmake, made of what Bazel builds for each system.

    sources.py --check     fails if the file has other lists
    sources.py --fix       writes the file in the workspace
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import headers

FILE = "platforms/packaging/sources.cmake"
SYSTEMS = ("afd", "epoll", "kqueue", "poll_eventfd", "poll_pipe")
HEAD = """# Made by ./bazelw run //platforms/packaging:sources of what Bazel builds. A test compares them.
"""


def listing(system):
    return headers.read("platforms/packaging/%s.txt" % system).split()


def below(folder):
    """The headers that a folder offers."""
    return [
        os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".h")
    ]


def cmake_set(name, paths):
    return "\nset(%s\n%s)\n" % (name, "".join("  %s\n" % path for path in paths))


def lists():
    """Name and files of each list."""
    for system in SYSTEMS:
        yield "mio_sources_" + system, listing(system)
    portable = headers.closure(".", ["mio/mio.h", "mio/linux/epoll.h"])
    yield "mio_headers", portable
    for system, roots in (
        ("unix", ["mio/unix/ancillary.h", "mio/unix/pipe.h", "mio/unix/source_fd.h"]),
        ("kqueue", ["mio/unix/kqueue.h"]),
        ("windows", below("mio/windows")),
    ):
        yield "mio_headers_" + system, sorted(set(headers.closure(".", roots)) - set(portable))


def text():
    if listing("kqueue_apple") != listing("kqueue"):
        sys.exit("Apple's systems and the BSDs have other sources: CMakeLists.txt needs two lists")
    return HEAD + "".join(cmake_set(name, paths) for name, paths in lists())


def main(arguments):
    right = text()
    if arguments == ["--fix"]:
        with open(os.path.join(os.environ["BUILD_WORKSPACE_DIRECTORY"], FILE), "w") as file:
            file.write(right)
        return 0
    if headers.read(FILE) == right:
        return 0
    print("%s is out of date: ./bazelw run //platforms/packaging:sources" % FILE)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
