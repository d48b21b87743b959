"""The shared library exports what the public headers declare, and nothing else.

    exports_test.py LIBRARY HEADER...
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import elf
import headers

LIBRARY, HEADERS = sys.argv[1], [path for path in sys.argv[2:] if path.startswith("mio/")]


def declared(paths):
    return {name for path in paths for name in headers.symbols(path)}


class ExportsTest(unittest.TestCase):
    def setUp(self):
        self.exported = elf.exported(LIBRARY)
        self.included = headers.closure(".", [path for path in HEADERS if "/include/" not in path])
        # Each selector has a layout header of its own, and only one of them is compiled.
        self.layouts = [path for path in self.included if path.startswith("mio/sys/")]
        self.public = declared(path for path in self.included if path not in self.layouts)

    def test_headers_are_read(self):
        self.assertGreater(len(self.public), 100)
        self.assertIn("mio_poll_init", self.public)
        self.assertIn("mio_version", self.public)

    def test_everything_declared_is_exported(self):
        self.assertEqual(sorted(self.public - self.exported), [])

    def test_nothing_else_is_exported(self):
        self.assertEqual(sorted(self.exported - self.public - declared(self.layouts)), [])

    def test_an_inner_function_is_hidden(self):
        self.assertNotIn("mio_selector_select", self.exported)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
