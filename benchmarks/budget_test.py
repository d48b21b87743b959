"""Holds the library to what an operation may cost, as far as that repeats: allocations, system calls,
bytes and, where there is valgrind and the build is optimised, user instructions."""

import argparse
import os
import sys
import unittest
from xml.sax.saxutils import quoteattr

import measure
from measure import OURS, RAW

OPTIONS = argparse.Namespace(binaries=[], mode="")

# At most so many system calls an operation.
SYSTEM_CALLS = {
    "poll_latency/idle": 1,
    "poll_latency/one_ready": 1,
    "poll_latency/one_ready_forever": 1,
    "poll_latency/100_of_1000": 1,
    "waker/self": 0.1,
    "waker/again": 0,
    "registration/add_remove": 2,
    "registration/change": 1,
}

# At most so many user instructions an operation beyond those of the kernel's own calls.
INSTRUCTIONS_OVER_RAW = {
    "poll_latency/idle": 12,
    "poll_latency/one_ready": 30,
    # 48 counted with gcc and glibc, the loop over the events included: the library's part is 47.
    "poll_latency/one_ready_forever": 55,
    "registration/add_remove": 26,
    # A read and a write of a pipe, a hundred times. musl's syscall(3), which one of them goes through, takes more
    # than glibc's: 117 where that takes 92.
    "chain/100_calls": 100 * 120,
}

# The same for each event that is delivered.
INSTRUCTIONS_OVER_RAW_FOR_AN_EVENT = 1


def binary(question):
    for path in OPTIONS.binaries:
        if os.path.basename(path) == question:
            return path
    raise measure.Failure("no benchmark %s" % question)


class Budget(unittest.TestCase):
    results = {}

    @classmethod
    def setUpClass(cls):
        for path in OPTIONS.binaries:
            for row, peer, name in measure.names(path):
                if peer == OURS:
                    cls.results[row] = measure.measured(path, name, 0.000001)[0]

    def test_every_row_ran(self):
        self.assertGreater(len(self.results), 15)
        for row, result in self.results.items():
            self.assertNotIn("error_occurred", result, row)

    def test_allocations(self):
        counted = {row: r for row, r in self.results.items() if not row.startswith("memory/")}
        for row, result in counted.items():
            if "allocs" not in result:
                self.skipTest("this C library's allocations cannot be counted")
            self.assertEqual(result["allocs"], 0, row)

    def test_bytes_of_a_source(self):
        for row in ("memory/100", "memory/15000"):
            if "heap_bytes" not in self.results[row]:
                self.skipTest("this C library's allocations cannot be counted")
            self.assertEqual(self.results[row]["heap_bytes"], 0, row)
            self.assertLessEqual(self.results[row]["user_bytes"], 16, row)

    def test_system_calls(self):
        for row, limit in SYSTEM_CALLS.items():
            if "syscalls" not in self.results[row]:
                self.skipTest("system calls cannot be counted here: no ptrace")
            self.assertLessEqual(self.results[row]["syscalls"], limit, row)

    def test_timeouts_are_never_early(self):
        for row, result in self.results.items():
            if row.startswith("timeout_accuracy/"):
                self.assertEqual(result["early"], 0, row)

    def instructions(self, question):
        if OPTIONS.mode != "opt":
            self.skipTest("instructions are counted in optimised builds: -c opt")
        why_not = measure.why_no_instructions()
        if why_not:
            self.skipTest("instructions were not counted: " + why_not)
        try:
            return measure.instructions(binary(question))
        except measure.Uncountable as uncountable:
            self.skipTest("instructions were not counted: %s" % uncountable)

    def test_instructions(self):
        for row, limit in INSTRUCTIONS_OVER_RAW.items():
            found = self.instructions(row.split("/")[0])
            self.assertLessEqual(found[row, OURS], found[row, RAW] + limit, row)

    def test_instructions_for_an_event(self):
        found = self.instructions("poll_latency")
        rows = ("poll_latency/100_of_1000", "poll_latency/one_ready")
        ours, raw = (
            (found[rows[0], peer] - found[rows[1], peer]) / 99.0 for peer in (OURS, RAW)
        )
        self.assertLessEqual(ours, raw + INSTRUCTIONS_OVER_RAW_FOR_AN_EVENT)


class Recorder(unittest.TextTestResult):
    """Also remembers what passed, for Bazel's report."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.append(test)


def write_xml(path, result):
    cases = [(test, "") for test in result.passed]
    cases += [(test, "<skipped message=%s/>" % quoteattr(why)) for test, why in result.skipped]
    for test, text in result.failures + result.errors:
        last = text.strip().splitlines()[-1]
        cases.append((test, "<failure message=%s/>" % quoteattr(last)))
    with open(path, "w", encoding="utf-8") as file:
        file.write('<testsuites><testsuite name="budget_test">\n')
        for test, inner in cases:
            name = quoteattr(test.id().rsplit(".", 1)[-1])
            file.write('<testcase classname="budget_test" name=%s>%s</testcase>\n' % (name, inner))
        file.write("</testsuite></testsuites>\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", nargs="+", required=True)
    parser.add_argument("--mode", required=True)
    parser.parse_args(namespace=OPTIONS)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Budget)
    result = unittest.TextTestRunner(resultclass=Recorder, verbosity=2).run(suite)
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], result)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
