"""Sphinx's configuration: Hawkmoth reads the prepared headers, and our plain comments become its markup."""

import os
import re

project = "mio"
author = "The mio maintainers"
extensions = ["hawkmoth"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1300px", "sidebar_width": "260px", "show_powered_by": False}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_sourcelink = False
html_show_copyright = False
html_copy_source = False
suppress_warnings = ["config.cache"]

# The flags name every include path; no compiler is asked.
hawkmoth_autoconf = []
hawkmoth_root = os.environ["MIO_REFERENCE_HEADERS"]
hawkmoth_clang = os.environ["MIO_REFERENCE_FLAGS"].split()

with open(os.path.join(hawkmoth_root, "functions.txt"), encoding="utf-8") as file:
    FUNCTIONS = set(file.read().split())

# Code and constants within prose.
WORD = re.compile(r"`([^`]+)`|\b(mio_\w+)(\(\))?|\b(MIO_\w+)|([*_|\\])")


def word(match):
    code, name, _, constant, special = match.groups()
    if special:
        return "\\" + special
    text = ":c:func:`%s`" % name if name in FUNCTIONS else "``%s``" % (code or name or constant)
    # Markup must be surrounded by white space or punctuation; an escaped space vanishes.
    before = match.string[: match.start()][-1:]
    after = match.string[match.end() :][:1]
    begin = "\\ " if before and before not in " ([{<-/:'\"" else ""
    end = "\\ " if after and after not in " )]}>-/\\:.,;!?'\"" else ""
    return begin + text + end


def marked_up(line):
    return WORD.sub(word, line)


def whole_spans(lines):
    """The lines, where `code` that is broken over two of them is on one."""
    open_line = ""
    for line in lines:
        line = open_line + (line.strip() if open_line else line)
        open_line = ""
        if line.count("`") % 2 and line.strip():
            open_line = line.rstrip() + " "
        else:
            yield line
    if open_line:
        yield open_line


def process(_app, lines, _transform, _options):
    """Comments are prose with indented code, "- " lists and tables that are aligned by hand."""
    out, code = [], False
    for line in whole_spans(lines):
        text = line.rstrip()
        indent = len(text) - len(text.lstrip())
        item = re.match(r"\s*- ", text) is not None
        continues = out and re.match(r"\s*(- |  \S)", out[-1] or "") and not code
        if not text:
            out.append("")
            code = code and True
        elif indent >= 2 and not item and not (continues and indent == 2):
            if not code:
                out += ["", "::", ""]
                code = True
            out.append("   " + text)
        else:
            if code and out[-1]:
                out.append("")
            code = False
            if item and out and out[-1] and not re.match(r"\s*(- |  )", out[-1]):
                out.append("")
            elif not item and indent == 0 and out and re.match(r"\s*(- |  )", out[-1] or ""):
                out.append("")
            out.append(marked_up(text))
    lines[:] = out


def check_functions(app, env):
    """Every public function is on a page."""
    from sphinx.util import logging

    known = {name for name, *_ in env.get_domain("c").get_objects()}
    for name in sorted(FUNCTIONS - known):
        logging.getLogger(__name__).warning("%s is on no page", name)


def setup(app):
    app.connect("hawkmoth-process-docstring", process)
    app.connect("env-check-consistency", check_functions)
