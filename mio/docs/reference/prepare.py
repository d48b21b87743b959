"""Prepares the public headers for Hawkmoth, which reads comments that begin with /** only.

    prepare.py ROOT OUT HEADER...

Writes a copy of each header below OUT, with the comment of each declaration marked, and a page for each
header and an index. Exits with 1, and a line for each finding, if a public declaration has no comment or a
comment does not mention a parameter that the conventions do not explain.
"""

import os
import re
import sys

# Parameters that have one meaning everywhere; the first page of the reference lists them.
CONVENTIONS = {
    "addr": "An address. Not NULL.",
    "b": "The other one of two.",
    "buffer": "Memory of the caller, at least ``len`` bytes.",
    "buffers": "An array of ``count`` buffers, used in order.",
    "context": "A pointer that the library passes on and never reads.",
    "bytes": "A size in bytes.",
    "count": "The number of elements in the array.",
    "event": "An event of the last wait.",
    "events": "The events of a wait.",
    "group": "The address of a multicast group.",
    "handle": "A descriptor (Unix) or a SOCKET (Windows).",
    "interface_index": "The system's number of a network interface; 0 leaves the choice to the system.",
    "len": "The length in bytes.",
    "ms": "A time in milliseconds.",
    "on": "True switches the option on.",
    "operation": "A function of the caller.",
    "out": "Memory for text, at least ``size`` bytes. The text is cut to fit and ends with a NUL.",
    "seconds": "A time in seconds.",
    "size": "The size of ``out`` in bytes.",
    "interest": "The directions and the mode, MIO_READABLE and so on.",
    "options": "Options, or NULL for the defaults.",
    "result": "What a call of the library returned.",
    "how": "Which direction to shut down.",
    "source": "The source of a socket, or one of the program's own.",
    "to": "The address of the receiver.",
    "token": "The number or pointer that comes back with each event.",
}
OUT = re.compile(r"out_\w+")
DECLARATION = re.compile(r"^(MIO_API\s+|static inline\s+|typedef\s+|struct\s+\w+;|extern\s+)")
FUNCTION = re.compile(r"\b(mio_\w+)\s*\(([^;{]*)\)", re.S)
MEMBER = re.compile(r"^(\s+)(.*[,;])\s*/\* (.*) \*/\s*$")
DEFINE = re.compile(r"^#define (MIO_\w+)")


def joined(lines, index):
    """The declaration that begins at `index`, up to its end, as one text."""
    text = ""
    for line in lines[index:]:
        text += line + "\n"
        if re.search(r"[;{]", line):
            break
    return text


def parameters(text):
    function = FUNCTION.search(text)
    if not function or "(*" in text:
        return None, []
    words = [re.findall(r"\w+", part) for part in function.group(2).split(",")]
    return function.group(1), [part[-1] for part in words if len(part) > 1]


def unexplained(function, names, comment):
    """The parameters, after the object that comes first, that nothing explains: not the comment, not a
    convention, not the function's own name (set_ttl has a `ttl`)."""
    for name in names[1:]:
        known = name in CONVENTIONS or OUT.match(name) or name in function
        if not known and not re.search(r"\b%s\b" % name, comment):
            yield name


class Header:
    """A header, and what is found in it."""

    def __init__(self, name, text):
        self.name = name
        self.lines = text.split("\n")
        self.out, self.findings, self.functions = [], [], []

    def declaration(self, index, comment, previous):
        """Handles the declaration at `index`; returns the function's name, if it is one."""
        name, names = parameters(joined(self.lines, index))
        line = self.lines[index]
        if name is None or not line.startswith(("MIO_API", "static inline")):
            return None
        if name in self.functions:  # the definition of an inline function that was declared before
            return None
        self.functions.append(name)
        if comment is None and previous is None:
            self.findings.append("%s:%d: %s has no comment" % (self.name, index + 1, name))
        elif comment is None:
            self.out.append("/** See %s. */" % previous)
        for missing in unexplained(name, names, comment or self.last):
            self.findings.append("%s:%d: %s does not mention `%s`" % (self.name, index + 1, name, missing))
        return name

    def prepare(self):
        comment, begin, previous, self.last = None, None, None, ""
        index = 0
        while index < len(self.lines):
            line = self.lines[index]
            member = MEMBER.match(line)
            if line.strip().startswith("/*") and not line.strip().startswith("/**"):
                begin = len(self.out)
                end = index
                while "*/" not in self.lines[end]:
                    end += 1
                comment = "\n".join(self.lines[index : end + 1])
                self.out += self.lines[index : end + 1]
                index = end + 1
                following = self.lines[index] if index < len(self.lines) else ""
                last = self.out[-1].rstrip()
                if len(self.out) - begin > 1 and last.strip() != "*/":
                    # Hawkmoth strips the " * " of the lines between the first and the last one.
                    self.out[-1] = last[: -len("*/")].rstrip()
                    self.out.append(" " * (len(last) - len(last.lstrip())) + "*/")
                if following.strip() and not following.startswith(("#include", "#if", "#ifndef")):
                    self.out[begin] = self.out[begin].replace("/*", "/**", 1)
                continue
            if member:
                self.out += ["%s/** %s */" % (member.group(1), member.group(3)), member.group(1) + member.group(2)]
                index, comment = index + 1, None
                continue
            if DECLARATION.match(line):
                if comment is not None:
                    self.last = comment
                name = self.declaration(index, comment, previous)
                text = joined(self.lines, index)
                self.out += text.split("\n")[:-1]
                index += text.count("\n")
                previous = name or previous if comment is not None or name is None else previous
                if comment is not None and name is None:
                    previous = None
                comment = None
                continue
            if not line.strip():
                previous = None
            comment = None
            self.out.append(line)
            index += 1
        return "\n".join(self.out)


def page(name):
    title = "mio/" + name.split("mio/", 1)[1]
    return "%s\n%s\n\n.. c:autodoc:: %s\n" % (title, "=" * len(title), name)


def index(names):
    lines = ["mio in C: the reference", "=======================", ""]
    lines += ["One page a header, made from the comments in the headers. These parameters mean the same in", ""]
    lines[-2] += " every function, and ``out_...`` always names a result:"
    lines += ["* ``%s``: %s" % item for item in sorted(CONVENTIONS.items())]
    lines += ["", ".. toctree::", "   :maxdepth: 1", ""]
    return "\n".join(lines + ["   " + name[: -len(".h")].replace("/", "_") for name in names]) + "\n"


def main(root, out, names):
    findings, functions = [], []
    for name in names:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            header = Header(name, file.read())
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(header.prepare())
        with open(os.path.join(out, name[: -len(".h")].replace("/", "_") + ".rst"), "w", encoding="utf-8") as file:
            file.write(page(name))
        findings += header.findings
        functions += header.functions
    with open(os.path.join(out, "index.rst"), "w", encoding="utf-8") as file:
        file.write(index(names))
    with open(os.path.join(out, "functions.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(set(functions))) + "\n")
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
