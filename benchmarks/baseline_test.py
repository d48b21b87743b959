"""The saved run that CI compares with has a row for each one that the binaries measure, and no others."""

import argparse
import json
import os
import sys
import unittest

import measure
from measure import OURS

BASELINE = "benchmarks/baseline.json"
BINARIES = []


class BaselineTest(unittest.TestCase):
    def setUp(self):
        with open(BASELINE, encoding="utf-8") as file:
            self.saved = [entry["name"] for entry in json.load(file)["benchmarks"]]
        rows = [entry for binary in BINARIES for entry in measure.names(binary)]
        self.measured = {"%s/%s" % (row, peer) for row, peer, _ in rows if peer == OURS}

    def test_rows_are_those_of_the_binaries(self):
        why = "renew it: ./bazelw run -c opt //benchmarks:ci -- --baseline=%s --update" % BASELINE
        self.assertEqual(sorted(set(self.saved) - self.measured), [], "gone: " + why)
        self.assertEqual(sorted(self.measured - set(self.saved)), [], "new: " + why)

    def test_no_row_is_there_twice(self):
        self.assertEqual(len(self.saved), len(set(self.saved)))

    def test_every_binary_has_rows(self):
        questions = {os.path.basename(binary) for binary in BINARIES}
        self.assertEqual({name.partition("/")[0] for name in self.saved}, questions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode")
    parser.add_argument("--binaries", nargs="+", required=True)
    BINARIES.extend(parser.parse_args().binaries)
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
