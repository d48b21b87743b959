"""The counts of tally.py over what Bazel and GoogleTest write."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import tally

CASES = """<testsuites><testsuite name="Poll">
<testcase name="Waits" classname="Poll" status="run" result="completed"/>
<testcase name="Wakes" classname="Poll" status="run" result="completed">
<failure message="poll_test.cc:7&#x0A;Expected 1&#x0A;got 2">poll_test.cc:7</failure></testcase>
<testcase name="Rings" classname="Poll" status="run" result="skipped">
<skipped message="poll_test.cc:9&#x0A;no io_uring here"/></testcase>
<testcase name="DISABLED_Later" classname="Poll" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
PASSED = '<testsuites><testsuite><testcase name="it"/></testsuite></testsuites>'


class TallyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def result(self, label, status, xml=None, **ids):
        outputs = []
        if xml is not None:
            name = "%d test.xml" % len(os.listdir(self.folder.name))
            uri = "file://" + self.write(name, xml).replace(" ", "%20")
            outputs = [{"name": "test.log", "uri": "file:///x"}, {"name": "test.xml", "uri": uri}]
        ids.update(label=label)
        return {
            "id": {"testResult": ids},
            "testResult": {"status": status, "testActionOutput": outputs},
        }

    def tally(self, *events):
        path = self.write("events", "".join(json.dumps(event) + "\n" for event in events))
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            tally.main(["tally.py", path])
        return output.getvalue().splitlines()

    def test_counts_cases(self):
        self.assertEqual(
            self.tally(self.result("//t", "FAILED", CASES)),
            [
                "failed: //t Poll.Wakes: Expected 1",
                "skipped: //t Poll.Rings: no io_uring here",
                "skipped: //t Poll.DISABLED_Later: disabled",
                "1 1 2",
            ],
        )

    def test_a_bad_end_is_a_failure_whatever_was_written(self):
        self.assertEqual(
            self.tally(self.result("//t", "TIMEOUT", PASSED)),
            ["failed: //t ended with TIMEOUT", "1 1 0"],
        )
        self.assertEqual(
            self.tally(self.result("//t", "FAILED")), ["failed: //t ended with FAILED", "0 1 0"]
        )

    def test_shards_add_up_and_a_result_told_twice_counts_once(self):
        self.assertEqual(
            self.tally(
                self.result("//t", "PASSED", PASSED, shard=1),
                self.result("//t", "PASSED", PASSED, shard=2),
                self.result("//t", "PASSED", PASSED, shard=2),
            ),
            ["2 0 0"],
        )

    def test_what_was_not_built_failed_unless_it_is_not_for_this_platform(self):
        self.assertEqual(
            self.tally(
                {"id": {"targetCompleted": {"label": "//a"}}, "completed": {"success": True}},
                {"id": {"targetCompleted": {"label": "//b"}}, "completed": {}},
                {"id": {"targetCompleted": {"label": "//c"}}, "aborted": {"reason": "SKIPPED"}},
                {"id": {"targetCompleted": {"label": "//d"}}, "aborted": {"reason": "INCOMPLETE"}},
            ),
            ["failed: //b was not built", "failed: //d was not built", "0 2 0"],
        )

    def test_results_that_are_missing_or_cut_short_are_failures(self):
        self.assertEqual(
            self.tally(self.result("//t", "PASSED")), ["failed: //t left no results", "0 1 0"]
        )
        self.assertEqual(
            self.tally(self.result("//t", "PASSED", "<testsuites></testsuites>")),
            ["failed: //t left no results", "0 1 0"],
        )
        lines = self.tally(self.result("//t", "PASSED", CASES[: len(CASES) // 2]))
        self.assertRegex(lines[0], "^failed: //t test.xml: cannot be read: ")
        self.assertEqual(lines[1:], ["0 1 0"])


if __name__ == "__main__":
    unittest.main()
