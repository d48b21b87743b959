"""Every check of checks.py fires on what it is for, and on nothing beside it."""

import os
import subprocess
import tempfile
import unittest

import checks

GUARD = "#ifndef %s\n#define %s\n%s\n#endif\n"


def header(name, body):
    return GUARD % (name, name, body)


class ChecksTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        subprocess.run(["git", "init", "-q", self.folder.name], check=True)

    def found(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        subprocess.run(["git", "-C", self.folder.name, "add", path], check=True)
        return list(checks.findings(self.folder.name))

    def one(self, path, text, message):
        found = self.found(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0])
        self.assertTrue(found[0].startswith(path + ":"), found[0])

    def none(self, path, text):
        self.assertEqual(self.found(path, text), [])

    def test_os_macro_outside_sys(self):
        self.one("mio/poll.c", "#ifdef __linux__\n#endif\n", "__linux__")

    def test_os_macro_on_a_continued_line(self):
        self.one("mio/poll.c", "#if 1 && \\\n    defined(_WIN32)\n#endif\n", "_WIN32")

    def test_os_macro_in_sys_and_in_code_is_fine(self):
        self.none("mio/sys/unix/net.c", "#if defined(__APPLE__)\n#endif\n")
        self.none("mio/poll.c", "/* on __linux__ */\n#if defined(__cplusplus)\n#endif\n")

    def test_os_header_in_a_public_header(self):
        body = "#include <sys/epoll.h>"
        self.one("mio/unix/pipe.h", header("MIO_UNIX_PIPE_H_", body), "<sys/epoll.h>")

    def test_os_header_behind_a_public_header(self):
        body = "#include <sys/epoll.h>"
        self.none("mio/net/tcp.h", header("MIO_NET_TCP_H_", body))
        found = self.found("mio/mio.h", header("MIO_MIO_H_", '#include "mio/net/tcp.h"'))
        self.assertEqual(
            found, ["mio/net/tcp.h:3: <sys/epoll.h> is included from a public header"]
        )

    def test_relative_include_in_a_public_header(self):
        self.one("mio/mio.h", header("MIO_MIO_H_", '#include "event.h"'), '"event.h"')

    def test_standard_header_in_a_public_header_is_fine(self):
        body = '#include <stdint.h>\n#include "mio/event.h"'
        self.none("mio/mio.h", header("MIO_MIO_H_", body))

    def test_os_header_in_sys_is_fine(self):
        self.none("mio/sys/afd.h", header("MIO_SYS_AFD_H_", "#include <winsock2.h>"))

    def test_no_guard(self):
        self.one("mio/poll.h", "int f(void);\n", "no include guard MIO_POLL_H_")

    def test_wrong_guard(self):
        self.one("mio/poll.h", header("POLL_H", "int f(void);"), "not MIO_POLL_H_")

    def test_guard_below_a_root_of_its_own(self):
        self.none("testing/consumers/loop/own/a.h", header("OWN_A_H_", "int f(void);"))

    def test_too_long(self):
        self.one("mio/poll.c", "\n" * 601, "601 lines")

    def test_longest(self):
        self.none("mio/poll.c", "\n" * 600)

    def test_registry(self):
        self.one("a/x.sh", "curl https://py" + "pi.dev/x\n", "registry")

    def test_upstream_release_is_fine(self):
        self.none("a/x.bzl", 'url = "https://github.com/google/googletest/x.tar.gz"\n')

    def test_machine_path(self):
        self.one("a/x.sh", "cd /ro" + "ot/mio\n", "one machine")

    def test_path_below_a_variable_is_fine(self):
        self.none("a/x.sh", 'cd "$tmp/home/x" "${tmp}/work/y" /tmp/z //work/x\n')

    def test_unfinished(self):
        self.one("a/x.c", "/* TO" + "DO: more */\n", "not finished")

    def test_white_space(self):
        self.one("a/x.c", "int a; \n", "white space")
        self.one("a/x.c", "int a;\r\n", "CR LF")
        self.one("a/x.c", "int a;", "no end")
        self.one("a/x.c", b"\xff\n", "UTF-8")

    def test_link(self):
        self.none("b/page.md", "# A page\n\n## Two words\n")
        self.none("a/x.md", "[a](../b/page.md) [b](../b/page.md#two-words) [c](https://example.com/x)\n")
        self.none("a/x.md", "```c\narray[i](../gone.md)\n```\n")
        self.one("a/x.md", "See [a](../b/gone.md).\n", "leads nowhere")
        self.one("a/x.md", "See [a](../b/page.md#three).\n", "names no heading")


if __name__ == "__main__":
    unittest.main()
