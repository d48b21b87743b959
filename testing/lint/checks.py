"""Checks of this repository's own rules, over the files that git tracks.

Prints one `path:line: message` for each finding and answers 3 if there was any.
"""

import os
import re
import subprocess
import sys

MAX_LINES = 600
FOUND = 3  # unlike 1, with which Python ends on an error

C_SUFFIXES = (".c", ".h", ".cc")
TEXT_SUFFIXES = C_SUFFIXES + (".bazel", ".bzl", ".md", ".py", ".sh", ".txt", ".json", ".yml")

# Only mio/sys may ask which operating system it is compiled for: the build picks files instead.
OS_MACRO = re.compile(
    r"\b(__linux(__)?|linux|_?WIN32|_WIN64|__APPLE__|__MACH__|__(Free|Net|Open)BSD__|"
    r"__DragonFly__|__ANDROID(_API)?__|__sun(__)?|__unix(__)?|__CYGWIN__|__wasi__|"
    r"TARGET_OS_\w+|__has_include)\b"
)
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)")

# What ISO C11 names, less the headers a public interface has no use for.
STANDARD_HEADERS = {
    "assert.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
}  # fmt: skip
PUBLIC_ROOT = re.compile(r"mio/(mio|(unix|linux|windows|bsd|apple)/\w+)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Spelled in halves, so that this file does not name them itself.
REGISTRIES = re.compile(
    r"\b(?:(?:pypi|pythonhosted|npmjs|yarnpkg|debian|maven|golang|goproxy|ubuntu)"
    r"\.(?:org|com|io|dev|net)|crates\.io|sonatype\.(?:org|com)|apache\.org/maven2?)\b"
)
# `$x/home/…` and `example/home/…` are somebody's own folder; a leading slash is a machine's.
MACHINE_PATH = re.compile(r"(?<![\w./$}{)~*-])/(?:home|root|work|Users)/\w|\b[A-Z]:\\Users\\")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def included(path, lines):
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            yield (number,) + include.groups()


def public_headers(files):
    """What mio.h and the headers of one operating system are, and all that they include of ours."""
    todo = [path for path in files if PUBLIC_ROOT.match(path)]
    found = set()
    while todo:
        path = todo.pop()
        if path in files and path not in found:
            found.add(path)
            todo += [name for _, quote, name in included(path, files[path]) if quote == '"']
    return found


def is_text(path):
    name = os.path.basename(path)
    return name.endswith(TEXT_SUFFIXES) or "." not in name or name.startswith(".")


# How a symbol is exported is a matter of the object format, and every public header needs it.
OS_MACRO_FILES = ("mio/export.h",)


def os_macros(path, lines):
    if not path.endswith(C_SUFFIXES) or path.startswith("mio/sys/") or path in OS_MACRO_FILES:
        return
    continued = False
    for number, line in enumerate(lines, 1):
        condition = CONDITION.match(line)
        text = condition.group(2) if condition else line if continued else ""
        macro = OS_MACRO.search(text)
        if macro:
            yield number, "%s is asked outside mio/sys" % macro.group(0)
        continued = bool(text) and line.rstrip().endswith("\\")


def public_includes(path, lines):
    for number, quote, name in included(path, lines):
        if quote == "<" and name not in STANDARD_HEADERS:
            yield number, "<%s> is included from a public header" % name
        if quote == '"' and not name.startswith("mio/"):
            yield number, '"%s" is not written from the root of the repository' % name


def include_guard(path, lines):
    if not path.endswith(".h"):
        return
    # The workspaces of testing/consumers have a root of their own.
    path = re.sub(r"^testing/consumers/\w+/", "", path)
    name = re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"
    names = (name, "MIO_" + name)
    code = [line for line in lines if re.match(r"\s*#", line)]
    first = [line.split()[1:] for line in code[:2]]
    if len(code) < 3 or first[0] != first[1] or code[0].split()[0] != "#ifndef":
        yield 1, "there is no include guard %s" % name
    elif first[0][0] not in names:
        yield 1, "the include guard is %s, not %s" % (first[0][0], name)


def length(path, lines):
    if path.startswith("mio/") and len(lines) > MAX_LINES:
        yield len(lines), "the file has %d lines; the limit is %d" % (len(lines), MAX_LINES)


def wording(path, lines):
    for number, line in enumerate(lines, 1):
        for pattern, message in (
            (REGISTRIES, "names the host of a package registry: %s"),
            (MACHINE_PATH, "holds an absolute path of one machine: %s"),
            (UNFINISHED, "says that it is not finished: %s"),
        ):
            found = pattern.search(line)
            if found:
                yield number, message % found.group(0)


def whitespace(path, lines):
    for number, line in enumerate(lines, 1):
        if line.endswith("\r"):
            yield number, "the line ends in CR LF"
        elif line != line.rstrip():
            yield number, "there is white space at the end of the line"


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"#+\s+(.*)")


def prose(lines):
    """The lines outside of code blocks, with their numbers."""
    code = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            code = not code
        elif not code:
            yield number, line


def anchors(lines):
    """The anchors that a Markdown page gets from its headings."""
    for _, line in prose(lines):
        heading = HEADING.match(line)
        if heading:
            text = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
            yield text.strip().replace(" ", "-")


def links(root, path, files):
    """Links between files of this repository that lead nowhere."""
    if not path.endswith(".md"):
        return
    for number, line in prose(files[path]):
        for link in LINK.findall(line):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(os.path.join(root, target)):
                yield number, "the link %s leads nowhere" % link
            elif anchor and anchor not in anchors(files.get(target, ())):
                yield number, "the link %s names no heading of that page" % link


CHECKS = (os_macros, include_guard, length, wording, whitespace)


def tracked(root):
    out = subprocess.run(
        ["git", "-C", root, "ls-files", "-z"], check=True, stdout=subprocess.PIPE
    ).stdout
    return sorted(path.decode() for path in out.split(b"\0") if path)


def read(root):
    """The lines of every text file, and what is wrong with files as a whole."""
    files, wrong = {}, []
    for path in tracked(root):
        full = os.path.join(root, path)
        if not is_text(path) or os.path.islink(full) or not os.path.isfile(full):
            continue
        with open(full, "rb") as file:
            data = file.read()
        try:
            files[path] = data.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            wrong.append("%s:1: not UTF-8 at byte %d" % (path, error.start))
            continue
        if files[path].pop():
            wrong.append("%s:1: the last line has no end" % path)
    return files, wrong


def findings(root):
    files, wrong = read(root)
    yield from wrong
    public = public_headers(files)
    for path, lines in files.items():
        for check in CHECKS + ((public_includes,) if path in public else ()):
            for number, message in check(path, lines):
                yield "%s:%d: %s" % (path, number, message)
        for number, message in links(root, path, files):
            yield "%s:%d: %s" % (path, number, message)


def main():
    found = list(findings(sys.argv[1]))
    for finding in found:
        print(finding)
    return FOUND if found else 0


if __name__ == "__main__":
    sys.exit(main())
