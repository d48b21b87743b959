"""What the public headers declare, and which other headers they include."""

import os
import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"(mio/[^"]+)"', re.M)
VARIABLE = re.compile(r"\bextern\b.*\b(mio_\w+)$")
DECLARATION = re.compile(r"\b(mio_\w+)\s*\(")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def statements(text):
    """The declarations at the top of a header, extern "C" looked through; of functions without their bodies."""
    text = DIRECTIVE.sub("", COMMENT.sub(" ", text))
    text = re.sub(r'extern\s+"C"\s*\{', " ", text)
    depth, current = 0, ""
    for letter in text:
        if letter == "{":
            depth += 1
            continue
        if letter == "}":
            depth = max(0, depth - 1)
            if depth == 0 and not current.lstrip().startswith(("typedef", "struct", "enum", "union")):
                current = ""
            continue
        if depth > 0:
            continue
        if letter == ";":
            yield " ".join(current.split())
            current = ""
        else:
            current += letter


def symbols(path):
    """The functions that a header declares and does not define, and the variables that its inline code reads."""
    names = set()
    for statement in statements(read(path)):
        if statement.startswith(("typedef", "static", "#")) or "=" in statement:
            continue
        found = DECLARATION.search(statement) or VARIABLE.search(statement)
        if found and not re.search(r"\bstatic\b|\binline\b", statement):
            names.add(found.group(1))
    return names


def closure(root, paths):
    """The headers with all that they include of this library, by their paths below `root`."""
    todo, seen = sorted(paths), set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        todo += INCLUDE.findall(read(os.path.join(root, path)))
    return sorted(seen)
